"""Labels too long for their box, which go on under their first line: `1. Patient's HI Claim` and under it `No.`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from doorstep import rules
from handlers.extract.geometry import Sheet, Span, Token, cells_of, union
from handlers.extract.vocabulary import IGNORED, bare_key, vocabulary

LONGEST, TAIL = 9, 3
"""A label on two lines has at most so many words, on its second one so many."""
CLOSE = 0.9
"""Its lines stand at most so many text heights apart,"""
EDGE = 0.6
"""and begin at one edge, give or take so many."""
_PLAIN = frozenset({None, "generic:date"})
"""What the second line may be by itself: no label, or a `Date` that says nothing alone."""
Match = Callable[[tuple[Token, ...]], "str | None"]


def second_line(sheet: Sheet, cell: Sequence[Token], index: int) -> tuple[Token, ...]:
    """Return the words right under a cell that may be the end of its label."""
    if index + 1 >= len(sheet.rows):
        return ()
    for under in cells_of(sheet.rows[index + 1]):
        near = abs(under[0].box[0] - cell[_start(cell)].box[0]) < EDGE * sheet.height or (
            abs(under[0].box[0] - cell[0].box[0]) < EDGE * sheet.height
        )
        if near and under[0].box[1] - max(t.box[3] for t in cell) < CLOSE * sheet.height and len(under) <= TAIL:
            return () if any(c.isdigit() or c == ":" for t in under for c in t.text) else under
    return ()


def _start(cell: Sequence[Token]) -> int:
    return 1 if len(cell) > 1 and re.fullmatch(r"\(?\d{1,2}[a-z]?[.),]?", cell[0].text) else 0


def joined_field(
    sheet: Sheet, cell: tuple[Token, ...], index: int, match: Match
) -> tuple[str, tuple[Token, ...]] | None:
    """Return the field that a cell and the words under it ask for together, and those words."""
    words = cell[_start(cell) :]
    if len(words) < 2 or ":" in cell[-1].text or any(c.isdigit() for t in words for c in t.text):
        return None
    if bare_key("".join(t.text for t in words)) in vocabulary().sections:
        return None
    under = second_line(sheet, cell, index)
    if not under or len(cell) + len(under) > LONGEST or Span(under).text.lower() in rules.payer_names():
        return None
    if not vocabulary().words.issuperset(re.findall(r"[a-z]+", re.sub(r"['’‘]s\b", "", Span(under).text.lower()))):
        return None
    alone, own = match(words), match(under)
    together = match((*words, *(replace(t, row=index, cell=words[0].cell) for t in under)))
    signs = re.fullmatch(r"signatures?", under[-1].text.lower()) is not None
    if together is None or (own not in _PLAIN and not signs) or (alone is not None and together != alone and not signs):
        return None
    if own == "generic:date" and together == IGNORED:
        return None
    return together, under


def box_of(cell: Sequence[Token], under: Sequence[Token]) -> tuple[int, int, int, int]:
    """Return the box around both lines."""
    box = union(t.box for t in (*cell, *under))
    assert box is not None
    return box
