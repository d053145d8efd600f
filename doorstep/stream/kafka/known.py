"""What the journal knows of events that Kafka brought or should have brought: two questions to its tables."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, and_, select

from doorstep.journal import Reader, events
from doorstep.journal.tables import delivery, event
from doorstep.stream.kafka.relay import RELAY
from schemas.event import Event

__all__ = ["Standing", "relayed_before", "standings"]


@dataclass(frozen=True, slots=True)
class Standing:
    """An event of the journal, and whether one consumer still has it to handle."""

    row: RowMapping
    open: bool

    def event(self) -> Event[Any]:
        """Return the event as stored; Defect when the code no longer knows it."""
        return events.load(self.row)


def standings(reader: Reader, consumer: str, event_ids: Collection[str]) -> dict[str, Standing]:
    """Return how each of the events stands with the consumer; ids that the journal lacks are left out."""
    mine = and_(delivery.c.event_seq == event.c.seq, delivery.c.consumer == consumer)
    query = (
        select(event, delivery.c.state, delivery.c.done_at)
        .outerjoin(delivery, mine)
        .where(event.c.id.in_(list(event_ids)))
    )
    return {
        row["id"]: Standing(row, row["state"] is not None and row["done_at"] is None)
        for row in reader.connection.execute(query).mappings()
    }


def relayed_before(reader: Reader, seqs: Collection[int], moment: datetime) -> set[int]:
    """Return which of the events the relay had settled before a moment."""
    query = select(delivery.c.event_seq).where(
        delivery.c.consumer == RELAY, delivery.c.event_seq.in_(list(seqs)), delivery.c.done_at < moment
    )
    return set(reader.connection.execute(query).scalars())
