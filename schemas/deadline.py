"""The instant of a discharge that an order names; pure, for whoever judges by it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from schemas.fields import zone_of
from schemas.order import Order

HISTORY = timedelta(days=7)
"""A discharge that lies longer back tells of the past; a nearer one tells of a member who may be home without it."""


def discharge_at(order: Order) -> datetime | None:
    """Return the instant of the discharge; one that is known by its day only ends with that day at the address."""
    deadline = order.discharge_deadline
    if deadline is None:
        return None
    zone = zone_of(order.delivery_address or order.member.address)
    if isinstance(deadline, datetime):
        return deadline.astimezone(UTC) if deadline.tzinfo else deadline.replace(tzinfo=zone).astimezone(UTC)
    return datetime.combine(deadline + timedelta(days=1), time.min, zone).astimezone(UTC)


def pressing_discharge(order: Order, at: datetime) -> datetime | None:
    """Return the instant of the discharge, ahead or past, unless it is history at that time."""
    deadline = discharge_at(order)
    return deadline if deadline is not None and deadline > at - HISTORY else None
