"""A payer is asked to cancel what it was asked to authorize, once, when the order is cancelled or goes elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from handlers.withdraw import withdraw
from schemas.case import CaseState, CaseStateChanged
from schemas.outbound import ConfirmationKind, ConfirmationRequested, DeliveryDied
from schemas.payer import AuthorizationWithdrawn, Decision
from tests.factories import order, referral
from tests.handlers.memory import MemoryHub
from tests.handlers.payer import (
    BED,
    at_the_payer,
    covers,
    decides,
    payer_sends,
    reasons,
    requests,
    sample_order,
)
from tests.handlers.test_payer_answer import pas
from tests.schemas.fhir.test_pas import item

CANCELLATION = ConfirmationKind.AUTHORIZATION_CANCELLATION
NUMBERED = {"placer_number": "A1"}


def submitted(items: list[dict[str, Any]] | None = None) -> MemoryHub:
    hub = at_the_payer(items or BED, more=NUMBERED)
    covers(hub)
    return hub


def cancel(hub: MemoryHub) -> None:
    more = {**NUMBERED, "action": "cancel"}
    hub.send(referral(sample_order(document_id="doc-9", without=("order_lines",), more=more)))
    assert hub.only_case().state is CaseState.CANCELLED


def goes_to(hub: MemoryHub, payer: str) -> None:
    more = {**NUMBERED, "action": "update"}
    hub.send(referral(order(payer=payer, order_lines=BED, document_id="doc-2", more=more)))


def cancellation(hub: MemoryHub) -> ConfirmationRequested:
    (asked,) = requests(hub, CANCELLATION)
    return asked


def trace_of(hub: MemoryHub) -> str:
    known = hub.only_case().authorization
    assert known is not None
    return known.trace


def test_a_cancelled_order_is_cancelled_at_the_payer_by_the_way_it_was_asked() -> None:
    hub = submitted()
    decides(hub, Decision.APPROVED, number="AUTH1")
    asked = requests(hub, ConfirmationKind.AUTHORIZATION)[0]
    cancel(hub)
    sent = cancellation(hub)
    assert sent.recipient == asked.recipient
    assert sent.enquiry is not None
    assert asked.enquiry is not None
    assert (sent.enquiry.submitted, sent.enquiry.authorization_number) == (asked.confirmation_id, "AUTH1")
    assert sent.enquiry.trace == sent.confirmation_id != asked.confirmation_id
    assert (sent.enquiry.lines, sent.enquiry.submitted_at) == (asked.enquiry.lines, asked.enquiry.asked_at)
    (told,) = hub.seen(AuthorizationWithdrawn)
    assert (told.way, told.payer, told.reason) == ("pas", "Sample Health Plan", "the order was cancelled")
    assert reasons(hub) == []


def test_the_same_cancellation_handled_again_asks_nothing_again() -> None:
    hub = submitted()
    cancel(hub)
    again = next(e for e in hub.unit.events if isinstance(e.data, CaseStateChanged) and e.data.to_state == "cancelled")
    assert list(withdraw(again, hub.unit)) == []


@pytest.mark.parametrize("decision", [Decision.DENIED, Decision.NOT_REQUIRED, Decision.CANCELLED])
def test_where_nothing_stands_at_the_payer_nothing_is_cancelled(decision: Decision) -> None:
    hub = submitted()
    decides(hub, decision)
    cancel(hub)
    assert requests(hub, CANCELLATION) == []


def test_an_order_that_never_was_at_a_payer_is_only_cancelled() -> None:
    hub = at_the_payer(more=NUMBERED)
    cancel(hub)
    assert hub.seen(AuthorizationWithdrawn) == []


def test_the_payers_word_that_it_is_cancelled_is_kept() -> None:
    hub = submitted()
    decides(hub, Decision.PENDED)
    cancel(hub)
    trace = cancellation(hub).confirmation_id
    payer_sends(hub, pas(trace, item("C", number=None)), trace=trace)
    known = hub.only_case().authorization
    assert known is not None
    assert known.decision is Decision.CANCELLED
    assert reasons(hub) == []


def test_any_other_answer_goes_to_a_person_and_is_no_decision() -> None:
    hub = submitted()
    cancel(hub)
    trace = cancellation(hub).confirmation_id
    payer_sends(hub, pas(trace_of(hub), item("A1")), trace=trace)
    assert reasons(hub) == ["the payer has not confirmed that the authorization is cancelled: approved"]
    known = hub.only_case().authorization
    assert known is not None
    assert known.decision is Decision.SUBMITTED


def test_an_approval_that_crosses_the_cancellation_is_cancelled_by_its_number_too() -> None:
    hub = submitted()
    cancel(hub)
    payer_sends(hub, pas(trace_of(hub), item("A1"), preAuthRef="AUTH7"), trace=trace_of(hub))
    numbers = [one.enquiry and one.enquiry.authorization_number for one in requests(hub, CANCELLATION)]
    assert numbers == [None, "AUTH7"]


def test_a_cancellation_that_does_not_reach_the_payer_goes_to_a_person() -> None:
    hub = submitted()
    cancel(hub)
    sent = cancellation(hub)
    died = DeliveryDied(
        event_id="e", event_topic=sent.topic, event_key=sent.confirmation_id, consumer="sender", error_code="x",
        reason="it is away", attempts=9,
    )  # fmt: skip
    hub.send(died)
    assert reasons(hub) == ["the authorization is not cancelled yet: the payer could not be asked: it is away"]


def test_what_a_person_asked_for_a_person_cancels() -> None:
    hub = MemoryHub()
    hub.send(referral(order(payer="Medicaid", order_lines=BED, more=NUMBERED)))
    hub.command("authorization", "DS-000001-0", decision="approved", number="N1")
    before = len(reasons(hub))
    more = {**NUMBERED, "action": "cancel"}
    hub.send(referral(order(payer="Medicaid", document_id="doc-9", without=("order_lines",), more=more)))
    assert reasons(hub)[before:] == ["the order was cancelled: cancel the authorization N1 at Medicaid"]
    assert requests(hub, CANCELLATION) == []


def test_an_order_that_goes_to_another_payer_is_cancelled_at_the_one_before() -> None:
    hub = submitted()
    decides(hub, Decision.PENDED)
    first = trace_of(hub)
    goes_to(hub, "Cigna")
    sent = cancellation(hub)
    assert sent.enquiry is not None
    assert (sent.enquiry.payer, sent.enquiry.submitted) == ("Sample Health Plan", first)
    known = hub.only_case().authorization
    assert known is None or known.payer == "Cigna"


def changed(hub: MemoryHub, items: list[dict[str, Any]], document_id: str = "doc-2", **more: Any) -> None:
    known = {**NUMBERED, "action": "update"}
    hub.send(referral(sample_order(items, document_id=document_id, more=known, **more)))


@pytest.mark.parametrize("decision", [None, Decision.PENDED, Decision.APPROVED])
def test_a_changed_order_is_cancelled_at_its_payer_once_and_then_asked_anew(decision: Decision | None) -> None:
    hub = submitted()
    if decision is not None:
        decides(hub, decision, number="AUTH1" if decision is Decision.APPROVED else None)
    first = requests(hub, ConfirmationKind.AUTHORIZATION)[0]
    changed(hub, [{"code": "E0260", "quantity": 2}])
    sent = cancellation(hub)
    assert sent.enquiry is not None
    assert sent.enquiry.submitted == first.confirmation_id
    asked = [one.kind for one in hub.seen(ConfirmationRequested) if one.recipient == first.recipient]
    assert asked[-2:] == [CANCELLATION, ConfirmationKind.AUTHORIZATION]
    (told,) = hub.seen(AuthorizationWithdrawn)
    assert told.reason == "the order changed since it was asked for"
    assert trace_of(hub) == requests(hub, ConfirmationKind.AUTHORIZATION)[1].confirmation_id != first.confirmation_id
    for subscription, event in [one for one in hub.handled if one[0].consumer == "benefits"]:
        for payload in subscription.handle(event, hub.unit):  # a delivery that is replayed
            hub.append(payload)
    hub.drain()
    assert len(requests(hub, CANCELLATION)) == 1
    assert len(requests(hub, ConfirmationKind.AUTHORIZATION)) == 2


def test_a_change_that_the_payer_was_not_asked_about_cancels_nothing_there() -> None:
    hub = submitted()
    changed(hub, BED, contact_phone="6145550177")
    assert requests(hub, CANCELLATION) == []
    assert len(requests(hub, ConfirmationKind.AUTHORIZATION)) == 1


def test_an_order_changed_to_what_needs_no_authorization_takes_the_old_one_back() -> None:
    hub = submitted()
    decides(hub, Decision.APPROVED, number="AUTH1")
    changed(hub, [{"code": "E0143", "quantity": 1}])
    assert cancellation(hub).enquiry is not None
    assert hub.only_case().authorization is None
    assert hub.only_case().state is CaseState.DISPATCHING


def test_a_change_after_a_change_cancels_each_request_once() -> None:
    hub = submitted()
    changed(hub, [{"code": "E0260", "quantity": 2}])
    changed(hub, [{"code": "E0260", "quantity": 3}], document_id="doc-3")
    asked = [one.confirmation_id for one in requests(hub, ConfirmationKind.AUTHORIZATION)]
    gone = [one.enquiry.submitted for one in requests(hub, CANCELLATION) if one.enquiry]
    assert gone == asked[:-1]
    assert len(asked) == 3


def test_a_cancellation_handled_again_asks_nothing_again() -> None:
    hub = submitted()
    cancel(hub)
    again = next(e for e in hub.unit.events if isinstance(e.data, CaseStateChanged) and e.data.to_state == "cancelled")
    assert list(withdraw(again, hub.unit)) == []
