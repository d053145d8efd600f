"""The windows that an offer proposes: business days at home, none before the ordered day or after the discharge."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.rules import load
from handlers.choices import choices_of
from schemas.clock_rules import Clocks
from tests.factories import NOW, order

HOURS = Clocks.model_validate(load("clocks")).business
OHIO = ZoneInfo("America/New_York")
PLAIN = order(ship_address="1 Oak St, Dayton, OH 45402").model_copy(update={"service_start": None})


def local(now: datetime = NOW, respond_by: datetime | None = None, **changes: Any) -> list[str]:
    found = choices_of(PLAIN.model_copy(update=changes), HOURS, now, respond_by or now)
    return [f"{c.start.astimezone(OHIO):%a %d %H}-{c.end.astimezone(OHIO):%H}" for c in found]


def test_the_next_four_windows_of_business_days() -> None:
    assert local() == ["Tue 24 08-12", "Tue 24 13-17", "Wed 25 08-12", "Wed 25 13-17"]
    assert local(datetime(2026, 11, 25, 20, tzinfo=UTC)) == [
        "Fri 27 08-12",
        "Fri 27 13-17",
        "Mon 30 08-12",
        "Mon 30 13-17",
    ]


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        ({"service_start": date(2026, 12, 1)}, "Tue 01 08-12"),
        ({"priority": "stat"}, "Mon 23 13-17"),
        ({"discharge_deadline": datetime(2026, 11, 23, 19, tzinfo=UTC)}, "Mon 23 13-17"),
    ],
)
def test_the_first_window(changes: dict[str, Any], first: str) -> None:
    assert local(**changes)[0] == first


def test_nothing_is_proposed_after_the_discharge() -> None:
    assert local(discharge_deadline=datetime(2026, 11, 23, 19, tzinfo=UTC)) == ["Mon 23 13-17"]
    assert local(discharge_deadline=datetime(2026, 11, 23, 16, tzinfo=UTC)) == []


def test_after_a_discharge_that_is_past_every_day_counts_and_after_one_that_is_history_none_more_than_usual() -> None:
    friday = datetime(2026, 11, 27, 22, tzinfo=UTC)
    assert local(friday, discharge_deadline=friday - timedelta(hours=5))[0] == "Sat 28 08-12"
    assert local(friday, discharge_deadline=friday - timedelta(days=8))[0] == "Mon 30 08-12"


def test_no_window_begins_before_the_provider_must_have_answered() -> None:
    friday = datetime(2026, 11, 27, 22, tzinfo=UTC)
    assert local(friday, respond_by=datetime(2026, 11, 30, 14, tzinfo=UTC))[0] == "Mon 30 13-17"


@given(st.integers(0, 700 * 24 * 60))
def test_every_window_lies_ahead_and_is_whole(minutes: int) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    found = choices_of(PLAIN, HOURS, now, now)
    assert len(found) == 4
    assert all(c.start >= now + timedelta(hours=4) and c.end - c.start == timedelta(hours=4) for c in found)
    assert list(found) == sorted(found, key=lambda c: c.start)
