"""HAPI's FHIR validator (Java, Maven) for tests: what another implementation of R4 says of our resources."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from schemas.fhir import dumps
from tests.services.java import Asked, harness
from tests.services.process import ServiceMissingError, unavailable

VERSION = "8.8.0"
_SOURCE = Path(__file__).with_name("Validate.java")
_ARTIFACTS = tuple(
    f"ca.uhn.hapi.fhir:hapi-fhir-{part}:{VERSION}"
    for part in ("validation", "validation-resources-r4", "structures-r4", "caching-caffeine")
)

OFFLINE = frozenset({"Validation_VAL_Profile_Unknown", "Terminology_TX_System_Unknown"})
"""Message ids of what only a server could answer: profiles and code systems that a partner's own resource names."""


@dataclass(frozen=True, slots=True)
class Said:
    """One message of the validator."""

    severity: str
    id: str
    place: str
    text: str


class FhirValidator:
    """One running validator; starting it takes some seconds, so tests share it."""

    def __init__(self) -> None:
        self._asked = Asked(harness("hapi-fhir", _ARTIFACTS, _SOURCE), "Validate", memory="900m")

    def says(self, resource: dict[str, Any]) -> list[Said]:
        """Return every message about a resource."""
        answer = self._asked.ask(dumps(resource), seconds=240)
        return [Said(*line.split("\t", 3)) for line in answer.split("\n") if line]

    def errors(self, resource: dict[str, Any], *, of_a_partner: bool = False) -> list[Said]:
        """Return the errors; for what a partner wrote without those that HAPI cannot judge here (`OFFLINE`)."""
        left_out = OFFLINE if of_a_partner else frozenset()
        return [said for said in self.says(resource) if said.severity in ("ERROR", "FATAL") and said.id not in left_out]

    def close(self) -> None:
        self._asked.close()


@pytest.fixture(scope="session")
def fhir_validator() -> Iterator[FhirValidator]:
    """HAPI's validator; skipped loudly where Java or Maven is missing, a failure in CI."""
    try:
        validator = FhirValidator()
    except ServiceMissingError as missing:
        unavailable(str(missing))
    try:
        yield validator
    finally:
        validator.close()
