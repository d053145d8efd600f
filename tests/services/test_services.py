"""The servers that tests rely on are real, separate per test, durable, and gone afterwards."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.services.kafka import LocalKafka
from tests.services.postgres import LocalPostgres, PostgresServer
from tests.services.process import unavailable


def _ask(url: str, question: str) -> object:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        row = connection.execute(question.encode()).fetchone()
        assert row is not None
        return row[0]


@pytest.mark.postgres
@pytest.mark.parametrize("_time", [1, 2])
def test_each_test_gets_an_empty_database_of_its_own(postgres_url: str, _time: int) -> None:
    assert _ask(postgres_url, "select count(*) from pg_tables where tablename = 'mine'") == 0
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        connection.execute("create table mine (id int)")


@pytest.mark.postgres
def test_postgres_is_durable_and_forgets_dropped_databases(postgres_server: PostgresServer) -> None:
    assert _ask(postgres_server.libpq("postgres"), "show fsync") == "on"
    assert _ask(postgres_server.libpq("postgres"), "show synchronous_commit") == "on"
    name = postgres_server.create_database()
    postgres_server.drop_database(name)
    with pytest.raises(psycopg.OperationalError):
        _ask(postgres_server.libpq(name), "select 1")


@pytest.mark.postgres
def test_a_killed_postgres_comes_back_with_what_was_committed(own_postgres: LocalPostgres) -> None:
    url = own_postgres.server.libpq("postgres")
    with psycopg.connect(url) as connection:
        connection.execute("create table kept as select 42 as answer")
    own_postgres.kill()
    own_postgres.start()
    assert _ask(url, "select answer from kept") == 42


@pytest.mark.kafka
async def test_kafka_keeps_and_returns_a_record(kafka_bootstrap: str, kafka_prefix: str) -> None:
    topic = f"{kafka_prefix}records"
    await _create(kafka_bootstrap, topic)
    await _publish(kafka_bootstrap, topic, b"hello")
    assert await _first(kafka_bootstrap, topic) == b"hello"


@pytest.mark.kafka
@pytest.mark.slow
async def test_a_killed_kafka_keeps_its_records_and_a_wiped_one_has_none(own_kafka: LocalKafka) -> None:
    await _create(own_kafka.bootstrap, "kept")
    await _publish(own_kafka.bootstrap, "kept", b"hello")
    own_kafka.kill()
    own_kafka.start()
    assert await _first(own_kafka.bootstrap, "kept") == b"hello"
    own_kafka.kill()
    own_kafka.wipe()
    own_kafka.start()
    admin = AIOKafkaAdminClient(bootstrap_servers=own_kafka.bootstrap)
    await admin.start()
    assert "kept" not in await admin.list_topics()
    await admin.close()


@pytest.mark.parametrize(("required", "outcome"), [("1", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_missing_service_fails_where_it_is_required(
    monkeypatch: pytest.MonkeyPatch, required: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("DOORSTEP_REQUIRE_SERVICES", required)
    with pytest.raises(outcome, match="no broker"):
        unavailable("no broker")


@pytest.mark.postgres
@pytest.mark.slow
def test_servers_die_with_a_killed_test_run(tmp_path: Path, postgres_server: PostgresServer) -> None:
    script = (
        "import time; from tests.services.postgres import LocalPostgres; s = LocalPostgres(); s.start();"
        "print(s.process.pid, s.folder, flush=True); time.sleep(60)"
    )
    run = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    pid, folder = run.stdout.readline().split()
    run.stdout.close()
    run.send_signal(signal.SIGKILL)
    run.wait(timeout=60)
    deadline = time.monotonic() + 60
    while _alive(int(pid)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(int(pid))
    subprocess.run(["rm", "-rf", folder], check=True)


def _alive(pid: int) -> bool:
    try:
        return b") Z " not in Path(f"/proc/{pid}/stat").read_bytes()
    except FileNotFoundError:
        return False


async def _create(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()


async def _publish(bootstrap: str, topic: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        await producer.send_and_wait(topic, value)


async def _first(bootstrap: str, topic: str) -> bytes | None:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    async with consumer:
        value: bytes | None = (await consumer.getone()).value
        return value
