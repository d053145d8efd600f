"""Periods are whole days on the desk's wall clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.errors import Refused
from doorstep.reports import Period, named_period

OHIO = ZoneInfo("America/New_York")
NOW = datetime(2026, 3, 9, 3, 30, tzinfo=UTC)
"""Half past eleven in the evening of Sunday, the day on which Ohio's clocks went forward."""


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("today", date(2026, 3, 8), date(2026, 3, 8)),
        ("yesterday", date(2026, 3, 7), date(2026, 3, 7)),
        ("week", date(2026, 3, 1), date(2026, 3, 7)),
        ("month", date(2026, 2, 1), date(2026, 2, 28)),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("2026-03-08", date(2026, 3, 8), date(2026, 3, 8)),
        ("2026-03-01..2026-03-08", date(2026, 3, 1), date(2026, 3, 8)),
    ],
)
def test_a_period_is_named_as_people_name_it(words: str, first: date, last: date) -> None:
    period = named_period(words, OHIO, NOW)
    assert (period.first, period.last) == (first, last)


@pytest.mark.parametrize("words", ["", "2026-13", "2026-03-08..2026-03-01", "tomorrow", "..", "9999-12", "2026-02-30"])
def test_any_other_name_is_refused(words: str) -> None:
    with pytest.raises(Refused, match="a period is"):
        named_period(words, OHIO, NOW)


def test_the_day_on_which_the_clocks_go_forward_has_23_hours() -> None:
    period = named_period("2026-03-08", OHIO, NOW)
    assert period.until - period.since == timedelta(hours=23)
    assert period.since == datetime(2026, 3, 8, 5, tzinfo=UTC)


@given(st.dates(date(2020, 1, 1), date(2030, 12, 1)), st.integers(0, 12 * 366 * 86_400))
def test_each_moment_is_in_exactly_one_day(day: date, seconds: int) -> None:
    at = datetime(2019, 12, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    days = [Period(day + timedelta(n), day + timedelta(n), OHIO, at) for n in range(3)]
    whole = Period(day, day + timedelta(2), OHIO, at)
    assert sum(one.has(at) for one in days) == whole.has(at)
