"""The hub of the year: the real journal and every real handler, moved by hand on a clock that the year sets.

Reading (OCR, codecs) and sending are the world's: what they would have brought is appended as their own events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, select

from doorstep import clock, registry
from doorstep.connector import Blob, Transmission
from doorstep.handler import Subscription
from doorstep.journal import Journal, JournalUnit, Reader, Route, Routes
from doorstep.journal.tables import delivery
from doorstep.journal.timers import next_due
from doorstep.rules import rules_dir
from doorstep.stream.work import State, as_hub_error, handled
from schemas.event import Event, Payload
from schemas.outbound import ConfirmationRequested
from schemas.transmission import TransmissionReceived

OUTBOUND = "outbound"
Reading = Callable[[TransmissionReceived], Iterable[Payload]]
_OPEN = (
    select(delivery.c.event_seq, delivery.c.consumer)
    .where(
        delivery.c.event_seq.between(bindparam("first"), bindparam("last")),
        delivery.c.done_at.is_(None),
    )
    .order_by(delivery.c.event_seq, delivery.c.consumer)
)


class YearHub:
    """`read` says what is read of an input; each act returns what was appended by it and after it."""

    def __init__(self, folder: Path, start: datetime, read: Reading) -> None:
        self.now = start
        self._read = read
        self._subscriptions: dict[str, Subscription] = {s.consumer: s for s in registry.subscriptions()}
        routes = Routes.of(registry.subscriptions(), [(ConfirmationRequested.topic, Route(OUTBOUND))])
        self.journal = Journal.open(
            f"sqlite:///{folder / 'year.db'}", data_dir=folder, routes=routes, rules_dir=rules_dir()
        )
        self._seen = 0
        self.next_timer: datetime | None = None
        self.events = 0
        self._wall = clock.now
        clock.now = lambda: self.now

    async def close(self) -> None:
        clock.now = self._wall
        await self.journal.close()

    async def receive(self, transmission: Transmission) -> list[Event[Any]]:
        """Take an input as a connector would, and let everything follow from it."""
        await self.journal.receive(transmission)
        return await self._settle(lambda _: None)

    async def say(self, payload: Payload, source: str) -> list[Event[Any]]:
        """Append what the world has to say, a far end's receipt for example."""
        return await self._settle(lambda unit: unit.append(payload, source=source))

    async def tick(self) -> list[Event[Any]]:
        """Fire the timers that are due."""
        return await self._settle(lambda unit: unit.fire_timers())

    async def _settle(self, first: Callable[[JournalUnit], object]) -> list[Event[Any]]:
        """Do something and run handlers until nothing is open, in one transaction; return what was appended."""

        def job(unit: JournalUnit) -> tuple[list[Event[Any]], datetime | None]:
            first(unit)
            return self._drain(unit), next_due(unit.connection)

        news, self.next_timer = await self.journal.write(job)
        self.events += len(news)
        return news

    def _drain(self, unit: JournalUnit) -> list[Event[Any]]:
        reader, news = Reader(unit.connection, unit.context.store), list[Event[Any]]()
        while page := reader.events_after(self._seen, limit=500):
            by_seq = {event.seq: event for event in page}
            rows = unit.connection.execute(_OPEN, {"first": page[0].seq, "last": page[-1].seq}).all()
            for seq, consumer in rows:
                self._one(unit, consumer, by_seq[seq])
            self._seen = page[-1].seq
            news += page
        return news

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
            do = unit.connection.exec_driver_sql
            do("SAVEPOINT one")
            try:
                outcome = handled(unit, subscription, what)
                assert outcome.state is not State.DEFERRED, "each is handled before what came after it"
            except Exception as error:  # noqa: BLE001 - what a handler does is what the year is to find out
                do("ROLLBACK TO SAVEPOINT one")
                unit.bury(what.id, consumer, as_hub_error(error))
            do("RELEASE SAVEPOINT one")


def body(channel: str, key: str, data: bytes, at: datetime, **more: Any) -> Transmission:
    """Return an input of one JSON or text body."""
    blob = Blob("application/json", data)
    return Transmission(channel=channel, idempotency_key=key, blobs=(blob,), received_at=at, **more)
