"""Kafka is killed, wiped or not there, the database is killed: nothing is lost or doubled, and order is kept."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient

from doorstep.journal import JournalDown
from doorstep.stream.cloudevents import from_record
from doorstep.stream.kafka import relay
from schemas.case import OfferDeclined
from tests.doorstep.stream.kafka_support import Hub, hub, in_order, numbered, until
from tests.services.kafka import LocalKafka
from tests.services.postgres import LocalPostgres

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(autouse=True)
def _quiet_clients() -> Iterator[None]:
    """While Kafka is away aiokafka logs each attempt; that would bury a failure's report."""
    logger = logging.getLogger("aiokafka")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(before)


async def _effects(there: Hub, count: int) -> bool:
    try:
        return await there.effects() >= count
    except JournalDown:
        return False


async def _all_well(there: Hub, count: int) -> None:
    await until(lambda: _effects(there, count), seconds=90)
    assert await there.counts() == {1: count}
    assert await there.order() == in_order(0, count)
    assert await there.dead() == []


async def test_a_kafka_that_is_not_there_yet_holds_up_nothing_but_the_handlers(tmp_path: Path) -> None:
    broker = LocalKafka()
    try:
        async with hub(f"sqlite:///{tmp_path / 'journal.db'}", tmp_path, broker.bootstrap, "") as there:
            await there.append(numbered(0, 20))
            await until(lambda: _waits(there))
            assert await there.effects() == 0
            await asyncio.to_thread(broker.start)
            await there.append(numbered(20, 40))
            await _all_well(there, 40)
    finally:
        broker.close()


async def test_a_killed_kafka_comes_back_and_everything_arrives_once(
    database_url: str, tmp_path: Path, own_kafka: LocalKafka
) -> None:
    async with hub(database_url, tmp_path, own_kafka.bootstrap, "") as there:
        await there.append(numbered(0, 200))
        await until(lambda: _effects(there, 1))
        await asyncio.to_thread(own_kafka.kill)
        await there.append(numbered(200, 300))
        await asyncio.sleep(2)
        await asyncio.to_thread(own_kafka.start)
        await there.append(numbered(300, 400))
        await _all_well(there, 400)
        assert await _first_seen(own_kafka) == in_order(0, 400), "a subscriber of the topic misses something"


async def test_a_wiped_kafka_loses_and_doubles_nothing(
    database_url: str, tmp_path: Path, own_kafka: LocalKafka
) -> None:
    async with hub(database_url, tmp_path, own_kafka.bootstrap, "") as there:
        await there.append(numbered(0, 200))
        await until(lambda: _effects(there, 1))
        await asyncio.to_thread(own_kafka.kill)
        own_kafka.wipe()
        await there.append(numbered(200, 250))
        await asyncio.to_thread(own_kafka.start)
        await there.append(numbered(250, 300))
        await _all_well(there, 300)
        await until(lambda: _relayed_again(there, own_kafka), seconds=90)


async def test_what_was_relayed_before_its_handler_ran_survives_the_loss_of_kafka(
    tmp_path: Path, own_kafka: LocalKafka
) -> None:
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    async with hub(url, tmp_path, own_kafka.bootstrap, "", handlers=False) as there:
        await there.append(numbered(0, 50))
        await until(lambda: _published(there, 50))
    own_kafka.kill()
    own_kafka.wipe()
    own_kafka.start()
    async with hub(url, tmp_path, own_kafka.bootstrap, "", patience=1.0) as there:
        await _all_well(there, 50)
        assert there.transport.reconciler.recovered == 50


async def test_an_event_counts_as_relayed_only_when_kafka_has_acknowledged_it(
    tmp_path: Path, own_kafka: LocalKafka
) -> None:
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    async with hub(url, tmp_path, own_kafka.bootstrap, "", handlers=False) as there:
        await there.append(numbered(0, 20))
        await until(lambda: _published(there, 20))
        await asyncio.to_thread(own_kafka.kill)
        await there.append(numbered(20, 60))
        await asyncio.sleep(1)
    own_kafka.start()
    async with hub(url, tmp_path, own_kafka.bootstrap, "", handlers=False) as there:
        await until(lambda: _published(there, 40))
    assert await _first_seen(own_kafka) == in_order(0, 60)


async def test_a_long_absence_of_kafka_is_told_and_survived(
    tmp_path: Path, own_kafka: LocalKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "_PATIENCE", 1.0)
    async with hub(f"sqlite:///{tmp_path / 'journal.db'}", tmp_path, own_kafka.bootstrap, "") as there:
        await there.append(numbered(0, 20))
        await until(lambda: _effects(there, 20))
        await asyncio.to_thread(own_kafka.kill)
        await there.append(numbered(20, 60))
        await until(lambda: _relay_says(there, "kafka.away"))
        await asyncio.to_thread(own_kafka.start)
        await _all_well(there, 60)
        await until(lambda: _relay_says(there, "up"))
    assert await _first_seen(own_kafka) == in_order(0, 60)


@pytest.mark.postgres
async def test_a_killed_database_makes_records_wait_and_none_is_lost(
    tmp_path: Path, kafka_bootstrap: str, kafka_prefix: str, own_postgres: LocalPostgres
) -> None:
    url = own_postgres.server.url("postgres")
    async with hub(url, tmp_path, kafka_bootstrap, kafka_prefix, patience=600) as there:
        await there.append(numbered(0, 150))
        await until(lambda: _effects(there, 1))
        own_postgres.kill()
        await asyncio.sleep(2)
        own_postgres.start()
        await until(lambda: _effects(there, 150), seconds=90)
        await there.append(numbered(150, 200))
        await _all_well(there, 200)


async def _first_seen(broker: LocalKafka) -> dict[str, list[str]]:
    """Return the topic as a subscriber takes it that takes each id once: reasons by key, in order."""
    consumer = AIOKafkaConsumer(
        OfferDeclined.topic, bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest", enable_auto_commit=False
    )
    found: dict[str, list[str]] = {}
    seen: set[str] = set()
    async with asyncio.timeout(90), consumer:
        while not (partitions := consumer.assignment()):
            await asyncio.sleep(0.05)
        ends = await consumer.end_offsets(list(partitions))
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            batch = await consumer.getmany(timeout_ms=1000)
            for record in (record for records in batch.values() for record in records):
                event = from_record(record)
                if event.id not in seen:
                    seen.add(event.id)
                    found.setdefault(event.key, []).append(cast("OfferDeclined", event.data).reason)
    return found


async def _waits(there: Hub) -> bool:
    return there.transport.health["relay"] == "kafka.away" == there.transport.health["consumers"]


async def _relay_says(there: Hub, word: str) -> bool:
    return there.transport.health["relay"] == word


async def _published(there: Hub, count: int) -> bool:
    return there.transport.relay.published >= count


async def _relayed_again(there: Hub, broker: LocalKafka) -> bool:
    """Say whether the relay made the topics anew and publishes to them."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    try:
        return "dispatch.offer.declined" in await admin.list_topics() and there.transport.relay.up
    finally:
        await admin.close()
