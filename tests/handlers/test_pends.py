"""A payer that asks back: its clock stands still until what it wants was sent; a plain pend is its own time."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from handlers.benefits import DECISION
from schemas.case import CaseState
from schemas.clock import ClockPaused, ClockResumed
from schemas.desk import PayerInformed
from schemas.outbound import ConfirmationKind
from schemas.payer import Decision
from schemas.transmission import ReceiptState
from tests.factories import NOW
from tests.handlers.memory import MemoryHub
from tests.handlers.payer import at_the_payer, breaches, covers, decides, payer_sends, reasons, requests
from tests.handlers.test_payer_answer import pas

CASE = "DS-000001-0"
NOTES = "Progress notes of the last visit"
ASKED = f"the payer waits for information: {NOTES}"


def submitted() -> MemoryHub:
    hub = at_the_payer()
    covers(hub)
    return hub


def sent(hub: MemoryHub) -> str | None:
    word = hub.command("information-sent", CASE, note="faxed to 800 555 0100")
    return hub.unit.receipts[word][1]


def test_the_payers_clock_stands_still_while_it_waits_and_goes_on_with_what_was_left() -> None:
    hub = submitted()
    due = hub.only_case().authorization.due_at  # type: ignore[union-attr]
    assert due is not None
    hub.pass_time(NOW + timedelta(days=2))
    decides(hub, Decision.PENDED, wants=(NOTES,))
    assert ASKED in reasons(hub)
    hub.pass_time(due + timedelta(days=3))
    assert breaches(hub) == []
    assert sent(hub) is None
    left = due - (NOW + timedelta(days=2))
    goes_on = hub.unit.now + left
    assert hub.only_case().authorization.due_at == goes_on  # type: ignore[union-attr]
    hub.pass_time(goes_on)
    assert breaches(hub) == ["authorization decision"]
    assert [one.remaining_seconds for one in hub.seen(ClockPaused) if one.clock == DECISION] == [left.total_seconds()]
    assert [one.due_at for one in hub.seen(ClockResumed) if one.clock == DECISION] == [goes_on]


def test_a_pend_that_asks_for_nothing_is_the_payers_own_time() -> None:
    hub = submitted()
    decides(hub, Decision.PENDED)
    hub.pass_time(NOW + timedelta(days=8))
    assert breaches(hub) == ["authorization decision"]
    assert sent(hub) == "the payer does not wait for information"


def test_what_was_sent_settles_the_review_and_the_same_question_again_asks_nobody() -> None:
    hub = submitted()
    decides(hub, Decision.PENDED, wants=(NOTES,))
    decides(hub, Decision.PENDED, wants=(NOTES,))
    assert reasons(hub).count(ASKED) == 1
    sent(hub)
    assert [(one.wants, one.by) for one in hub.seen(PayerInformed)] == [((NOTES,), "Marta Lindgren")]
    assert not [one for one in hub.unit.open_reviews(CASE) if one.reason == ASKED]
    decides(hub, Decision.PENDED, wants=(NOTES,))
    assert reasons(hub).count(ASKED) == 1
    decides(hub, Decision.PENDED, wants=(NOTES, "A sleep study"))
    assert reasons(hub)[-1] == "the payer waits for information: A sleep study"


@pytest.mark.parametrize("decision", [Decision.APPROVED, Decision.DENIED])
def test_a_decision_ends_the_wait(decision: Decision) -> None:
    hub = submitted()
    decides(hub, Decision.PENDED, wants=(NOTES,))
    decides(hub, decision, number="AUTH1", wants=(), paused_at=None)
    known = hub.only_case().authorization
    assert known is not None
    assert (known.wants, known.paused_at) == ((), None)
    assert sent(hub) == "the payer does not wait for information"


def test_a_person_may_have_learnt_it_by_telephone() -> None:
    hub = submitted()
    hub.command("authorization", CASE, decision="pended", wants=[NOTES])
    assert ASKED in reasons(hub)
    refused = hub.command("authorization", CASE, decision="approved", number="A1", wants=[NOTES])
    assert hub.unit.receipts[refused][0] is ReceiptState.REJECTED
    hub.command("authorization", CASE, decision="approved", number="A1")
    assert hub.only_case().state is CaseState.DISPATCHING


def test_a_pas_answer_with_a_communication_request_asks_back() -> None:
    hub = submitted()
    trace = requests(hub, ConfirmationKind.AUTHORIZATION)[0].confirmation_id
    body = json.loads(pas(trace, outcome="queued"))
    body["entry"].append({"resource": {"resourceType": "CommunicationRequest", "payload": [{"contentString": NOTES}]}})
    payer_sends(hub, json.dumps(body).encode(), trace=trace)
    known = hub.only_case().authorization
    assert known is not None
    assert (known.decision, known.wants, known.paused_at) == (Decision.PENDED, (NOTES,), NOW)
