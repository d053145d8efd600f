"""The sender: each confirmation once and in order, a dead partner alone, and nothing forgotten at a crash."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from doorstep.connector import Delivery, Sent
from doorstep.errors import Ambiguous, HubError, Refused, Unavailable
from doorstep.journal import Journal, Reader
from doorstep.stream.sender import Breaker, BreakerPolicy, Sender
from doorstep.stream.work import RetryPolicy
from schemas.event import Event
from schemas.outbound import ConfirmationSent
from tests.doorstep.journal.support import confirmation, opened

QUICK = RetryPolicy(base=0.002, cap=0.01, attempts=20)
PATIENT = BreakerPolicy(failures=1000)


class FarEnd:
    """Partners by address: what each took, and what it does with the next sends."""

    def __init__(self) -> None:
        self.took: dict[str, list[str]] = defaultdict(list)
        self.deliveries: list[Delivery] = []
        self.times: list[float] = []
        self.at_once: dict[str, int] = defaultdict(int)
        self.behaviour: dict[str, Callable[[Delivery], Awaitable[None]]] = {}

    async def send(self, delivery: Delivery) -> Sent:
        address = delivery.confirmation.recipient.address
        self.deliveries.append(delivery)
        self.times.append(asyncio.get_running_loop().time())
        self.at_once[address] += 1
        assert self.at_once[address] == 1, "two sends at once to one destination"
        try:
            await asyncio.sleep(0)
            if behave := self.behaviour.get(address):
                await behave(delivery)
        finally:
            self.at_once[address] -= 1
        self.took[address].append(delivery.confirmation.confirmation_id)
        return Sent("accepted", f"far-{delivery.confirmation.confirmation_id}")


def raises(error: Exception, times: int = 1_000_000) -> Callable[[Delivery], Awaitable[None]]:
    left = times

    async def behave(_delivery: Delivery) -> None:
        nonlocal left
        left -= 1
        if left >= 0:
            raise error

    return behave


async def requested(journal: Journal, number: int, address: str = "a") -> Event[Any]:
    return await journal.write(lambda unit: unit.append(confirmation(number, address), source="test"))


async def until(journal: Journal, condition: Callable[[Reader], bool]) -> None:
    async with asyncio.timeout(60):
        while not await journal.read(condition):
            await asyncio.sleep(0.01)


def nothing_open(reader: Reader) -> bool:
    return not any(b.pending + b.inflight + b.retrying for b in reader.backlog())


@asynccontextmanager
async def sending(journal: Journal, far: FarEnd, **options: Any) -> AsyncIterator[Sender]:
    sender = Sender(journal, far.send, **{"policy": QUICK, "breaker": PATIENT, **options})
    sender.start()
    try:
        yield sender
    finally:
        await sender.stop(grace=5)


async def sent(journal: Journal) -> list[ConfirmationSent]:
    return [e.data for e in await journal.read(lambda r: r.events_after(0, topics=[ConfirmationSent.topic]))]


async def test_confirmations_go_out_in_order_and_what_became_of_them_is_written_down(journal: Journal) -> None:
    far = FarEnd()
    events = [await requested(journal, number, "ab"[number % 2]) for number in range(8)]
    async with sending(journal, far):
        await until(journal, nothing_open)
    assert far.took == {
        "a": [f"confirmation-{n}" for n in (0, 2, 4, 6)],
        "b": [f"confirmation-{n}" for n in (1, 3, 5, 7)],
    }
    records = await sent(journal)
    assert {r.confirmation_id for r in records} == {e.data.confirmation_id for e in events}
    assert {(r.provider_status, r.channel, r.attempt) for r in records} == {("accepted", "email", 1)}


async def test_an_absent_partner_is_tried_again_with_the_same_id_and_its_order_is_kept(journal: Journal) -> None:
    far = FarEnd()
    far.behaviour["a"] = raises(Unavailable("smtp.away", "away"), 4)
    for number in range(3):
        await requested(journal, number)
    async with sending(journal, far):
        await until(journal, nothing_open)
    assert far.took["a"] == ["confirmation-0", "confirmation-1", "confirmation-2"]
    first = [d for d in far.deliveries if d.confirmation.confirmation_id == "confirmation-0"]
    assert [(d.attempt, d.again) for d in first] == [(n, False) for n in range(1, 6)]
    assert (await sent(journal))[0].attempt == 5


@pytest.mark.parametrize(
    "error", [Refused("smtp.550", "no such mailbox"), Ambiguous("fax.unknown", "line dropped"), ValueError("SECRET")]
)
async def test_what_cannot_be_sent_dies_with_its_reason_and_lets_the_next_go(
    journal: Journal, error: Exception
) -> None:
    far = FarEnd()
    far.behaviour["a"] = raises(error, 1)
    event, _ = await requested(journal, 0), await requested(journal, 1)
    async with sending(journal, far):
        await until(journal, nothing_open)
    assert far.took["a"] == ["confirmation-1"]
    [letter] = await journal.read(lambda reader: reader.dead_letters())
    code = error.code if isinstance(error, HubError) else "handler.ValueError"
    assert (letter.event_id, letter.consumer, letter.error_code, letter.attempts) == (event.id, "outbound", code, 1)
    assert "SECRET" not in str(letter)


async def test_a_dead_letter_can_be_sent_after_all_and_says_that_it_may_have_arrived(journal: Journal) -> None:
    far = FarEnd()
    far.behaviour["a"] = raises(Ambiguous("fax.unknown", "line dropped"), 1)
    event = await requested(journal, 0)
    async with sending(journal, far):
        await until(journal, lambda reader: bool(reader.dead_letters()))
        await journal.write(lambda unit: unit.redeliver(event.id, "outbound"))
        await until(journal, nothing_open)
    assert [(d.attempt, d.again) for d in far.deliveries] == [(1, False), (1, True)]
    assert far.took["a"] == ["confirmation-0"]


async def test_a_dead_or_slow_partner_delays_only_itself(journal: Journal) -> None:
    far = FarEnd()

    async def slow(_delivery: Delivery) -> None:
        await asyncio.sleep(3600)

    far.behaviour["slow"] = slow
    far.behaviour["dead"] = raises(Unavailable("x", "x"))
    for number in range(30):
        for address in ("slow", "dead", "good"):
            await requested(journal, number, address)
    sender = Sender(journal, far.send, policy=RetryPolicy(base=0.002, cap=0.01, attempts=10_000), breaker=PATIENT)
    sender.start()
    async with asyncio.timeout(60):
        while len(far.took["good"]) < 30:
            await asyncio.sleep(0.01)
    await sender.stop(grace=0.05)
    assert far.took == {"good": [f"confirmation-{n}" for n in range(30)]}


async def test_a_send_that_takes_too_long_is_tried_again_as_one_that_may_have_arrived(journal: Journal) -> None:
    far = FarEnd()

    async def hangs_once(delivery: Delivery) -> None:
        if not delivery.again:
            await asyncio.sleep(3600)

    far.behaviour["a"] = hangs_once
    await requested(journal, 0)
    async with sending(journal, far, timeout=0.05):
        await until(journal, nothing_open)
    assert [(d.attempt, d.again) for d in far.deliveries][:2] == [(1, False), (2, True)]
    assert far.took["a"] == ["confirmation-0"]


async def test_a_send_that_always_takes_too_long_ends_before_a_person(journal: Journal) -> None:
    far = FarEnd()

    async def hangs(_delivery: Delivery) -> None:
        await asyncio.sleep(3600)

    far.behaviour["a"] = hangs
    await requested(journal, 0)
    async with sending(journal, far, timeout=0.01, policy=RetryPolicy(base=0.001, cap=0.002, attempts=3)):
        await until(journal, lambda reader: bool(reader.dead_letters()))
    assert len(far.deliveries) == 3


async def test_a_send_that_was_inflight_at_a_crash_is_sent_again_under_the_same_id(
    database_url: str, tmp_path: Path
) -> None:
    far = FarEnd()
    reached = asyncio.Event()

    async def hangs_once(delivery: Delivery) -> None:
        far.took["a"].append(delivery.confirmation.confirmation_id)
        reached.set()
        if not delivery.again:
            await asyncio.sleep(3600)

    far.behaviour["a"] = hangs_once
    async with opened(database_url, tmp_path) as journal:
        await requested(journal, 0)
        sender = Sender(journal, far.send, policy=QUICK)
        sender.start()
        await reached.wait()
        [backlog] = await journal.read(lambda reader: reader.backlog())
        assert backlog.inflight == 1
        await sender.stop(grace=0)  # the same rows as after kill -9: inflight, nothing recorded
    async with opened(database_url, tmp_path) as journal, sending(journal, far):
        await until(journal, nothing_open)
        assert len(await sent(journal)) == 1
    assert [(d.attempt, d.again) for d in far.deliveries] == [(1, False), (2, True)]
    assert {d.confirmation.confirmation_id for d in far.deliveries} == {"confirmation-0"}


async def test_a_destination_that_fails_in_a_row_rests_and_is_probed_by_one_send(journal: Journal) -> None:
    far = FarEnd()
    far.behaviour["a"] = raises(Unavailable("x", "x"), 4)
    for number in range(5):
        await requested(journal, number)
    async with sending(journal, far, breaker=BreakerPolicy(failures=3, rest=0.2, cap=5)) as sender:
        await until(journal, nothing_open)
        assert sender.open_destinations() == []
    rests = [later - earlier for earlier, later in pairwise(far.times)]
    assert rests[2] >= 0.2, "after the third failure"
    assert rests[3] >= 0.4, "after a failed probe"
    assert len(far.took["a"]) == 5


def test_each_failed_probe_doubles_the_rest_up_to_its_cap() -> None:
    breaker = Breaker(BreakerPolicy(failures=2, rest=10, cap=35))
    rests = []
    for _ in range(5):
        breaker.failed(now=0.0)
        rests.append(breaker.open_until)
    assert rests == [0.0, 10.0, 20.0, 35.0, 35.0]
    breaker.answered()
    assert (breaker.failures, breaker.open_until) == (0, 0.0)


async def test_of_two_processes_one_sends_and_the_other_takes_over(postgres_url: str, tmp_path: Path) -> None:
    far, stand_by = FarEnd(), FarEnd()
    async with opened(postgres_url, tmp_path) as one, opened(postgres_url, tmp_path) as two:
        async with sending(one, far, poll=0.02):
            await requested(one, 0)
            await until(one, nothing_open)
            async with sending(two, stand_by, poll=0.02):
                for number in range(1, 10):
                    await requested(two, number)
                await until(one, nothing_open)
        assert (len(far.took["a"]), len(stand_by.took["a"])) == (10, 0)
        async with sending(two, stand_by, poll=0.02):
            await requested(one, 10)
            await until(two, nothing_open)
        assert stand_by.took["a"] == ["confirmation-10"]


async def test_a_sent_confirmation_whose_record_failed_is_recorded_later_and_not_sent_again(tmp_path: Path) -> None:
    far = FarEnd()
    refuse = (
        "CREATE TRIGGER refuse BEFORE INSERT ON event WHEN NEW.topic = 'outbound.confirmation.sent' "
        "BEGIN SELECT RAISE(ABORT, 'not now'); END"
    )

    async with opened(f"sqlite:///{tmp_path / 'journal.db'}", tmp_path) as journal:
        await journal.write(lambda unit: unit.connection.exec_driver_sql(refuse).rowcount)
        await requested(journal, 0)
        async with sending(journal, far):
            async with asyncio.timeout(60):
                while not far.took["a"]:
                    await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)
            assert await sent(journal) == []
            await journal.write(lambda unit: unit.connection.exec_driver_sql("DROP TRIGGER refuse").rowcount)
            await until(journal, nothing_open)
        assert len(await sent(journal)) == len(far.deliveries) == 1
