"""The person at the head of a chart's print-out: a name without a label, known by the birth that stands with it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handlers.extract import dates, places, values
from handlers.extract.geometry import Sheet, Span, Token, cells_of
from handlers.extract.labels import Hit
from handlers.extract.values import Found
from handlers.extract.vocabulary import IGNORED, is_label

ROWS_OVER = 3
LINES, NEAR_LINES = 5, 2.5
_BIRTH_LINE = re.compile(
    rf"(?:b\.|born)?\s*(?:{dates.DATE_TEXT})\W*(?:\d{{1,3}}\s?y\w*\W*)?(?:[MF]\b|male|female|mrn|$)", re.I
)
"""A birth under a name, with the sex or a record number behind it or nothing at all."""
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
        yield from _with_sex_and_birth(sheet, row)
        for cell in cells_of(row):
            yield from _over_birth(sheet, cell)


def _name_of(tokens: tuple[Token, ...]) -> Found | None:
    """Read a name that takes up a cell's beginning and has no credentials behind it."""
    named = values.name(Span(tokens))
    if named is None or is_label(str(named.value)):
        return None
    rest = tokens[len(named.span.tokens) :]
    credential = bool(rest) and values.is_credential(rest[0].text)
    return None if credential or places.ADDRESS_END.search(Span(tokens).text) else named


def _before(sheet: Sheet, hits: list[Hit], hit: Hit) -> Found | None:
    """Read the cell before a birth's label on its row, or the words before it in its own cell."""
    row = sheet.rows[hit.row]
    start = max((h.end for h in hits if h.row == hit.row and h.end <= hit.start), default=0)
    before = row[start : hit.start]
    if not before or start:
        return None
    return _name_of(tuple(t for t in before if t.cell == before[0].cell))


def _over(sheet: Sheet, hits: list[Hit], hit: Hit) -> Found | None:
    """Read a name that stands on the line over a birth's label, at one edge with its cell or with its row."""
    row = sheet.rows[hit.row]
    cell = [t for t in row if t.cell == row[hit.start].cell]
    first = cell[0] if cell[0] is row[hit.start] else row[0]
    for index in range(hit.row - 1, max(-1, hit.row - 1 - ROWS_OVER), -1):
        if any(h.row == index and h.field != IGNORED for h in hits):
            return None
        for over in cells_of(sheet.rows[index]):
            left = abs(over[0].box[0] - first.box[0]) < 2 * sheet.height
            right = first is cell[0] and abs(over[-1].box[2] - cell[-1].box[2]) < sheet.height
            close = row[hit.start].box[1] - over[0].box[3] < (hit.row - index) * 2.5 * sheet.height
            named = _name_of(over) if (left or right) and close else None
            if named is not None and len(over) - len(named.span.tokens) <= 1:
                return named
    return None


def _over_birth(sheet: Sheet, cell: tuple[Token, ...]) -> Iterator[tuple[str, Found]]:
    """Yield what a banner says of one cell's name: the birth under it beside sex or record number, home and phone."""
    named = _name_of(cell)
    if named is None or len(named.span.tokens) < len(cell):
        return
    under = _under(sheet, cell[0])
    if not under or not _BIRTH_LINE.match(_from(sheet, under[0][0])):
        return
    born = dates.birth_date(Span(under[0]))
    if born is None:
        return
    yield "member_name", named
    yield "dob", born
    yield from _home(under[1:])


def _home(lines: list[tuple[Token, ...]]) -> Iterator[tuple[str, Found]]:
    """Yield the address and the number that stand alone on the lines under a person."""
    for count in range(1, len(lines) + 1):
        home = places.address(Span(tuple(t for line in lines[:count] for t in line)))
        if home is not None and home.span.tokens[0] is lines[0][0]:
            yield "ship_address", home
            break
    for line in lines:
        number = values.phone(Span(line))
        if number is not None and len(number.span.tokens) == len(line):
            yield "contact_phone", number
            return


def _with_sex_and_birth(sheet: Sheet, row: tuple[Token, ...]) -> Iterator[tuple[str, Found]]:
    named = _name_of(tuple(t for t in row if t.cell == row[0].cell)) if row else None
    if named is None:
        return
    rest = Span(row[len(named.span.tokens) :])
    match = _SEX_AND_BIRTH.match(rest.text)
    born = dates.birth_date(rest.slice(*match.span(1))) if match is not None else None
    if born is not None:
        yield "member_name", named
        yield "dob", born
        yield from _home(_under(sheet, row[0]))


def _from(sheet: Sheet, token: Token) -> str:
    """Return what a row says from a word on."""
    return " ".join(t.text for t in sheet.rows[token.row] if t.box[0] >= token.box[0])


def _under(sheet: Sheet, first: Token) -> list[tuple[Token, ...]]:
    """Return the cells right under a word, one a line, while they follow closely."""
    found: list[tuple[Token, ...]] = []
    bottom = first.box[3]
    for row in sheet.rows[first.row + 1 :]:
        if row[0].box[1] - bottom > NEAR_LINES * sheet.height or len(found) == LINES:
            break
        cell = next((c for c in cells_of(row) if abs(c[0].box[0] - first.box[0]) < 1.5 * sheet.height), None)
        if cell is not None:
            found.append(cell)
            bottom = cell[0].box[3]
    return found
