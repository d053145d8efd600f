"""A hub with one handler on Kafka, whose effects can be counted and put in order."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from sqlalchemy import select

from doorstep.errors import Unavailable
from doorstep.handler import Subscription, Tools
from doorstep.journal import Journal, Routes
from doorstep.journal.tables import counter, upsert
from doorstep.stream.kafka import RELAY_ROUTE, KafkaTransport
from doorstep.stream.work import RetryPolicy, Worker
from schemas.case import OfferDeclined, OfferRecalled
from schemas.event import Event, Payload
from tests.doorstep.journal.support import declined, opened

PARTITIONS = 3


def effect(event: Event[OfferDeclined], unit: Any) -> Iterable[Payload]:
    """Recall the offer; counts how often it had its effect, which nothing but the claim keeps at one."""
    count = upsert(unit.dialect, counter).values(name=event.id, value=1)
    unit.connection.execute(count.on_conflict_do_update(index_elements=["name"], set_={"value": counter.c.value + 1}))
    data = event.data
    return (OfferRecalled(case_id=data.case_id, offer_id=data.offer_id, npi=data.npi, reason=data.reason),)


RECALL = Subscription(OfferDeclined, "recall", effect)


class Flaky:
    """A handler whose first attempts on chosen reasons find something away."""

    def __init__(self, failures: dict[str, int]) -> None:
        self.left = dict(failures)

    def __call__(self, event: Event[OfferDeclined], unit: Any) -> Iterable[Payload]:
        if self.left.get(event.data.reason, 0) > 0:
            self.left[event.data.reason] -= 1
            raise Unavailable("far-end", "the far end is away")
        return effect(event, unit)


@dataclass
class Hub:
    """One process of the hub: a journal and its Kafka transport."""

    journal: Journal
    transport: KafkaTransport

    async def append(self, payloads: Iterable[Payload]) -> list[Event[Any]]:
        todo = list(payloads)
        return await self.journal.write(lambda unit: [unit.append(p, source="test") for p in todo])

    async def order(self) -> dict[str, list[str]]:
        """Return the reasons of the effects by case, in the order in which they happened."""
        found: dict[str, list[str]] = {}
        happened = await self.journal.read(lambda r: r.events_after(0, topics=[OfferRecalled.topic], limit=100_000))
        for event in happened:
            found.setdefault(event.key, []).append(event.data.reason)
        return found

    async def counts(self) -> Counter[int]:
        """Return how many events had how many effects: all is well when the only key is 1."""
        rows = await self.journal.read(lambda r: list(r.connection.execute(select(counter.c.value)).scalars()))
        return Counter(rows)

    async def effects(self) -> int:
        return sum((await self.counts()).values())

    async def dead(self) -> list[str]:
        events = await self.journal.read(lambda r: r.events_after(0, topics=["hub.delivery.dead"]))
        return sorted(event.data.error_code for event in events)


@asynccontextmanager
async def hub(
    url: str,
    folder: Path,
    bootstrap: str,
    prefix: str,
    *,
    subscriptions: Iterable[Subscription] = (RECALL,),
    **options: Any,
) -> AsyncIterator[Hub]:
    """Open the journal and run the transport."""
    consumed = list(subscriptions)
    async with opened(url, folder, routes=Routes.of(consumed, [RELAY_ROUTE])) as journal:
        worker = Worker(journal, cast("Tools", None), RetryPolicy(base=0.1, cap=0.5))
        chosen = {"patience": 3.0, "partitions": PARTITIONS, **options}
        transport = KafkaTransport(
            bootstrap, journal=journal, worker=worker, subscriptions=consumed, prefix=prefix, **chosen
        )
        await transport.start()
        try:
            yield Hub(journal, transport)
        finally:
            await transport.stop()


def numbered(first: int, last: int, cases: int = 5) -> list[OfferDeclined]:
    """Return events first..last-1, dealt to several cases in turn."""
    return [declined(number, case_id=f"DS-{number % cases:06d}-0") for number in range(first, last)]


def in_order(first: int, last: int, cases: int = 5) -> dict[str, list[str]]:
    """Return what `Hub.order` must say of them."""
    wanted: dict[str, list[str]] = {}
    for payload in numbered(first, last, cases):
        wanted.setdefault(payload.case_id, []).append(payload.reason)
    return wanted


async def until(condition: Callable[[], Awaitable[Any]], *, seconds: float = 90) -> None:
    """Wait until the condition holds, or fail with what it last said."""
    last: Any = None
    try:
        async with asyncio.timeout(seconds):
            while not (last := await condition()):
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"not within {seconds} s; last: {last}") from None
