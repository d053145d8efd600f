"""Days whose parts stand apart: `11 / 19 / 1940`, or month, day and year in a box each, put together to one word."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from schemas.reading import Word

Numbered = tuple[int, Word]
_MONTH, _DAY, _YEAR = re.compile(r"0?[1-9]|1[0-2]"), re.compile(r"0?[1-9]|[12]\d|3[01]"), re.compile(r"(?:19|20)\d\d")
_CAPTIONS = tuple(
    re.compile(rf"\W*(?:{words})\W*", re.I) for words in ("month|mo|mm|m", "day|dd|d", "year|yr|yyyy|yy|y")
)
WIDE = 9
"""The boxes of one day stand at most so many heights apart."""


def joined(rows: Sequence[Sequence[Numbered]]) -> list[list[Numbered]]:
    """Return a page's rows with each day as one word; captions of its boxes (Month, Day, Year) are left out."""
    captioned = [_captions(row) for row in rows]
    made = []
    for index, row in enumerate(rows):
        near = [r for r in range(max(0, index - 1), min(len(rows), index + 2)) if captioned[r]]
        kept = [item for place, item in enumerate(row) if place not in captioned[index]]
        captions = [rows[r][place][1] for r in near for place in captioned[r]]
        made.append(_row(kept, captions))
    return made


def _captions(row: Sequence[Numbered]) -> set[int]:
    found: set[int] = set()
    for place in range(len(row) - 2):
        words = [row[place + n][1].text for n in range(3)]
        if all(form.fullmatch(word) for form, word in zip(_CAPTIONS, words, strict=True)):
            found |= {place, place + 1, place + 2}
    return found


def _row(row: Sequence[Numbered], captions: Sequence[Word]) -> list[Numbered]:
    made: list[Numbered] = []
    place = 0
    while place < len(row):
        day = _day(row, place, captions)
        if day is None:
            made.append(row[place])
            place += 1
        else:
            made.append(day[0])
            place += day[1]
    return made


def _day(row: Sequence[Numbered], place: int, captions: Sequence[Word]) -> tuple[Numbered, int] | None:
    """Return the day that begins at a place and how many words it takes; it reaches over its captions."""
    for step in (2, 1):
        last = place + 2 * step
        if last >= len(row) or (step == 1 and not captions):
            continue
        parts = [row[place + n * step][1] for n in range(3)]
        if step == 2 and any(row[place + n][1].text not in {"/", "-"} for n in (1, 3)):
            continue
        if not all(form.fullmatch(p.text) for form, p in zip((_MONTH, _DAY, _YEAR), parts, strict=True)):
            continue
        high = max(p.box[3] - p.box[1] for p in parts)
        if any(b.box[0] - a.box[2] > WIDE * high for a, b in pairwise(parts)):
            continue
        tall = [*parts, *captions]
        box = (parts[0].box[0], min(p.box[1] for p in tall), parts[2].box[2], max(p.box[3] for p in tall))
        text = "/".join(p.text for p in parts)
        sure = min(p.confidence for p in parts)
        return (
            row[place][0],
            parts[0].model_copy(update={"text": text, "box": box, "confidence": sure}),
        ), last + 1 - place
    return None
