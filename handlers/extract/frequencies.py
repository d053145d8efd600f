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
_CHANGED = r"\bchang(?:e[sd]?|ing)\W+(?:(?:the|wound|dressings?|bandages?|it|them|once|at|least)\W+){0,4}"
_CHANGED_DAILY = {
    _CHANGED + r"(?:daily|(?:every|each|a|per)\s+day|q\.?\s?(?:daily|d\b|day\b))": 7,
    r"\bdaily\s+(?:wound\s+)?(?:dressings?\s+)?changes?\b|\bdressings?\s+daily\b": 7,
    _CHANGED + r"(?:(?:twice|(?:2|two)\s*(?:x|times))\s*(?:daily|(?:a|per|each)\s+day)|b\.?i\.?d\b)": 14,
}
"""Dressings a week where one is changed so often a day: drugs are daily as well, so a change must be spoken of."""
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
        said = list(_counted(span.text, document_class))
        if not said and not found:
            said = list(_by_days(span.text, document_class))
        for kind, value, match in said:
            found.setdefault((kind, value), _frequency(kind, value, span.slice(*match.span())))
    if not found:
        return None
    first = next(iter(found.values()))
    return Found(first.value, first.span, first.validators, 1.0 if len(found) == 1 else 0.5)


_Said = tuple[str, Decimal, re.Match[str]]


def _counted(text: str, document_class: DocumentClass) -> Iterator[_Said]:
    """Yield the kind and the number of each frequency that is said with its number."""
    for kind in _KINDS.get(document_class, tuple(_PATTERNS)):
        for pattern in _PATTERNS[kind]:
            for match in re.finditer(pattern, text, re.IGNORECASE):
                word = match["n"].lower()
                value = Decimal(_WORDS[word]) if word in _WORDS else Decimal(word)
                if 0 < value <= 400:
                    yield kind, value, match


def _by_days(text: str, document_class: DocumentClass) -> Iterator[_Said]:
    """Yield what days and weeks say of doses, in hours, and of dressings, a week."""
    if document_class is DocumentClass.INFUSION_ORDER:
        for match in _EVERY_DAYS.finditer(text):
            hours = Decimal(match["n"]) * (24 if match["unit"].lower().startswith("d") else 168)
            yield "dose_interval_hours", hours, match
    kind, patterns = {
        DocumentClass.INFUSION_ORDER: ("dose_interval_hours", _DAILY),
        DocumentClass.DME_ORDER: ("dressings_per_week", _CHANGED_DAILY),
    }.get(document_class, ("", {}))
    for pattern, value in patterns.items():
        for match in re.finditer(pattern, text, re.IGNORECASE):
            yield kind, Decimal(value), match


def _frequency(kind: str, value: Decimal, span: Span) -> Found:
    number: int | float = int(value) if value == value.to_integral_value() else float(value)
    return Found({"kind": kind, "value": number}, span, ("pattern",))
