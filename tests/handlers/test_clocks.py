"""Clocks of a case: reminders to the sender, then a person; none after the case has moved on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.case import CaseClock, CaseState, OfferExpired, OfferSent, OfferState
from schemas.document import ReviewRequested
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.rules import ClockRule
from tests.factories import HOSPITAL, NOW, order, referral, transmission
from tests.handlers.memory import MemoryHub


def told(hub: MemoryHub, kind: type[Any]) -> list[Any]:
    return [event.data for event in hub.unit.events if isinstance(event.data, kind)]


def incomplete(reply_to: Any = HOSPITAL) -> MemoryHub:
    hub = MemoryHub()
    hub.send(referral(order(without=("clinician_npi",)), reply_to=reply_to))
    (case,) = hub.unit.cases.values()
    assert case.state is CaseState.INCOMPLETE
    return hub


def dispatching() -> MemoryHub:
    hub = MemoryHub()
    hub.send(referral())
    (case,) = hub.unit.cases.values()
    assert case.state is CaseState.DISPATCHING
    return hub


def asks(hub: MemoryHub) -> list[ConfirmationRequested]:
    return [c for c in told(hub, ConfirmationRequested) if c.kind is ConfirmationKind.INFORMATION_REQUESTED]


def test_a_sender_who_does_not_answer_is_reminded_twice_and_then_a_person_looks() -> None:
    hub = incomplete()
    assert len(asks(hub)) == 1
    hub.pass_time(NOW + timedelta(days=2, hours=1))
    assert len(asks(hub)) == 2
    hub.pass_time(NOW + timedelta(days=30))
    assert len(asks(hub)) == 3
    assert len({c.confirmation_id for c in asks(hub)}) == 3
    assert [c.number for c in told(hub, CaseClock)] == [1, 2, 3]
    reasons = [r.reason for r in told(hub, ReviewRequested)]
    assert reasons == ["What is missing from the sender: not done in time"]
    assert not hub.unit.timers


def test_reminders_come_in_business_hours_of_the_members_home() -> None:
    hub = incomplete()
    hub.pass_time(NOW + timedelta(days=30))
    for event in hub.unit.events:
        if isinstance(event.data, CaseClock):
            assert event.time.isoweekday() in {1, 2, 3, 4, 5}


def test_without_an_address_to_remind_a_person_looks_at_once() -> None:
    hub = incomplete(reply_to=None)
    hub.pass_time(NOW + timedelta(days=3))
    assert any("not done in time" in r.reason for r in told(hub, ReviewRequested))


def test_an_answer_stops_the_clock() -> None:
    hub = incomplete()
    hub.send(referral(order(document_id="doc-2")))
    (case,) = hub.unit.cases.values()
    assert case.state is CaseState.DISPATCHING
    assert not any(name.startswith("clock information") for name in hub.unit.timers)
    hub.unit.timers.clear()
    hub.pass_time(NOW + timedelta(days=30))
    assert told(hub, CaseClock) == []


def test_offers_that_nobody_answers_end_and_the_next_providers_are_asked() -> None:
    hub = dispatching()
    first = {o.npi for o in hub.unit.offers.values()}
    hub.pass_time(NOW + timedelta(hours=3))
    expired = {o.npi for o in hub.unit.offers.values() if o.state is OfferState.EXPIRED}
    assert expired == first
    assert {e.npi for e in told(hub, OfferExpired)} == first
    again = [o for o in told(hub, OfferSent) if o.wave == 2]
    assert not first & {o.npi for o in again}


def test_when_nobody_is_left_who_could_answer_a_person_owns_the_case() -> None:
    hub = dispatching()
    hub.pass_time(NOW + timedelta(days=10))
    (case,) = hub.unit.cases.values()
    assert case.state is CaseState.UNDISPATCHABLE
    assert any("did not answer" in r.reason for r in told(hub, ReviewRequested))
    assert not any(o.state is OfferState.SENT for o in hub.unit.offers.values())


def test_an_acceptance_that_comes_too_late_is_refused() -> None:
    hub = dispatching()
    late = next(iter(hub.unit.offers.values()))
    hub.pass_time(NOW + timedelta(hours=3))
    start = (hub.unit.now + timedelta(days=90)).isoformat()
    sent = transmission(document_id="late", body={"offer_id": late.offer_id, "answer": "accept", "start": start})
    hub.unit.contents[sent.contents[0].sha256] = (
        f'{{"offer_id": "{late.offer_id}", "answer": "accept", "start": "{start}"}}'.encode()
    )
    hub.send(sent)
    assert hub.unit.offers[late.offer_id].state is OfferState.EXPIRED
    assert hub.unit.receipts["late"][1] == "the offer was expired before"


def test_an_accepted_case_is_not_offered_again_when_its_time_comes() -> None:
    hub = dispatching()
    one = next(iter(hub.unit.offers.values()))
    start = (NOW + timedelta(days=20)).isoformat()
    sent = transmission(document_id="yes", body={"offer_id": one.offer_id, "answer": "accept", "start": start})
    hub.unit.contents[sent.contents[0].sha256] = (
        f'{{"offer_id": "{one.offer_id}", "answer": "accept", "start": "{start}"}}'.encode()
    )
    hub.send(sent)
    (case,) = hub.unit.cases.values()
    assert case.state is CaseState.SCHEDULED
    hub.pass_time(NOW + timedelta(days=30))
    assert told(hub, OfferExpired) == []
    assert told(hub, CaseClock) == []


def test_a_clock_counts_one_kind_of_time() -> None:
    given: dict[str, Any] = {"clock": "x", "label": "X", "while": ["open"], "cite": ["y"]}
    for wrong in ({}, {"business_minutes": 1, "elapsed_minutes": 1}):
        with pytest.raises(ValidationError):
            ClockRule.model_validate(given | wrong)
    assert ClockRule.model_validate(given | {"elapsed_minutes": 5}).elapsed_minutes == 5


def test_time_that_runs_backwards_fires_nothing_twice() -> None:
    hub = incomplete()
    hub.pass_time(NOW + timedelta(days=2, hours=1))
    hub.unit.now = datetime(2026, 11, 1, tzinfo=UTC)
    hub.pass_time(NOW)
    assert len(asks(hub)) == 2
