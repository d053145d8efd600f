"""Which windows an offer proposes, so that a provider without a browser can accept by a tick or a word. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from schemas.business import is_holiday
from schemas.clock_rules import BusinessHours
from schemas.deadline import discharge_at
from schemas.fields import zone_of
from schemas.order import Order
from schemas.outbound import Choice

MOST = 4
_WINDOWS = ((time(8), time(12)), (time(13), time(17)))
_NOTICE = timedelta(hours=4)
_URGENT_NOTICE = timedelta(hours=2)
_DAYS = 30


def choices_of(order: Order, hours: BusinessHours, now: datetime) -> tuple[Choice, ...]:
    """Return the next windows, morning and afternoon at the service address, from the ordered first day on.

    Nothing after a discharge is proposed; where it presses, or the order is urgent, every day counts.
    """
    zone = zone_of(order.delivery_address or order.member.address)
    urgent = order.priority in {"stat", "urgent", "asap"}
    deadline = discharge_at(order)
    deadline = deadline if deadline is not None and deadline > now else None
    earliest = now + (_URGENT_NOTICE if urgent or deadline else _NOTICE)
    day = max(now.astimezone(zone).date(), order.service_start or now.astimezone(zone).date())
    found: list[Choice] = []
    for _ in range(_DAYS):
        if urgent or deadline or (day.isoweekday() in hours.days and not is_holiday(day)):
            for opens, closes in _WINDOWS:
                start = datetime.combine(day, opens, zone).astimezone(UTC)
                if start >= earliest and (deadline is None or start <= deadline) and len(found) < MOST:
                    found.append(Choice(start=start, end=datetime.combine(day, closes, zone).astimezone(UTC)))
        day += timedelta(days=1)
        if len(found) == MOST:
            break
    return tuple(found)
