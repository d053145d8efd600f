"""What a timeline says of an authorization that is taken back."""

from __future__ import annotations

import pytest

from doorstep.console.payer_words import told_of_payer
from schemas.event import Payload
from schemas.payer import AuthorizationCancellationAnswered, AuthorizationWithdrawn, Decision, Reason

ASKED = {"case_id": "DS-000001-0", "trace": "t", "payer": "Cigna", "reason": "the order was cancelled"}
SAID = {"case_id": "DS-000001-0", "trace": "t", "document_id": "d"}


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (
            AuthorizationWithdrawn.model_validate({**ASKED, "way": "x12", "number": "N1"}),
            "Cigna is asked by x12 to cancel the authorization N1: the order was cancelled",
        ),
        (
            AuthorizationWithdrawn.model_validate({**ASKED, "way": "person", "number": None}),
            "a person asks Cigna to cancel the authorization: the order was cancelled",
        ),
        (
            AuthorizationCancellationAnswered.model_validate({**SAID, "decision": Decision.CANCELLED}),
            "the payer has cancelled the authorization",
        ),
        (
            AuthorizationCancellationAnswered.model_validate(
                {**SAID, "decision": Decision.UNCLEAR, "reasons": (Reason(system="X12-901", code="33"),)}
            ),
            "the payer has not confirmed the cancellation: unclear: X12-901 33",
        ),
    ],
)
def test_the_timeline_says_that_it_is_taken_back_and_what_the_payer_said(event: Payload, words: str) -> None:
    assert told_of_payer(event) == words
