"""How many inputs came and what became of each: counted in the commit that made them durable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from doorstep.connector import Receipt, Transmission
from doorstep.journal.tables import add_intake_count, intake_count, receipt

STORED, REJECTED, DUPLICATE, CONFLICT = "stored", "rejected", "duplicate", "conflict"


@dataclass(frozen=True, slots=True)
class IntakeCount:
    channel: str
    source: str
    outcome: str
    number: int


def count(connection: Connection, dialect: str, inputs: Iterable[tuple[Transmission, Receipt]]) -> None:
    """Add these inputs to the counts of their hour (UTC)."""
    found = Counter((_hour(one.received_at), one.channel, _source(one), _outcome(of, one)) for one, of in inputs)
    columns = ("hour", "channel", "source", "outcome")
    rows = [{**dict(zip(columns, key, strict=True)), "number": number} for key, number in sorted(found.items())]
    for row in rows:
        connection.execute(add_intake_count(dialect), row)


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _source(of: Transmission) -> str:
    """Return which of a channel's sources sent it: the gateway that a fax came by, else the channel itself."""
    return of.details.get("gateway") or of.channel


def _outcome(receipt: Receipt, of: Transmission) -> str:
    if receipt.conflict:
        return CONFLICT
    if receipt.duplicate:
        return DUPLICATE
    return REJECTED if of.rejected is not None else STORED


def between(connection: Connection, since: datetime, until: datetime) -> list[IntakeCount]:
    """Return the sums from `since` (a full hour) until before `until`."""
    columns = (intake_count.c.channel, intake_count.c.source, intake_count.c.outcome)
    query = select(*columns, func.sum(intake_count.c.number).label("number")).group_by(*columns).order_by(*columns)
    query = query.where(intake_count.c.hour >= since, intake_count.c.hour < until)
    return [IntakeCount(*row[:3], int(row[3])) for row in connection.execute(query)]


def receipts_between(connection: Connection, since: datetime, until: datetime) -> dict[str, int]:
    """Return how many receipts there are by channel: what was stored or rejected at the door."""
    within = (receipt.c.received_at >= since) & (receipt.c.received_at < until)
    query = select(receipt.c.channel, func.count()).where(within).group_by(receipt.c.channel)
    return {channel: int(number) for channel, number in connection.execute(query)}
