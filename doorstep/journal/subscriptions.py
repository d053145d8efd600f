"""Subscriptions and the numbers of their events, which are counted in the transaction that appends the event."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from doorstep.errors import Conflict, NotFound
from doorstep.journal import events
from doorstep.journal.tables import event as event_table
from doorstep.journal.tables import subscription as table
from doorstep.journal.transaction import Transaction
from schemas.event import Event
from schemas.subscription import NoticeKind, Subscription, SubscriptionNotice, SubscriptionState

SERVING = (SubscriptionState.ACTIVE.value, SubscriptionState.ERROR.value)


class SubscriptionWrites(Transaction):
    """The subscriptions' share of a unit of work."""

    def subscription(self, subscription_id: str) -> Subscription | None:
        return load(self.connection, subscription_id)

    def save_subscription(self, saved: Subscription, sealed: bytes | None = None) -> None:
        """Insert or update; an update must carry the next `revision`, and keeps the headers when none are given."""
        row: dict[str, Any] = {
            "state": saved.state.value,
            "revision": saved.revision,
            "data": saved.model_dump_json(),
        }
        row |= {} if sealed is None else {"sealed": sealed}
        if saved.revision == 1:
            new = {"subscription_id": saved.subscription_id, "tenant": saved.tenant, "events": 0, **row}
            self.connection.execute(insert(table), new)
            return
        same = (table.c.subscription_id == saved.subscription_id) & (table.c.revision == saved.revision - 1)
        if self.connection.execute(update(table).where(same).values(row)).rowcount != 1:
            raise Conflict("subscription", "the subscription was changed meanwhile")

    def remove_subscription(self, subscription_id: str) -> None:
        gone = delete(table).where(table.c.subscription_id == subscription_id)
        if self.connection.execute(gone).rowcount != 1:
            raise NotFound("subscription", "there is no such subscription")

    def count_event(self, subscription_id: str) -> int | None:
        """Return the next number of a subscription that still wants events; None for one that does not any more.

        The row stays locked until the commit and the count goes back with it, so no number is given twice or left out.
        """
        mine = (table.c.subscription_id == subscription_id) & table.c.state.in_(SERVING)
        counted = update(table).where(mine).values(events=table.c.events + 1).returning(table.c.events)
        number = self.connection.execute(counted).scalar()
        return None if number is None else int(number)


def load(connection: Connection, subscription_id: str, tenant: str | None = None) -> Subscription | None:
    query = select(table.c.data).where(table.c.subscription_id == subscription_id)
    if tenant is not None:
        query = query.where(table.c.tenant == tenant)
    data = connection.execute(query).scalar()
    return events.parse(Subscription, data, f"subscription {subscription_id}") if data else None


def listed(connection: Connection, *, tenant: str | None = None, serving: bool = False) -> list[Subscription]:
    """Return the subscriptions (of a tenant; that events count for), by id."""
    query = select(table.c.data).order_by(table.c.subscription_id)
    if tenant is not None:
        query = query.where(table.c.tenant == tenant)
    if serving:
        query = query.where(table.c.state.in_(SERVING))
    return [events.parse(Subscription, data, "subscription") for data in connection.execute(query).scalars()]


def sealed_headers(connection: Connection, subscription_id: str) -> bytes | None:
    found: bytes | None = connection.execute(
        select(table.c.sealed).where(table.c.subscription_id == subscription_id)
    ).scalar()
    return found


def events_count(connection: Connection, subscription_id: str) -> int:
    query = select(table.c.events).where(table.c.subscription_id == subscription_id)
    return int(connection.execute(query).scalar() or 0)


def notices(connection: Connection, subscription_id: str, low: int, high: int, limit: int) -> list[SubscriptionNotice]:
    """Return the event notices with numbers from `low` to `high`, in order, at most `limit`."""
    query = (
        select(event_table)
        .where(event_table.c.key == subscription_id, event_table.c.topic == SubscriptionNotice.topic)
        .order_by(event_table.c.seq)
    )
    found: list[SubscriptionNotice] = []
    for data in _notices(connection.execute(query).mappings()):
        if data.kind is NoticeKind.EVENT and low <= data.number <= high:
            found.append(data)
            if len(found) == limit:
                break
    return found


def _notices(rows: Iterable[Any]) -> Iterable[SubscriptionNotice]:
    for row in rows:
        event: Event[Any] = events.load(row)
        if isinstance(event.data, SubscriptionNotice):
            yield event.data
