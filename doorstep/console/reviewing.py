"""The page of one review: what is in doubt, what was read and from where, a form for values, waivers, the decision."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from doorstep.journal import Reader
from schemas.document import DocumentClass, DocumentRead, FieldsExtracted
from schemas.event import Event
from schemas.fields import FIELD_NAMES, fields_of
from schemas.order import Evidence, ReferralReceived
from schemas.transmission import Content

_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
FORMS = {
    "icd10": ("list", "J44.9, J96.11"),
    "access_barriers": ("list", "stairs, gated, elevator"),
    "order_lines": ("lines", "E1390 x 1, A4616 x 2"),
    "frequency": ("frequency", "oxygen_lpm 2 | dressings_per_week 3 | dose_interval_hours 8 | visits 3"),
    "signature_present": ("flag", "true or false"),
}
"""Fields whose value is no plain text -> how static/desk.js reads what is typed, and an example."""
_EXAMPLES = {
    "dob": "YYYY-MM-DD", "service_start": "YYYY-MM-DD", "service_end": "YYYY-MM-DD", "signature_date": "YYYY-MM-DD",
    "discharge_deadline": "YYYY-MM-DD or YYYY-MM-DDTHH:MM", "clinician_npi": "10 digits", "practice_phone": "10 digits",
    "practice_fax": "10 digits", "contact_phone": "10 digits", "ship_address": "12 Elm St Apt 4, Dayton, OH 45402",
}  # fmt: skip


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def review_page(reader: Reader, review_id: str) -> dict[str, Any]:
    """Return what the page shows; the fields in doubt stand first, the others can be set too."""
    review = reader.open_review(review_id)
    if review is None:  # decided between two looks
        return {"review": None}
    case = reader.case(review.case_id) if review.case_id else None
    sources = reader.receipts(document_id=review.document_id)
    doubted = [name for name in review.fields if name in FIELD_NAMES]
    others = [name for name in sorted(FIELD_NAMES) if name not in doubted]
    extracted = reader.latest(FieldsExtracted, review.document_id)
    said = _said(reader, review.document_id, extracted)
    read = reader.latest(DocumentRead, review.document_id)
    stands = fields_of(case.order) if case else {}
    facts = extracted.data.facts if extracted is not None else {}
    return {
        "review": review,
        "case": case,
        "mail": read.data if read is not None and read.data.text else None,
        "source": sources[0] if sources else None,
        "doubted": [_field(name, said.get(name), stands.get(name)) for name in doubted],
        "others": [_field(name, said.get(name), stands.get(name)) for name in others],
        "facts": [_field(name, (fact.value, fact.evidence), None) for name, fact in facts.items()],
        "elements": case.asked if case else (),
        "classes": [kind.value for kind in DocumentClass],
    }


def _said(
    reader: Reader, document_id: str, read: Event[FieldsExtracted] | None
) -> dict[str, tuple[JsonValue, Evidence | None]]:
    """Return what the document says of each field: as it was read, or, of a message, as its order has it."""
    if read is not None:
        return {name: (found.value, found.evidence) for name, found in read.data.fields.items()}
    ordered = reader.latest(ReferralReceived, document_id)
    values = fields_of(ordered.data.order) if ordered is not None else {}
    return {name: (value, None) for name, value in values.items()}


def _field(name: str, said: tuple[JsonValue, Evidence | None] | None, stands: JsonValue) -> dict[str, Any]:
    form, example = FORMS.get(name, ("", _EXAMPLES.get(name, "")))
    value, evidence = said or (None, None)
    return {
        "name": name,
        "label": name.replace("_", " "),
        "form": form,
        "example": example,
        "read": typed(value),
        "sure": f"{evidence.confidence:.0%} sure" if evidence is not None else "",
        "page": evidence.page if evidence is not None else None,
        "picture": evidence is not None and bool(evidence.page and evidence.box and evidence.crop_sha256),
        "stands": typed(stands),
    }


def typed(value: JsonValue) -> str:
    """Return a value as a person would type it into its field."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list():
            return ", ".join(typed(one) for one in value)
        case {"code": code, "quantity": quantity} if quantity is not None:
            return f"{code or ''} x {quantity}"
        case {"code": code}:
            return str(code or "")
        case {"kind": kind, "value": amount}:
            return f"{kind} {amount}"
        case _:
            return str(value)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: the document and its reading, the page and the box on it."""

    channel: str
    whole: bytes
    reading: bytes
    page: int
    box: tuple[int, int, int, int]


def place_of(reader: Reader, review_id: str, field: str) -> Place | None:
    """Return where the value of a field was read that a review is about; None where there is no picture of it."""
    review = reader.open_review(review_id)
    read = reader.latest(FieldsExtracted, review.document_id) if review is not None else None
    found = read.data.fields.get(field) or read.data.facts.get(field) if read is not None else None
    whole = reader.latest(DocumentRead, read.data.document_id) if read is not None else None
    if read is None or found is None or whole is None or not read.data.documents:
        return None
    evidence, first = found.evidence, read.data.documents[0]
    if not (evidence.page and evidence.box and evidence.crop_sha256):
        return None
    reading: Content = whole.data.reading
    return Place(read.data.channel, reader.content(first), reader.content(reading), evidence.page, evidence.box)
