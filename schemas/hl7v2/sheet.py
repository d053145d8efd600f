"""The worksheet of one order while it is read: which fields were used, what could not be trusted, what contradicts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple, TypeVar

from schemas.hl7v2.er7 import Repetition, Segment
from schemas.hl7v2.groups import Segments
from schemas.hl7v2.tables import NOT_REPORTED, NUMBER_PLACES, REPEATING
from schemas.hl7v2.values import Unusable, entity_number

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
        self.used: set[tuple[int, ...]] = set()
        """Segment ordinal and field, with the number of the repetition where only that one was used."""
        self.unreadable: dict[str, str] = {}
        self.conflicting: dict[str, str] = {}

    def use(self, segment: Segment, number: int) -> None:
        self.used.add((segment.ordinal, number))

    def take(self, rep: Repetition) -> None:
        """Count one repetition as used; the others of its field will stand in `unmapped`."""
        self.used.add(rep.mark)

    def leave(self, rep: Repetition) -> None:
        self.used.discard(rep.mark)

    def peek(self, scope: Segments, place: str) -> Iterator[Repetition]:
        """Yield what stands at a place in every segment of that name; what is used is to be taken."""
        at = place_of(place)
        for segment in scope.get(at.segment, ()):
            yield from segment.repetitions(at.field)

    def repetitions(self, scope: Segments, place: str) -> Iterator[Repetition]:
        """Yield what stands at a place in every segment of that name, and count it as used."""
        for rep in self.peek(scope, place):
            self.take(rep)
            yield rep

    def texts(self, scope: Segments, place: str) -> Iterator[str]:
        at = place_of(place)
        for rep in self.peek(scope, place):
            text = entity_number(rep.get) if place in NUMBER_PLACES else rep.get(at.component, at.subcomponent)
            if text:
                self.take(rep)
                yield text

    def first(self, field: str, scope: Segments, places: tuple[str, ...], read: Callable[[str], T | None]) -> T | None:
        """Return the value at the first place that holds one.

        A broken one is not replaced by a lesser place. The repetitions of a field that holds one value must agree.
        """
        for place in places:
            at = place_of(place)

            def value_of(rep: Repetition, at: Place = at) -> T | None:
                return read(rep.get(at.component, at.subcomponent))

            for segment in scope.get(at.segment, ()):
                reps = [rep for rep in segment.repetitions(at.field) if rep.get(at.component, at.subcomponent)]
                if f"{at.segment}-{at.field}" in REPEATING:
                    reps = reps[:1]
                value = self.alike(field, place, reps, value_of)
                if value is not None or field in self.unreadable or field in self.conflicting:
                    return value
        return None

    def alike(self, field: str, place: str, reps: list[Repetition], read: Callable[[Repetition], T | None]) -> T | None:
        """Return the one value that all repetitions give; none when one is broken or they differ."""
        found: list[T] = []
        for rep in reps:
            value = self.attempt(field, place, read, rep)
            if value is None and field in self.unreadable:
                return None
            found += [] if value is None else [value]
        if len({repr(value).casefold() for value in found}) > 1:
            self.conflicting.setdefault(field, f"{place} is repeated with different values")
            return None
        for rep in reps if found else ():
            self.take(rep)
        return next(iter(found), None)

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


def unmapped(scopes: list[Segments], strange: list[Segment], used: set[tuple[int, ...]]) -> dict[str, str]:
    """Return what was sent and has no place in the order: `SEG-field` -> text.

    The second segment of a name is `SEG[2]`; where only some repetitions have no place, the third is `SEG-field~3`.
    """
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
            for key, text in _left(segment, number, used):
                if len(out) >= MAX_UNMAPPED:
                    out["..."] = "more fields than are listed here; the message itself is kept"
                    return out
                out[f"{label}-{key}"] = _short(text)
    return out


def _short(text: str) -> str:
    over = len(text) > MAX_UNMAPPED_LENGTH
    return f"{text[:MAX_UNMAPPED_LENGTH]}... ({len(text)} characters)" if over else text


def _left(segment: Segment, number: int, used: set[tuple[int, ...]]) -> list[tuple[str, str]]:
    """Return what nobody used of one field: all of it, or those repetitions."""
    reps = segment.repetitions(number)
    rest = [rep for rep in reps if rep.mark not in used]
    if len(rest) == len(reps):
        found = [(str(number), segment.text(number))]
    else:
        found = [(f"{number}~{rep.mark[2]}", rep.text()) for rep in rest]
    return [(key, text) for key, text in found if text.strip(" ^~&")]
