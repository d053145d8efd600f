"""What a page announces: how many fields, whether it orders anything, what stands there and cannot be read."""

from __future__ import annotations

from handlers.extract import codes
from handlers.extract.around import beside
from handlers.extract.asked import find_hits
from handlers.extract.geometry import Sheet, Span

MIN_WRITTEN = 4
"""So many letters and digits beside a label are an answer, even if it cannot be read; fewer may be dirt."""


def label_count(sheet: Sheet) -> int:
    """Return how many different fields are announced on a page: the order itself has many, a cover sheet few."""
    return len({hit.field for hit in find_hits(sheet) if hit.field != "ignored"})


def orders(sheet: Sheet) -> bool:
    """Say whether a page orders something: it has a code of goods, and a clinician or a signature is asked for."""
    hits = find_hits(sheet)
    signs = any(h.field in {"clinician_npi", "signature_date"} for h in hits) or "signature" in sheet.marks
    return signs and codes.order_lines(sheet, hits) is not None


def unread(sheet: Sheet) -> dict[str, Span]:
    """Return what stands right of a label, by field, whether it can be read as that field's value or not."""
    hits = find_hits(sheet)
    found: dict[str, Span] = {}
    for hit in hits:
        field = "order_lines" if hit.field == "code" else hit.field
        span = beside(sheet, hits, hit)
        telling = any(c.isdigit() for c in span.text) or field in {"member_name", "clinician_name", "payer"}
        if hit.colon and telling and sum(c.isalnum() for c in span.text) >= MIN_WRITTEN:
            found.setdefault(field, span)
    return found
