"""What a date with a prefix means as a stretch of time (R4 3.1.1.4.5). Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from schemas.codec import CodecError
from schemas.fhir.search import days_of

_PREFIXED = re.compile(r"(?P<prefix>eq|ne|gt|lt|ge|le|sa|eb|ap)?(?P<text>\d{4}(-\d\d(-\d\d(T.*)?)?)?)")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?P<seconds>:\d\d(?P<fraction>\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?")


def span(value: str, param: str) -> tuple[datetime | None, datetime | None]:
    """Return from when on (included) and until when (not included); None where it is open.

    What comes after a second comes after its beginning: who asks for all since a moment loses nothing of it.
    """
    match = _PREFIXED.fullmatch(value.replace(" ", "+"))
    if match is None:
        raise CodecError("value", "this is no instant or day", param)
    prefix, text = match["prefix"] or "eq", match["text"]
    try:
        first, after, until = _moment(text) if "T" in text else _day(text)
    except (ValueError, OverflowError):
        raise CodecError("value", "this is no possible date", param) from None
    match prefix:
        case "eq":
            return first, until
        case "ge":
            return first, None
        case "gt" | "sa":
            return after, None
        case "lt" | "eb":
            return None, first
        case "le":
            return None, until
    raise CodecError("not-supported", "this prefix is not offered here", param)


def _day(text: str) -> tuple[datetime, datetime, datetime]:
    first, after = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in days_of(text))
    return first, after, after


def _moment(text: str) -> tuple[datetime, datetime, datetime]:
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise ValueError(text)
    first = datetime.fromisoformat(text)
    first = (first if first.tzinfo else first.replace(tzinfo=UTC)).astimezone(UTC)
    tick = timedelta(milliseconds=1)
    length = tick if match["fraction"] else timedelta(seconds=1) if match["seconds"] else timedelta(minutes=1)
    return first, first + tick, first + length
