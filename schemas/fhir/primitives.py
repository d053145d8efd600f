"""The value forms of FHIR's primitive types (R4 datatypes, section 2.24.0.1), checked without any coercion."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal

Problem = tuple[str, str] | None
INT_MAX = 2**31 - 1
TEXT_MAX = 1024 * 1024

_DATE = r"\d{4}(-\d\d(-\d\d)?)?"
_CLOCK = r"([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?"
_ZONE = r"(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00))"
PATTERNS: dict[str, re.Pattern[str]] = {
    "Date": re.compile(_DATE, re.ASCII),
    "DateTime": re.compile(rf"\d{{4}}(-\d\d(-\d\d(T{_CLOCK}{_ZONE})?)?)?", re.ASCII),
    "Instant": re.compile(rf"\d{{4}}-\d\d-\d\dT{_CLOCK}{_ZONE}", re.ASCII),
    "Time": re.compile(_CLOCK, re.ASCII),
    "Code": re.compile(r"\S+( \S+)*"),
    "Id": re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII),
    "Uri": re.compile(r"\S+"),
    "Url": re.compile(r"\S+"),
    "Canonical": re.compile(r"\S+"),
    "Oid": re.compile(r"urn:oid:[0-2](\.(0|[1-9]\d*))+", re.ASCII),
    "UuidVersion": re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII),
    "EncodedBytes": re.compile(r"[0-9A-Za-z+/=\s]+", re.ASCII),
}


def primitive_problem(kind: str, value: object) -> Problem:
    """Return (issue type, what is wrong) when the JSON value has not the form of this primitive, else None."""
    check = _NUMBERS.get(kind)
    if check is not None:
        return check(value)
    if not isinstance(value, str):
        return "structure", "must be a JSON string"
    if not value.strip():
        return "value", "must not be empty"
    if len(value) > TEXT_MAX and kind != "EncodedBytes":
        return "too-long", "longer than a FHIR string may be"
    pattern = PATTERNS.get(kind)
    if pattern is not None and not pattern.fullmatch(value):
        return "value", f"has not the form of {kind.lower()}"
    if kind in {"Date", "DateTime", "Instant"} and not _exists(value):
        return "value", "is no day of the calendar"
    return None


def _exists(text: str) -> bool:
    year, month, day = ([int(part) for part in text[:10].split("-")] + [1, 1])[:3]
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _boolean(value: object) -> Problem:
    return None if isinstance(value, bool) else ("structure", "must be true or false, not a text or number")


def _decimal(value: object) -> Problem:
    fine = isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
    return None if fine else ("structure", "must be a JSON number")


def _whole(least: int) -> Callable[[object], Problem]:
    def check(value: object) -> Problem:
        if isinstance(value, bool) or not isinstance(value, int):
            return "structure", "must be a whole JSON number"
        return None if least <= value <= INT_MAX else ("value", "out of the range of this type")

    return check


_NUMBERS: dict[str, Callable[[object], Problem]] = {
    "Boolean": _boolean,
    "Decimal": _decimal,
    "Integer": _whole(-(2**31)),
    "PositiveInt": _whole(1),
    "UnsignedInt": _whole(0),
}
