"""Business time: the desk's hours on the wall clock of the service address, federal holidays left out. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache

from schemas.fields import zone_of
from schemas.order import Order
from schemas.rules import BusinessHours

MOST_DAYS = 366


@cache
def is_holiday(day: date) -> bool:
    """Say whether a day is a federal holiday, or the day on which one is observed (5 U.S.C. 6103)."""
    import holidays

    return day in holidays.country_holidays("US", years=day.year)


def end_of_first_business_day(start: datetime, hours: BusinessHours, order: Order) -> datetime:
    """Return the close of the business day in whose hours `start` falls, else of the next business day."""
    zone = zone_of(order.delivery_address or order.member.address)
    day = start.astimezone(zone).date()
    for _ in range(MOST_DAYS):
        closes = datetime.combine(day, hours.closes, zone)
        if day.isoweekday() in hours.days and not is_holiday(day) and start < closes:
            return closes.astimezone(UTC)
        day += timedelta(days=1)
    return start + timedelta(days=MOST_DAYS)


def after_business_minutes(start: datetime, minutes: int, hours: BusinessHours, order: Order) -> datetime:
    """Return when that many business minutes have passed since `start`, on the wall clock of the service address."""
    zone = zone_of(order.delivery_address or order.member.address)
    local, left = start.astimezone(zone), timedelta(minutes=minutes)
    for _ in range(MOST_DAYS):
        opens = datetime.combine(local.date(), hours.opens, zone)
        closes = datetime.combine(local.date(), hours.closes, zone)
        begin = max(local, opens)
        if local.isoweekday() in hours.days and not is_holiday(local.date()) and begin < closes:
            if begin + left <= closes:
                return (begin + left).astimezone(UTC)
            left -= closes - begin
        local = datetime.combine(local.date() + timedelta(days=1), hours.opens, zone)
    return start + timedelta(days=MOST_DAYS)
