"""How we speak to Kafka: every setting that decides over loss and order is written here, none is left to a default."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code
from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from doorstep.errors import Unavailable
from doorstep.stream.cloudevents import MAX_VALUE

__all__ = ["AWAY", "KafkaSettings", "admin", "broker", "ensure_topics", "running"]

log = logging.getLogger("doorstep.stream.kafka")
_faststream_log = logging.getLogger("doorstep.stream.kafka.faststream")
_faststream_log.setLevel(logging.ERROR)  # it warns at every start that it creates no topics: we do

AWAY = (KafkaError, OSError, TimeoutError)
"""What a Kafka that cannot be reached raises; the transport waits and tries again."""

_REQUEST_TIMEOUT_MS = 10_000
_STOP_SECONDS = 3.0
_METADATA_MAX_AGE_MS = 5_000
_MAX_REQUEST = MAX_VALUE + 64 * 1024
_TOPIC_CONFIG = {
    "max.message.bytes": str(_MAX_REQUEST),
    # A record compressed by a codec that we lack would stop its partition for good: the broker unpacks all.
    "compression.type": "uncompressed",
}


_closing: set[asyncio.Future[None]] = set()
"""Clients that still close; a task that nobody holds may vanish."""


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """Where Kafka is and how our topics look there. `prefix` stands before topics and consumer groups."""

    bootstrap: str
    prefix: str = ""
    partitions: int = 6
    replication: int = 1

    def topic(self, name: str) -> str:
        return self.prefix + name

    def group(self, consumer: str) -> str:
        return self.prefix + consumer


def broker(settings: KafkaSettings, *, consumer_only: bool = False) -> KafkaBroker:
    """Return FastStream's broker, not started: acks=all, idempotent, never acknowledging by itself."""
    return KafkaBroker(
        settings.bootstrap.split(","),
        client_id="doorstep",
        acks="all",
        enable_idempotence=True,
        linger_ms=5,
        max_batch_size=256 * 1024,
        max_request_size=_MAX_REQUEST,
        request_timeout_ms=_REQUEST_TIMEOUT_MS,
        metadata_max_age_ms=_METADATA_MAX_AGE_MS,
        ack_policy=AckPolicy.MANUAL,
        allow_auto_create_topics=False,
        consumer_only=consumer_only,
        logger=_faststream_log,
        log_level=logging.DEBUG,
        graceful_timeout=None,
    )


@contextlib.asynccontextmanager
async def running(kafka: KafkaBroker) -> AsyncIterator[KafkaBroker]:
    """Start the broker's clients and stop them, also when the start fails half-way.

    Ask Kafka something first (`ensure_topics`): FastStream drops, unclosed, a client that could not connect.
    """
    async with _whole(kafka.start(), kafka.stop):
        yield kafka


@contextlib.asynccontextmanager
async def _whole(start: Coroutine[Any, Any, None], stop: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """A client cancelled in the middle of its start cannot be closed: let the start end first, however it does."""
    starting = asyncio.create_task(start)
    try:
        await asyncio.shield(starting)
        yield
    finally:
        await asyncio.gather(starting, return_exceptions=True)
        closing = asyncio.ensure_future(stop())
        _closing.add(closing)
        closing.add_done_callback(_closed)
        # A producer closes when it has sent what it holds. While Kafka is away that never ends: it is left to itself,
        # and what it may still send is a double that its readers know by its id.
        await asyncio.wait([closing], timeout=_STOP_SECONDS)


def _closed(closing: asyncio.Future[None]) -> None:
    _closing.discard(closing)
    if not closing.cancelled() and (error := closing.exception()) is not None:
        log.warning("a client did not close well: %s", type(error).__name__)


@contextlib.asynccontextmanager
async def admin(settings: KafkaSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    """Open an admin client."""
    client = AIOKafkaAdminClient(
        bootstrap_servers=settings.bootstrap.split(","), client_id="doorstep", request_timeout_ms=_REQUEST_TIMEOUT_MS
    )
    async with _whole(client.start(), client.close):
        yield client


async def ensure_topics(settings: KafkaSettings, topics: Iterable[str]) -> list[str]:
    """Create the topics that are missing (names without prefix) and return those; leave the others as they are."""
    wanted = {settings.topic(topic) for topic in topics}
    async with admin(settings) as client:
        missing = sorted(wanted - set(await client.list_topics()))
        if not missing:
            return []
        new = [
            NewTopic(name, settings.partitions, settings.replication, topic_configs=dict(_TOPIC_CONFIG))
            for name in missing
        ]
        response = await client.create_topics(new)
        for name, code, *_ in response.topic_errors:
            error = for_code(code)
            if code and error is not TopicAlreadyExistsError:  # another process was faster
                raise Unavailable("kafka.topic", "a topic could not be created", detail=f"{name}: {error.__name__}")
        await _until_known(client, set(missing))
    log.info("created %d topics with %d partitions each", len(missing), settings.partitions)
    return missing


async def _until_known(client: AIOKafkaAdminClient, names: set[str]) -> None:
    """Return once the broker tells of the new topics: creation is answered before every broker knows."""
    async with asyncio.timeout(_REQUEST_TIMEOUT_MS / 1000):
        while not names <= set(await client.list_topics()):
            await asyncio.sleep(0.05)
