"""A real Apache Kafka for tests: one KRaft node on this machine's Java, or the one named by DOORSTEP_TEST_KAFKA."""

from __future__ import annotations

import base64
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.process import ServiceMissingError, free_port, kill, start, stop, unavailable, wait_for_port

KAFKA = "org.apache.kafka:kafka_2.13:4.0.0"
CACHE = Path(__file__).resolve().parents[2] / ".cache" / "kafka"
_INSTEAD = "or set DOORSTEP_TEST_KAFKA=host:port of a running broker"

_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>org.doorstep.tests</groupId><artifactId>broker</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>{0}</groupId><artifactId>{1}</artifactId><version>{2}</version>
  </dependency></dependencies>
</project>
"""


def _jars() -> Path:
    """Return the folder of the broker's jars, fetched once per checkout through Maven."""
    for tool in ("java", "mvn"):
        if shutil.which(tool) is None:
            raise ServiceMissingError(f"Kafka: `{tool}` is not installed; install Java 17 and Maven, {_INSTEAD}")
    libs = CACHE / f"libs-{KAFKA.rsplit(':', 1)[1]}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not libs.exists():
            _fetch(libs)
    return libs


def _fetch(libs: Path) -> None:
    (CACHE / "pom.xml").write_text(_POM.format(*KAFKA.split(":")))
    partial = CACHE / "libs.partial"
    shutil.rmtree(partial, ignore_errors=True)
    argv = ["mvn", "-q", "-B", "-f", str(CACHE / "pom.xml"), "dependency:copy-dependencies"]
    done = subprocess.run(
        [*argv, f"-DoutputDirectory={partial}"], capture_output=True, text=True, check=False, timeout=300
    )
    if done.returncode != 0:
        raise ServiceMissingError(f"Kafka: Maven could not fetch {KAFKA}, {_INSTEAD}\n{done.stdout[-500:]}")
    partial.rename(libs)


class LocalKafka:
    """One KRaft broker of our own on a free loopback port; it may be killed, restarted and wiped."""

    def __init__(self, *, auto_create_topics: bool = False) -> None:
        self.libs = _jars()
        self.folder = Path(tempfile.mkdtemp(prefix="doorstep-kafka-"))
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._configure(controller=free_port(), auto_create_topics=auto_create_topics)

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
        wait_for_port(self.port, self.process, seconds=60, log=log)

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
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        argv = [*self._java("128m"), "kafka.tools.StorageTool", "format", f"--cluster-id={cluster}"]
        subprocess.run(
            [*argv, "-c", self.folder / "server.properties"],
            check=True,
            capture_output=True,
            timeout=60,
            cwd=self.folder,
        )

    def _configure(self, *, controller: int, auto_create_topics: bool) -> None:
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
            "broker.session.timeout.ms": "3000",
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
    yield from (broker.bootstrap for broker in _running())


@pytest.fixture
def own_kafka() -> Iterator[LocalKafka]:
    """A running broker for one test alone, which may kill, wipe and restart it."""
    yield from _running()


def _running() -> Iterator[LocalKafka]:
    try:
        broker = LocalKafka()
    except ServiceMissingError as missing:
        unavailable(str(missing))
    try:
        broker.start()
        yield broker
    finally:
        broker.close()


@pytest.fixture
def kafka_prefix() -> str:
    """A prefix for topics and consumer groups that no other test uses."""
    return f"test-{uuid.uuid4().hex[:12]}."
