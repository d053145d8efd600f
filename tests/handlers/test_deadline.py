"""A discharge that is known by its day ends with that day at the member's home, across both daylight-saving shifts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from handlers.deadline import misses_discharge
from schemas.case import CaseClock
from schemas.deadline import discharge_at
from schemas.document import ReviewRequested
from tests.factories import NOW, case, order, referral
from tests.handlers.memory import MemoryHub

DAYTON = "1 Oak St, Dayton, OH 45402"


@pytest.mark.parametrize(
    ("deadline", "instant"),
    [
        (None, None),
        (date(2026, 11, 24), datetime(2026, 11, 25, 5, tzinfo=UTC)),
        (date(2026, 10, 31), datetime(2026, 11, 1, 4, tzinfo=UTC)),
        (date(2026, 11, 1), datetime(2026, 11, 2, 5, tzinfo=UTC)),  # the day of 25 hours
        (date(2027, 3, 14), datetime(2027, 3, 15, 4, tzinfo=UTC)),  # the day of 23 hours
        (datetime(2026, 11, 24, 16, tzinfo=UTC), datetime(2026, 11, 24, 16, tzinfo=UTC)),
    ],
)
def test_the_instant_of_a_discharge(deadline: Any, instant: datetime | None) -> None:
    made = order(ship_address=DAYTON).model_copy(update={"discharge_deadline": deadline})
    assert discharge_at(made) == instant
    if instant:
        assert not misses_discharge(instant, case(made, received_at=instant))
        assert misses_discharge(instant + timedelta(seconds=1), case(made, received_at=instant))


def test_a_commitment_after_the_discharge_is_told_at_once_and_one_before_it_is_not() -> None:
    for days, breached in ((1, False), (3, True)):
        hub = MemoryHub()
        made = order(ship_address=DAYTON).model_copy(update={"discharge_deadline": date(2026, 11, 25)})
        hub.send(referral(made))
        offer = next(iter(hub.unit.offers.values()))
        start = (NOW + timedelta(days=days)).isoformat()
        hub.say("dispatch", "a1", {"offer_id": offer.offer_id, "answer": "accept", "start": start})
        clocks = [clock.clock for clock in hub.seen(CaseClock)]
        assert ("discharge" in clocks) is breached
        assert any("after the discharge" in review.reason for review in hub.seen(ReviewRequested)) is breached


@pytest.mark.parametrize(
    ("discharge", "minutes"),
    [
        (datetime(2026, 11, 29, 15, tzinfo=UTC), 30),  # Sunday morning, before any office opens
        (datetime(2026, 11, 30, 18, 59, tzinfo=UTC), 30),  # four hours before it, nobody has had to answer yet
        (datetime(2026, 11, 30, 19, tzinfo=UTC), 38 * 60),  # Monday 14:00: an answer by 10:00 is in time
        (datetime(2026, 11, 27, 15, tzinfo=UTC), 30),  # past: the member may be home already
        (datetime(2026, 11, 20, 15, tzinfo=UTC), 38 * 60),  # history
        (None, 38 * 60),
    ],
)
def test_offers_on_a_weekend_do_not_wait_for_monday_when_the_discharge_does_not(
    discharge: datetime | None, minutes: int
) -> None:
    saturday = datetime(2026, 11, 29, 1, tzinfo=UTC)  # Saturday 20:00 in Dayton
    hub = MemoryHub()
    hub.unit.now = saturday
    hub.send(referral(order(ship_address=DAYTON).model_copy(update={"discharge_deadline": discharge})))
    assert {offer.respond_by - saturday for offer in hub.unit.offers.values()} == {timedelta(minutes=minutes)}
