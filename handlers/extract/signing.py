"""Signatures and their days without labels of their own: `Physician signature: ____ 11/17/2026`, ink over a name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handlers.extract import dates, values
from handlers.extract.around import below, beside
from handlers.extract.geometry import Sheet, Span, Token, cells_of
from handlers.extract.labels import Hit
from handlers.extract.values import Found
from handlers.extract.vocabulary import IGNORED, stranger_words

_SIGNS = re.compile(r"\b(?:signature|signed|sig)\b", re.IGNORECASE)
_ANOTHERS = re.compile(r"\b(?:patient|beneficiary|member|witness|supplier)", re.IGNORECASE)


def dates_behind(sheet: Sheet, hits: list[Hit]) -> Iterator[Found]:
    """Yield the one day behind a clinician's signature, with nothing but its own words between."""
    for hit in hits:
        label = Span(sheet.rows[hit.row][hit.start : hit.end]).text
        if hit.field != IGNORED or not _SIGNS.search(label) or _ANOTHERS.search(label) or stranger_words(label):
            continue
        span = beside(sheet, hits, hit)
        listed = dates.dates(span)
        if len(listed) == 1 and re.fullmatch(r"\W*(?:(?:on|date|dt)\W*)?", span.text[: listed[0][1]], re.IGNORECASE):
            yield listed[0][0]


NEXT = 10
"""A day begins the line under a signature, behind `Signed on` or nothing."""
_ELECTRONIC = re.compile(r"\be-?signed\b|\belectronic", re.IGNORECASE)


def electronic(sheet: Sheet, hits: list[Hit]) -> Found | None:
    """Return the day at a label that says itself that the order was signed electronically: `E-signed`."""
    for hit in hits:
        label = Span(sheet.rows[hit.row][hit.start : hit.end]).text
        if hit.field != "signature_date" or not _ELECTRONIC.search(label):
            continue
        for span in (beside(sheet, hits, hit), *below(sheet, hits, hit)):
            day = dates.one_date(span)
            if day is not None:
                return Found(True, day.span, ("electronic-signature",))
    return None


def unlabelled(sheet: Sheet) -> tuple[Token, ...]:
    """Return the last row with a name and credentials, or with an X before a day, where the pixels saw ink at one."""
    if not sheet.marks.get("signature:unlabelled"):
        return ()
    rows = [row for row in sheet.rows if _signs(row)]
    return rows[-1] if rows else sheet.rows[-1]


def _signs(row: tuple[Token, ...]) -> bool:
    named = values.name(Span(cells_of(row)[0]))
    rest = row[len(named.span.tokens) :] if named is not None else ()
    crossed = re.fullmatch(r"[Xx]\W?", row[0].text) is not None and bool(dates.dates(Span(row[1:])))
    return crossed or (bool(rest) and values.is_credential(rest[0].text))


def dates_beside_ink(sheet: Sheet) -> Iterator[Found]:
    """Yield the one day on the row of a signature without a label, or alone on the row under it."""
    row = unlabelled(sheet)
    if not row:
        return
    under = sheet.rows[row[0].row + 1] if row[0].row + 1 < len(sheet.rows) else ()
    for line in (row, under):
        listed = dates.dates(Span(line))
        alone = line is row or (len(listed) == 1 and listed[0][1] <= NEXT)
        if len(listed) == 1 and alone:
            yield listed[0][0]
            return
