"""A re-evaluation under PAP therapy is asked for from day 31 on, until a person says that it was seen."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from schemas.case import CaseClock, CaseState, OfferState
from schemas.desk import FollowedUp
from schemas.document import ReviewRequested, ReviewSettled
from tests.factories import NOW, order, referral
from tests.handlers.memory import MemoryHub

LABEL = "The re-evaluation under PAP therapy, from day 31 to day 91"
DONE = NOW + timedelta(days=1)


def delivered(code: str = "E0601") -> MemoryHub:
    hub = MemoryHub()
    hub.send(referral(order(order_lines=[{"code": code, "quantity": 1}], without=("frequency",))))
    offer = next(iter(hub.unit.offers.values()))
    hub.say("dispatch", "yes", {"offer_id": offer.offer_id, "answer": "accept", "start": DONE.isoformat()})
    hub.unit.now = DONE
    proof = {"completed_at": DONE.isoformat(), "signed_by": "the member"}
    hub.say("dispatch", "done", {"offer_id": offer.offer_id, "answer": "complete", "proof": proof})
    assert hub.unit.offers[offer.offer_id].state is OfferState.SERVED
    assert hub.only_case().state is CaseState.FULFILLED
    return hub


def reasons(hub: MemoryHub) -> list[str]:
    return [review.reason for review in hub.seen(ReviewRequested) if LABEL in review.reason]


def said(hub: MemoryHub, day: date, clock: str = "pap_followup") -> str | None:
    word = hub.command("follow-up", hub.only_case().case_id, clock=clock, seen_on=str(day), note="uses it 6 hours")
    return hub.unit.receipts[word][1]


def test_a_person_is_asked_from_day_31_on_and_told_again_before_and_on_day_91() -> None:
    hub = delivered()
    hub.pass_time(DONE + timedelta(days=30))
    assert reasons(hub) == []
    hub.pass_time(DONE + timedelta(days=31))
    assert reasons(hub) == [f"{LABEL}: it can be done from today"]
    hub.pass_time(DONE + timedelta(days=91))
    assert reasons(hub)[1:] == [f"{LABEL}: time is running out", f"{LABEL}: not done in time"]
    assert "pap_followup" in {clock.clock for clock in hub.seen(CaseClock)}


def test_the_word_that_it_was_seen_ends_it() -> None:
    hub = delivered()
    hub.pass_time(DONE + timedelta(days=40))
    day = (DONE + timedelta(days=39)).date()
    assert said(hub, day) is None
    (seen,) = hub.seen(FollowedUp)
    assert (seen.clock, seen.seen_on, seen.by) == ("pap_followup", day, "Marta Lindgren")
    assert len(hub.seen(ReviewSettled)) == 1
    hub.pass_time(DONE + timedelta(days=120))
    assert len(reasons(hub)) == 1
    assert said(hub, day) == "it was said before"


@pytest.mark.parametrize("days", [30, 41])
def test_what_was_seen_too_early_or_lies_ahead_does_not_count(days: int) -> None:
    hub = delivered()
    hub.pass_time(DONE + timedelta(days=40))
    refused = said(hub, (DONE + timedelta(days=days)).date())
    assert refused == f"it counts from {(DONE + timedelta(days=31)).date()} on, and cannot lie ahead"


def test_an_item_without_such_a_clock_waits_for_nothing() -> None:
    hub = delivered("E1390")
    assert said(hub, DONE.date()) == "the case waits for no follow-up"
    hub.pass_time(DONE + timedelta(days=100))
    assert reasons(hub) == []
