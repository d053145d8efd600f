"""The ticker: what is due happens soon, what a handler sets wakes it, and a stop leaves nothing half fired."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from doorstep import clock
from doorstep.journal import Journal
from doorstep.stream.ticker import Ticker
from schemas.case import ClockDue


async def fired(journal: Journal) -> int:
    return len(await journal.read(lambda reader: reader.events_after(0, topics=[ClockDue.topic])))


async def until(journal: Journal, number: int, seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while await fired(journal) < number:
            await asyncio.sleep(0.02)


async def test_what_is_due_fires_and_what_is_set_later_too(journal: Journal) -> None:
    due = ClockDue(case_id="DS-000001-8", clock="c", number=1)
    await journal.write(lambda unit: unit.set_timer("before", clock.now() - timedelta(days=1), due))
    ticker = Ticker(journal)
    ticker.start()
    try:
        await until(journal, 1)
        soon = clock.now() + timedelta(milliseconds=300)
        await journal.write(lambda unit: unit.set_timer("after", soon, due))
        await until(journal, 2, 2.0)
        assert clock.now() >= soon
    finally:
        await ticker.stop()
    await journal.write(lambda unit: unit.set_timer("stopped", clock.now() - timedelta(days=1), due))
    await asyncio.sleep(0.3)
    assert await fired(journal) == 2
