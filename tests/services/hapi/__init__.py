"""HAPI HL7v2 (Java, Maven) for tests: its MLLP client as a sender, its strict parser as a second opinion."""

from __future__ import annotations

import fcntl
import hashlib
import selectors
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.process import ServiceMissingError, unavailable

VERSION = "2.6.0"
STRUCTURES = ("21", "22", "23", "231", "24", "25", "251", "26", "27", "28")
CACHE = Path(__file__).resolve().parents[3] / ".cache" / "hapi"
_SOURCE = Path(__file__).with_name("Hapi.java")
_DEPENDENCY = (
    "<dependency><groupId>ca.uhn.hapi</groupId><artifactId>{0}</artifactId><version>{1}</version></dependency>"
)
_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>org.doorstep.tests</groupId><artifactId>hapi</artifactId><version>1</version>
  <dependencies>{0}</dependencies>
</project>
"""


def _class_path() -> str:
    """Return the class path of the harness: the jars fetched once per checkout, our class compiled once per text."""
    for tool in ("java", "javac", "mvn"):
        if shutil.which(tool) is None:
            raise ServiceMissingError(f"HAPI: `{tool}` is not installed; install a Java 17 JDK and Maven")
    libs = CACHE / f"libs-{VERSION}"
    classes = CACHE / f"classes-{hashlib.sha256(_SOURCE.read_bytes()).hexdigest()[:16]}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not libs.exists():
            _fetch(libs)
        if not classes.exists():
            _compile(classes, libs)
    return f"{classes}:{libs}/*"


def _fetch(libs: Path) -> None:
    names = ["hapi-base", *(f"hapi-structures-v{version}" for version in STRUCTURES)]
    (CACHE / "pom.xml").write_text(_POM.format("".join(_DEPENDENCY.format(name, VERSION) for name in names)))
    partial = CACHE / "libs.partial"
    shutil.rmtree(partial, ignore_errors=True)
    argv = ["mvn", "-q", "-B", "-f", str(CACHE / "pom.xml"), "dependency:copy-dependencies"]
    done = subprocess.run(
        [*argv, f"-DoutputDirectory={partial}"], capture_output=True, text=True, check=False, timeout=300
    )
    if done.returncode != 0:
        raise ServiceMissingError(f"HAPI: Maven could not fetch ca.uhn.hapi {VERSION}\n{done.stdout[-500:]}")
    partial.rename(libs)


def _compile(classes: Path, libs: Path) -> None:
    partial = CACHE / "classes.partial"
    shutil.rmtree(partial, ignore_errors=True)
    argv = ["javac", "-nowarn", "-cp", f"{libs}/*", "-d", str(partial), str(_SOURCE)]
    subprocess.run(argv, check=True, timeout=120)
    partial.rename(classes)


class Hapi:
    """One running harness: a message in, a frame out. `arguments` choose what it does with it (see Hapi.java)."""

    def __init__(self, *arguments: str) -> None:
        argv = ["java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", _class_path(), "Hapi"]
        self._process = subprocess.Popen(
            [*argv, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    def ask(self, message: bytes, *, seconds: float = 40.0) -> str:
        """Return the harness's answer to one message (UTF-8, segments ended by CR or LF)."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\x0b" + message.replace(b"\r\n", b"\r").replace(b"\n", b"\r") + b"\x1c\r")
        self._process.stdin.flush()
        return self._frame(time.monotonic() + seconds).decode()

    def _frame(self, deadline: float) -> bytes:
        out = self._process.stdout
        assert out is not None
        data = b""
        with selectors.DefaultSelector() as selector:
            selector.register(out, selectors.EVENT_READ)
            while not data.endswith(b"\x1c\r"):
                if not selector.select(deadline - time.monotonic()):
                    raise TimeoutError("HAPI did not answer in time")
                read = out.read1(65536)  # type: ignore[attr-defined]
                if not read:
                    raise RuntimeError("the HAPI harness ended")
                data += read
        return data[1:-2]

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.kill()
        self._process.wait(timeout=10)
        self._process.stdin.close()
        self._process.stdout.close()


class HapiParser:
    """HAPI's parser in strict mode."""

    def __init__(self) -> None:
        self._hapi = Hapi("check")

    def faults(self, message: bytes) -> list[str]:
        """Return what HAPI finds wrong with a message (structure, cardinality, data types); [] when nothing."""
        return [line for line in self._hapi.ask(message).split("\n") if line]

    def close(self) -> None:
        self._hapi.close()


class HapiSender:
    """HAPI's MLLP client on one connection to a listener; raises ServiceMissingError where there is no Java."""

    def __init__(self, port: int, host: str = "127.0.0.1", *, seconds: int = 30) -> None:
        self._hapi = Hapi("send", host, str(port), str(seconds))

    def send(self, message: bytes) -> str:
        """Send one message and return its acknowledgement as HAPI read it, or `ERROR ...`."""
        return self._hapi.ask(message)

    def close(self) -> None:
        self._hapi.close()


@pytest.fixture(scope="session")
def hapi_parser() -> Iterator[HapiParser]:
    """HAPI's strict parser; skipped loudly where Java or Maven is missing, a failure in CI."""
    try:
        parser = HapiParser()
    except ServiceMissingError as missing:
        unavailable(str(missing))
    try:
        yield parser
    finally:
        parser.close()


@pytest.fixture(scope="session")
def hapi_ready() -> None:
    """Ask for this before starting a `HapiSender`: it fetches and compiles what that needs, or skips."""
    try:
        _class_path()
    except ServiceMissingError as missing:
        unavailable(str(missing))
