"""Events reach their handlers through real Kafka: in order per key, once, with the headers that are promised."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from doorstep.handler import Subscription
from doorstep.stream.cloudevents import from_record, to_record
from schemas.case import OfferDeclined
from schemas.event import Event
from schemas.topics import TOPICS
from tests.doorstep.journal.support import declined
from tests.doorstep.stream.kafka_support import PARTITIONS, RECALL, Flaky, Hub, effect, hub, in_order, numbered, until

pytestmark = [pytest.mark.kafka]


async def _all(there: Hub, count: int) -> bool:
    return await there.effects() >= count


async def test_every_event_has_one_effect_and_each_case_keeps_its_order(
    database_url: str, tmp_path: Path, kafka_bootstrap: str, kafka_prefix: str
) -> None:
    async with hub(database_url, tmp_path, kafka_bootstrap, kafka_prefix) as there:
        for first in range(0, 60, 20):
            await there.append(numbered(first, first + 20))
        await until(lambda: _all(there, 60))
        assert await there.counts() == {1: 60}
        assert await there.order() == in_order(0, 60)
        assert await there.dead() == []
        assert there.transport.health == {"relay": "up", "consumers": "up", "reconciler": "up"}
        assert there.transport.reconciler.recovered == 0, "Kafka brought them, not the reconciler"


async def test_a_stranger_reads_cloudevents_keyed_by_case(
    database_url: str, tmp_path: Path, kafka_bootstrap: str, kafka_prefix: str
) -> None:
    async with hub(database_url, tmp_path, kafka_bootstrap, kafka_prefix, handlers=False) as there:
        sent = await there.append(numbered(0, 30))
        records = await _read(kafka_bootstrap, f"{kafka_prefix}{OfferDeclined.topic}", 30)
    assert {from_record(r, prefix=kafka_prefix).id for r in records} == {e.id for e in sent}
    partitions: dict[bytes, set[int]] = {}
    seen: dict[bytes, list[int]] = {}
    for record in records:
        partitions.setdefault(record.key, set()).add(record.partition)
        seen.setdefault(record.key, []).append(int(json.loads(record.value)["reason"]))
        headers = dict(record.headers)
        assert len(record.headers) == len(headers)
        assert headers["ce_specversion"] == b"1.0"
        assert headers["ce_type"] == b"org.doorstep.dispatch.offer.declined.v1"
        assert headers["content-type"] == b"application/json"
    assert all(len(where) == 1 for where in partitions.values())
    assert {key.decode(): [str(n) for n in numbers] for key, numbers in seen.items()} == in_order(0, 30)


async def test_topics_are_made_with_the_partitions_that_the_settings_say(
    tmp_path: Path, kafka_bootstrap: str, kafka_prefix: str
) -> None:
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    async with hub(url, tmp_path, kafka_bootstrap, kafka_prefix, partitions=4) as there:
        await until(lambda: _up(there))
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
        await admin.start()
        made = {t for t in await admin.list_topics() if t.startswith(kafka_prefix)}
        described = await admin.describe_topics(sorted(made))
        await admin.close()
    assert made == {kafka_prefix + name for name in TOPICS}
    assert {len(topic["partitions"]) for topic in described} == {4}


async def test_poison_records_become_dead_letters_once_and_hold_nothing_up(
    tmp_path: Path, kafka_bootstrap: str, kafka_prefix: str
) -> None:
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    topic = f"{kafka_prefix}{OfferDeclined.topic}"
    async with hub(url, tmp_path, kafka_bootstrap, kafka_prefix) as there:
        (real,) = await there.append([declined(1)])
        await until(lambda: _all(there, 1))
        good = to_record(real, prefix=kafka_prefix)
        unknown = to_record(Event("no-such-event", "x", real.time, declined(2)), prefix=kafka_prefix)
        forged = to_record(Event(real.id, real.source, real.time, declined("forged")), prefix=kafka_prefix)
        poison: list[tuple[Any, Any, Any]] = [
            (None, b"no headers at all", []),
            (good.key, b"{not json", good.headers),
            (good.key, None, good.headers),
            (b"\xff\xfe", good.value, [("reply_to", b"\xff\xfe"), ("ce_id", b"\x00\xff")]),
            (b"other", good.value, good.headers),
            (unknown.key, unknown.value, unknown.headers),
            (forged.key, forged.value, forged.headers),
        ]
        async with AIOKafkaProducer(bootstrap_servers=kafka_bootstrap, compression_type="gzip") as stranger:
            for key, value, headers in poison:
                await stranger.send_and_wait(topic, value, key=key, headers=list(headers), partition=0)
        await there.append(numbered(10, 20))
        await until(lambda: _all(there, 11))
        await until(lambda: _caught_up(kafka_bootstrap, kafka_prefix, topic))
    wanted = ["record-data", "record-foreign", "record-foreign", "record-headers", "record-headers", "record-key"]
    async with hub(url, tmp_path, kafka_bootstrap, kafka_prefix) as there:
        assert await there.dead() == sorted([*wanted, "record-value"])
        await _rewind(kafka_bootstrap, kafka_prefix, topic, there)
        await there.append(numbered(20, 25))
        await until(lambda: _all(there, 16))
        assert await there.counts() == {1: 16}
        assert await there.dead() == sorted([*wanted, "record-value"])


async def test_records_that_come_twice_have_one_effect(
    database_url: str, tmp_path: Path, kafka_bootstrap: str, kafka_prefix: str
) -> None:
    async with hub(database_url, tmp_path, kafka_bootstrap, kafka_prefix) as there:
        events = await there.append(numbered(0, 10))
        async with AIOKafkaProducer(bootstrap_servers=kafka_bootstrap) as again:
            await until(lambda: _all(there, 1))
            for event in [*events, *reversed(events), *events]:
                record = to_record(event, prefix=kafka_prefix)
                await again.send_and_wait(record.topic, record.value, key=record.key, headers=list(record.headers))
        await until(lambda: _all(there, 10))
        topic = f"{kafka_prefix}{OfferDeclined.topic}"
        await until(lambda: _caught_up(kafka_bootstrap, kafka_prefix, topic))
        assert await there.counts() == {1: 10}
        assert await there.order() == in_order(0, 10)


async def test_a_consumer_that_died_before_its_commit_has_no_second_effect(
    database_url: str, tmp_path: Path, kafka_bootstrap: str, kafka_prefix: str
) -> None:
    topic = f"{kafka_prefix}{OfferDeclined.topic}"
    async with hub(database_url, tmp_path, kafka_bootstrap, kafka_prefix) as there:
        await there.append(numbered(0, 20))
        await until(lambda: _all(there, 20))
        await until(lambda: _caught_up(kafka_bootstrap, kafka_prefix, topic))
    async with hub(database_url, tmp_path, kafka_bootstrap, kafka_prefix, handlers=False) as there:
        # The group stands where it stood before the effects: what a crash between the two leaves behind.
        await _rewind(kafka_bootstrap, kafka_prefix, topic, None)
    async with hub(database_url, tmp_path, kafka_bootstrap, kafka_prefix) as there:
        await there.append(numbered(20, 25))
        await until(lambda: _caught_up(kafka_bootstrap, kafka_prefix, topic))
        await until(lambda: _all(there, 25))
        assert await there.counts() == {1: 25}
        assert await there.order() == in_order(0, 25)


async def test_a_retry_holds_its_own_case_only_and_order_is_kept(
    database_url: str, tmp_path: Path, kafka_bootstrap: str, kafka_prefix: str
) -> None:
    flaky = Subscription(OfferDeclined, "recall", Flaky({"0": 3, "6": 1}))
    async with hub(database_url, tmp_path, kafka_bootstrap, kafka_prefix, subscriptions=[flaky], patience=600) as there:
        await there.append(numbered(0, 30))
        await until(lambda: _all(there, 30))
        assert await there.counts() == {1: 30}
        assert await there.order() == in_order(0, 30)


async def test_two_consumers_of_a_topic_each_have_their_effect(
    tmp_path: Path, kafka_bootstrap: str, kafka_prefix: str
) -> None:
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    even = Subscription(OfferDeclined, "even", effect, where=lambda p: int(p.reason) % 2 == 0)
    async with hub(url, tmp_path, kafka_bootstrap, kafka_prefix, subscriptions=[RECALL, even]) as there:
        await there.append(numbered(0, 20))
        await until(lambda: _effects_are(there, {1: 10, 2: 10}))
        await asyncio.sleep(0.3)
        assert await there.counts() == {1: 10, 2: 10}


@pytest.mark.slow
async def test_an_event_too_large_for_kafka_is_a_dead_letter_of_the_relay_and_still_handled(
    tmp_path: Path, kafka_bootstrap: str, kafka_prefix: str
) -> None:
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    async with hub(url, tmp_path, kafka_bootstrap, kafka_prefix, patience=1.0) as there:
        await there.append([declined("x" * 5_000_000), declined(2)])
        await until(lambda: _all(there, 2))
        assert await there.counts() == {1: 2}
        assert [reason[:3] for reason in (await there.order())["DS-000001-8"]] == ["xxx", "2"]
        assert await there.dead() == ["relay.too-large"] * 2, "the event, and the one that follows from it"


@pytest.mark.postgres
@pytest.mark.slow
async def test_processes_share_the_work_and_one_relay_takes_over_from_another(
    postgres_url: str, tmp_path: Path, kafka_bootstrap: str, kafka_prefix: str
) -> None:
    async with hub(postgres_url, tmp_path / "b", kafka_bootstrap, kafka_prefix) as second:
        async with hub(postgres_url, tmp_path / "a", kafka_bootstrap, kafka_prefix) as first:
            await until(lambda: _one_up(first, second))
            await first.append(numbered(0, 40))
            await second.append(numbered(40, 80))
            await until(lambda: _all(second, 80))
            assert sorted([first.transport.health["relay"], second.transport.health["relay"]]) == ["starting", "up"]
            leader, other = (first, second) if first.transport.relay.up else (second, first)
            await leader.transport.stop()
            await other.append(numbered(80, 120))
            await until(lambda: _all(other, 120))
            assert other.transport.relay.up
        assert await second.counts() == {1: 120}
        assert await second.order() == in_order(0, 120)


async def _one_up(first: Hub, second: Hub) -> bool:
    return first.transport.relay.up or second.transport.relay.up


async def _up(there: Hub) -> bool:
    return there.transport.relay.up


async def _effects_are(there: Hub, wanted: dict[int, int]) -> bool:
    return await there.counts() == wanted


async def _read(bootstrap: str, topic: str, count: int) -> list[Any]:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest", metadata_max_age_ms=500
    )
    found: list[Any] = []
    async with asyncio.timeout(90), consumer:
        while len(found) < count:
            found.append(await consumer.getone())
    return found


async def _caught_up(bootstrap: str, prefix: str, topic: str) -> bool:
    """Say whether the group has committed the end of every partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=f"{prefix}recall", enable_auto_commit=False)
    async with consumer:
        partitions = [TopicPartition(topic, n) for n in range(PARTITIONS)]
        ends = await consumer.end_offsets(partitions)
        committed = {partition: await consumer.committed(partition) or 0 for partition in partitions}
        return ends == committed and sum(ends.values()) > 0


async def _rewind(bootstrap: str, prefix: str, topic: str, there: Hub | None) -> None:
    """Set the group back to the beginning of the topic."""
    if there is not None:
        await there.transport.stop()
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=f"{prefix}recall", enable_auto_commit=False)
    async with consumer:
        partitions = [TopicPartition(topic, n) for n in range(PARTITIONS)]
        consumer.assign(partitions)
        await consumer.commit(dict.fromkeys(partitions, 0))
    if there is not None:
        await there.transport.start()
