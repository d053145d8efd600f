"""What the readers of 271 and 278 share: loops by HL, dates, reject reasons. Lenient where payers are loose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from schemas.payer import Reason
from schemas.x12.interchange import Segment

DEEPEST = 6


@dataclass(slots=True)
class Loop:
    """One HL with its own segments; `level` is HL03, `parent` HL02."""

    number: str
    parent: str
    level: str
    segments: list[Segment] = field(default_factory=list)

    def all(self, name: str) -> Iterator[Segment]:
        return (one for one in self.segments if one.name == name)

    def first(self, name: str, position: int = 0, value: str = "") -> Segment | None:
        """Return the first segment of that name (whose element has that value)."""
        return next((one for one in self.all(name) if not position or one.get(position) == value), None)


class Tree:
    """The HL loops of a transaction, with who is above and below whom; building and asking are linear in all."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self.loops: list[Loop] = []
        for one in segments:
            if one.name == "HL":
                self.loops.append(Loop(one.get(1), one.get(2), one.get(3)))
            elif self.loops:
                self.loops[-1].segments.append(one)
        self._known = {one.number: one for one in self.loops}
        self._below: dict[str, list[Loop]] = {}
        for loop in self.loops:
            self._below.setdefault(loop.parent, []).append(loop)

    def level(self, *levels: str) -> list[Loop]:
        return [one for one in self.loops if one.level in levels]

    def below(self, loop: Loop, level: str) -> list[Loop]:
        return [one for one in self._below.get(loop.number, ()) if one.level == level]

    def above(self, loop: Loop) -> list[Loop]:
        """Return the loop's ancestors, nearest first; guides have five levels, so what is deeper, or a circle, ends."""
        found: list[Loop] = []
        parent = self._known.get(loop.parent)
        while parent is not None and len(found) < DEEPEST and parent is not loop:
            found.append(parent)
            parent = self._known.get(parent.parent)
        return found

    def rejections(self) -> list[Reason]:
        return [reason for loop in self.loops for reason in rejections(loop.segments)]


def day(text: str) -> date | None:
    """Return a D8 date, or the day of a DT; None where it is none."""
    try:
        return datetime.strptime(text[:8], "%Y%m%d").date() if len(text) >= 8 else None  # noqa: DTZ007 - a day
    except ValueError:
        return None


def days(dtp: Segment) -> tuple[date | None, date | None]:
    """Return the first and last day that a DTP names; a single date is both."""
    if dtp.get(2) == "RD8":
        first, _, last = dtp.get(3).partition("-")
        return day(first.strip()), day(last.strip())
    found = day(dtp.get(3))
    return found, found


def number(text: str) -> Decimal | None:
    try:
        found = Decimal(text) if text else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() else None


def yes_no(text: str) -> bool | None:
    return {"Y": True, "N": False}.get(text)


def rejections(segments: Sequence[Segment]) -> list[Reason]:
    """Return the AAA of some segments as reasons; AAA04 says what may be done and stands in the text."""
    return [
        Reason(system="X12-901", code=one.get(3) or None, text=f"follow-up {one.get(4)}" if one.get(4) else None)
        for one in segments
        if one.name == "AAA"
    ]
