"""A discharge that is known by its day ends with that day at the member's home, across both daylight-saving shifts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from handlers.deadline import misses_discharge
from schemas.case import CaseClock
from schemas.deadline import discharge_at
from schemas.document import ReviewRequested
from tests.factories import NOW, order, referral
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
        assert not misses_discharge(instant, made)
        assert misses_discharge(instant + timedelta(seconds=1), made)


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
