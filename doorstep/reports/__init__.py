"""What a desk reports: counted from the journal's events, every rate with its n, its N and what was left out.

A report is a function of a reader and a period; it never writes, and names no person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from doorstep.journal import Reader
from doorstep.reports import denials, metrics, open_referrals, reconciliation
from doorstep.reports.period import Period, named_period
from doorstep.reports.reconciliation import OwnCounts
from doorstep.reports.sheet import Report
from doorstep.rules import load
from schemas.desk_rules import Desk

__all__ = ["REPORTS", "Definition", "OwnCounts", "Period", "Report", "desk_zone", "named_period"]


@dataclass(frozen=True, slots=True)
class Definition:
    """One report: what it is for, the period that it takes by default, and how it is made."""

    title: str
    default: str
    make: Callable[[Reader, Period, OwnCounts], Report]


def _of(make: Callable[[Reader, Period], Report]) -> Callable[[Reader, Period, OwnCounts], Report]:
    return lambda reader, period, _: make(reader, period)


def desk_zone() -> ZoneInfo:
    """Return the wall clock that the desk's days go by."""
    return ZoneInfo(Desk.model_validate(load("desk")).zone)


REPORTS: dict[str, Definition] = {
    "daily-import-reconciliation": Definition("Daily import reconciliation", "yesterday", reconciliation.report),
    "weekly-open-referrals": Definition("Weekly open referrals", "week", _of(open_referrals.report)),
    "monthly-denials": Definition("Monthly denial audit", "month", _of(denials.report)),
    "metrics": Definition("Metrics", "month", _of(metrics.report)),
}
"""By the name that `doorstep report` takes."""
