"""What a value cannot be, however clearly it was read: a heading is no person's name, a label no model of equipment.

The last guard before a value is used unseen. Engines that agree on the letters agree just as well where the wrong words
were taken for the value, so this looks at what the value says.
"""

from __future__ import annotations

import re

from pydantic import JsonValue
from rapidfuzz.distance import Levenshtein

from doorstep import rules

NO_NAME = "no-name"
NO_VALUE = "label-not-value"
NO_CITY = "no-city"
ALSO_A_CODE = "look-alike-code"
NAMES = frozenset({"member_name", "clinician_name"})
TEXTS = frozenset({"equipment_brand", "equipment_model", "equipment_serial", "payer", "member_id", "group_no"})
NOT_NAMES = frozenset(
    {"note", "notes", "summary", "report", "history", "order", "orders", "form", "progress", "discharge", "medical"}
    | {"care", "health", "home", "services", "service", "patient", "name", "hospital", "clinic", "center", "result"}
    | {"results", "chart", "record", "records", "visit", "office", "instructions", "admission", "information", "page"}
    | {"plan", "course", "demographics", "face", "sheet", "insurance", "medicare", "medicaid", "physician", "provider"}
    | {"medications", "medication", "allergies", "therapy", "nursing", "department", "laboratory", "date", "birth"}
    | {
        "cardiology",
        "pulmonology",
        "pulmonary",
        "orthopedic",
        "orthopedics",
        "internal",
        "medicine",
        "family",
        "intake",
    }
    | {"lab", "final", "oxygen", "associates", "group", "supply", "supplies", "pharmacy", "infusion", "equipment"}
    | {"llc", "inc", "specialists", "partners", "oncology", "surgery", "surgical", "pediatrics", "geriatrics", "wound"}
    | {"referral", "fax", "phone", "signature", "signed", "diagnosis", "address", "member", "subscriber", "unit"}
    | {"practice", "facility", "agency", "company", "network", "rehab", "rehabilitation", "sleep", "respiratory"}
)
"""Words of headings and of houses, which no person is called by beside another such word."""
LABELS = ("serial", "serial no", "model", "model no", "brand", "make", "quantity", "s/n", "sn", "sin", "qty", "hcpcs")
SUBSCRIBER = ("subscriber", "insured", "policy", "member", "group", "plan", "payer", "insurance", "identification")
MISREAD = 2
STREETS = frozenset(
    {"street", "st", "avenue", "ave", "road", "rd", "drive", "dr", "lane", "ln", "court", "ct", "place", "pl", "way"}
    | {"circle", "cir", "boulevard", "blvd", "terrace", "ter"}
)
"""Words that end a street's name and are no city: where one stands for the city, the city was not read."""
_FIRST_LETTERS = {"C": "G", "G": "C", "E": "F", "F": "E", "I": "L", "L": "I", "M": "N", "N": "M", "D": "O", "O": "D"}


def doubt_about(field: str, value: JsonValue) -> str | None:
    """Return why a value cannot be what its field holds; None where it can."""
    if not isinstance(value, str):
        return None
    if field == "ship_address":
        parts = [part.strip(" .").lower() for part in value.split(",")]
        return NO_CITY if len(parts) > 2 and parts[-2] in STREETS else None
    if field in NAMES:
        return None if may_be_a_name(value) else NO_NAME
    if field in TEXTS:
        return NO_VALUE if _is_a_label(value, LABELS if field.startswith("equipment") else SUBSCRIBER) else None
    return None


def doubt_about_codes(value: JsonValue) -> str | None:
    """Return why diagnoses that one engine alone read are not used: with a look-alike first letter they are others."""
    listed = [code for code in value if isinstance(code, str)] if isinstance(value, list) else []
    twins = [_FIRST_LETTERS.get(code[:1], "") + code[1:] for code in listed]
    return ALSO_A_CODE if any(twin.replace(".", "") in rules.icd10_leaves() for twin in twins) else None


def may_be_a_name(text: str) -> bool:
    """Say whether a text may be a person's name as people write it, given name first.

    An initial at the end is a name of which an engine lost the comma (`Moss, Vincent F`).
    """
    words = re.findall(r"[^\W\d_]+", text.lower().replace("'", "").replace("’", ""))
    if len(words) < 2 or NOT_NAMES.intersection(words):
        return False
    return len(words[-1]) > 1


def _is_a_label(value: str, labels: tuple[str, ...]) -> bool:
    """Say whether a value is one of its own labels, cut off or misread."""
    bare = value.lower().strip(" .:!#|")
    return any(
        bare == label
        or (len(bare) > 3 and len(label) > 4 and Levenshtein.distance(bare, label) <= MISREAD)
        or (len(bare) > 4 and label.startswith(bare))
        for label in labels
    )
