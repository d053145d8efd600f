"""Dates as offices write them, in the American order, and the deadlines and births among them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime

from handlers.extract.geometry import Span
from handlers.extract.values import DOUBTFUL, Found

LAST_BIRTH = 2035
LEAST_YEAR = "2005"
"""An order's own days lie after this year; an earlier date at their labels is somebody's birth."""
_MONTHS = {
    m: i + 1 for i, m in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"))
}
_D = r"[0-9OolI|]"
DATE = (
    rf"(?P<y1>(?:19|20)\d\d)[-/.](?P<m1>\d{{1,2}})[-/.](?P<d1>\d{{1,2}})"
    rf"|(?P<m2>{_D}{{1,2}})\s?[/\-.]\s?(?P<d2>{_D}{{1,2}})\s?[/\-.]\s?(?P<y2>{_D}{{4}}|\d\d)(?!\d)"
    r"|(?P<m3>(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*)\.?\s+(?P<d3>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y3>\d{4})"
    r"|(?P<d4>\d{1,2})(?:st|nd|rd|th)?[\s\-/.]*(?P<m4>(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*)\.?,?[\s\-/.]*(?P<y4>\d{4})"
)
DATE_TEXT = re.sub(r"\?P<\w+>", "?:", DATE)
"""The same without names, for patterns that hold more than one date."""
_DATE = re.compile(rf"(?<![A-Za-z\d/])(?:{DATE})", re.IGNORECASE)
_PLAIN = str.maketrans("OolI|", "00111")


def dates(span: Span) -> list[tuple[Found, int, int]]:
    """Return every date in a span with its place in the text; US order, impossible dates left out."""
    found: list[tuple[Found, int, int]] = []
    for match in _DATE.finditer(span.text):
        value = _date(match)
        if value is not None:
            folded = any(c in "OolI|" for c in match[0]) and match["m2"] is not None
            validators = ("calendar", "folded") if folded else ("calendar",)
            quality = (0.85 if folded else 1.0) * (0.9 if match["y2"] and len(match["y2"]) == 2 else 1.0)
            found.append((Found(str(value), span.slice(*match.span()), validators, quality), *match.span()))
    return found


def _date(match: re.Match[str]) -> date | None:
    for n in "1234":
        year, month, day = match[f"y{n}"], match[f"m{n}"], match[f"d{n}"]
        if year is None:
            continue
        try:
            months = _MONTHS.get(month[:3].lower()) or int(month.translate(_PLAIN))
            years = int(year.translate(_PLAIN))
            if len(year) == 2:
                years += 2000 if years < 50 else 1900
            return date(years, months, int(day.translate(_PLAIN)))
        except ValueError:
            return None
    return None


def _only(listed: list[tuple[Found, int, int]]) -> Found:
    """Return the one date of a place; where a second stands behind it (one struck out), the last, in deep doubt."""
    if len(listed) > 1 and listed[1][1] - listed[0][2] <= 2 and listed[0][0].value != listed[1][0].value:
        return replace(listed[1][0], quality=DOUBTFUL)
    return listed[0][0]


def one_date(span: Span) -> Found | None:
    """Read the date that begins a span, of an order's days; more than one date is no single date."""
    listed = dates(span)
    if not listed or listed[0][1] > 12:
        return None
    found = _only(listed)
    return found if str(found.value) >= LEAST_YEAR else None


def first_date(span: Span) -> Found | None:
    """Read the date that begins a span of a sentence, whatever follows."""
    listed = dates(span)
    return listed[0][0] if listed and listed[0][1] <= 12 and str(listed[0][0].value) >= LEAST_YEAR else None


def birth_date(span: Span) -> Found | None:
    """Read a date of birth; a two-digit year lies in the past."""
    listed = dates(span)
    if not listed or listed[0][1] > 12:
        return None
    found = _only(listed)
    born = date.fromisoformat(str(found.value))
    if born.year >= 2010 and re.search(r"\D\d\d\W*$", found.span.text):
        born = date(born.year - 100, born.month, min(born.day, 28) if born.month == 2 else born.day)
        found = Found(str(born), found.span, found.validators, 0.8)
    return found if 1900 <= born.year <= LAST_BIRTH else None


_TIME = re.compile(
    r"(?:at|by|@|,|before)?\s*(\d{1,2})(?::(\d\d))?\s*([ap])\.?m\b|(?:at|by|@|,|before)?\s*([01]?\d|2[0-3]):([0-5]\d)\b",
    re.I,
)


def deadline(span: Span) -> Found | None:
    """Read a date, with its time of day if one follows."""
    listed = dates(span)
    if not listed or listed[0][1] > 12 or str(listed[0][0].value) < LEAST_YEAR:
        return None
    found, start, end = listed[0]
    time = _TIME.match(span.text[end:].lstrip(" T"))
    if time is None or (time[3] and int(time[1]) > 12):
        return found
    if time[3]:
        hour = int(time[1]) % 12 + (12 if time[3].lower() == "p" else 0)
        minute = int(time[2] or 0)
    else:
        hour, minute = int(time[4]), int(time[5])
    moment = datetime.fromisoformat(f"{found.value}T{hour:02d}:{minute:02d}")
    return Found(moment.isoformat(timespec="minutes"), span.slice(start, end + time.end() + 1), found.validators)
