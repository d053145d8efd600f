"""A field repetition, component by component, with a log of what was read: so that what nobody read can be listed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from schemas.hl7v2.er7 import NULL, Message, Repetition, Segment

Mark = tuple[int, int, int, int, int]
"""Ordinal of the segment, field, repetition, component, subcomponent; all but the first from 1."""


@dataclass(slots=True)
class Log:
    """What was read so far; a reading that came to nothing is taken back."""

    marks: list[Mark] = field(default_factory=list)

    def here(self) -> int:
        return len(self.marks)

    def back_to(self, point: int) -> None:
        del self.marks[point:]


class Cell:
    """One repetition of a field, or one component of it with its subcomponents in the place of components."""

    __slots__ = ("_at", "_decode", "_first", "_log", "_rows", "raw", "within")

    def __init__(self, segment: Segment, number: int, repetition: int, raw: str, message: Message, log: Log) -> None:
        d = message.delimiters
        self.raw = raw
        self.within: int | None = None
        self._first = 0
        self._at = (segment.ordinal, number, repetition)
        self._log = log
        self._decode = (d, message.codec)
        components = raw.split(d.component) if number else [raw]
        self._rows = [c.split(d.subcomponent) if d.subcomponent else [c] for c in components]

    @property
    def repetition(self) -> Repetition:
        """The same repetition for a reader that keeps no log; what it used is then read here, too."""
        delimiters, codec = self._decode
        return Repetition(self.raw, delimiters, codec, self._at)

    @property
    def place(self) -> str:
        """Where the repetition stands, for an id that is the same at each reading."""
        return "/".join(str(n) for n in self._at)

    def narrow(self, component: int, subcomponent: int = 1) -> Cell:
        """Return a component as a cell of its own, from that subcomponent on."""
        other: Cell = object.__new__(Cell)
        other.raw, other.within, other._first = self.raw, component, subcomponent - 1
        if self.within is not None:  # there is nothing below a subcomponent
            other.within, other._first = self.within, self._first + component - 1
        other._at, other._log, other._decode, other._rows = self._at, self._log, self._decode, self._rows
        return other

    def get(self, component: int = 1, subcomponent: int = 1) -> str:
        """Return one value, decoded; null and blank are ''."""
        if self.within is not None:
            if subcomponent > 1:
                return ""
            component, subcomponent = self.within, component + self._first
        if component > len(self._rows) or subcomponent > len(self._rows[component - 1]):
            return ""
        text = self._rows[component - 1][subcomponent - 1].strip()
        if text in ("", NULL):
            return ""
        self._log.marks.append((*self._at, component, subcomponent))
        delimiters, codec = self._decode
        return delimiters.decode(text, codec).strip()

    def whole(self) -> str:
        """Return the whole as one text, for senders who do not escape their separators."""
        delimiters, codec = self._decode
        if self.within is not None:
            text = delimiters.subcomponent.join(self._rows[self.within - 1]) if self.within <= len(self._rows) else ""
        else:
            text = self.raw
        if text.strip() in ("", NULL):
            return ""
        self._log.marks += [
            (*self._at, c, s)
            for c, row in enumerate(self._rows, start=1)
            for s in range(1, len(row) + 1)
            if self.within in (None, c)
        ]
        return delimiters.decode(text, codec).strip()

    def __bool__(self) -> bool:
        rows = self._rows if self.within is None else self._rows[self.within - 1 : self.within]
        return any(text.strip() not in ("", NULL) for row in rows for text in row[self._first :])


def cells_of(segment: Segment, number: int, message: Message, log: Log) -> list[Cell]:
    """Return the repetitions of a field that hold anything but null."""
    if number >= len(segment.raw) or not segment.raw[number]:
        return []
    parts = segment.raw[number].split(message.delimiters.repetition)
    found = [Cell(segment, number, n, raw, message, log) for n, raw in enumerate(parts, start=1)]
    return [cell for cell in found if cell]


def left_over(message: Message, log: Log, settled: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield (place, text as sent) of everything that was not read: a null is there as `""`, it deletes something.

    A place is `PID-5` for a whole field, else `PID-5~2.7.1`: repetition 2, component 7, subcomponent 1. The second
    segment of a name is `NK1[2]`. `settled` are fields that say nothing by themselves (set ids).
    """
    used = set(log.marks)
    counts: dict[str, int] = {}
    for segment in message.segments():
        if segment.name == "MSH" and segment.ordinal:
            continue
        counts[segment.name] = count = counts.get(segment.name, 0) + 1
        label = segment.name if count == 1 else f"{segment.name}[{count}]"
        for number in range(3 if segment.ordinal == 0 else 1, len(segment.raw)):
            if f"{segment.name}-{number}" not in settled:
                for tail, text in _unread(segment, number, message, used):
                    yield f"{label}-{number}{tail}", text


def _unread(segment: Segment, number: int, message: Message, used: set[Mark]) -> Iterator[tuple[str, str]]:
    raw = segment.raw[number]
    if not raw.strip():
        return
    leaves: list[tuple[str, str, bool]] = []
    d = message.delimiters
    repetitions = raw.split(d.repetition)
    for r, repetition in enumerate(repetitions, start=1):
        for c, component in enumerate(repetition.split(d.component), start=1):
            for s, text in enumerate(component.split(d.subcomponent) if d.subcomponent else [component], start=1):
                if text.strip():
                    tail = (f"~{r}" if len(repetitions) > 1 else "") + f".{c}" + (f".{s}" if s > 1 else "")
                    leaves.append((tail, text.strip(), (segment.ordinal, number, r, c, s) in used))
    if not any(read for _, _, read in leaves):
        if leaves:
            yield "", raw.strip()
        return
    yield from ((tail, text) for tail, text, read in leaves if not read)
