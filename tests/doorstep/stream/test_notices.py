"""Subscriptions' events are numbered without gaps and told in order, on both databases, whatever fails between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from doorstep.connector import Match, Notice
from doorstep.errors import Conflict, NotFound, Refused, Unavailable
from doorstep.journal import Journal, JournalUnit, Reader, Route, Routes
from doorstep.journal import subscriptions as kept
from doorstep.stream.notices import NOTIFIER, WATCHER, Notifier, Watcher, forget_subscription, keep_subscription
from doorstep.stream.work import RetryPolicy
from schemas.case import CaseState, CaseStateChanged
from schemas.event import Event
from schemas.subscription import PayloadContent, Subscription, SubscriptionNotice, SubscriptionState

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
ROUTES = Routes({CaseStateChanged.topic: [Route(WATCHER)], SubscriptionNotice.topic: [Route(NOTIFIER)]})
QUICK = RetryPolicy(base=0.001, cap=0.01, attempts=3)


@pytest.fixture
async def journal(database_url: str, tmp_path: Path) -> AsyncIterator[Journal]:
    async with Journal.open(database_url, data_dir=tmp_path, routes=ROUTES, rules_dir=tmp_path) as found:
        yield found


def subscription(name: str, **changes: Any) -> Subscription:
    values: dict[str, Any] = {
        "subscription_id": name,
        "tenant": "north",
        "state": SubscriptionState.ACTIVE,
        "resource": {},
        "endpoint": "https://north.example/told",
        "content": PayloadContent.ID_ONLY,
        "criteria": ("Task",),
        "updated_at": NOW,
    }
    return Subscription(**values | changes)


class Subscribers:
    """Takes notices; `failing` raises for a subscription until it returns."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, int]] = []
        self.failing: dict[str, Callable[[], None]] = {}

    async def notify(self, notice: Notice) -> None:
        name = notice.subscription.subscription_id
        if name in self.failing:
            self.failing[name]()
        self.told.append((name, notice.data.kind.value, notice.data.number))

    def numbers(self, name: str) -> list[int]:
        return [number for who, kind, number in self.told if (who, kind) == (name, "event-notification")]


@asynccontextmanager
async def working(journal: Journal, far: Subscribers, *, watching: bool = True) -> AsyncIterator[None]:
    async def watch(event: Event[Any]) -> Sequence[Match]:
        serving = await journal.read(lambda reader: kept.listed(reader.connection, serving=True))
        return [Match(one, f"Task/{event.data.case_id}") for one in serving if one.serving(event.time)]

    watcher, notifier = Watcher(journal, watch, poll=0.02), Notifier(journal, far.notify, policy=QUICK, poll=0.02)
    if watching:
        watcher.start()
    notifier.start()
    try:
        yield
    finally:
        if watching:
            await watcher.stop(5)
        await notifier.stop(5)


async def keep(journal: Journal, *saved: Subscription) -> None:
    def job(unit: JournalUnit) -> None:
        for one in saved:
            keep_subscription(unit, one, b"")

    await journal.write(job)


async def move(journal: Journal, number: int, times: int = 1) -> None:
    change = CaseStateChanged(case_id=f"DS-{number}", from_state=None, to_state=CaseState.OPEN, cause="test")
    await asyncio.gather(*(journal.write(lambda unit: unit.append(change, source="test")) for _ in range(times)))


async def until(journal: Journal, condition: Callable[[Reader], bool]) -> None:
    async with asyncio.timeout(60):
        while not await journal.read(condition):
            await asyncio.sleep(0.01)


def settled(reader: Reader) -> bool:
    return not any(row.pending + row.inflight + row.retrying for row in reader.backlog())


def state_of(reader: Reader, name: str) -> SubscriptionState:
    found = kept.load(reader.connection, name)
    assert found is not None
    return found.state


async def test_events_of_many_cases_at_once_have_numbers_without_a_gap(journal: Journal) -> None:
    far = Subscribers()
    await keep(journal, subscription("one"), subscription("two"))
    async with working(journal, far):
        await asyncio.gather(*(move(journal, number, 5) for number in range(8)))
        await until(journal, settled)
    assert far.numbers("one") == far.numbers("two") == list(range(1, 41))
    assert await journal.read(lambda reader: kept.events_count(reader.connection, "one")) == 40


async def test_a_handshake_makes_it_active_and_only_then_events_count(journal: Journal) -> None:
    far = Subscribers()
    await keep(journal, subscription("one", state=SubscriptionState.REQUESTED))
    await move(journal, 1)
    async with working(journal, far):
        await until(journal, settled)
        assert await journal.read(lambda reader: state_of(reader, "one")) is SubscriptionState.ACTIVE
        await move(journal, 2)
        await until(journal, settled)
    assert far.told[0] == ("one", "handshake", 0)
    assert far.numbers("one") in ([1], [1, 2]), "the first event may be matched after the handshake"


async def test_one_who_cannot_be_told_is_in_error_and_the_others_go_on(journal: Journal) -> None:
    far = Subscribers()

    def away() -> None:
        raise Unavailable("subscriber", "away")

    far.failing["dead"] = away
    await keep(journal, subscription("dead"), subscription("well"))
    async with working(journal, far):
        await move(journal, 1, 3)
        await until(journal, settled)
        assert await journal.read(lambda reader: state_of(reader, "dead")) is SubscriptionState.ERROR
        assert far.numbers("well") == [1, 2, 3]
        await move(journal, 2, 2)
        await until(journal, settled)
        notices = await journal.read(lambda reader: kept.notices(reader.connection, "dead", 2, 4, 10))
        assert [one.number for one in notices] == [2, 3, 4]
        del far.failing["dead"]
        await keep(journal, subscription("dead", state=SubscriptionState.REQUESTED, revision=3, activation=2))
        await until(journal, settled)
        await move(journal, 3)
        await until(journal, settled)
    assert far.numbers("dead") == [6]
    assert await journal.read(lambda reader: reader.dead_letters()) == []


async def test_what_was_tried_again_has_the_number_it_had(journal: Journal) -> None:
    far = Subscribers()
    tries = iter(range(10))

    def twice() -> None:
        if next(tries) < 2:
            raise Unavailable("subscriber", "busy")

    far.failing["one"] = twice
    await keep(journal, subscription("one"))
    async with working(journal, far):
        await move(journal, 1, 2)
        await until(journal, settled)
    assert far.numbers("one") == [1, 2]


async def test_a_subscriber_that_is_gone_is_not_tried_again(journal: Journal) -> None:
    far = Subscribers()
    tries: list[int] = []

    def gone() -> None:
        tries.append(1)
        raise Refused("gone", "gone")

    far.failing["one"] = gone
    await keep(journal, subscription("one"))
    async with working(journal, far):
        await move(journal, 1)
        await until(journal, settled)
    assert len(tries) == 1
    assert await journal.read(lambda reader: state_of(reader, "one")) is SubscriptionState.ERROR


async def test_a_heartbeat_follows_what_was_told_last(journal: Journal) -> None:
    far = Subscribers()
    await keep(journal, subscription("one", heartbeat=1))
    async with working(journal, far):
        await move(journal, 1)
        await until(journal, settled)
        assert await journal.read(lambda reader: reader.next_timer()) is not None
        await asyncio.sleep(1.05)
        assert await journal.write(lambda unit: unit.fire_timers()) == 1
        await until(journal, lambda reader: settled(reader) and len(far.told) == 2)
        assert far.told[1] == ("one", "heartbeat", 0)
        await journal.write(lambda unit: forget_subscription(unit, "one"))
        assert await journal.read(lambda reader: reader.next_timer()) is None


async def test_after_its_end_or_when_it_is_off_nothing_is_counted_or_told(journal: Journal) -> None:
    far = Subscribers()
    await keep(
        journal,
        subscription("ended", end=NOW - timedelta(days=3650)),
        subscription("off", state=SubscriptionState.OFF),
        subscription("gone"),
    )
    await journal.write(lambda unit: forget_subscription(unit, "gone"))
    async with working(journal, far):
        await move(journal, 1)
        await until(journal, settled)
    assert far.told == []


async def test_an_event_is_numbered_once_also_when_its_matching_is_interrupted(journal: Journal) -> None:
    await keep(journal, subscription("one"))
    await move(journal, 1)
    serving = await journal.read(lambda reader: kept.listed(reader.connection, serving=True))
    tries = iter(range(3))

    async def watch(event: Event[Any]) -> Sequence[Match]:
        if next(tries) == 0:
            raise Unavailable("journal", "away", retry_after=0)
        return [Match(serving[0], "Task/x"), Match(serving[0], "Task/y")]

    watcher = Watcher(journal, watch, poll=0.02)
    watcher.start()
    far = Subscribers()
    async with working(journal, far, watching=False):
        await until(journal, settled)
    await watcher.stop(5)
    assert far.numbers("one") == [1, 2]


async def test_a_change_of_what_was_changed_meanwhile_is_refused(journal: Journal) -> None:
    await keep(journal, subscription("one"))
    await keep(journal, subscription("one", revision=2))
    with pytest.raises(Conflict):
        await keep(journal, subscription("one", revision=2))
    with pytest.raises(NotFound):
        await journal.write(lambda unit: forget_subscription(unit, "two"))
