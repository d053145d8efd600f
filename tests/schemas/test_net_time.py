"""Gross and net time: business hours and elapsed, over daylight saving, holidays and zones, with pauses of any kind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.rules import load
from schemas.clock import ClockRun, Pause
from schemas.clock_rules import Clocks
from schemas.net_time import ZERO, Measure, gross, net, paused, remaining
from tests.factories import order

HOURS = Clocks.model_validate(load("clocks")).business
DAYTON = order(ship_address="1 Oak St, Dayton, OH 45402")
PHOENIX = order(ship_address="1 Oak St, Phoenix, AZ 85004")
HONOLULU = order(ship_address="1 Oak St, Honolulu, HI 96813")
MEASURES = st.builds(Measure, st.sampled_from([HOURS, None]), st.sampled_from([DAYTON, PHOENIX, HONOLULU]))
# around Thanksgiving and both ends of summer time
STARTS = st.sampled_from([datetime(2026, 10, 30, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC),
                          datetime(2027, 3, 11, tzinfo=UTC)])  # fmt: skip
FEW = settings(max_examples=20, deadline=None)
MINUTES = st.integers(0, 12 * 1440)
CAUSES = st.sampled_from(["sender", "payer", "patient-unavailable"])


def run_of(start: datetime, pauses: list[tuple[str, int, int | None]]) -> ClockRun:
    """Return a run with pauses by the minutes after its start at which each began and ended."""
    found = [
        Pause(
            cause=cause,
            owner="x",
            began_at=start + timedelta(minutes=begin),
            ended_at=None if length is None else start + timedelta(minutes=begin + length),
        )
        for cause, begin, length in pauses
    ]
    return ClockRun(case_id="DS-1", clock="x", started_by=1, started_at=start, first_due_at=start, pauses=tuple(found))


PAUSES = st.lists(st.tuples(CAUSES, MINUTES, st.none() | MINUTES), max_size=5)


@FEW
@given(MEASURES, STARTS, PAUSES, MINUTES)
def test_net_time_and_what_the_causes_took_are_the_gross_time(
    measure: Measure, start: datetime, pauses: list[tuple[str, int, int | None]], now: int
) -> None:
    run, at = run_of(start, pauses), start + timedelta(minutes=now)
    edges = sorted({run.started_at, at, *(min(max(t, start), at) for p in run.pauses for t in _ends(p, at))})
    free = ZERO  # what no pause covers, added up piece by piece
    for begin, end in pairwise(edges):
        if not any(p.began_at <= begin and end <= (p.ended_at or at) for p in run.pauses):
            free += measure.between(begin, end)
    assert net(run, at, measure) == free
    assert free + sum(paused(run, at, measure).values(), ZERO) == gross(run, at, measure)


def _ends(pause: Pause, now: datetime) -> tuple[datetime, datetime]:
    return pause.began_at, pause.ended_at or now


@FEW
@given(MEASURES, STARTS, PAUSES, MINUTES, st.integers(1, 5000))
def test_what_is_left_is_never_below_nothing_and_never_grows(
    measure: Measure, start: datetime, pauses: list[tuple[str, int, int | None]], now: int, budget: int
) -> None:
    run, limit = run_of(start, pauses), timedelta(minutes=budget)
    left = [remaining(run, limit, start + timedelta(minutes=m), measure) for m in (0, now // 2, now, now + 999)]
    assert left == sorted(left, reverse=True)
    assert limit >= left[0]
    assert left[-1] >= ZERO
    assert remaining(run, limit, start - timedelta(days=1), measure) == limit


@FEW
@given(MEASURES, STARTS, PAUSES, MINUTES, st.randoms())
def test_a_pause_that_is_told_again_or_in_another_order_changes_nothing(
    measure: Measure, start: datetime, pauses: list[tuple[str, int, int | None]], now: int, lot: object
) -> None:
    told = [*pauses, *pauses]
    lot.shuffle(told)  # type: ignore[attr-defined]
    at = start + timedelta(minutes=now)
    once, twice = run_of(start, pauses), run_of(start, told)
    assert net(once, at, measure) == net(twice, at, measure)


@FEW
@given(MEASURES, STARTS, MINUTES, st.integers(1, 4000))
def test_a_clock_without_a_pause_has_used_its_budget_when_it_runs_out(
    measure: Measure, start: datetime, offset: int, budget: int
) -> None:
    begin, limit = start + timedelta(minutes=offset), timedelta(minutes=budget)
    assert measure.between(begin, measure.after(begin, limit)) == limit


@pytest.mark.parametrize(
    ("begin", "end", "zone", "hours"),
    [
        ("2026-11-25 17:00", "2026-11-27 09:00", "America/New_York", 2),  # over Thanksgiving
        ("2026-10-30 17:00", "2026-11-02 09:00", "America/New_York", 2),  # over the end of summer time
        ("2027-03-12 17:00", "2027-03-15 09:00", "America/New_York", 2),  # over its beginning
        ("2026-11-28 08:00", "2026-11-29 18:00", "America/New_York", 0),  # a weekend
    ],
)
def test_business_time_is_what_the_desk_is_open(begin: str, end: str, zone: str, hours: int) -> None:
    first, last = (datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)) for text in (begin, end))
    assert Measure(HOURS, DAYTON).between(first, last) == timedelta(hours=hours)


def test_a_day_of_elapsed_time_over_a_shift_is_another_hour_on_the_wall() -> None:
    begin = datetime(2026, 10, 31, 12, tzinfo=ZoneInfo("America/New_York")).astimezone(UTC)
    ends = Measure(None, DAYTON).after(begin, timedelta(hours=24)).astimezone(ZoneInfo("America/New_York"))
    assert (ends.day, ends.hour) == (1, 11)
