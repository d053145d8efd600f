"""What waits at each consumer: what is due now, what is open, what died."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    select,
)

from doorstep.journal.deliveries import Pending
from doorstep.journal.tables import delivery, event

_STATES = ("pending", "inflight", "retrying", "dead")


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One delivery that ended: redeliver it by `event_id` and `consumer`."""

    event_id: str
    topic: str
    key: str
    consumer: str
    attempts: int
    error_code: str
    reason: str
    died_at: datetime


@dataclass(frozen=True, slots=True)
class Backlog:
    """The open and dead deliveries of one consumer; `oldest` is the time of its oldest open event."""

    consumer: str
    pending: int
    inflight: int
    retrying: int
    dead: int
    oldest: datetime | None


class QueueReads:
    """The deliveries' share of a reader."""

    connection: Connection

    def due(self, consumer: str, now: datetime, limit: int, without: Collection[str] = ()) -> list[Pending]:
        """Return the heads of the consumer's lanes (but those of `without`) that may be handled now, oldest first."""
        query, parameters = due_query(consumer, now, limit, without)
        return [
            Pending(r["event_seq"], r["id"], consumer, r["lane"], r["state"], r["attempts"], r)
            for r in self.connection.execute(query, parameters).mappings()
        ]

    def is_open(self, event_id: str, consumer: str) -> bool:
        """Say whether the consumer still has this event to handle."""
        query = select(delivery.c.state).join(event, event.c.seq == delivery.c.event_seq)
        which = (event.c.id == event_id) & (delivery.c.consumer == consumer) & delivery.c.done_at.is_(None)
        return self.connection.execute(query.where(which)).first() is not None

    def dead_letters(self, *, consumer: str | None = None, limit: int = 1000) -> list[DeadLetter]:
        """Return the dead deliveries, oldest event first."""
        query = (
            select(delivery, event.c.id, event.c.topic, event.c.key)
            .join(event, event.c.seq == delivery.c.event_seq)
            .where(delivery.c.state == "dead")
            .order_by(delivery.c.event_seq, delivery.c.consumer)
            .limit(limit)
        )
        if consumer is not None:
            query = query.where(delivery.c.consumer == consumer)
        return [
            DeadLetter(
                r["id"],
                r["topic"],
                r["key"],
                r["consumer"],
                r["attempts"],
                r["error_code"],
                r["error_text"],
                r["done_at"],
            )
            for r in self.connection.execute(query).mappings()
        ]

    def backlog(self) -> list[Backlog]:
        """Return the counts of every consumer that has something open or dead."""
        found: dict[str, dict[str, Any]] = {}
        for query in backlog_queries():
            for row in self.connection.execute(query).mappings():
                found.setdefault(row["consumer"], {})[row["state"]] = row
        return [_backlog(consumer, found[consumer]) for consumer in sorted(found)]


def _due() -> Select[Any]:
    earlier = delivery.alias()
    same_lane = and_(earlier.c.consumer == delivery.c.consumer, earlier.c.lane == delivery.c.lane)
    blocked = exists().where(same_lane, earlier.c.event_seq < delivery.c.event_seq, earlier.c.done_at.is_(None))
    return (
        select(delivery.c.event_seq, delivery.c.lane, delivery.c.state, delivery.c.attempts, event)
        .join(event, event.c.seq == delivery.c.event_seq)
        .where(delivery.c.consumer == bindparam("of"), delivery.c.done_at.is_(None))
        .where(delivery.c.next_attempt_at <= bindparam("now"))
        .where(~blocked)
        .order_by(delivery.c.event_seq)
        .limit(bindparam("most", type_=Integer))
    )


_DUE = _due()


_DUE_WITHOUT = _DUE.where(delivery.c.lane.not_in(bindparam("without", expanding=True)))


def due_query(consumer: str, now: datetime, limit: int, without: Collection[str]) -> tuple[Select[Any], dict[str, Any]]:
    """Return the query, and its parameters, for open deliveries that no earlier open delivery of their lane blocks."""
    parameters: dict[str, Any] = {"of": consumer, "now": now, "most": limit}
    return (_DUE_WITHOUT, {**parameters, "without": list(without)}) if without else (_DUE, parameters)


def backlog_queries() -> tuple[Select[Any], Select[Any]]:
    """Return the queries that count open and dead deliveries: in one, neither could use its partial index."""
    number, oldest = func.count().label("number"), func.min(event.c.time).label("oldest")
    counts = (
        select(delivery.c.consumer, delivery.c.state, number, oldest)
        .join(event, event.c.seq == delivery.c.event_seq)
        .group_by(delivery.c.consumer, delivery.c.state)
    )
    dead = delivery.c.state == literal_column("'dead'")  # a bound value could be another, so no partial index
    return counts.where(delivery.c.done_at.is_(None)), counts.where(dead)


def _backlog(consumer: str, states: dict[str, Any]) -> Backlog:
    number = {state: row["number"] if (row := states.get(state)) else 0 for state in _STATES}
    oldest = min((row["oldest"] for state, row in states.items() if state != "dead"), default=None)
    return Backlog(consumer, **number, oldest=oldest)
