"""Which windows an offer proposes, so that a provider without a browser can accept by a tick or a word. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from schemas.business import is_holiday
from schemas.clock_rules import BusinessHours
from schemas.deadline import pressing_discharge
from schemas.fields import zone_of
from schemas.order import Order
from schemas.outbound import Choice

MOST = 4
_WINDOWS = ((time(8), time(12)), (time(13), time(17)))
_NOTICE = timedelta(hours=4)
_URGENT_NOTICE = timedelta(hours=2)
_DAYS = 30


def choices_of(order: Order, hours: BusinessHours, now: datetime, respond_by: datetime) -> tuple[Choice, ...]:
    """Return the next windows, morning and afternoon at the service address, from the ordered first day on.

    None begins before the provider must have answered, none after a discharge that is ahead; where a discharge presses,
    or the order is urgent, every day counts.
    """
    zone = zone_of(order.delivery_address or order.member.address)
    discharge = pressing_discharge(order, now)
    pressing = order.priority in {"stat", "urgent", "asap"} or discharge is not None
    deadline = discharge if discharge is not None and discharge > now else None
    earliest = max(now + (_URGENT_NOTICE if pressing else _NOTICE), respond_by)
    day = max(now.astimezone(zone).date(), order.service_start or now.astimezone(zone).date())
    found: list[Choice] = []
    for _ in range(_DAYS):
        if pressing or (day.isoweekday() in hours.days and not is_holiday(day)):
            for opens, closes in _WINDOWS:
                start = datetime.combine(day, opens, zone).astimezone(UTC)
                if start >= earliest and (deadline is None or start <= deadline) and len(found) < MOST:
                    found.append(Choice(start=start, end=datetime.combine(day, closes, zone).astimezone(UTC)))
        day += timedelta(days=1)
        if len(found) == MOST:
            break
    return tuple(found)
