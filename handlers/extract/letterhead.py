"""Whose paper a form is: a supplier's own form has the supplier's numbers at its head, not the practice's."""

from __future__ import annotations

import re

from handlers.extract.geometry import Sheet, Span
from handlers.extract.labels import Hit
from handlers.extract.whose import LETTERHEAD_ROWS

_SUPPLIER = re.compile(
    r"\b(?:supplier|supply|supplies\s+inc|medical\s+equipment|home\s+medical|dme|pharmacy|infusion\s+services|toll[\s-]free|"
    r"fax\s+(?:completed|this|form|back|to)|return\s+(?:by|to|this)|referral\s+form)\b",
    re.IGNORECASE,
)


_PEOPLE = frozenset({"member_name", "dob", "clinician_name", "name_and_address", "clinician_name_and_address"})


def of_a_supplier(sheet: Sheet, hits: list[Hit], span: Span) -> bool:
    """Say whether a number stands in a head, over whatever is said of people, that speaks of the supplier."""
    people = [hit.row for hit in hits if hit.field in _PEOPLE]
    end = min([LETTERHEAD_ROWS, *people])
    if span.tokens[0].row >= end:
        return False
    head = [Span(row).text for row in sheet.rows[:end]]
    return any(_SUPPLIER.search(text) for text in head)
