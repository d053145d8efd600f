"""How often or how much: litres of oxygen a minute, dressings a week, hours between doses, visits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from handlers.extract.geometry import Span
from handlers.extract.values import Found
from schemas.document import DocumentClass

_WORDS = {
    "one": 1,
    "once": 1,
    "two": 2,
    "twice": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "twelve": 12,
}
_N = r"(?P<n>\d{1,3}(?:\.\d+)?|" + "|".join(_WORDS) + r")(?:\s?\(\d{1,3}\)|\))?"
_NO_LIMIT = r"(?<!less than )(?<!more than )(?<!greater than )"
"""What a form's question says of a flow is no order: `if less than 1 LPM`."""
_PATTERNS: dict[str, tuple[str, ...]] = {
    "oxygen_lpm": (
        _NO_LIMIT + rf"\b{_N}\s*(?:l\s*/\s*min|lpm|l\.?p\.?m\.?|l/m|"
        r"liters?\s*(?:per|/|a)\s*min(?:ute)?|litres?\s*(?:per|/|a)\s*min(?:ute)?)\b",
    ),
    "dressings_per_week": (
        rf"\b{_N}\s*(?:x|times?|×)?\s*(?:dressings?(?:\s+changes?)?|changes?)?\s*(?:/|per|a|each|every)\s*(?:week|wk)\b",
        rf"\b{_N}\s*(?:x|times)\s*(?:weekly|wk|week)\b",
    ),
    "dose_interval_hours": (
        rf"\b(?:every|each|q\.?)\s*{_N}\s*-?\s*(?:h|hr|hrs|hours?)\b",
    ),
    "visits": (
        rf"\b{_N}\s*(?:\w+\s+){{0,3}}visits?\b(?!\s*(?:/|per|a|each|every)\s*(?:week|wk|day|month))",
        rf"\(\s*{_N}\s*\)\s*visits?\b",
        rf"\b(?:number|no\.?|#)\s*of\s*visits?\W{{1,3}}{_N}\b",
        rf"\bvisits?\s*(?:ordered|authorized|total|requested)?\s*[:#]?\s*{_N}\b",
    ),
}  # fmt: skip
_DAILY = {
    r"\b(?:once\s+(?:a\s+day|daily)|every\s+day|q\.?\s?daily|qd)\b": 24,
    r"\b(?:twice\s+(?:a\s+day|daily)|b\.?i\.?d\.?)\b": 12,
    r"\b(?:three\s+times\s+(?:a\s+day|daily)|t\.?i\.?d\.?)\b": 8,
}
_EVERY_DAYS = re.compile(r"\b(?:every|q)\s*(?P<n>\d{1,2})\s*-?\s*(?P<unit>days?|d|weeks?|wks?)\b", re.IGNORECASE)
"""A dose every few days or weeks, in days or weeks."""
_KINDS = {
    DocumentClass.DME_ORDER: ("oxygen_lpm", "dressings_per_week"),
    DocumentClass.HOME_HEALTH_REFERRAL: ("visits",),
    DocumentClass.INFUSION_ORDER: ("dose_interval_hours",),
}


def frequency(spans: Sequence[Span], document_class: DocumentClass) -> Found | None:
    """Return the frequency that fits the kind of order; two different ones lower the quality."""
    found: dict[tuple[str, Decimal], Found] = {}
    for span in spans:
        for kind in _KINDS.get(document_class, tuple(_PATTERNS)):
            for pattern in _PATTERNS[kind]:
                for match in re.finditer(pattern, span.text, re.IGNORECASE):
                    word = match["n"].lower()
                    value = Decimal(_WORDS[word]) if word in _WORDS else Decimal(word)
                    if 0 < value <= 400:
                        found.setdefault((kind, value), _frequency(kind, value, span.slice(*match.span())))
        if document_class is DocumentClass.INFUSION_ORDER and not found:
            for value, match in _by_days(span.text):
                where = span.slice(*match.span())
                found.setdefault(("dose_interval_hours", value), _frequency("dose_interval_hours", value, where))
    if not found:
        return None
    first = next(iter(found.values()))
    return Found(first.value, first.span, first.validators, 1.0 if len(found) == 1 else 0.5)


def _by_days(text: str) -> Iterator[tuple[Decimal, re.Match[str]]]:
    """Yield what days and weeks say of doses, in hours."""
    for match in _EVERY_DAYS.finditer(text):
        yield Decimal(match["n"]) * (24 if match["unit"].lower().startswith("d") else 168), match
    for pattern, hours in _DAILY.items():
        for match in re.finditer(pattern, text, re.IGNORECASE):
            yield Decimal(hours), match


def _frequency(kind: str, value: Decimal, span: Span) -> Found:
    number: int | float = int(value) if value == value.to_integral_value() else float(value)
    return Found({"kind": kind, "value": number}, span, ("pattern",))
