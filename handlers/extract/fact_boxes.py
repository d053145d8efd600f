"""The boxes to tick that are printed as words: `[ ]`, `(X)`, `___`; those that pixels show stand in a sheet's marks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from handlers.extract import ticks
from handlers.extract.geometry import Box, Sheet, Span, Token
from schemas.reading import Word

REACH = 3.5
"""A box stands at most so many text heights before the words it is for."""
_OPEN, _CLOSE, _TICK = re.compile(r"[\[({]"), re.compile(r"[\])}]"), re.compile(r"[xX✓✔√]")


@dataclass(frozen=True)
class Printed:
    """A page and its printed boxes: where each stands, and whether it is ticked."""

    sheet: Sheet
    listed: tuple[tuple[Box, bool], ...] = ()

    def boxes(self, span: Span) -> list[tuple[Box, bool]]:
        """Return the boxes among the words of a span's first row and right before them."""
        first = span.tokens[0] if span.tokens else None
        if first is None:
            return []
        left = first.box[0] - REACH * self.sheet.height
        right = max(t.box[2] for t in span.tokens if t.row == first.row)
        return [one for one in self.listed if _level(one[0], first) and left <= one[0][0] <= right]

    def left_empty(self, token: Token) -> bool:
        """Say whether an empty box stands right before a word."""
        row = self.sheet.rows[token.row]
        edge = max((t.box[2] for t in row if t.box[0] < token.box[0]), default=0)
        near = [
            (box, ticked)
            for box, ticked in self.listed
            if _level(box, token) and edge - 2 <= box[0] < token.box[0] < box[2] + REACH * self.sheet.height
        ]
        return bool(near) and not max(near)[1]


def printed(sheet: Sheet, words: Sequence[Word]) -> Printed:
    """Return a page with the boxes among its words."""
    typed = [
        (row[n].box, True)
        for row in sheet.rows
        for n in range(len(row))
        if ticks.TYPED.match(row[n].text) and (len(row[n].text) > 1 or n == 0 or row[n - 1].cell != row[n].cell)
    ]
    return Printed(sheet, (*_boxes(words), *typed))


def _boxes(words: Sequence[Word]) -> Iterator[tuple[Box, bool]]:
    for n, word in enumerate(words):
        text = word.text.strip()
        if ticks.EMPTY.match(text):
            yield word.box, False
        if not _OPEN.fullmatch(text):
            continue
        after = [w.text.strip() for w in words[n + 1 : n + 3]]
        if after and _CLOSE.fullmatch(after[0]):
            yield (word.box[0], word.box[1], words[n + 1].box[2], word.box[3]), False
        elif len(after) == 2 and _TICK.fullmatch(after[0]) and _CLOSE.fullmatch(after[1]):
            yield (word.box[0], word.box[1], words[n + 2].box[2], word.box[3]), True


def _level(box: Box, token: Token) -> bool:
    return box[1] < token.middle < box[3] or token.box[1] < (box[1] + box[3]) / 2 < token.box[3]
