"""Subscriptions and the numbers of their events, which are counted in the transaction that appends the event."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.sql.selectable import TypedReturnsRows

from doorstep.errors import Conflict, NotFound
from doorstep.journal import events
from doorstep.journal.tables import event as event_table
from doorstep.journal.tables import insert_once, of_key
from doorstep.journal.tables import subscription as table
from doorstep.journal.tables import subscription_version as version_table
from doorstep.journal.transaction import Transaction
from schemas.event import Event
from schemas.past import SubscriptionVersion
from schemas.subscription import NoticeKind, Subscription, SubscriptionNotice, SubscriptionState

REMOVED = "removed"
"""State of the row of a subscription that was taken away."""
SERVING = (SubscriptionState.ACTIVE.value, SubscriptionState.ERROR.value)


class SubscriptionWrites(Transaction):
    """The subscriptions' share of a unit of work."""

    def subscription(self, subscription_id: str) -> Subscription | None:
        return load(self.connection, subscription_id)

    def save_subscription(self, saved: Subscription, sealed: bytes | None = None) -> None:
        """Insert or update, and keep the version; each must carry the next `revision`, also after a removal.

        An update keeps the headers when none are given.
        """
        row: dict[str, Any] = {
            "state": saved.state.value,
            "revision": saved.revision,
            "data": saved.model_dump_json(),
        }
        row |= {} if sealed is None else {"sealed": sealed}
        if saved.revision == 1:
            new = {"subscription_id": saved.subscription_id, "tenant": saved.tenant, "events": 0, **row}
            kept: TypedReturnsRows[Any] = (
                insert_once(self.dialect, table, "subscription_id").values(new).returning(table.c.revision)
            )
        else:
            same = (table.c.subscription_id == saved.subscription_id) & (table.c.revision == saved.revision - 1)
            kept = update(table).where(same).values(row).returning(table.c.revision)
        if self.connection.execute(kept).first() is None:
            raise Conflict("subscription", "the subscription was changed meanwhile")
        self._keep(saved, data=row["data"])

    def remove_subscription(self, subscription_id: str) -> None:
        """Take a subscription away; its number of events and its versions stay, for it may be asked for again."""
        here = self.subscription(subscription_id)
        if here is None:
            raise NotFound("subscription", "there is no such subscription")
        gone = update(table).where(table.c.subscription_id == subscription_id)
        self.connection.execute(gone.values(state=REMOVED, revision=here.revision + 1, sealed=None))
        self._keep(here.model_copy(update={"revision": here.revision + 1}), deleted_at=self.now)

    def _keep(self, of: Subscription, **version: Any) -> None:
        mine = {"subscription_id": of.subscription_id, "revision": of.revision, "tenant": of.tenant}
        self.connection.execute(insert(version_table), mine | version)

    def count_event(self, subscription_id: str) -> int | None:
        """Return the next number of a subscription that still wants events; None for one that does not any more.

        The row stays locked until the commit and the count goes back with it, so no number is given twice or left out.
        """
        mine = (table.c.subscription_id == subscription_id) & table.c.state.in_(SERVING)
        counted = update(table).where(mine).values(events=table.c.events + 1).returning(table.c.events)
        number = self.connection.execute(counted).scalar()
        return None if number is None else int(number)


def load(connection: Connection, subscription_id: str, tenant: str | None = None) -> Subscription | None:
    query = select(table.c.data).where(table.c.subscription_id == subscription_id, table.c.state != REMOVED)
    if tenant is not None:
        query = query.where(table.c.tenant == tenant)
    data = connection.execute(query).scalar()
    return events.parse(Subscription, data, f"subscription {subscription_id}") if data else None


def listed(connection: Connection, *, tenant: str | None = None, serving: bool = False) -> list[Subscription]:
    """Return the subscriptions (of a tenant; that events count for), by id."""
    query = select(table.c.data).where(table.c.state != REMOVED).order_by(table.c.subscription_id)
    if tenant is not None:
        query = query.where(table.c.tenant == tenant)
    if serving:
        query = query.where(table.c.state.in_(SERVING))
    return [events.parse(Subscription, data, "subscription") for data in connection.execute(query).scalars()]


def versions(connection: Connection, subscription_id: str, tenant: str | None = None) -> list[SubscriptionVersion]:
    """Return every version of a subscription (of a tenant), oldest first."""
    query = select(version_table).where(version_table.c.subscription_id == subscription_id)
    if tenant is not None:
        query = query.where(version_table.c.tenant == tenant)
    return [_version(row) for row in connection.execute(query.order_by(version_table.c.revision)).mappings()]


def _version(row: Any) -> SubscriptionVersion:
    found = events.parse(Subscription, row["data"], "subscription version") if row["data"] else None
    at = found.updated_at if found else row["deleted_at"]
    return SubscriptionVersion(revision=row["revision"], updated_at=at, subscription=found)


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
    query = select(event_table).where(of_key(subscription_id, SubscriptionNotice.topic)).order_by(event_table.c.seq)
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
