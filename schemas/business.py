"""Business time: the desk's hours on the wall clock of the service address, federal holidays left out. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache

from schemas.clock_rules import BusinessHours
from schemas.fields import zone_of
from schemas.order import Order

MOST_DAYS = 366


def is_holiday(day: date) -> bool:
    """Say whether a day is a federal holiday, or the day on which one is observed (5 U.S.C. 6103)."""
    return day in _holidays(day.year)


@cache
def _holidays(year: int) -> frozenset[date]:
    import holidays

    return frozenset(holidays.country_holidays("US", years=year))


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
    return after_business_time(start, timedelta(minutes=minutes), hours, order)


def after_business_time(start: datetime, left: timedelta, hours: BusinessHours, order: Order) -> datetime:
    """Return when so much business time has passed since `start`, on the wall clock of the service address."""
    for begin, closes in _open_hours(start, hours, order):
        if begin + left <= closes:
            return begin + left
        left -= closes - begin
    return start + timedelta(days=MOST_DAYS)


def business_between(start: datetime, end: datetime, hours: BusinessHours, order: Order) -> timedelta:
    """Return the business time from `start` to `end`, on the wall clock of the service address."""
    total = timedelta(0)
    for begin, closes in _open_hours(start, hours, order):
        if begin >= end:
            break
        total += min(closes, end) - begin
    return total


def _open_hours(start: datetime, hours: BusinessHours, order: Order) -> Iterator[tuple[datetime, datetime]]:
    """Yield the business hours from `start` on, in UTC, so that what lies between is time that really passes."""
    zone = zone_of(order.delivery_address or order.member.address)
    day = start.astimezone(zone).date()
    for _ in range(MOST_DAYS):
        closes = datetime.combine(day, hours.closes, zone).astimezone(UTC)
        begin = max(start.astimezone(UTC), datetime.combine(day, hours.opens, zone).astimezone(UTC))
        if day.isoweekday() in hours.days and not is_holiday(day) and begin < closes:
            yield begin, closes
        day += timedelta(days=1)
