"""Addresses and numbers without labels of their own, told by the part of the form in which they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handlers.extract import places, values
from handlers.extract.around import stands_alone
from handlers.extract.geometry import Sheet, Span, Token, cells_of, union
from handlers.extract.labels import Hit
from handlers.extract.values import Found
from handlers.extract.whose import LETTERHEAD_ROWS, Plan

_OURS = {"member", "delivery", "coverage"}
_PHONE = r"\(?\d{3}\)?[\s.\-/]{0,2}\d{3}[\s.\-]?\d{4}"
_PAIR = re.compile(
    rf"\b(?:t|p|ph|tel|phone|telephone|office|voice)\b[.:]*\s*(?:\+?1[\s.\-])?({_PHONE})"
    rf"\W{{0,6}}(?:f|fx|fax|facsimile)\b[.:]*\s*(?:\+?1[\s.\-])?({_PHONE})",
    re.IGNORECASE,
)
_SUFFIXED = re.compile(
    rf"(?:\+?1[\s.\-])?({_PHONE})\s*\((?:o|p|t|ph|tel|phone|office|main|voice)\)\W{{0,6}}(?:\+?1[\s.\-])?({_PHONE})\s*\((?:f|fx|fax)\)",
    re.IGNORECASE,
)
"""A telephone and a fax number together are an office's."""
_RECIPIENT = re.compile(r"\b(?:intake|pharmacy|supplier|agency|vendor|return|send|submit)\b|\bto:", re.IGNORECASE)


def candidates(sheet: Sheet, hits: list[Hit]) -> Iterator[tuple[str, Found]]:
    """Yield (field, value) for what stands unlabelled in the member's block, and for an office's pair of numbers."""
    yield from _pairs(sheet, hits)
    for index, row in enumerate(sheet.rows):
        for tokens in cells_of(row):
            if re.match(r"\d{1,6}[A-Za-z]?$|P\.?O\.?$", tokens[0].text):
                yield from _address(sheet, hits, index, tokens)
            if re.fullmatch(
                rf"(?:(?:tel|ph|phone|cell|home)[.:]?\s*)?(?:\+?1[\s.\-])?{_PHONE}", Span(tokens).text, re.I
            ):
                found = values.phone(Span(tokens))
                if (
                    found is not None
                    and not Span(tokens).text.isdigit()
                    and not _labelled(sheet, hits, index, tokens)
                    and _section(sheet, hits, index, tokens) in _OURS
                ):
                    yield "contact_phone", found


def _pairs(sheet: Sheet, hits: list[Hit]) -> Iterator[tuple[str, Found]]:
    rows = [Span(row) for row in sheet.rows]
    for span in dict.fromkeys([*rows, *(p for p in sheet.paragraphs if p.tokens[0].row != p.tokens[-1].row)]):
        for match in (*_PAIR.finditer(span.text), *_SUFFIXED.finditer(span.text)):
            before = span.text[: match.start()]
            index = span.slice(*match.span()).tokens[0].row
            section = _section(sheet, hits, index, span.slice(*match.span()).tokens)
            if _RECIPIENT.search(before) or (section in {"recipient", *_OURS} and index >= LETTERHEAD_ROWS):
                continue
            for field, group in (("practice_phone", 1), ("practice_fax", 2)):
                found = values.phone(span.slice(*match.span(group)))
                if found is not None:
                    yield field, found


def _address(sheet: Sheet, hits: list[Hit], index: int, tokens: tuple[Token, ...]) -> Iterator[tuple[str, Found]]:
    if _section(sheet, hits, index, tokens) not in _OURS:
        return
    lines = [tokens, *_under(sheet, index, tokens)]
    for count in range(1, min(3, len(lines)) + 1):
        found = places.address(Span(tuple(t for line in lines[:count] for t in line)))
        if found is not None:
            yield "ship_address", found
            return


def _under(sheet: Sheet, index: int, tokens: tuple[Token, ...]) -> list[tuple[Token, ...]]:
    """Return the cells that stand right under a cell, one a line."""
    found: list[tuple[Token, ...]] = []
    left, bottom = tokens[0].box[0], tokens[0].box[3]
    for row in sheet.rows[index + 1 : index + 4]:
        cell = next((c for c in cells_of(row) if abs(c[0].box[0] - left) < 1.5 * sheet.height), None)
        if cell is None or cell[0].box[1] - bottom > 1.8 * sheet.height:
            break
        found.append(cell)
        bottom = cell[0].box[3]
    return found


def _labelled(sheet: Sheet, hits: list[Hit], index: int, tokens: tuple[Token, ...]) -> bool:
    """Say whether a cell stands right under a label of its own."""
    left, top = tokens[0].box[:2]
    near = (h for h in hits if h.row < index and abs(h.box[0] - left) < 1.5 * sheet.height and stands_alone(sheet, h))
    return any(top - h.box[1] < 2.4 * sheet.height for h in near)


def _section(sheet: Sheet, hits: list[Hit], index: int, tokens: tuple[Token, ...]) -> str | None:
    box = union(t.box for t in tokens)
    return Plan(sheet, hits).section(Hit("", index, 0, 0, False, box)) if box is not None else None
