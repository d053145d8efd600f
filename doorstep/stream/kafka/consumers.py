"""Handlers as consumer groups: a batch of records runs through the worker, then its offsets are committed, once."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage

from doorstep.errors import HubError, Refused, Unavailable
from doorstep.handler import Subscription
from doorstep.journal import Journal, JournalUnit
from doorstep.stream.cloudevents import RecordLike, from_record
from doorstep.stream.kafka.connection import AWAY, KafkaSettings, broker, ensure_topics, running
from doorstep.stream.kafka.known import Standing, standings
from doorstep.stream.work import State, Worker
from schemas.event import Event
from schemas.outbound import DeliveryDied

__all__ = ["Consumers"]

log = logging.getLogger("doorstep.stream.kafka.consumers")

BATCH = 500
PREPARED_BATCH = 16
"""Records at once for a handler with a slow `prepare`: a batch must end well before Kafka gives its member up."""
_SIDE_BY_SIDE = 64
_PREPARED_SIDE_BY_SIDE = 4
_MAX_POLL_MS = 30 * 60 * 1000
_JOURNAL_AWAY = 1.0


class Record(RecordLike, Protocol):
    """What is read of aiokafka's ConsumerRecord."""

    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...


class Consumers:
    """`run` works until it is cancelled or Kafka is away; `deferred` is told of events to come back to."""

    def __init__(
        self,
        journal: Journal,
        worker: Worker,
        subscriptions: Iterable[Subscription],
        settings: KafkaSettings,
        deferred: Callable[[Subscription, Event[Any]], None],
    ) -> None:
        self._journal = journal
        self._worker = worker
        self._subscriptions = list(subscriptions)
        self._settings = settings
        self._deferred = deferred
        self.up = False

    async def run(self) -> None:
        """Consume until cancelled; raise Unavailable when Kafka is away."""
        try:
            await ensure_topics(self._settings, {s.topic for s in self._subscriptions})
            kafka = broker(self._settings, consumer_only=True)
            for subscription in self._subscriptions:
                self._subscribe(kafka, subscription)
            async with running(kafka):
                log.info("%d consumer groups read from %s", len(self._subscriptions), self._settings.bootstrap)
                self.up = True
                await asyncio.Event().wait()
        except AWAY as away:
            raise Unavailable("kafka.away", "Kafka is away", detail=type(away).__name__) from None
        finally:
            self.up = False

    def _subscribe(self, kafka: KafkaBroker, subscription: Subscription) -> None:
        async def handle(message: KafkaMessage) -> None:
            await self._batch(subscription, message)

        subscriber = kafka.subscriber(
            self._settings.topic(subscription.topic),
            group_id=self._settings.group(subscription.consumer),
            batch=True,
            max_records=PREPARED_BATCH if subscription.prepare else BATCH,
            batch_timeout_ms=100,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            max_poll_interval_ms=_MAX_POLL_MS,
            no_reply=True,
        )
        subscriber(handle, parser=_raw, decoder=_undecoded)

    async def _batch(self, subscription: Subscription, message: KafkaMessage) -> None:
        """Bring every record to its effect, then commit. Nothing but a cancellation leaves before both are tried."""
        records: Sequence[Record] = message.raw_message
        await _until_journal(lambda: self._handle(subscription, records))
        offsets: dict[TopicPartition, int] = {}
        for record in records:
            partition = TopicPartition(record.topic, record.partition)
            offsets[partition] = max(offsets.get(partition, 0), record.offset + 1)
        try:
            # Explicit offsets: without them aiokafka commits wherever every partition stands by now.
            await message.consumer.commit(offsets)  # type: ignore[call-arg]
        except (KafkaError, IllegalStateError) as error:
            # The effects are durable, so the worst is that the next owner of the partition skips these again.
            log.warning("%s: offsets not committed: %s", subscription.consumer, type(error).__name__)

    async def _handle(self, subscription: Subscription, records: Sequence[Record]) -> None:
        lanes: dict[str, list[Event[Any]]] = {}
        for event in await self._known(subscription, records):
            lanes.setdefault(event.key, []).append(event)
        limit = asyncio.Semaphore(_PREPARED_SIDE_BY_SIDE if subscription.prepare else _SIDE_BY_SIDE)

        async def lane(events: list[Event[Any]]) -> None:
            async with limit:
                for event in events:
                    outcome = await self._worker.run(subscription, event)
                    if outcome.state is State.DEFERRED:
                        self._deferred(subscription, event)

        async with asyncio.TaskGroup() as group:
            for events in lanes.values():
                group.create_task(lane(events))

    async def _known(self, subscription: Subscription, records: Sequence[Record]) -> list[Event[Any]]:
        """Return the journal's own events that this batch calls for and that are open; bury what is not ours."""
        decoded: list[tuple[Record, Event[Any]]] = []
        for record in records:
            try:
                decoded.append((record, from_record(record, prefix=self._settings.prefix)))
            except Refused as refused:
                await self._bury(subscription, record, refused)
        ids = {event.id for _, event in decoded}
        known: Mapping[str, Standing] = await self._journal.read(lambda r: standings(r, subscription.consumer, ids))
        wanted: list[Event[Any]] = []
        for record, event in decoded:
            standing = known.get(event.id)
            try:
                stored = None if standing is None else standing.event()
                if stored is None or (stored.key, stored.data) != (event.key, event.data):
                    raise Refused("record-foreign", "the journal has no such event")
            except HubError as error:
                await self._bury(subscription, record, error)
            else:
                if standing is not None and standing.open:
                    wanted.append(stored)
        return wanted

    async def _bury(self, subscription: Subscription, record: Record, error: HubError) -> None:
        """Record a dead letter for a record that is no event of ours, once however often it is read."""
        where = f"kafka:{record.topic}/{record.partition}/{record.offset}@{record.timestamp}"
        died = DeliveryDied(
            event_id=where,
            event_topic=subscription.topic,
            event_key="",
            consumer=subscription.consumer,
            error_code=error.code,
            reason=error.message,
            attempts=1,
        )

        def job(unit: JournalUnit) -> None:
            if unit.latest(DeliveryDied, where) is None:
                unit.append(died, source="doorstep/kafka")

        await self._journal.write(job)
        log.error("%s: dead letter %s: %s", subscription.consumer, where, error.code)


async def _until_journal(work: Callable[[], Awaitable[None]]) -> None:
    """Do the work again until the journal lets it: what has had its effect is skipped the next time."""
    while True:
        try:
            await work()
        except* Unavailable as away:
            log.warning("the journal is away, records wait: %s", next(iter(away.exceptions)))
        else:
            return
        await asyncio.sleep(_JOURNAL_AWAY)


async def _raw(records: tuple[Any, ...], parse: Callable[[tuple[Any, ...]], Awaitable[KafkaMessage]]) -> KafkaMessage:
    """Keep FastStream's hands off what strangers wrote: headers that are no text, reply addresses, content types."""
    message = await parse(tuple(dataclasses.replace(record, headers=(), value=b"") for record in records))
    message.raw_message = records
    return message


async def _undecoded(_message: KafkaMessage) -> None:
    """Leave the values to `from_record`."""
