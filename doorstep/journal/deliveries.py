"""One row for each event and consumer: claimed, done, put off or dead, always in the unit that has the effect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import RowMapping, bindparam, exists, select, update

from doorstep.errors import Defect, HubError
from doorstep.journal import events
from doorstep.journal.tables import delivery, event
from doorstep.journal.transaction import Transaction
from schemas.event import Event
from schemas.outbound import DeliveryDied

REDELIVERED = "redelivered"


class Claim(StrEnum):
    """What a consumer may do with an event now."""

    TAKEN = "taken"
    AGAIN = "again"
    """Taken, and an earlier attempt may have had its effect outside (the row was inflight, or settled before)."""
    SETTLED = "settled"
    """Done, dead, or never meant for this consumer: nothing to do."""
    DEFERRED = "deferred"
    """An earlier event of the same lane is not settled yet."""


@dataclass(frozen=True, slots=True)
class Pending:
    """The head of a lane, due now. `row` is the stored event (`events.load` may find it a Defect)."""

    seq: int
    event_id: str
    consumer: str
    lane: str
    state: str
    attempts: int
    row: RowMapping

    def event(self) -> Event[Any]:
        return events.load(self.row)


_EARLIER = delivery.alias("earlier")
_BLOCKED = exists().where(
    _EARLIER.c.consumer == delivery.c.consumer,
    _EARLIER.c.lane == delivery.c.lane,
    _EARLIER.c.event_seq < delivery.c.event_seq,
    _EARLIER.c.done_at.is_(None),
)
_DELIVERY = (
    select(delivery, event.c.topic, event.c.key, event.c.correlation, _BLOCKED.label("blocked"))
    .join(event, event.c.seq == delivery.c.event_seq)
    .where(event.c.id == bindparam("event_id"), delivery.c.consumer == bindparam("to"))
)


_DONE = (
    update(delivery)
    .where(
        delivery.c.event_seq == select(event.c.seq).where(event.c.id == bindparam("event_id")).scalar_subquery(),
        delivery.c.consumer == bindparam("to"),
        delivery.c.done_at.is_(None),
    )
    .values(state="done", done_at=bindparam("now"), error_code=None, error_text=None)
)


class DeliveryWrites(Transaction):
    """The deliveries' share of a unit of work."""

    def claim(self, event_id: str, consumer: str) -> Claim:
        """Say whether `consumer` may handle the event in this unit."""
        row = self._delivery(event_id, consumer)
        if row is None or row["done_at"] is not None:
            return Claim.SETTLED
        if row["blocked"]:
            return Claim.DEFERRED
        again = row["state"] == "inflight" or row["error_code"] == REDELIVERED
        return Claim.AGAIN if again else Claim.TAKEN

    def begin(self, event_id: str, consumer: str) -> int:
        """Mark a claimed delivery as inflight and return which attempt this is (from 1)."""
        row = self._open(event_id, consumer)
        attempts = int(row["attempts"]) + 1
        self._set(row, state="inflight", attempts=attempts)
        return attempts

    def done(self, event_id: str, consumer: str) -> None:
        values = {"event_id": event_id, "to": consumer, "now": self.now}
        if self.connection.execute(_DONE, values).rowcount != 1:
            raise self._settled(event_id, consumer)
        self.touched.add(consumer)

    def retry(self, event_id: str, consumer: str, at: datetime, error: HubError, *, maybe_sent: bool = False) -> int:
        """Put a delivery off until `at` and return its attempts; `maybe_sent` keeps it inflight (see Claim.AGAIN)."""
        row = self._open(event_id, consumer)
        attempts = int(row["attempts"]) + int(row["state"] != "inflight")
        self._set(
            row,
            state="inflight" if maybe_sent else "retrying",
            attempts=attempts,
            next_attempt_at=at,
            error_code=error.code,
            error_text=error.message,
        )
        return attempts

    def bury(self, event_id: str, consumer: str, error: HubError) -> None:
        """End a delivery in the dead letters and announce it; one that is settled already is left alone."""
        row = self._delivery(event_id, consumer)
        if row is None or row["done_at"] is not None:
            return
        attempts = int(row["attempts"]) + int(row["state"] != "inflight")
        self._set(
            row, state="dead", attempts=attempts, done_at=self.now, error_code=error.code, error_text=error.message
        )
        self.touched.add(consumer)
        died = DeliveryDied(
            event_id=event_id,
            event_topic=row["topic"],
            event_key=row["key"],
            consumer=consumer,
            error_code=error.code,
            reason=error.message,
            attempts=attempts,
        )
        self.append(died, source="doorstep/engine", correlation_id=row["correlation"])

    def attempts(self, event_id: str, consumer: str) -> int | None:
        """Return the attempts of an open delivery, None when there is none."""
        row = self._delivery(event_id, consumer)
        return None if row is None or row["done_at"] is not None else int(row["attempts"])

    def redeliver(self, event_id: str, consumer: str | None = None) -> int:
        """Set the settled deliveries of an event (of one consumer, or of all) back to pending; return how many."""
        seq = self.connection.execute(select(event.c.seq).where(event.c.id == event_id)).scalar()
        if seq is None:
            raise Defect("event.unknown", "there is no such event", detail=event_id)
        which = (delivery.c.event_seq == seq) & delivery.c.done_at.is_not(None)
        if consumer is not None:
            which &= delivery.c.consumer == consumer
        fresh = {"state": "pending", "attempts": 0, "next_attempt_at": self.now, "done_at": None}
        fresh |= {"error_code": REDELIVERED, "error_text": None}
        statement = update(delivery).where(which).values(fresh).returning(delivery.c.consumer)
        again: list[str] = list(self.connection.execute(statement).scalars())
        self.touched.update(again)
        return len(again)

    def _delivery(self, event_id: str, consumer: str) -> RowMapping | None:
        return self.connection.execute(_DELIVERY, {"event_id": event_id, "to": consumer}).mappings().first()

    def _open(self, event_id: str, consumer: str) -> RowMapping:
        row = self._delivery(event_id, consumer)
        if row is None or row["done_at"] is not None:
            raise self._settled(event_id, consumer)
        return row

    def _settled(self, event_id: str, consumer: str) -> Defect:
        return Defect("delivery.settled", "this delivery is not open", detail=f"{event_id} {consumer}")

    def _set(self, row: RowMapping, **values: Any) -> None:
        which = (delivery.c.event_seq == row["event_seq"]) & (delivery.c.consumer == row["consumer"])
        self.connection.execute(update(delivery).where(which).values(values))
