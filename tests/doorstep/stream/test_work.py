"""One event through one handler: once, in order, and with a word for every way it can fail."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from doorstep import clock
from doorstep.errors import Ambiguous, Defect, Refused, Unavailable
from doorstep.handler import Subscription, Unit
from doorstep.journal import Journal, JournalDown
from doorstep.stream.work import RetryPolicy, State, Worker
from schemas.case import OfferDeclined
from schemas.codec import CodecError
from schemas.event import Event, Payload
from schemas.transmission import Content
from tests.doorstep.journal.support import case, declined, opened


class NoTools:
    """The handlers of these tests need none."""

    async def content(self, ref: Content) -> bytes:
        raise NotImplementedError

    async def keep(self, data: bytes, content_type: str, title: str | None = None) -> Content:
        raise NotImplementedError

    async def run(self, fn: Any, *args: Any, timeout: float) -> Any:
        raise NotImplementedError


FAST = RetryPolicy(base=0.001, cap=0.01, attempts=3)


def worker(journal: Journal) -> Worker:
    return Worker(journal, NoTools(), FAST)


def subscription(handle: Any, prepare: Any = None) -> Subscription:
    return Subscription(OfferDeclined, "count", handle, None, prepare)


async def appended(journal: Journal, payload: Payload | None = None) -> Event[Any]:
    return await journal.write(lambda unit: unit.append(payload or declined(), source="test"))


async def reasons(journal: Journal) -> list[str]:
    events = await journal.read(lambda reader: reader.events_after(0, topics=[OfferDeclined.topic]))
    return [event.data.reason for event in events]


def follows(event: Event[OfferDeclined], unit: Unit) -> Iterable[Payload]:
    yield declined(f"{event.data.reason}.1", "other")
    yield declined(f"{event.data.reason}.2", "other")


async def test_what_a_handler_returns_is_appended_with_its_cause_when_the_event_is_marked_done(
    journal: Journal,
) -> None:
    event = await appended(journal)
    before = journal.commits
    assert (await worker(journal).run(subscription(follows), event)).state is State.DONE
    assert journal.commits == before + 1
    one, two = (await journal.read(lambda reader: reader.events_after(event.seq)))[:2]
    assert [e.data.reason for e in (one, two)] == ["1.1", "1.2"]
    assert one.causation_id == two.causation_id == event.id
    assert one.source == "handlers/count"
    assert not await journal.read(lambda reader: reader.is_open(event.id, "count"))


async def test_an_event_delivered_many_times_at_once_has_one_effect(journal: Journal) -> None:
    event = await appended(journal)
    outcomes = await asyncio.gather(*(worker(journal).run(subscription(follows), event) for _ in range(10)))
    assert sorted(o.state for o in outcomes) == [State.DONE] + [State.SKIPPED] * 9
    assert await reasons(journal) == ["1", "1.1", "1.2"]


async def test_a_replayed_event_appends_nothing_new(journal: Journal) -> None:
    event = await appended(journal)
    await worker(journal).run(subscription(follows), event)
    await journal.write(lambda unit: unit.redeliver(event.id, "count"))
    assert (await worker(journal).run(subscription(follows), event)).state is State.DONE
    assert await reasons(journal) == ["1", "1.1", "1.2"]


async def test_a_replayed_event_that_had_its_effect_changes_nothing_of_a_later_state(journal: Journal) -> None:
    """What a second run would append is in the log already, so what it changed would be told to nobody."""

    def marks(event: Event[OfferDeclined], unit: Unit) -> Iterable[Payload]:
        unit.mark(f"seen {unit.marked('seen 0')}")
        unit.mark("seen 0")
        return follows(event, unit)

    event = await appended(journal)
    await worker(journal).run(subscription(marks), event)
    await journal.write(lambda unit: unit.redeliver(event.id, "count"))
    outcome = await worker(journal).run(subscription(marks), event)
    assert outcome.state is State.DONE
    assert await journal.write(lambda unit: (unit.marked("seen False"), unit.marked("seen True"))) == (True, False)


async def test_an_event_is_deferred_while_an_earlier_one_of_its_lane_is_open(journal: Journal) -> None:
    first, second = await appended(journal), await appended(journal, declined(2))
    run = worker(journal).run
    assert (await run(subscription(follows), second)).state is State.DEFERRED
    assert (await run(subscription(follows), first)).state is State.DONE
    assert (await run(subscription(follows), second)).state is State.DONE


async def test_an_event_that_was_never_meant_for_the_consumer_is_skipped(journal: Journal) -> None:
    event = await appended(journal)
    other = Subscription(OfferDeclined, "stranger", follows)
    assert (await worker(journal).run(other, event)).state is State.SKIPPED
    assert await reasons(journal) == ["1"]


async def test_what_a_failing_handler_changed_is_undone(journal: Journal) -> None:
    def fails(event: Event[OfferDeclined], unit: Unit) -> Iterable[Payload]:
        unit.save_case(case())
        yield declined("half")
        raise Unavailable("x.away", "away")

    event = await appended(journal)
    outcome = await worker(journal).run(subscription(fails), event)
    assert outcome.state is State.RETRYING
    assert outcome.retry_at is not None
    assert outcome.retry_at > clock.now() - timedelta(seconds=1)
    assert await reasons(journal) == ["1"]
    assert await journal.read(lambda reader: reader.cases()) == []


async def test_unavailable_is_tried_again_a_limited_number_of_times(journal: Journal) -> None:
    def away(event: Event[OfferDeclined], unit: Unit) -> Iterable[Payload]:
        raise Unavailable("x.away", "away")

    event = await appended(journal)
    states = [(await worker(journal).run(subscription(away), event)).state for _ in range(4)]
    assert states == [State.RETRYING, State.RETRYING, State.DEAD, State.SKIPPED]
    [letter] = await journal.read(lambda reader: reader.dead_letters())
    assert (letter.attempts, letter.error_code) == (3, "x.away")


class Strict(BaseModel):
    number: int


def validation_error() -> Exception:
    with pytest.raises(ValueError) as caught:
        Strict.model_validate({"number": "SECRET"})
    return caught.value


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Refused("x.never", "will never work"), "x.never"),
        (Ambiguous("x.maybe", "nobody knows"), "x.maybe"),
        (Defect("x.ours", "our fault"), "x.ours"),
        (CodecError("101", "required field missing", "PID-5"), "101"),
        (ValueError("SECRET"), "handler.ValueError"),
        (KeyError("SECRET"), "handler.KeyError"),
        (StopIteration("SECRET"), "journal.job"),
        (validation_error(), "handler.data"),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("where", ["prepare", "handle"])
async def test_every_other_error_goes_to_the_dead_letters_at_once_without_quoting_data(
    journal: Journal, error: Exception, code: str, where: str, caplog: pytest.LogCaptureFixture
) -> None:
    def handle(event: Event[OfferDeclined], unit: Unit, prepared: Any = None) -> Iterable[Payload]:
        raise error

    async def prepare(event: Event[OfferDeclined], tools: Any) -> None:
        if not isinstance(error, StopIteration):
            raise error

    event = await appended(journal)
    with caplog.at_level(logging.DEBUG, "doorstep"):
        outcome = await worker(journal).run(subscription(handle, prepare if where == "prepare" else None), event)
    assert outcome.state is State.DEAD
    [letter] = await journal.read(lambda reader: reader.dead_letters())
    assert letter.error_code == code
    [died] = await journal.read(lambda reader: reader.events_after(0, topics=["hub.delivery.dead"]))
    assert "SECRET" not in f"{letter} {died} {caplog.text}"


async def test_prepare_runs_outside_and_hands_its_result_over(journal: Journal) -> None:
    async def prepare(event: Event[OfferDeclined], tools: Any) -> str:
        await asyncio.sleep(0)
        return f"prepared {event.data.reason}"

    def handle(event: Event[OfferDeclined], unit: Unit, prepared: str) -> Iterable[Payload]:
        return [declined(prepared, "other")]

    event = await appended(journal)
    assert (await worker(journal).run(subscription(handle, prepare), event)).state is State.DONE
    assert await reasons(journal) == ["1", "prepared 1"]


async def test_two_processes_do_not_prepare_the_same_event(postgres_url: str, tmp_path: Path) -> None:
    prepared = 0
    entered = asyncio.Event()
    leave = asyncio.Event()

    async def prepare(event: Event[OfferDeclined], tools: Any) -> None:
        nonlocal prepared
        prepared += 1
        entered.set()
        await leave.wait()

    def handle(event: Event[OfferDeclined], unit: Unit, _prepared: None) -> Iterable[Payload]:
        return ()

    async with opened(postgres_url, tmp_path) as one, opened(postgres_url, tmp_path) as two:
        event = await appended(one)
        first = asyncio.create_task(worker(one).run(subscription(handle, prepare), event))
        await entered.wait()
        assert (await worker(two).run(subscription(handle, prepare), event)).state is State.DEFERRED
        leave.set()
        assert (await first).state is State.DONE
        assert (await worker(two).run(subscription(handle, prepare), event)).state is State.SKIPPED
    assert prepared == 1


async def test_a_journal_that_is_down_is_nobodys_fault(journal: Journal) -> None:
    event = await appended(journal)
    await journal.close()
    with pytest.raises(JournalDown):
        await worker(journal).run(subscription(follows), event)


@given(st.integers(1, 10_000), st.one_of(st.none(), st.floats(0, 1e9)))
def test_delays_grow_within_their_bounds(attempt: int, retry_after: float | None) -> None:
    policy = RetryPolicy()
    delay = policy.delay(attempt, retry_after)
    full = min(300.0, 0.5 * 2.0 ** min(attempt - 1, 60))
    assert full / 2 <= delay <= max(full, min(retry_after or 0, 300.0))
