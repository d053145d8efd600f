"""Business time: opening hours on the address's own clock, no weekends, no federal holidays."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.casework import clocks
from schemas.business import after_business_minutes, is_holiday
from schemas.fields import zone_of
from tests.factories import order
from tests.handlers.memory import MemoryUnit

HOURS = clocks(MemoryUnit()).business  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-11-23T15:00", "2026-11-23T17:00"),  # Monday morning in Ohio
        ("2026-11-23T22:30", "2026-11-24T14:30"),  # 17:30: half an hour today, the rest tomorrow
        ("2026-11-27T23:30", "2026-11-30T15:00"),  # Friday evening: from Monday's opening
        ("2026-10-31T12:00", "2026-11-02T15:00"),  # over the weekend of the clock change
        ("2026-11-23T05:00", "2026-11-23T15:00"),  # before opening
        ("2026-11-25T22:30", "2026-11-27T14:30"),  # over Thanksgiving
        ("2026-07-02T21:30", "2026-07-06T13:30"),  # the Fourth of July falls on a Saturday: Friday is off
        ("2026-12-31T22:30", "2027-01-04T14:30"),  # over New Year and its weekend
        ("2027-03-12T22:30", "2027-03-15T13:30"),  # over the spring change of the clock
    ],
)
def test_business_minutes_run_on_the_wall_clock_of_the_address(start: str, end: str) -> None:
    at = datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert after_business_minutes(at, 120, HOURS, order()) == datetime.fromisoformat(end).replace(tzinfo=UTC)


@pytest.mark.parametrize("day", ["2026-01-01", "2026-06-19", "2026-07-03", "2026-11-11", "2026-11-26", "2027-12-24"])
def test_federal_holidays_and_their_observed_days_are_known(day: str) -> None:
    assert is_holiday(date.fromisoformat(day))


def test_the_day_after_thanksgiving_is_a_working_day() -> None:
    assert not is_holiday(date(2026, 11, 27))


@given(st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC)), st.integers(1, 3000))  # noqa: DTZ001
def test_a_business_deadline_is_later_and_within_opening_hours(at: datetime, minutes: int) -> None:
    end = after_business_minutes(at, minutes, HOURS, order(without=("ship_address",)))
    local = end.astimezone(zone_of(None))
    assert end > at
    assert local.isoweekday() in HOURS.days
    assert not is_holiday(local.date())
    assert HOURS.opens <= local.time() <= HOURS.closes


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(1, 1500),
    st.integers(1, 1500),
)
def test_two_stretches_of_business_time_are_one_long_one(at: datetime, first: int, second: int) -> None:
    made = order()
    halfway = after_business_minutes(at, first, HOURS, made)
    assert after_business_minutes(halfway, second, HOURS, made) == after_business_minutes(
        at, first + second, HOURS, made
    )
