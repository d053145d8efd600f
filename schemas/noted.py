"""Facts in an order's notes, for which an order has no field: `SpO2 at rest, room air: 86 % on 2026-11-02`.

A line begins with what it speaks of and a colon. What a sender has coded (an Observation, an OBX) becomes such a line
by `line`, with the code in brackets: `Oxygen saturation [59408-5]: 86 % on 2026-11-02, performed by Ada Lowe`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

_NUMBER = re.compile(r"(?<![\w.])[0-9]+(?:\.[0-9]+)?")
_ISO_DAY = re.compile(r"(?<![0-9])([0-9]{4})-([0-9]{2})-([0-9]{2})(?![0-9])")
_US_DAY = re.compile(r"(?<![0-9])([0-9]{1,2})[/-]([0-9]{1,2})[/-]([0-9]{4}|[0-9]{2})(?![0-9])")
_CODED = re.compile(r"\s*\[([A-Za-z0-9.-]{2,20})\]$")
_BULLET = re.compile(r"^[\s>*•·\-]+|^\s*\(?[0-9]{1,2}[.)]\s+")
_LATER_FACT = re.compile(r";(?=[^;:]{1,60}:)")
_QUALIFIES = re.compile(
    r"\(|@|(?:at|on|during|while|with|without|after|before|in|rest|resting|exercise|exertion|sleep|asleep|awake)\b"
)
"""How what follows a label goes on when it only says under which condition: `SpO2 at rest`, `O2 sat (room air)`."""
MOST_LINE = 500


def line(
    name: str, value: str, *, code: str | None = None, day: date | None = None, by: str | None = None, said: str = ""
) -> str:
    """Return a coded fact as a line of notes; `said` is what else the source says of it (method, condition)."""
    label = re.sub(r"[\s:\[\]]+", " ", name).strip() + (f" [{code}]" if code else "")
    told = [value, *([f"({said})"] if said else []), *([f"on {day}"] if day else [])]
    return f"{label}: {' '.join(' '.join(told).split())}{f', performed by {by}' if by else ''}"[:MOST_LINE]


def facts(notes: Iterable[str], labels: Iterable[str]) -> Iterator[str]:
    """Yield what lines with one of these labels say; a label is words, or the code in a line's brackets.

    A condition in the label stands behind the value: of `SpO2 at rest: 86 %` this is `86 % at rest`.
    """
    wanted = {_plain(label) for label in labels}
    for one in _lines(notes) if wanted else ():
        name, colon, value = one.partition(":")
        if not colon or not value.strip():
            continue
        coded = _CODED.search(name)
        label = _plain(name[: coded.start()] if coded else name)
        more = "" if coded and _plain(coded[1]) in wanted else _behind(label, wanted)
        if more is not None:
            yield f"{value.strip()} {more}".strip()


def _lines(notes: Iterable[str]) -> Iterator[str]:
    for note in notes:
        for written in re.split(r"[\n|]", note):
            for one in _LATER_FACT.split(written):
                yield _BULLET.sub("", one)


def _behind(label: str, wanted: set[str]) -> str | None:
    """Return what a label says behind one that is wanted, None when it is none of them."""
    if label in wanted:
        return ""
    words = label.split(" ")
    for length in range(len(words) - 1, 0, -1):
        rest = " ".join(words[length:])
        if " ".join(words[:length]) in wanted:
            return rest if _QUALIFIES.match(rest) else None
    return None


def _plain(label: str) -> str:
    return " ".join(label.casefold().split())


def day_in(value: Any) -> date | None:
    """Return the date that a value is, or the first one written in it (2026-11-23, 11/23/2026 or 11/23/26)."""
    if isinstance(value, date):
        return value
    for pattern, order in ((_ISO_DAY, (0, 1, 2)), (_US_DAY, (2, 0, 1))):
        if found := pattern.search(str(value)):
            parts = [int(part) for part in found.groups()]
            try:
                year, month, day = (parts[place] for place in order)
                return date(year if year > 99 else 2000 + year, month, day)
            except ValueError:
                continue
    return None


def first_number(value: Any) -> Decimal | None:
    """Return the first number in a value that is no part of a date or a word (O2, B12)."""
    found = _NUMBER.search(_without_days(value))
    return Decimal(found.group()) if found else None


def _without_days(value: Any) -> str:
    return _US_DAY.sub(" ", _ISO_DAY.sub(" ", str(value)))


def readings(text: str) -> tuple[str, ...]:
    """Return the parts of a text that each hold a reading: `91 % at rest, 85 % on exercise, room air` holds two."""
    found: list[str] = []
    for part in re.split(r"[;,]\s+", text):
        if found and (first_number(part) is None or first_number(found[-1]) is None):
            found[-1] = f"{found[-1]}, {part}"
        else:
            found.append(part)
    return tuple(found)


def says(text: str, words: str) -> bool:
    """Say whether a text has one of these words or phrases (`exercise|cm`), whole, in any case, or behind a number."""
    return any(_whole(word.strip().casefold()).search(text.casefold()) for word in words.split("|"))


@lru_cache(maxsize=1024)
def _whole(word: str) -> re.Pattern[str]:
    before = r"(?<!\w)" if word[:1].isdigit() else r"(?<![^\W\d])"
    return re.compile(rf"{before}{re.escape(word)}(?!\w)")
