"""The hub of the year: the real journal and every real handler, moved by hand on a clock that the year sets.

Reading (OCR, codecs) and sending are the world's: what they would have brought is appended as their own events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from doorstep import clock, registry
from doorstep.connector import Blob, Transmission
from doorstep.errors import HubError
from doorstep.handler import Subscription
from doorstep.journal import Journal, JournalUnit, Reader, Route, Routes
from doorstep.journal.events import load
from doorstep.journal.tables import delivery, event
from doorstep.rules import rules_dir
from doorstep.stream.work import as_hub_error, handled
from schemas.event import Event, Payload
from schemas.outbound import ConfirmationRequested
from schemas.transmission import TransmissionReceived

OUTBOUND = "outbound"
Reading = Callable[[TransmissionReceived], Iterable[Payload]]
_ROWS = 64
_OPEN = (
    select(delivery.c.consumer, event)
    .join(event, event.c.seq == delivery.c.event_seq)
    .where(delivery.c.done_at.is_(None))
    .order_by(delivery.c.event_seq, delivery.c.consumer)
    .limit(_ROWS)
)


class YearHub:
    """`read` says what is read of an input; `news` gives what was appended since it was last asked."""

    def __init__(self, folder: Path, start: datetime, read: Reading) -> None:
        self.now = start
        self._read = read
        self._subscriptions: dict[str, Subscription] = {s.consumer: s for s in registry.subscriptions()}
        routes = Routes.of(registry.subscriptions(), [(ConfirmationRequested.topic, Route(OUTBOUND))])
        self.journal = Journal.open(
            f"sqlite:///{folder / 'year.db'}", data_dir=folder, routes=routes, rules_dir=rules_dir()
        )
        self._seen = 0
        self.events = 0
        self._wall = clock.now
        clock.now = lambda: self.now

    async def close(self) -> None:
        clock.now = self._wall
        await self.journal.close()

    async def receive(self, transmission: Transmission) -> list[Event[Any]]:
        """Take an input as a connector would, and let everything follow from it."""
        await self.journal.receive(transmission)
        return await self.settle()

    async def say(self, payload: Payload, source: str) -> list[Event[Any]]:
        """Append what the world has to say, a far end's receipt for example."""
        await self.journal.write(lambda unit: unit.append(payload, source=source))
        return await self.settle()

    async def tick(self) -> list[Event[Any]]:
        """Fire the timers that are due."""
        await self.journal.write(lambda unit: unit.fire_timers())
        return await self.settle()

    async def next_timer(self) -> datetime | None:
        return await self.journal.read(lambda reader: reader.next_timer())

    async def settle(self) -> list[Event[Any]]:
        """Run handlers until nothing is open; return what was appended meanwhile."""
        await self.journal.write(self._drain)
        news = await self.journal.read(self._news)
        self.events += len(news)
        return news

    def _news(self, reader: Reader) -> list[Event[Any]]:
        found: list[Event[Any]] = []
        while page := reader.events_after(self._seen, limit=500):
            found += page
            self._seen = page[-1].seq
        return found

    def _drain(self, unit: JournalUnit) -> None:
        while rows := unit.connection.execute(_OPEN).mappings().all():
            for row in rows:
                self._one(unit, row["consumer"], load(row))

    def _one(self, unit: JournalUnit, consumer: str, what: Event[Any]) -> None:
        subscription = self._subscriptions.get(consumer)
        if subscription is None:
            unit.done(what.id, consumer)
        elif subscription.prepare is not None:
            if consumer in {"read", "translate"}:
                for ordinal, payload in enumerate(self._read(what.data)):
                    unit.append(payload, source="world", cause=what, consumer=consumer, ordinal=ordinal)
            unit.done(what.id, consumer)
        else:
            with unit.connection.begin_nested() as point:
                try:
                    handled(unit, subscription, what)
                    return
                except HubError as error:
                    failure = error
                except Exception as error:  # noqa: BLE001 - what a handler does is what the year is to find out
                    failure = as_hub_error(error)
                point.rollback()
            unit.bury(what.id, consumer, failure)


def body(channel: str, key: str, data: bytes, at: datetime, **more: Any) -> Transmission:
    """Return an input of one JSON or text body."""
    blob = Blob("application/json", data)
    return Transmission(channel=channel, idempotency_key=key, blobs=(blob,), received_at=at, **more)
