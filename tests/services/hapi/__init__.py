"""HAPI HL7v2 (Java, Maven) for tests: its MLLP client as a sender, its strict parser as a second opinion."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.java import Asked, harness
from tests.services.process import ServiceMissingError, unavailable

VERSION = "2.6.0"
STRUCTURES = ("21", "22", "23", "231", "24", "25", "251", "26", "27", "28")
_SOURCE = Path(__file__).with_name("Hapi.java")
_ARTIFACTS = (
    f"ca.uhn.hapi:hapi-base:{VERSION}",
    *(f"ca.uhn.hapi:hapi-structures-v{version}:{VERSION}" for version in STRUCTURES),
)


class Hapi:
    """One running harness: a message in, a frame out. `arguments` choose what it does with it (see Hapi.java)."""

    def __init__(self, *arguments: str) -> None:
        self._asked = Asked(harness("hapi", _ARTIFACTS, _SOURCE), "Hapi", *arguments)

    def ask(self, message: bytes) -> str:
        """Return the harness's answer to one message (segments ended by CR, LF or both)."""
        return self._asked.ask(message.replace(b"\r\n", b"\r").replace(b"\n", b"\r"))

    def close(self) -> None:
        self._asked.close()


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
        harness("hapi", _ARTIFACTS, _SOURCE)
    except ServiceMissingError as missing:
        unavailable(str(missing))
