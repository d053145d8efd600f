"""HL7 v2 times as FHIR times: with the precision they were sent with, and with an offset where FHIR wants one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_DTM = re.compile(
    r"(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,6}))?)?)?)?)?)?([+-]\d{4})?|"
    r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?)?(Z|[+-]\d{2}:?\d{2})?"
)
_TM = re.compile(r"(\d{2})(\d{2})(?:(\d{2})(?:\.(\d{1,4}))?)?(?:[+-]\d{4})?")


@dataclass(frozen=True, slots=True)
class Moment:
    """What a DTM says: `text` with its own precision (YYYY, YYYY-MM, YYYY-MM-DD or a whole time with an offset)."""

    text: str
    day: date | None
    when: datetime | None


def offset_of(text: str) -> timezone | None:
    """Return the offset that a DTM ends with."""
    found = re.search(r"([+-])(\d{2}):?(\d{2})$", text.strip())
    if found is None or int(found[2]) > 14 or int(found[3]) > 59:
        return None
    away = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-away if found[1] == "-" else away)


def clock_of(sent: str, home: ZoneInfo) -> tzinfo:
    """Return the clock of the times that have no offset of their own.

    HL7 v2 (2.A, DTM): the offset of MSH-7 is the default of all times in its message. Where it is what the wall clock
    of the member's home shows at that moment, that wall clock is meant, summer and winter. Without one it is home's.
    """
    offset = offset_of(sent)
    if offset is None:
        return home
    there = moment_of(sent, offset)
    when = there.when if there is not None else None
    return home if when is not None and when.astimezone(home).utcoffset() == offset.utcoffset(None) else offset


def moment_of(text: str, clock: tzinfo) -> Moment | None:
    """Read a DTM or an ISO 8601 time; None when it is no possible time. Seconds that were not sent are 00."""
    found = _DTM.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()[:8] if found[1] else found.groups()[8:]
    try:
        if day is None or hour is None:
            whole = date(int(year), int(month or 1), int(day or 1))
            precise = "-".join(part for part in (year, month, day) if part)
            return Moment(precise, whole if day else None, None) if 1850 <= whole.year <= 2200 else None
        own = offset_of(zone) if zone and zone != "Z" else timezone.utc if zone else clock  # noqa: UP017
        parts = [int(part or 0) for part in (year, month, day, hour, minute, second)]
        when = datetime(*parts, tzinfo=own)  # type: ignore[misc, arg-type]
        offset = when.utcoffset()
    except (ValueError, OverflowError):
        return None
    if own is None or offset is None or not 1850 <= when.year <= 2200:
        return None
    shown = f"{when:%Y-%m-%dT%H:%M:%S}" + (f".{fraction}" if fraction else "")
    minutes = int(offset.total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    return Moment(f"{shown}{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}", when.date(), when)


def time_of(text: str) -> str | None:
    """Read a TM as a FHIR time."""
    found = _TM.fullmatch(text.strip())
    if found is None or int(found[1]) > 23 or int(found[2]) > 59 or int(found[3] or 0) > 59:
        return None
    return f"{found[1]}:{found[2]}:{found[3] or '00'}" + (f".{found[4]}" if found[4] else "")
