"""What a provider, or the desk in its place, says of an offer: read once, with its time window checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import JsonValue

from doorstep.handler import Unit
from handlers.casework import clocks
from schemas.case import Case, Offer
from schemas.fields import zone_of
from schemas.order import Order
from schemas.transmission import Content

EARLIEST = timedelta(minutes=15)
"""How far in the past a start may lie: clocks differ, and an answer takes its way."""
LONGEST_WINDOW = timedelta(hours=24)
UNUSABLE = "the start must be a date and time with offset, not in the past, and the window end within a day after it"
TOO_EARLY = "the start is before the ordered first day of service"
PROVIDER = "provider"

Window = tuple[datetime, datetime | None]


@dataclass(frozen=True, slots=True)
class Word:
    """One answer: what was said, of which offer and case, and the documents that came with it."""

    document_id: str
    offer: Offer
    case: Case
    said: Mapping[str, Any]
    documents: tuple[Content, ...] = ()

    @property
    def code(self) -> str:
        return str(self.said.get("code") or "other")

    @property
    def reason(self) -> str:
        return text(self.said.get("reason"), 200)

    @property
    def by(self) -> str:
        """Who says it: the provider itself, or the person at the desk who is named."""
        return text(self.said.get("by"), 100) or PROVIDER


def text(value: JsonValue, most: int) -> str:
    """Return text on one line, cut to length; empty for what is no text."""
    return " ".join(value.split())[:most] if isinstance(value, str) else ""


def instant(value: JsonValue) -> datetime | None:
    """Return an ISO instant with offset in UTC, None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def start_of(value: JsonValue, now: datetime, latest_days: int) -> datetime | None:
    """Return the committed start in UTC; None unless it is an instant with offset, not past, not absurdly far."""
    start = instant(value)
    return start if start and now - EARLIEST <= start <= now + timedelta(days=latest_days) else None


def window_of(said: Mapping[str, Any], unit: Unit) -> Window | None:
    """Return the committed start and the end of its window (None: no end was given); None when it is not usable."""
    start = start_of(said.get("start"), unit.now, clocks(unit).offer.latest_start_days)
    if start is None:
        return None
    if said.get("end") in (None, ""):
        return start, None
    end = instant(said.get("end"))
    return (start, end) if end is not None and start < end <= start + LONGEST_WINDOW else None


def too_early(start: datetime, order: Order) -> bool:
    """Say whether a start lies before the ordered first day of service, on the wall clock of the service address."""
    zone = zone_of(order.delivery_address or order.member.address)
    return order.service_start is not None and start.astimezone(zone).date() < order.service_start


def refusal_of_window(window: Window | None, order: Order) -> str | None:
    """Return why a window cannot be committed, None when it can."""
    if window is None:
        return UNUSABLE
    return TOO_EARLY if too_early(window[0], order) else None
