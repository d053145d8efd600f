"""The ticker: what is due happens soon, what a handler sets wakes it, and a stop leaves nothing half fired."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from doorstep import clock
from doorstep.journal import Journal
from doorstep.stream import ticker as ticker_module
from doorstep.stream.ticker import LONGEST_SLEEP, Ticker
from schemas.case import ClockDue
from tests.hands import Hands


async def fired(journal: Journal) -> int:
    return len(await journal.read(lambda reader: reader.events_after(0, topics=[ClockDue.topic])))


async def until(journal: Journal, number: int, seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while await fired(journal) < number:
            await asyncio.sleep(0.02)


async def test_what_is_due_fires_and_what_is_set_later_too(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticker_module, "LONGEST_SLEEP", 3600.0)
    due = ClockDue(case_id="DS-000001-8", clock="c", number=1)
    await journal.write(lambda unit: unit.set_timer("before", clock.now() - timedelta(days=1), due))
    ticker = Ticker(journal)
    ticker.start()
    try:
        await until(journal, 1)
        soon = clock.now() + timedelta(milliseconds=300)
        await journal.write(lambda unit: unit.set_timer("after", soon, due))
        await until(journal, 2)
        assert clock.now() >= soon
    finally:
        await ticker.stop()
    await journal.write(lambda unit: unit.set_timer("stopped", clock.now() - timedelta(days=1), due))
    await asyncio.sleep(0.3)
    assert await fired(journal) == 2


async def test_a_clock_that_jumps_fires_each_timer_once(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    hands = Hands(clock.now()).hold(monkeypatch)
    for days in range(1, 6):
        due = ClockDue(case_id="DS-000001-8", clock="c", number=days)
        at = hands.at + timedelta(days=days)
        await journal.write(lambda unit, at=at, due=due: unit.set_timer(f"t{due.number}", at, due))  # type: ignore[misc]
    ticker = Ticker(journal)
    ticker.start()
    try:
        hands.turn(days=3)
        await until(journal, 3)
        hands.turn(days=-10)
        await asyncio.sleep(LONGEST_SLEEP + 0.2)
        assert await fired(journal) == 3
        hands.turn(days=20)
        await until(journal, 5)
    finally:
        await ticker.stop()
    numbers = await journal.read(lambda reader: reader.events_after(0, topics=[ClockDue.topic]))
    assert [event.data.number for event in numbers] == [1, 2, 3, 4, 5]
