"""The page of one review: what is in doubt, and a form for values, waivers and the decision."""

from __future__ import annotations

import re
from typing import Any

from doorstep.journal import Reader
from schemas.document import DocumentClass
from schemas.fields import FIELD_NAMES

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
    return {
        "review": review,
        "case": case,
        "source": sources[0] if sources else None,
        "doubted": [_field(name) for name in doubted],
        "others": [_field(name) for name in sorted(FIELD_NAMES) if name not in doubted],
        "elements": case.unmet if case else (),
        "classes": [kind.value for kind in DocumentClass],
    }


def _field(name: str) -> dict[str, str]:
    form, example = FORMS.get(name, ("", _EXAMPLES.get(name, "")))
    return {"name": name, "label": name.replace("_", " "), "form": form, "example": example}
