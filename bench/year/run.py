"""Runs the year: the next thing on the agenda or the next timer, whichever comes first, and what follows from it."""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from bench.year.hub import YearHub
from bench.year.plan import OHIO, orders
from bench.year.world import World
from doorstep.journal import Reader
from doorstep.journal.tables import case_, timer
from doorstep.reports import Period, Report, denials, metrics, reconciliation
from schemas.case import CLOSED, CaseState, OfferState
from schemas.outbound import ConfirmationKind, ConfirmationRequested

RUN_OUT = timedelta(days=45)
"""After the last order so long, so that what is under way comes to its end."""


@dataclass(slots=True)
class Outcome:
    """What the year came to; `faults` are broken promises and must be none."""

    orders: int
    events: int
    jumps: int
    seconds: float
    states: dict[str, int]
    reports: list[Report] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def run(count: int = 3000, *, seed: int = 1, days: int = 365, first: date = date(2027, 1, 1)) -> Outcome:
    """Run `count` orders over so many days. The same arguments give the same year."""
    memory = Path("/dev/shm")  # what a year on a made-up clock writes need not outlive a power cut
    where = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="doorstep-year-", dir=where) as folder:
        return asyncio.run(_run(Path(folder), count, seed, days, first))


async def _run(folder: Path, count: int, seed: int, days: int, first: date) -> Outcome:
    began = time.monotonic()
    world = World(seed)
    start = datetime(first.year, first.month, first.day, tzinfo=OHIO).astimezone(UTC)
    hub = world.hub = YearHub(folder, start, world.read)
    try:
        came = world.expect(orders(count, first, days, random.Random(seed)))
        jumps = await _live(hub, world, start + timedelta(days=days) + RUN_OUT)
        period = Period(first, first + timedelta(days=days - 1), OHIO, hub.now)
        whole = Period(first, first + timedelta(days=days) + RUN_OUT, OHIO, hub.now)
        read = hub.journal.read
        return Outcome(
            orders=came,
            events=hub.events,
            jumps=jumps,
            seconds=time.monotonic() - began,
            states=await read(_states),
            reports=[
                await read(lambda reader: metrics.report(reader, period)),
                await read(lambda reader: denials.report(reader, period)),
                await read(lambda reader: reconciliation.report(reader, whole)),
            ],
            faults=list(await read(lambda reader: list(_faults(reader)))),
        )
    finally:
        await hub.close()


async def _live(hub: YearHub, world: World, end: datetime) -> int:
    jumps = 0
    while True:
        due = hub.next_timer
        planned = world.agenda[0][0] if world.agenda else None
        at = min((moment for moment in (due, planned) if moment is not None), default=end)
        if at >= end:
            return jumps
        jumps += 1
        hub.now = max(hub.now, at)
        if due is not None and due <= hub.now:
            world.react(await hub.tick())
        else:
            _, act = world.next()
            world.react(await act())


def _states(reader: Reader) -> dict[str, int]:
    query = select(case_.c.state, func.count()).group_by(case_.c.state).order_by(case_.c.state)
    return {state: int(number) for state, number in reader.connection.execute(query)}


def _faults(reader: Reader) -> Iterator[str]:
    """Yield what must never be: dead letters, two providers, a case that nobody and nothing looks after."""
    for letter in reader.dead_letters(limit=20):
        yield f"dead letter: {letter.consumer} on {letter.topic}: {letter.error_code}"
    timers = " ".join(reader.connection.execute(select(timer.c.timer_id)).scalars())
    asked = {review.case_id for review in reader.reviews(limit=1_000_000)}
    told: Counter[tuple[str, str]] = Counter()
    for event in reader.events_after(0, topics=[ConfirmationRequested.topic], limit=10_000_000):
        if event.data.kind is ConfirmationKind.ACKNOWLEDGED:
            told[event.data.document_id, event.data.case_id or ""] += 1
    yield from (f"acknowledged {number} times: {which}" for which, number in told.items() if number > 1)
    before: str | None = None
    while page := reader.cases(limit=500, before=before):
        before = page[-1].case_id
        for case in page:
            offers = Counter(offer.state for offer in reader.offers(case_id=case.case_id))
            if offers[OfferState.ACCEPTED] + offers[OfferState.SERVED] > 1:
                yield f"{case.case_id} has two providers"
            if case.state is CaseState.CANCELLED and offers[OfferState.SENT] + offers[OfferState.ACCEPTED]:
                yield f"{case.case_id} is cancelled, and an offer of it is live"
            if case.state not in CLOSED and case.case_id not in timers and case.case_id not in asked:
                yield f"{case.case_id} is {case.state.value}, and neither a clock nor a person has it"


def print_outcome(outcome: Outcome) -> None:
    speed = f"{outcome.events / outcome.seconds:.0f} events/s"
    took = f"{outcome.jumps} jumps of the clock in {outcome.seconds:.0f} s ({speed})"
    print(f"{outcome.orders} orders, {outcome.events} events, {took}")
    print("cases at the end: " + ", ".join(f"{number} {state}" for state, number in outcome.states.items()))
    for report in outcome.reports:
        print(f"\n{report.title}, {report.period}")
        for table in report.tables[:4]:
            print(f"\n  {table.title}")
            rows = [table.columns, *table.rows[:25]]
            widths = [max(len(_cell(row[n])) for row in rows) for n in range(len(table.columns))]
            for row in rows:
                print("    " + "  ".join(_cell(cell).ljust(width) for cell, width in zip(row, widths, strict=True)))
    print(f"\n{len(outcome.faults)} broken promises" + "".join(f"\n  {fault}" for fault in outcome.faults[:40]))


def _cell(cell: object) -> str:
    return "" if cell is None else str(cell)
