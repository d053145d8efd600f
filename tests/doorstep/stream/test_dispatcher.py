"""The embedded dispatcher: everything once, each lane in order, one bad lane alone."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.errors import Refused, Unavailable
from doorstep.handler import Subscription, Unit
from doorstep.journal import Journal
from doorstep.stream.dispatcher import Dispatcher
from doorstep.stream.work import RetryPolicy, Worker
from schemas.case import OfferDeclined
from schemas.event import Event, Payload
from tests.doorstep.journal.support import declined, opened
from tests.doorstep.stream.test_work import NoTools

QUICK = RetryPolicy(base=0.002, cap=0.01, attempts=50)


def dispatcher(journal: Journal, handle: Any, prepare: Any = None, **options: Any) -> Dispatcher:
    subscription = Subscription(OfferDeclined, "count", handle, None, prepare)
    even = Subscription(OfferDeclined, "even", lambda _event, _unit: ())
    return Dispatcher(journal, [subscription, even], Worker(journal, NoTools(), QUICK), **options)


async def settled(journal: Journal) -> None:
    """Wait until no delivery is open."""
    async with asyncio.timeout(60):
        while any(b.pending + b.inflight + b.retrying for b in await journal.read(lambda reader: reader.backlog())):
            await asyncio.sleep(0.02)


async def running(journal: Journal, one: Dispatcher, body: Callable[[], Awaitable[None]]) -> None:
    one.start()
    try:
        await body()
        await settled(journal)
    finally:
        await one.stop()


async def test_what_was_appended_before_and_what_comes_while_it_runs_is_handled_without_polling(
    journal: Journal,
) -> None:
    handled: list[str] = []

    def handle(event: Event[OfferDeclined], unit: Unit) -> Iterable[Payload]:
        handled.append(event.data.reason)
        return [declined(f"{event.data.reason}.next")] if "." not in event.data.reason else ()

    async def body() -> None:
        await journal.write(lambda unit: unit.append(declined(2), source="test"))

    await journal.write(lambda unit: unit.append(declined(1), source="test"))
    await running(journal, dispatcher(journal, handle, poll=3600), body)
    assert sorted(handled) == ["1", "1.next", "2", "2.next"]


async def test_handlers_of_different_lanes_share_commits(journal: Journal) -> None:
    for number in range(100):
        await journal.write(lambda unit, n=number: unit.append(declined(n, f"lane {n}"), source="test"))
    before = journal.commits

    async def body() -> None:
        return

    await running(journal, dispatcher(journal, lambda _e, _u: ()), body)
    assert journal.commits - before < 75  # 150 deliveries


@settings(max_examples=5, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 3)), min_size=1, max_size=25),
    st.integers(1, 4),
    st.booleans(),
)
def test_each_lane_is_handled_in_order_whatever_fails_and_however_often(
    plan: list[tuple[str, int]], limit: int, prepared: bool
) -> None:
    """Each event of the plan has a lane and a number of failures before it works (3: it never will)."""
    done: dict[str, list[int]] = defaultdict(list)
    failures = {number: times for number, (_lane, times) in enumerate(plan)}

    def handle(event: Event[OfferDeclined], unit: Unit, _prepared: Any = None) -> Iterable[Payload]:
        number = int(event.data.reason)
        if failures[number] == 3:
            done[event.key].append(number)
            raise Refused("x.never", "never")
        if failures[number]:
            failures[number] -= 1
            raise Unavailable("x.away", "away")
        done[event.key].append(number)
        return ()

    async def prepare(event: Event[OfferDeclined], tools: Any) -> None:
        await asyncio.sleep(random.uniform(0, 0.003))

    async def run(folder: Path) -> None:
        async with opened(f"sqlite:///{folder / 'journal.db'}", folder) as journal:
            options = {"prepare_limit": limit, "handle_limit": limit, "poll": 3600.0}
            one = dispatcher(journal, handle, prepare if prepared else None, **options)

            async def body() -> None:
                for number, (lane, _times) in enumerate(plan):
                    await journal.write(lambda unit, n=number, k=lane: unit.append(declined(n, k), source="test"))

            await running(journal, one, body)

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))
    expected: dict[str, list[int]] = defaultdict(list)
    for number, (lane, _times) in enumerate(plan):
        expected[lane].append(number)
    assert done == expected


async def test_many_slow_events_of_one_consumer_do_not_hold_up_another(journal: Journal) -> None:
    leave = asyncio.Event()

    async def slow(event: Event[OfferDeclined], tools: Any) -> None:
        await leave.wait()

    async def body() -> None:
        for number in range(10):
            await journal.write(lambda unit, n=number: unit.append(declined(2 * n, f"lane {n}"), source="test"))
        async with asyncio.timeout(60):
            while {b.consumer for b in await journal.read(lambda reader: reader.backlog())} != {"count"}:
                await asyncio.sleep(0.02)
        leave.set()

    await running(journal, dispatcher(journal, lambda _e, _u, _p: (), slow, prepare_limit=2), body)


async def test_stored_data_that_no_longer_fits_goes_to_the_dead_letters_and_its_lane_goes_on(journal: Journal) -> None:
    handled: list[str] = []

    def handle(event: Event[OfferDeclined], unit: Unit) -> Iterable[Payload]:
        handled.append(event.data.reason)
        return ()

    bad = await journal.write(lambda unit: unit.append(declined(1), source="test"))
    await journal.write(lambda unit: unit.append(declined(3), source="test"))
    await journal.write(lambda unit: unit.connection.exec_driver_sql("UPDATE event SET data='{}' WHERE seq=1").rowcount)

    async def body() -> None:
        return

    await running(journal, dispatcher(journal, handle), body)
    assert handled == ["3"]
    [letter] = await journal.read(lambda reader: reader.dead_letters())
    assert (letter.event_id, letter.error_code) == (bad.id, "journal.data")


async def test_stop_lets_what_runs_finish_and_cancels_what_takes_too_long(journal: Journal) -> None:
    started = asyncio.Event()

    async def prepare(event: Event[OfferDeclined], tools: Any) -> None:
        started.set()
        await asyncio.sleep(0.1 if event.data.reason == "1" else 3600)

    one = dispatcher(journal, lambda _e, _u, _p: (), prepare)
    first = await journal.write(lambda unit: unit.append(declined(1, "a"), source="test"))
    one.start()
    await started.wait()
    await one.stop(grace=60)
    assert not await journal.read(lambda reader: reader.is_open(first.id, "count"))

    started.clear()
    second = await journal.write(lambda unit: unit.append(declined(3, "b"), source="test"))
    two = dispatcher(journal, lambda _e, _u, _p: (), prepare)
    two.start()
    await started.wait()
    async with asyncio.timeout(60):
        await two.stop(grace=0.1)
    assert await journal.read(lambda reader: reader.is_open(second.id, "count"))


async def test_two_dispatchers_on_one_postgres_handle_each_event_once_and_in_order(
    postgres_url: str, tmp_path: Path
) -> None:
    handled: list[tuple[str, int]] = []

    def handle(event: Event[OfferDeclined], unit: Unit) -> Iterable[Payload]:
        handled.append((event.key, int(event.data.reason)))
        return [declined("follows", "other")] if event.key != "other" else ()

    def counting(event: Event[OfferDeclined], unit: Unit) -> Iterable[Payload]:
        return () if event.key == "other" else handle(event, unit)

    async with opened(postgres_url, tmp_path) as one, opened(postgres_url, tmp_path) as two:
        both = [dispatcher(journal, counting, poll=0.02) for journal in (one, two)]
        for each in both:
            each.start()
        for number in range(60):
            await one.write(lambda unit, n=number: unit.append(declined(n, f"lane {n % 7}"), source="test"))
        await settled(one)
        for each in both:
            await each.stop()
        follow = await one.read(lambda reader: reader.events_after(0, topics=[OfferDeclined.topic]))
    assert sorted(n for _, n in handled) == list(range(60))
    assert sum(e.key == "other" for e in follow) == 60
    for lane in {lane for lane, _ in handled}:
        numbers = [n for key, n in handled if key == lane]
        assert numbers == sorted(numbers)
