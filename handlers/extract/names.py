"""Names whose parts have a label each: `Last name: Carver   First name: Thea   MI: M`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handlers.extract import values
from handlers.extract.addresses import value_of
from handlers.extract.convention import Side
from handlers.extract.geometry import Sheet, Span, Token
from handlers.extract.labels import Hit
from handlers.extract.values import Found

NEAR_ROWS = 2
NEAR_HITS = 3


def joined(sheet: Sheet, hits: list[Hit], sides: dict[int, Side | None]) -> Iterator[tuple[str, Found]]:
    """Yield (field, name) for each family name with the given name that stands near it."""
    for at, hit in enumerate(hits):
        whose = hit.field.removesuffix("_last")
        if whose == hit.field:
            continue
        near = [h for h in hits[max(0, at - NEAR_HITS) : at + NEAR_HITS + 1] if abs(h.row - hit.row) <= NEAR_ROWS]
        parts = {
            part: _words(value_of(sheet, hits, h, sides.get(h.row)))
            for part in ("middle", "first", "last")
            for h in near
            if h.field == f"{whose}_{part}" and (part != "last" or h is hit)
        }
        if not parts.get("first") or not parts.get("last"):
            continue
        given = (*parts["first"], *parts.get("middle", ())[:1])
        tokens = (*given, *parts["last"])
        whole = values.name(Span(tokens))
        if whole is not None and len(whole.span.tokens) == len(tokens):
            yield f"{whose}_name", whole


def _words(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """Return the words of a part of a name, up to what is none."""
    kept: list[Token] = []
    for token in tokens[:3]:
        if not re.fullmatch(r"[A-Z][A-Za-z'’.\-]*,?", token.text) or values.is_credential(token.text):
            break
        kept.append(token)
    return tuple(kept)
