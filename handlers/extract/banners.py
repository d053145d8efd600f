"""The person at the head of a chart's print-out: a name without a label, known by the birth that stands with it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handlers.extract import dates, values
from handlers.extract.geometry import Sheet, Span, Token
from handlers.extract.labels import Hit
from handlers.extract.values import Found
from handlers.extract.vocabulary import is_label

ROWS_OVER = 2
_SEX_AND_BIRTH = re.compile(
    rf"\(?\s*(?:[MF]|male|female)?\b[\s,/]*(?:\d{{1,3}}\s*(?:y\.?\s?o?\.?|yrs?|years?(?:\s+old)?))?[\s,/;]*({dates.DATE_TEXT})",
    re.I,
)
"""`(F, 76 y.o., 3/4/1950)` behind a name."""


def candidates(sheet: Sheet, hits: list[Hit]) -> Iterator[tuple[str, Found]]:
    """Yield the member's name (and birth) where no label announces them."""
    for hit in hits:
        if hit.field != "dob":
            continue
        named = _before(sheet, hits, hit) or _over(sheet, hits, hit)
        if named is not None:
            yield "member_name", named
    for row in sheet.rows:
        yield from _with_sex_and_birth(row)


def _name_of(tokens: tuple[Token, ...]) -> Found | None:
    """Read a name that takes up a cell's beginning and has no credentials behind it."""
    named = values.name(Span(tokens))
    if named is None or is_label(str(named.value)):
        return None
    rest = tokens[len(named.span.tokens) :]
    return None if rest and values.is_credential(rest[0].text) else named


def _before(sheet: Sheet, hits: list[Hit], hit: Hit) -> Found | None:
    """Read the cell before a birth's label on its row, or the words before it in its own cell."""
    row = sheet.rows[hit.row]
    start = max((h.end for h in hits if h.row == hit.row and h.end <= hit.start), default=0)
    before = row[start : hit.start]
    if not before or start:
        return None
    return _name_of(tuple(t for t in before if t.cell == before[0].cell))


def _over(sheet: Sheet, hits: list[Hit], hit: Hit) -> Found | None:
    """Read a name that stands on the line over a birth's label, at the same edge or a little left of it."""
    row = sheet.rows[hit.row]
    first = row[0] if hit.start else row[hit.start]
    for index in range(hit.row - 1, max(-1, hit.row - 1 - ROWS_OVER), -1):
        if any(h.row == index for h in hits):
            return None
        line = sheet.rows[index]
        near = [t for t in line if abs(line[0].box[0] - first.box[0]) < 2 * sheet.height and t.cell == line[0].cell]
        if near and first.box[1] - near[0].box[3] < 2.5 * sheet.height:
            named = _name_of(tuple(near))
            if named is not None and len(near) - len(named.span.tokens) <= 1:
                return named
    return None


def _with_sex_and_birth(row: tuple[Token, ...]) -> Iterator[tuple[str, Found]]:
    named = _name_of(tuple(t for t in row if t.cell == row[0].cell)) if row else None
    if named is None:
        return
    rest = Span(row[len(named.span.tokens) :])
    match = _SEX_AND_BIRTH.match(rest.text)
    born = dates.birth_date(rest.slice(*match.span(1))) if match is not None else None
    if born is not None:
        yield "member_name", named
        yield "dob", born
