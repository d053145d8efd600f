"""What the readings of HL7 v2 data types share: what holds for a whole message, and clean text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from schemas.hl7v2.cells import Cell
from schemas.hl7v2.mapping import Mappings, Row


@dataclass(frozen=True, slots=True)
class Setting:
    """What holds for a whole message: the tables, and the clock of times without an offset."""

    maps: Mappings
    clock: tzinfo
    enclosed: dict[str, bytes] = field(default_factory=dict)
    """Filled while reading: the documents inside the message by their SHA-256."""


Reading = Callable[[Cell, Setting, Row], Any]
"""Gets a cell and returns a FHIR value, or None when the cell does not hold such a value."""


def clean(text: str, *, lines: bool = False) -> str:
    """Return the text as a FHIR string may hold it: no control characters, no blank ends."""
    kept = "".join(c if c.isprintable() or (lines and c in "\n\t") else " " for c in text.replace("\r\n", "\n"))
    return kept.strip() if lines else " ".join(kept.split())
