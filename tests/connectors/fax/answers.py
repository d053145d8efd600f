"""A confirmation for the tests of answers: valid by default, one argument per deviation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from schemas.case import CaseManager
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.transmission import ReplyTo

AT = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
ASKS = ("Please send the member's insurance ID number.", "Please sign and date the order.")


def confirmation(**changes: Any) -> ConfirmationRequested:
    values: dict[str, Any] = {
        "confirmation_id": "0d9f6c1e-4b8f-5d5e-9a53-0c4a5a7e1b11",
        "kind": ConfirmationKind.INFORMATION_REQUESTED,
        "recipient": ReplyTo(channel="fax", address="9375550112"),
        "case_id": "DS-000123-7",
        "document_id": "d-1",
        "reference": "DS-000123-7",
        "manager": CaseManager(name="Dana Whitfield", extension="4417"),
        "asks": ASKS,
    }
    return ConfirmationRequested(**{**values, **changes})
