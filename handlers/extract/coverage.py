"""Member numbers that stand right behind the payer's name, at its label: `Insurance: Aetna #W123456789`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handlers.extract import values
from handlers.extract.around import beside
from handlers.extract.geometry import Sheet, Span
from handlers.extract.labels import Hit
from handlers.extract.values import Found

_NUMBER = re.compile(
    r"#?[A-Z]{0,4}\d{6,14}[A-Z]?\d{0,2}[.,;]?|#?\d[A-Z][A-Z0-9]\d-?[A-Z][A-Z0-9]\d-?[A-Z]{2}\d{2}[.,;]?"
)
"""Long enough to be no part of a plan's name; the second form is a Medicare number."""


def member_ids(sheet: Sheet, hits: list[Hit]) -> Iterator[Found]:
    """Yield the one number behind a known payer's name that ends its cell."""
    for hit in hits:
        if hit.field != "payer":
            continue
        span = beside(sheet, hits, hit)
        named = values.known_payer(span)
        if named is None:
            continue
        rest = tuple(t for t in span.tokens if t.order > named.span.tokens[-1].order)
        rest = rest[1:] if rest and rest[0].text == "#" else rest
        if len(rest) == 1 and rest[0].row == hit.row and _NUMBER.fullmatch(rest[0].text):
            found = values.member_id(Span(rest))
            if found is not None:
                yield found
