"""The worksheet of one order while it is read: which fields were used, what could not be trusted, what contradicts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple, TypeVar

from schemas.hl7v2.er7 import Repetition, Segment
from schemas.hl7v2.groups import Segments
from schemas.hl7v2.tables import NOT_REPORTED
from schemas.hl7v2.values import Unusable

T = TypeVar("T")
MAX_UNMAPPED = 200
MAX_UNMAPPED_LENGTH = 200
_PLACE = re.compile(r"([A-Z][A-Z0-9]{2})-(\d+)(?:\.(\d+))?(?:\.(\d+))?")


class Place(NamedTuple):
    segment: str
    field: int
    component: int
    subcomponent: int


@cache
def place_of(text: str) -> Place:
    """Parse `OBR-27.1.2`; a place of our own tables, so a bad one is a KeyError-like defect."""
    found = _PLACE.fullmatch(text)
    assert found is not None, text
    return Place(found[1], int(found[2]), int(found[3] or 1), int(found[4] or 1))


class Sheet:
    """Reads places out of segments and keeps account."""

    def __init__(self) -> None:
        self.used: set[tuple[int, int]] = set()
        self.unreadable: dict[str, str] = {}
        self.conflicting: dict[str, str] = {}

    def use(self, segment: Segment, number: int) -> None:
        self.used.add((segment.ordinal, number))

    def repetitions(self, scope: Segments, place: str) -> Iterator[tuple[Segment, Repetition]]:
        """Yield what stands at a place in every segment of that name, and count it as used."""
        at = place_of(place)
        for segment in scope.get(at.segment, ()):
            for rep in segment.repetitions(at.field):
                self.use(segment, at.field)
                yield segment, rep

    def texts(self, scope: Segments, place: str) -> Iterator[str]:
        at = place_of(place)
        for _, rep in self.repetitions(scope, place):
            text = rep.get(at.component, at.subcomponent)
            if text:
                yield text

    def first(self, field: str, scope: Segments, places: tuple[str, ...], read: Callable[[str], T | None]) -> T | None:
        """Return the value at the first place that holds one; a broken one is not replaced by a lesser place."""
        for place in places:
            for text in self.texts(scope, place):
                value = self.attempt(field, place, read, text)
                if value is not None or field in self.unreadable:
                    return value
        return None

    def attempt(self, field: str, place: str, read: Callable[..., T | None], *args: object) -> T | None:
        """Read one value; what cannot be trusted is noted under its field with the reason."""
        try:
            return read(*args)
        except Unusable as error:
            self.unreadable.setdefault(field, f"{place} {error}")
            return None

    def agreed(self, field: str, found: list[tuple[str, T]]) -> T | None:
        """Return the value that all places agree on; None and a note when they do not."""
        if not found:
            return None
        place, value = found[0]
        for other, another in found[1:]:
            if another != value:
                self.conflicting.setdefault(field, f"{place} and {other} differ")
                return None
        return value


def unmapped(scopes: list[Segments], strange: list[Segment], used: set[tuple[int, int]]) -> dict[str, str]:
    """Return what was sent and has no place in the order: `SEG-field` (with [n] from the second segment on) -> text."""
    out: dict[str, str] = {}
    counts: dict[str, int] = {}
    segments = {s.ordinal: s for scope in scopes for found in scope.values() for s in found}
    segments.update((s.ordinal, s) for s in strange)
    for _, segment in sorted(segments.items()):
        known = segment.name if re.fullmatch(r"[A-Z][A-Z0-9]{2}", segment.name) else "?"
        counts[known] = n = counts.get(known, 0) + 1
        label = known if n == 1 else f"{known}[{n}]"
        for number in range(0 if known == "?" else 1, len(segment.raw)):
            if (segment.ordinal, number) in used or f"{known}-{number}" in NOT_REPORTED:
                continue
            text = segment.text(number)
            if not text.strip(" ^~&"):
                continue
            if len(out) >= MAX_UNMAPPED:
                out["..."] = "more fields than are listed here; the message itself is kept"
                return out
            if len(text) > MAX_UNMAPPED_LENGTH:
                text = f"{text[:MAX_UNMAPPED_LENGTH]}... ({len(text)} characters)"
            out[f"{label}-{number}"] = text
    return out
