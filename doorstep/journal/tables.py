"""The journal's tables as SQLAlchemy Core sees them, the same for SQLite and PostgreSQL (migrations create them)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Dialect,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    and_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert
from sqlalchemy.types import TIMESTAMP, TypeDecorator, TypeEngine


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in and out: TIMESTAMPTZ on PostgreSQL, fixed-width sortable text on SQLite."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind: TypeEngine[Any] = TIMESTAMP(timezone=True) if dialect.name == "postgresql" else String()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime given to the journal")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if dialect.name == "postgresql" else datetime.fromisoformat(value)


metadata = MetaData()
SERIAL = BigInteger().with_variant(Integer(), "sqlite")

event = Table(
    "event",
    metadata,
    Column("seq", SERIAL, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("type", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("time", UtcDateTime, nullable=False),
    Column("traceparent", Text, nullable=False),
    Column("correlation", Text, nullable=False),
    Column("causation", Text, nullable=False),
    Column("data", Text, nullable=False),
)

delivery = Table(
    "delivery",
    metadata,
    Column("event_seq", BigInteger, primary_key=True),
    Column("consumer", Text, primary_key=True),
    Column("lane", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", UtcDateTime, nullable=False),
    Column("error_code", Text),
    Column("error_text", Text),
    Column("done_at", UtcDateTime),
)
"""`done_at` is set exactly when the row is `done` or `dead`: the partial index over open rows stays small."""

receipt = Table(
    "receipt",
    metadata,
    Column("document_id", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("idempotency_key", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("control_id", Text),
    Column("message_id", Text),
    Column("identifier", Text),
    Column("case_id", Text),
    Column("received_at", UtcDateTime, nullable=False),
    Column("tenant", Text),
)

content = Table(
    "content",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("content_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("data", LargeBinary),
)

resource = Table(
    "resource",
    metadata,
    Column("type", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("document_id", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

search = Table(
    "search",
    metadata,
    Column("type", Text, primary_key=True),
    Column("param", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("partner", Text, primary_key=True),
    Column("id", Text, primary_key=True),
)

case_ = Table(
    "case_",
    metadata,
    Column("case_id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("identity_key", Text, nullable=False),
    Column("order_key", Text, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("data", Text, nullable=False),
)

case_version = Table(
    "case_version",
    metadata,
    Column("case_id", Text, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("data", Text, nullable=False),
)
"""What could be seen of a case at each revision (schemas.past)."""

case_document = Table(
    "case_document",
    metadata,
    Column("document_id", Text, primary_key=True),
    Column("case_id", Text, primary_key=True),
)

task = Table(
    "task",
    metadata,
    Column("task_id", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("document_id", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("case_id", Text),
    Column("turn", Integer, nullable=False),
    Column("priority", Text),
    Column("provider", Text),
    Column("authored_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)
"""How each order that its sender can follow stands now (doorstep/journal/tasks.py)."""

case_token = Table(
    "case_token",
    metadata,
    Column("token", Text, primary_key=True),
    Column("case_id", Text, primary_key=True),
)

mark = Table("mark", metadata, Column("token", Text, primary_key=True))

offer = Table(
    "offer",
    metadata,
    Column("offer_id", Text, primary_key=True),
    Column("case_id", Text, nullable=False),
    Column("npi", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("sent_at", UtcDateTime, nullable=False),
    Column("data", Text, nullable=False),
)

review = Table(
    "review",
    metadata,
    Column("review_id", Text, primary_key=True),
    Column("document_id", Text, nullable=False),
    Column("case_id", Text),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Column("data", Text, nullable=False),
)

timer = Table(
    "timer",
    metadata,
    Column("timer_id", Text, primary_key=True),
    Column("due_at", UtcDateTime, nullable=False),
    Column("topic", Text, nullable=False),
    Column("data", Text, nullable=False),
)

case_clock = Table(
    "case_clock",
    metadata,
    Column("case_id", Text, primary_key=True),
    Column("clock", Text, primary_key=True),
    Column("data", Text, nullable=False),
)
"""The clocks that may pause, while they are started."""

intake_count = Table(
    "intake_count",
    metadata,
    Column("hour", UtcDateTime, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("outcome", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
)
"""Every call of `receive` by its outcome: stored, rejected, duplicate or conflict."""

subscription = Table(
    "subscription",
    metadata,
    Column("subscription_id", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("events", BigInteger, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("sealed", LargeBinary),
    Column("data", Text, nullable=False),
)
"""`events` counts what a subscription was told of; `sealed` holds the headers that go with it."""

subscription_version = Table(
    "subscription_version",
    metadata,
    Column("subscription_id", Text, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("data", Text),
    Column("deleted_at", UtcDateTime),
)
"""Each revision of a subscription; `deleted_at` instead of `data` where it was taken away."""

assertion = Table(
    "assertion",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("expires_at", UtcDateTime, nullable=False),
)

seal = Table(
    "seal",
    metadata,
    Column("last_seq", BigInteger, primary_key=True),
    Column("leaves", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
)
"""The events since the seal before it, up to `last_seq` (doorstep/journal/chain.py)."""

counter = Table(
    "counter",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)


def of_key(key: Any, *topics: Any) -> ColumnElement[bool]:
    """Say which events are meant: those of a key that are of one of these topics.

    The topic is asked for as an expression, so that no index serves it: without statistics SQLite would walk through
    all events of the topic, which are ever more, and not through those of the key, which are few.
    """
    of = event.c.topic.concat("")
    return and_(event.c.key == key, of == topics[0] if len(topics) == 1 else of.in_(topics))


def upsert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return the dialect's insert, which knows ON CONFLICT."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@cache
def insert_or_set(
    dialect: str, table: Table, keys: tuple[str, ...], changes: tuple[str, ...]
) -> sqlite.Insert | postgresql.Insert:
    """Return the insert that sets `changes` when a row with these keys is there already."""
    insert = upsert(dialect, table)
    set_ = {name: insert.excluded[name] for name in changes}
    return insert.on_conflict_do_update(index_elements=list(keys), set_=set_)


@cache
def insert_once(dialect: str, table: Table, key: str) -> sqlite.Insert | postgresql.Insert:
    """Return the insert that does nothing when `key` is there already; built once, because building it is slow."""
    return upsert(dialect, table).on_conflict_do_nothing(index_elements=[key])


@cache
def insert_new(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return the insert that leaves alone the rows that are there already; built once."""
    return upsert(dialect, table).on_conflict_do_nothing()


@cache
def add_intake_count(dialect: str) -> sqlite.Insert | postgresql.Insert:
    """Return the insert that adds to a count that is there already."""
    insert = upsert(dialect, intake_count)
    total = intake_count.c.number + insert.excluded.number
    return insert.on_conflict_do_update(index_elements=list(intake_count.primary_key.columns), set_={"number": total})


@cache
def insert_event(dialect: str) -> ReturningInsert[str, int]:
    """Return the insert of events that answers with id and `seq` of those that were not there already."""
    return insert_once(dialect, event, "id").returning(event.c.id, event.c.seq)


@cache
def insert_receipt(dialect: str) -> ReturningInsert[str]:
    """Return the insert of receipts that answers with the ids of those that were not here before."""
    return insert_once(dialect, receipt, "document_id").returning(receipt.c.document_id)
