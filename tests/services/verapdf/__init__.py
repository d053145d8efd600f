"""veraPDF (Java, Maven) for tests: says what of a PDF is not as PDF/A-3b (ISO 19005-3) asks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.java import Asked, harness
from tests.services.process import ServiceMissingError, unavailable

ARTIFACTS = ("org.verapdf:validation-model:1.26.1",)
_SOURCE = Path(__file__).with_name("Vera.java")


class VeraPdf:
    def __init__(self) -> None:
        self._asked = Asked(harness("verapdf", ARTIFACTS, _SOURCE), "Vera")

    def faults(self, pdf: Path) -> list[str]:
        """Return the rules that the file breaks; [] for one that is PDF/A-3b."""
        return [line for line in self._asked.ask(str(pdf.resolve()).encode()).split("\n") if line]

    def close(self) -> None:
        self._asked.close()


@pytest.fixture(scope="session")
def verapdf() -> Iterator[VeraPdf]:
    """The validator; the test is skipped (in CI: fails) where it cannot be had."""
    try:
        made = VeraPdf()
    except ServiceMissingError as missing:
        unavailable(str(missing))
    yield made
    made.close()
