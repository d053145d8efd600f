"""Durable timers on both databases: fired once, by whoever looks, across restarts and jumps of the clock."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep import clock
from doorstep.journal import Journal
from schemas.case import ClockDue
from tests.doorstep.journal.support import opened
from tests.hands import Hands


def due(number: int) -> ClockDue:
    return ClockDue(case_id="DS-000001-8", clock="c", number=number)


async def fired(journal: Journal) -> list[int]:
    events = await journal.read(lambda reader: reader.events_after(0, topics=[ClockDue.topic]))
    return [event.data.number for event in events]


async def test_a_timer_fires_when_it_is_due_and_once(journal: Journal) -> None:
    now = clock.now()
    await journal.write(lambda unit: unit.set_timer("late", now + timedelta(hours=1), due(2)))
    await journal.write(lambda unit: unit.set_timer("now", now - timedelta(seconds=1), due(1)))
    assert await journal.read(lambda reader: reader.next_timer()) is not None
    assert await journal.write(lambda unit: unit.fire_timers()) == 1
    assert await journal.write(lambda unit: unit.fire_timers()) == 0
    assert await fired(journal) == [1]


async def test_timers_fire_in_the_order_of_their_times(journal: Journal) -> None:
    now = clock.now()
    for number in (3, 1, 2):
        at = now - timedelta(minutes=10 - number)
        await journal.write(lambda unit, n=number, at=at: unit.set_timer(f"t{n}", at, due(n)))  # type: ignore[misc]
    await journal.write(lambda unit: unit.fire_timers())
    assert await fired(journal) == [1, 2, 3]


async def test_a_timer_set_again_takes_the_place_of_the_first_and_a_cancelled_one_never_fires(journal: Journal) -> None:
    past = clock.now() - timedelta(minutes=1)
    await journal.write(lambda unit: unit.set_timer("t", past, due(1)))
    await journal.write(lambda unit: unit.set_timer("t", past, due(2)))
    await journal.write(lambda unit: unit.set_timer("gone", past, due(3)))
    await journal.write(lambda unit: unit.cancel_timer("gone"))
    await journal.write(lambda unit: unit.cancel_timer("never there"))
    await journal.write(lambda unit: unit.fire_timers())
    assert await fired(journal) == [2]


async def test_what_fails_after_firing_fires_again_and_appends_once(journal: Journal) -> None:
    await journal.write(lambda unit: unit.set_timer("t", clock.now() - timedelta(minutes=1), due(1)))

    def fire_and_fail(unit: Any) -> None:
        assert unit.fire_timers() == 1
        raise RuntimeError("the process dies here")

    with pytest.raises(RuntimeError):
        await journal.write(fire_and_fail)
    assert await fired(journal) == []
    assert await journal.write(lambda unit: unit.fire_timers()) == 1
    assert await fired(journal) == [1]


async def test_a_timer_outlives_the_process(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path) as journal:
        await journal.write(lambda unit: unit.set_timer("t", clock.now() - timedelta(minutes=1), due(1)))
    async with opened(database_url, tmp_path) as journal:
        assert await journal.write(lambda unit: unit.fire_timers()) == 1
        assert await fired(journal) == [1]


@pytest.mark.postgres
async def test_two_that_fire_at_once_append_each_event_once(postgres_url: str, tmp_path: Path) -> None:
    async with opened(postgres_url, tmp_path) as one, opened(postgres_url, tmp_path) as two:
        past = clock.now() - timedelta(minutes=1)
        for number in range(1, 31):
            await one.write(lambda unit, n=number: unit.set_timer(f"t{n}", past, due(n)))  # type: ignore[misc]

        async def fire(journal: Journal) -> int:
            total = 0
            for _ in range(40):
                total += await journal.write(lambda unit: unit.fire_timers(2))
            return total

        assert sum(await asyncio.gather(fire(one), fire(two))) == 30
        assert sorted(await fired(one)) == list(range(1, 31))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from(["set", "cancel", "fire"]), st.integers(0, 3), st.integers(-5, 5)), max_size=12)
)
async def test_whatever_is_set_cancelled_and_fired_each_timer_fires_as_last_set(
    journal: Journal, steps: list[tuple[str, int, int]]
) -> None:
    await journal.write(lambda unit: [unit.cancel_timer(f"p{n}") for n in range(4)])
    before = len(await fired(journal))
    expected, pending = 0, {}
    for number, (step, which, minutes) in enumerate(steps):
        at = clock.now() + timedelta(minutes=minutes, seconds=30)
        if step == "set":
            await journal.write(lambda unit, w=which, at=at, n=number: unit.set_timer(f"p{w}", at, due(n + 1)))  # type: ignore[misc]
            pending[which] = minutes < 0
        elif step == "cancel":
            await journal.write(lambda unit, w=which: unit.cancel_timer(f"p{w}"))  # type: ignore[misc]
            pending.pop(which, None)
        else:
            await journal.write(lambda unit: unit.fire_timers())
            expected += sum(pending.values())
            pending = {which: False for which, ready in pending.items() if not ready}
    assert len(await fired(journal)) - before == expected


SHIFTS = [datetime(2026, 11, 1, 6, tzinfo=UTC), datetime(2027, 3, 14, 7, tzinfo=UTC)]
"""The instants at which New York leaves daylight saving and comes back to it."""


@pytest.mark.parametrize("shift", SHIFTS, ids=["autumn", "spring"])
@pytest.mark.parametrize("step", [1, 7, 24 * 30], ids=["hour by hour", "in jumps", "at once"])
async def test_over_a_shift_of_daylight_saving_each_timer_fires_once_whatever_the_clock_does(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shift: datetime, step: int
) -> None:
    hands = Hands(shift - timedelta(hours=30)).hold(monkeypatch)
    instants = [shift + timedelta(minutes=30 * n) for n in range(-40, 41, 4)]
    async with opened(database_url, tmp_path) as journal:
        for number, at in enumerate(instants, start=1):
            await journal.write(lambda unit, n=number, at=at: unit.set_timer(f"t{n}", at, due(n)))  # type: ignore[misc]
        assert await journal.write(lambda unit: unit.fire_timers()) == 0
        hands.turn(hours=20)
        await journal.write(lambda unit: unit.fire_timers())
        hands.turn(hours=-26)  # somebody set the clock back by a day
        assert await journal.write(lambda unit: unit.fire_timers()) == 0
    while hands.at < instants[-1]:  # the process starts anew at every step
        hands.turn(hours=step)
        async with opened(database_url, tmp_path) as journal:
            await journal.write(lambda unit: unit.fire_timers())
            latest = max(hands.at, shift - timedelta(hours=10))
            assert await fired(journal) == [n for n, at in enumerate(instants, start=1) if at <= latest]
    async with opened(database_url, tmp_path) as journal:
        assert await fired(journal) == list(range(1, len(instants) + 1))
        assert await journal.read(lambda reader: reader.next_timer()) is None
