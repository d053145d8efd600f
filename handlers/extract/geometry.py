"""Rows, cells and flow of a page from its word boxes: where things stand, nothing of what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from statistics import median

from handlers.extract import days
from handlers.extract.combs import MARKS, joined
from schemas.reading import Page, Word

CELL_GAP = 1.35
"""A gap of so many text heights parts two cells of a row."""

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Token:
    """One word in its place: page, row and cell numbers, and its place in the reading order."""

    text: str
    box: Box
    confidence: float
    page: int
    row: int
    cell: int
    order: int

    @property
    def middle(self) -> float:
        return (self.box[1] + self.box[3]) / 2


@dataclass(frozen=True)
class Sheet:
    """A page as rows of tokens from top to bottom, each from left to right."""

    number: int
    width: int
    source: str
    height: float
    """The usual height of a printed word, the unit of all distances."""
    rows: tuple[tuple[Token, ...], ...]
    marks: dict[str, bool] = field(default_factory=dict)

    @cached_property
    def paragraphs(self) -> tuple[Span, ...]:
        """Runs of text that may be read on: rows of one cell joined while they are close, other cells alone."""
        found: list[list[Token]] = []
        last: tuple[Token, ...] | None = None
        for row in self.rows:
            if not row:
                continue
            if row[-1].cell > 0:
                cells: dict[int, list[Token]] = {}
                for token in row:
                    cells.setdefault(token.cell, []).append(token)
                found += cells.values()
                last = None
                continue
            near = last is not None and row[0].box[1] - last[0].box[3] < 1.2 * self.height and len(last) > 4
            if near:
                found[-1] += row
            else:
                found.append(list(row))
            last = row
        return tuple(Span(tuple(tokens)) for tokens in found)


@dataclass(frozen=True)
class Span:
    """A run of tokens and its text, able to say which tokens a piece of the text came from."""

    tokens: tuple[Token, ...]

    @cached_property
    def text(self) -> str:
        return " ".join(t.text for t in self.tokens)

    def slice(self, start: int, end: int) -> Span:
        """Return the tokens that text[start:end] touches."""
        place, kept = 0, []
        for token in self.tokens:
            if place < end and place + len(token.text) > start:
                kept.append(token)
            place += len(token.text) + 1
        return Span(tuple(kept))

    @property
    def confidence(self) -> float:
        return min((t.confidence for t in self.tokens), default=0.0)

    @property
    def page(self) -> int | None:
        return self.tokens[0].page if self.tokens else None

    @property
    def box(self) -> Box | None:
        return union(t.box for t in self.tokens)


def cells_of(row: Sequence[Token]) -> list[tuple[Token, ...]]:
    """Return a row's cells from left to right."""
    cells: dict[int, list[Token]] = {}
    for token in row:
        cells.setdefault(token.cell, []).append(token)
    return [tuple(tokens) for tokens in cells.values()]


def union(boxes: Iterable[Box]) -> Box | None:
    """Return the box around all boxes."""
    kept = list(boxes)
    if not kept:
        return None
    return min(b[0] for b in kept), min(b[1] for b in kept), max(b[2] for b in kept), max(b[3] for b in kept)


def sheet_of(page: Page) -> Sheet:
    """Arrange a page's words in rows and cells."""
    words = [(order, word) for order, word in enumerate(page.words) if _useful(word)]
    heights = [w.box[3] - w.box[1] for _, w in words if any(c.isalnum() for c in w.text) and len(w.text) > 1]
    height = float(median(heights)) if heights else 20.0
    groups = _group(words, height)
    if groups and page.source == "ocr" and _SENT.search(" ".join(word.text for _, word in groups[0])):
        groups = groups[1:]
    lines = [
        [item for item in row if not _RULE.match(item[1].text) or item[1].text in _KEPT]
        for row in days.joined(joined(groups))
    ]
    rows = tuple(_row(line, page.number, index, height) for index, line in enumerate(filter(_says, lines)))
    return Sheet(page.number, page.width, page.source, height, rows, dict(page.marks))


_SENT = re.compile(
    r"\d\s?/\s?\d.*\b\d{1,2}:\d\d\b.*(\bFROM\b|\bTO\b|\bP\.?\s?\d|\d{7,})|\bP(?:age|\.)?\s?\d+\s?(?:/|of)\s?\d+\s*$",
    re.IGNORECASE,
)
"""The line that the sending machine prints over each page: its numbers are no part of the order."""
_RULE = re.compile(r"^[|\[\](){}_\-—–=~.,'‘’“”\"*:;!/\\]+$")


_KEPT = frozenset({"|", "-", ":", "–"})
"""Words of punctuation alone that say something."""


def _useful(word: Word) -> bool:
    return (
        word.confidence > 0
        and bool(word.text.strip())
        and (not _RULE.match(word.text) or word.text in _KEPT or word.text in MARKS)
    )


def _says(line: Sequence[tuple[int, Word]]) -> bool:
    """Say whether anything but the sides of boxes stands on a line."""
    return any(word.text.strip("|") for _, word in line)


def _group(words: Sequence[tuple[int, Word]], height: float) -> list[list[tuple[int, Word]]]:
    """Cluster words whose middles lie on one line."""

    def middle_of(word: Word) -> float:
        """A comma stands low, but on the line whose letters end where it does."""
        return word.box[3] - 0.6 * height if word.text in {",", "."} else (word.box[1] + word.box[3]) / 2

    groups: list[tuple[float, list[tuple[int, Word]]]] = []
    for order, word in sorted(words, key=lambda item: middle_of(item[1])):
        middle = middle_of(word)
        if groups and middle - groups[-1][0] < 0.5 * height:
            members = groups[-1][1]
            members.append((order, word))
            mean = sum(middle_of(w) for _, w in members) / len(members)
            groups[-1] = (mean, members)
        else:
            groups.append((middle, [(order, word)]))
    return [sorted(members, key=lambda item: item[1].box[0]) for _, members in groups]


def _row(group: list[tuple[int, Word]], page: int, index: int, height: float) -> tuple[Token, ...]:
    tokens: list[Token] = []
    cell, edge, broken = 0, None, False
    for order, word in group:
        if word.text == "|":
            broken = True
            continue
        text, lead = word.text, word.text.lstrip("|")
        if edge is not None and (broken or lead != text or word.box[0] - edge > CELL_GAP * height):
            cell += 1
        broken = text.endswith("|")
        text = text.strip("|")
        if text:
            tokens.append(Token(text, word.box, word.confidence, page, index, cell, order))
            edge = word.box[2]
    return tuple(tokens)
