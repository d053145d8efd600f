"""What a clock escalates: a discharge within a day, at once, with a name and a time; over when a start is committed."""

from __future__ import annotations

from datetime import timedelta

from schemas.case import CaseState, OfferState
from schemas.desk import CaseEscalated, EscalationResolved
from schemas.document import ReviewRequested, ReviewSettled
from tests.factories import NOW, order, referral
from tests.handlers.memory import MemoryHub


def leaving(hours: int) -> MemoryHub:
    hub = MemoryHub()
    hub.send(referral(order().model_copy(update={"discharge_deadline": NOW + timedelta(hours=hours)})))
    hub.pass_time(NOW)
    return hub


def accept(hub: MemoryHub, hours: int) -> None:
    offer = next(one for one in hub.unit.offers.values() if one.state is OfferState.SENT)
    start = (NOW + timedelta(hours=hours)).isoformat()
    hub.say("dispatch", "yes", {"offer_id": offer.offer_id, "answer": "accept", "start": start})
    assert hub.only_case().state is CaseState.SCHEDULED


def test_a_discharge_within_a_day_escalates_at_once_with_a_manager_and_a_promised_time() -> None:
    hub = leaving(20)
    now = hub.only_case().escalation
    assert now is not None
    assert (now.level, now.manager_name, now.opened_by, now.clock) == (1, "Nora Whitlock", "hub", "discharge")
    assert now.reason == "A confirmed start before the discharge: time is running out"
    assert now.committed_eta == NOW + timedelta(minutes=240), "around the clock"
    assert leaving(30).only_case().escalation is None


def test_it_ends_with_the_committed_start_and_so_does_what_a_person_was_asked() -> None:
    hub = leaving(20)
    accept(hub, 10)
    assert hub.only_case().escalation is None
    (ended,) = hub.seen(EscalationResolved)
    assert (ended.agent, ended.outcome) == ("hub", "the case is scheduled")
    (asked,) = [r for r in hub.seen(ReviewRequested) if "before the discharge" in r.reason]
    assert [one.review_id for one in hub.seen(ReviewSettled)] == [asked.review_id]
    hub.pass_time(NOW + timedelta(days=3))
    assert len(hub.seen(CaseEscalated)) == 1


def test_without_a_start_it_goes_up_a_level_by_its_promise_or_by_the_clock() -> None:
    hub = leaving(20)
    hub.pass_time(NOW + timedelta(hours=16))
    assert [one.escalation.level for one in hub.seen(CaseEscalated)][:3] == [1, 2, 3]


def test_at_the_top_it_is_told_again_once_a_day() -> None:
    hub = leaving(20)
    hub.pass_time(NOW + timedelta(hours=30))
    before = len(hub.seen(CaseEscalated))
    hub.pass_time(NOW + timedelta(hours=30, days=3))
    assert len(hub.seen(CaseEscalated)) - before == 3


def test_a_week_after_the_discharge_it_is_told_again_once_a_week() -> None:
    hub = leaving(20)
    hub.pass_time(NOW + timedelta(days=9))
    before = len(hub.seen(CaseEscalated))
    hub.pass_time(NOW + timedelta(days=30))
    assert len(hub.seen(CaseEscalated)) - before == 3
    assert hub.only_case().escalation is not None


def test_a_discharge_that_is_past_is_escalated_too() -> None:
    now = leaving(-30).only_case().escalation
    assert now is not None
    assert now.reason == "A confirmed start before the discharge: discharge already past"


def test_a_persons_promise_stands_and_is_not_ended_by_the_hub() -> None:
    hub = MemoryHub()
    hub.send(referral(order().model_copy(update={"discharge_deadline": NOW + timedelta(hours=26)})))
    eta = (NOW + timedelta(hours=20)).isoformat()
    hub.command("escalate", hub.only_case().case_id, reason="the ward calls", committed_eta=eta)
    hub.pass_time(NOW + timedelta(hours=3))
    now = hub.only_case().escalation
    assert now is not None
    assert (now.opened_by, now.level) == ("Marta Lindgren", 1)
    accept(hub, 12)
    assert hub.only_case().escalation is not None
