"""The time that a report is about: whole days on the desk's wall clock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from doorstep.errors import Refused


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last, both included, in a zone; `now` is the moment of asking (aware)."""

    first: date
    last: date
    zone: ZoneInfo
    now: datetime

    @property
    def since(self) -> datetime:
        return self._midnight(self.first)

    @property
    def until(self) -> datetime:
        """The end, not included."""
        return self._midnight(self.last + timedelta(days=1))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time.min, self.zone).astimezone(UTC)

    def has(self, moment: datetime) -> bool:
        return self.since <= moment < self.until

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first} to {self.last}"


def named_period(words: str, zone: ZoneInfo, now: datetime) -> Period:
    """Return the period of `today`, `yesterday`, `week`, `month`, `2026-11`, `2026-11-23` or `2026-11-01..2026-11-15`.

    `week` and `month` are the seven days, or the calendar month, that ended last. Raises Refused.
    """
    today = now.astimezone(zone).date()
    if words in {"today", "yesterday"}:
        day = today - timedelta(days=words == "yesterday")
        return Period(day, day, zone, now)
    if words == "week":
        return Period(today - timedelta(days=7), today - timedelta(days=1), zone, now)
    if words == "month":
        last = today.replace(day=1) - timedelta(days=1)
        return Period(last.replace(day=1), last, zone, now)
    try:
        return Period(*_dates(words), zone, now)
    except (ValueError, OverflowError):
        raise Refused(
            "bad-period",
            "a period is today, yesterday, week, month, a month (2026-11), a day (2026-11-23) or FIRST..LAST",
        ) from None


def _dates(words: str) -> tuple[date, date]:
    if re.fullmatch(r"\d{4}-\d{2}", words):
        first = date.fromisoformat(f"{words}-01")
        return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    head, _, tail = words.partition("..")
    first, last = date.fromisoformat(head), date.fromisoformat(tail or head)
    if last < first:
        raise ValueError
    return first, last
