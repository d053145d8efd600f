"""Publishes the journal's events to Kafka, in order per key; one is relayed only when Kafka has acknowledged it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic

from aiokafka.errors import MessageSizeTooLargeError, RecordListTooLargeError
from faststream.kafka import KafkaBroker
from sqlalchemy import select, update

from doorstep.errors import HubError, Refused, Unavailable
from doorstep.journal import ALL_TOPICS, Journal, JournalUnit, Reader, Route
from doorstep.journal.deliveries import Pending
from doorstep.journal.tables import delivery, event
from doorstep.stream.cloudevents import to_record
from doorstep.stream.kafka.connection import AWAY, KafkaSettings, broker, ensure_topics, running
from schemas.topics import TOPICS

__all__ = ["RELAY", "RELAY_ROUTE", "Relay"]

log = logging.getLogger("doorstep.stream.kafka.relay")

RELAY = "relay"
RELAY_ROUTE: tuple[str, Route] = (ALL_TOPICS, Route(RELAY))
"""Give this to `Routes.of(subscriptions, [RELAY_ROUTE, ...])` when Kafka is the transport."""

BATCH = 500
_NAME = "kafka.relay"
_PATIENCE = 30.0
"""Seconds for a batch: aiokafka itself would wait for a dead broker for ever."""
_ASK_EVERY = 1.0
_POLL_SHARED = 0.1
"""Seconds: events that another process appended make no noise here."""
_POLL_ALONE = 2.0


@dataclass(slots=True)
class _Published:
    """How one lane of a batch went: up to where Kafka has it, what it will never take, and whether it is away."""

    done: list[int] = field(default_factory=list)
    refused: list[tuple[Pending, HubError]] = field(default_factory=list)
    away: str = ""


class Relay:
    """`run` works until it is cancelled or something is away; then whoever runs it waits and runs it again."""

    def __init__(self, journal: Journal, settings: KafkaSettings) -> None:
        self._journal = journal
        self._settings = settings
        self.published = 0
        self.up = False

    async def run(self) -> None:
        """Publish what is there and what comes; raise Unavailable when Kafka or the journal is away."""
        wake = asyncio.Event()
        stop = self._journal.listen(RELAY, wake.set)
        try:
            while not await self._journal.hold(_NAME):
                await asyncio.sleep(_ASK_EVERY)
            await ensure_topics(self._settings, TOPICS)
            async with running(broker(self._settings)) as kafka:
                log.info("relay publishes to %s", self._settings.bootstrap)
                self.up = True
                await self._publish(kafka, wake)
        except AWAY as away:
            raise Unavailable("kafka.away", "Kafka is away", detail=type(away).__name__) from None
        finally:
            self.up = False
            stop()
            await self._journal.release(_NAME)

    async def _publish(self, kafka: KafkaBroker, wake: asyncio.Event) -> None:
        poll = _POLL_SHARED if self._journal.shared else _POLL_ALONE
        checked = monotonic()
        while True:
            if monotonic() - checked > _ASK_EVERY:
                checked = monotonic()
                if not await self._journal.holds(_NAME):
                    raise Unavailable("relay.superseded", "another process may relay now")
            wake.clear()
            if await self.batch(kafka) == 0:
                try:
                    async with asyncio.timeout(poll):
                        await wake.wait()
                except TimeoutError:
                    continue

    async def batch(self, kafka: KafkaBroker) -> int:
        """Publish the oldest events, lanes beside each other and each lane in order; return how many went out."""
        waiting = await self._journal.read(_oldest)
        if not waiting:
            return 0
        lanes: dict[str, list[Pending]] = {}
        for each in waiting:
            lanes.setdefault(each.lane, []).append(each)
        results = [_Published() for _ in lanes]
        pairs = zip(lanes.values(), results, strict=True)
        sending = [asyncio.create_task(self._lane(kafka, lane, result)) for lane, result in pairs]
        try:
            _, late = await asyncio.wait(sending, timeout=_PATIENCE)
        finally:
            for task in sending:
                task.cancel()
        await self._journal.write(lambda unit: _settle(unit, results))
        self.published += sum(len(result.done) for result in results)
        away = "no answer" if late else next((result.away for result in results if result.away), "")
        if away:
            raise Unavailable("kafka.away", "Kafka is away", detail=away)
        return len(waiting)

    async def _lane(self, kafka: KafkaBroker, lane: Sequence[Pending], result: _Published) -> None:
        """Publish the events of one key, each after the one before is acknowledged: a retry can never overtake."""
        for waiting in lane:
            try:
                await self._send(kafka, waiting)
            except (MessageSizeTooLargeError, RecordListTooLargeError):
                result.refused.append((waiting, Refused("relay.too-large", "the event is too large for Kafka")))
            except HubError as defect:
                result.refused.append((waiting, defect))
            except AWAY as away:
                result.away = type(away).__name__
                return
            else:
                result.done.append(waiting.seq)

    async def _send(self, kafka: KafkaBroker, waiting: Pending) -> None:
        stored = waiting.event()
        record = to_record(stored, prefix=self._settings.prefix)
        headers = {name: value.decode() for name, value in record.headers}
        await kafka.publish(
            record.value,
            record.topic,
            key=record.key,
            headers=headers,
            correlation_id=stored.correlation_id or stored.id,
        )


def _oldest(reader: Reader) -> list[Pending]:
    """Return what is not relayed yet, in the journal's order, so that the start of every lane is in it."""
    columns = (delivery.c.event_seq, delivery.c.lane, delivery.c.state, delivery.c.attempts)
    query = (
        select(*columns, event)
        .join(event, event.c.seq == delivery.c.event_seq)
        .where(delivery.c.consumer == RELAY, delivery.c.done_at.is_(None))
        .order_by(delivery.c.event_seq)
        .limit(BATCH)
    )
    return [
        Pending(r["event_seq"], r["id"], RELAY, r["lane"], r["state"], r["attempts"], r)
        for r in reader.connection.execute(query).mappings()
    ]


def _settle(unit: JournalUnit, results: Sequence[_Published]) -> None:
    done = [seq for result in results for seq in result.done]
    if done:
        which = (delivery.c.consumer == RELAY) & delivery.c.event_seq.in_(done) & delivery.c.done_at.is_(None)
        unit.connection.execute(update(delivery).where(which).values(state="done", done_at=unit.now))
    for result in results:
        for waiting, error in result.refused:
            unit.bury(waiting.event_id, RELAY, error)
