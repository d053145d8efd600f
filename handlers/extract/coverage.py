"""Payers and member numbers that stand together: `Insurance: Aetna #W123456789`, `Aetna member W123456789`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from doorstep import rules
from handlers.extract import values
from handlers.extract.around import beside
from handlers.extract.geometry import Sheet, Span
from handlers.extract.labels import Hit
from handlers.extract.values import Found

_NUMBER = re.compile(
    r"#?[A-Z]{0,4}\d{6,14}[A-Z]?(?:-?\d{1,3})?[.,;]?|#?\d[A-Z][A-Z0-9]\d-?[A-Z][A-Z0-9]\d-?[A-Z]{2}\d{2}[.,;]?"
)
"""Long enough to be no part of a plan's name; the second form is a Medicare number."""


_BEHIND_A_NAME = re.compile(
    r"[\s,;:(/-]*(?:member|mbr|policy|subscriber|insured|id)(?:\s*(?:id|no\.?|number|#))*[\s:#]*(?=[A-Z0-9]*\d)",
    re.IGNORECASE,
)
LONGEST = 5
"""A payer's name has at most so many words."""


def candidates(sheet: Sheet, hits: list[Hit]) -> Iterator[tuple[str, Found]]:
    """Yield (field, value) for a known payer's name and the number that stands with it."""
    for hit in hits:
        if hit.field not in {"payer", "member_id"}:
            continue
        span = beside(sheet, hits, hit)
        named = values.known_payer(span)
        if named is None:
            continue
        rest = tuple(t for t in span.tokens if t.order > named.span.tokens[-1].order)
        rest = rest[1:] if rest and rest[0].text in {"#", "/", "-"} else rest
        if len(rest) == 1 and rest[0].row == hit.row and _NUMBER.fullmatch(rest[0].text):
            found = values.member_id(Span(rest))
            if found is not None:
                yield "member_id", found
                if hit.field == "member_id":
                    yield "payer", named
    for row in sheet.rows:
        yield from _side_by_side(Span(row))


def _side_by_side(span: Span) -> Iterator[tuple[str, Found]]:
    """Yield a known payer's name that begins a line or stands in it, where a word for its number follows at once."""
    place = 0
    for start, token in enumerate(span.tokens):
        begins, place = place, place + len(token.text) + 1
        if not token.text[:1].isupper():
            continue
        named = _longest_name(Span(span.tokens[start : start + LONGEST]))
        after = begins + len(named.span.text) if named is not None else 0
        match = _BEHIND_A_NAME.match(span.text, after) if named is not None else None
        if named is None or match is None:
            continue
        found = values.member_id(span.slice(match.end(), len(span.text)))
        if found is not None:
            yield "payer", named
            yield "member_id", found
            return


def _longest_name(span: Span) -> Found | None:
    """Return the known payer whose whole name begins a span, letter by letter."""
    names = rules.payer_names()
    for count in range(len(span.tokens), 0, -1):
        words = Span(span.tokens[:count])
        if words.text.strip(" ,;:").lower() in names:
            return values.known_payer(words)
    return None
