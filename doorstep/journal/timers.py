"""Durable timers: set with what a handler changes, fired once by whoever looks first, however the clock jumps."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Connection, bindparam, delete, func, select

from doorstep.journal.events import parse
from doorstep.journal.tables import insert_or_set, timer
from doorstep.journal.transaction import Transaction
from schemas.event import Payload
from schemas.topics import TOPICS

_FORGET = delete(timer).where(timer.c.timer_id.in_(bindparam("ids", expanding=True)))


class TimerWrites(Transaction):
    """The timers' share of a unit of work."""

    def set_timer(self, timer_id: str, due_at: datetime, payload: Payload) -> None:
        """Append `payload` at `due_at` (aware); a timer of the same id is replaced."""
        row = {"timer_id": timer_id, "due_at": due_at, "topic": payload.topic, "data": payload.model_dump_json()}
        self.connection.execute(insert_or_set(self.dialect, timer, ("timer_id",), ("due_at", "topic", "data")), row)
        self.touched.add(TICKER)

    def cancel_timer(self, *timer_ids: str) -> None:
        """Forget timers; one that is not set or has fired is no error."""
        self.connection.execute(_FORGET, {"ids": timer_ids})

    def fire_timers(self, limit: int = 100) -> int:
        """Append the events of timers that are due, the oldest first; return how many fired.

        The row goes in the transaction that appends its event, and the event's id follows from the timer, so that of
        two processes that fire the same timer one appends nothing.
        """
        found = select(timer).where(timer.c.due_at <= self.now).order_by(timer.c.due_at, timer.c.timer_id).limit(limit)
        rows = self.connection.execute(found.with_for_update(skip_locked=True)).mappings().all()
        for row in rows:
            payload = parse(TOPICS[row["topic"]], row["data"], f"timer {row['timer_id']}")
            name = f"urn:doorstep:timer:{row['timer_id']}:{row['due_at'].isoformat()}:{row['data']}"
            event_id = str(uuid5(NAMESPACE_URL, name))
            self.insert_events([self.event(payload, source="timers", event_id=event_id)])
            self.connection.execute(delete(timer).where(timer.c.timer_id == row["timer_id"]))
        return len(rows)


TICKER = "timers"
"""Who is woken when a timer was set."""


def next_due(connection: Connection) -> datetime | None:
    """Return when the next timer is due, None when there is none."""
    found: datetime | None = connection.execute(select(func.min(timer.c.due_at))).scalar()
    return found


def beginning(connection: Connection, prefix: str) -> dict[str, datetime]:
    """Return the ids of timers that begin so, with the time at which each is due."""
    query = select(timer.c.timer_id, timer.c.due_at).where(timer.c.timer_id.startswith(prefix, autoescape=True))
    return {row.timer_id: row.due_at for row in connection.execute(query)}


def named(connection: Connection, timer_ids: Collection[str]) -> dict[str, datetime]:
    """Return those of these timers that are set, with the time at which each is due."""
    query = select(timer.c.timer_id, timer.c.due_at).where(timer.c.timer_id.in_(timer_ids))
    return {row.timer_id: row.due_at for row in connection.execute(query)}
