"""HAPI FHIR's generic client (Java, Maven) for tests: a stranger's client that knows R4 only by the specification."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.services.java import Asked, harness
from tests.services.process import ServiceMissingError, unavailable

VERSION = "8.8.0"
_SOURCE = Path(__file__).with_name("Client.java")
_ARTIFACTS = tuple(f"ca.uhn.hapi.fhir:{name}:{VERSION}" for name in ("hapi-fhir-client", "hapi-fhir-structures-r4"))


class FhirClient:
    """One running client of a FHIR base."""

    def __init__(self, base: str) -> None:
        self._asked = Asked(harness("fhir-client", _ARTIFACTS, _SOURCE), "Client", base, memory="384m")

    def walk(self, form: str, transaction: bytes) -> list[str]:
        """Send a transaction and do what clients do with its order, in `json` or `xml`; a line for each step."""
        return self._asked.ask(form.encode() + b"\n" + transaction, seconds=240).split("\n")

    def close(self) -> None:
        self._asked.close()


@pytest.fixture(scope="session")
def fhir_client_ready() -> None:
    """Ask for this before starting a `FhirClient`: it fetches and compiles what that needs, or skips."""
    try:
        harness("fhir-client", _ARTIFACTS, _SOURCE)
    except ServiceMissingError as missing:
        unavailable(str(missing))
