"""A real Apache Kafka for tests: one KRaft node on this machine's Java, or the one named by DOORSTEP_TEST_KAFKA."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.java import jars, locked
from tests.services.process import ServiceMissingError, free_port, kill, start, stop, unavailable, wait_for_port

KAFKA = "org.apache.kafka:kafka_2.13:4.0.0"
_INSTEAD = "or set DOORSTEP_TEST_KAFKA=host:port of a running broker"


class LocalKafka:
    """One KRaft broker of our own on a free loopback port; it may be killed, restarted and wiped.

    `session_ms` is how long its own controller waits for its heartbeat: a restarted broker leads again only when the
    session of the killed one is over, while one that a busy machine held up for that long is fenced, and what was
    being published is published again.
    """

    def __init__(self, *, auto_create_topics: bool = False, session_ms: int = 3_000) -> None:
        self.libs = jars("kafka", [KAFKA])
        self.folder = Path(tempfile.mkdtemp(prefix="doorstep-kafka-"))
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._configure(controller=free_port(), auto_create_topics=auto_create_topics, session_ms=session_ms)

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it (formatting an empty data folder first) and return once it listens."""
        if not (self.folder / "data").exists():
            self._format()
        log = self.folder / "server.log"
        argv = [*self._java("512m"), "kafka.Kafka", str(self.folder / "server.properties")]
        self.process = start(argv, log=log, death_signal=signal.SIGKILL)
        wait_for_port(self.port, self.process, seconds=120, log=log)

    def kill(self) -> None:
        """End it as a crash would."""
        assert self.process is not None
        kill(self.process)

    def wipe(self) -> None:
        """Throw away everything it ever stored; it must not be running."""
        assert self.process is None or self.process.poll() is not None
        shutil.rmtree(self.folder / "data")

    def close(self) -> None:
        # Nothing of a test broker is worth its slow, orderly shutdown.
        if self.process is not None:
            stop(self.process, politely=signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _java(self, heap: str) -> list[str]:
        return ["java", f"-Xmx{heap}", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", f"{self.libs}/*"]

    def _format(self) -> None:
        """Make an empty data folder: a copy of one that was formatted, for that takes a JVM of its own."""
        empty = self.libs.with_name(f"empty-{self.libs.name}")
        with locked(empty.parent):
            if not empty.exists():
                cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
                argv = [*self._java("128m"), "kafka.tools.StorageTool", "format", f"--cluster-id={cluster}"]
                subprocess.run(
                    [*argv, "-c", self.folder / "server.properties"],
                    check=True,
                    capture_output=True,
                    timeout=60,
                    cwd=self.folder,
                )
                (self.folder / "data").rename(empty)
        shutil.copytree(empty, self.folder / "data")

    def _configure(self, *, controller: int, auto_create_topics: bool, session_ms: int) -> None:
        settings = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
            "log.dirs": str(self.folder / "data"),
            "auto.create.topics.enable": str(auto_create_topics).lower(),
            "offsets.topic.num.partitions": "1",
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "broker.heartbeat.interval.ms": "500",
            "broker.session.timeout.ms": str(session_ms),
        }
        text = "".join(f"{name}={value}\n" for name, value in settings.items())
        (self.folder / "server.properties").write_text(text)


@pytest.fixture(scope="session")
def kafka_bootstrap() -> Iterator[str]:
    """`host:port` of one Kafka broker for the whole run; it creates no topic by itself."""
    given = os.environ.get("DOORSTEP_TEST_KAFKA")
    if given:
        yield given
        return
    yield from (broker.bootstrap for broker in _running(session_ms=60_000))  # nobody restarts it


@pytest.fixture
def own_kafka() -> Iterator[LocalKafka]:
    """A running broker for one test alone, which may kill, wipe and restart it."""
    yield from _running(session_ms=3_000)


def _running(*, session_ms: int) -> Iterator[LocalKafka]:
    try:
        broker = LocalKafka(session_ms=session_ms)
    except ServiceMissingError as missing:
        unavailable(f"{missing}, {_INSTEAD}")
    try:
        broker.start()
        yield broker
    finally:
        broker.close()


@pytest.fixture
def kafka_prefix() -> str:
    """A prefix for topics and consumer groups that no other test uses."""
    return f"test-{uuid.uuid4().hex[:12]}."
