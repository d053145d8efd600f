"""Addresses whose street, city, state and ZIP code have a label each, wherever the form writes its values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from handlers.extract import places
from handlers.extract.around import beside
from handlers.extract.convention import Side, at_side
from handlers.extract.geometry import Sheet, Span, Token
from handlers.extract.labels import Hit
from handlers.extract.values import Found

REACH = 8
"""A part's label stands at most so many rows under that of the street."""
_STATE = r"[A-Za-z]{2}[.,]?|[A-Z][a-z]+(?: [A-Z][a-z]+)?,?"
PARTS = ("unit", "city", "state", "zip", "city_state_zip")
_STREETS = frozenset({"ship_address", "name_and_address", "clinician_name_and_address"})


def labelled_parts(sheet: Sheet, hits: list[Hit], sides: dict[int, Side | None]) -> Iterator[tuple[str, Found]]:
    """Yield addresses that are put together from the labels after one of the member's street."""
    for at, hit in enumerate(hits):
        if hit.field != "ship_address":
            continue
        street = value_of(sheet, hits, hit, sides.get(hit.row))
        if not street or places.ADDRESS.search(Span(street).text):
            continue
        parts: dict[str, tuple[Token, ...]] = {}
        for other in hits[at + 1 :]:
            if other.field in _STREETS or other.row - hit.row > REACH:
                break
            if other.field in PARTS and other.field not in parts:
                parts[other.field] = value_of(sheet, hits, other, sides.get(other.row))
        if not re.fullmatch(_STATE, Span(parts.get("state", ())).text):
            parts.pop("state", None)
        unit = parts.get("unit", ())[:2]
        if unit and not any(c.isalpha() for c in unit[0].text):
            unit = (replace(unit[0], text=f"Apt {unit[0].text.lstrip('#')}"),)
        listed = [street, unit, *(parts.get(name, ()) for name in ("city", "state", "city_state_zip", "zip"))]
        found = places.address(Span(tuple(t for tokens in listed for t in tokens)))
        if found is not None:
            yield "ship_address", found


def value_of(sheet: Sheet, hits: list[Hit], hit: Hit, side: Side | None) -> tuple[Token, ...]:
    """Return what belongs to a label: what follows it in its own cell, else what stands on the form's side."""
    right = beside(sheet, hits, hit)
    if right.tokens and right.tokens[0].cell == sheet.rows[hit.row][hit.end - 1].cell:
        return right.tokens
    for one in dict.fromkeys((side or "below", "right", "below")):
        found = at_side(sheet, hits, hit, one)
        if found.tokens:
            return tuple(t for t in found.tokens if t.cell == found.tokens[0].cell)
    return ()
