"""What every part of a unit of work stands on: the connection, the instant, and appending events."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml
from pydantic import JsonValue
from sqlalchemy import Connection, bindparam, insert, literal_column, select

from doorstep import clock
from doorstep.errors import Defect
from doorstep.journal import events
from doorstep.journal.content import ContentStore, Staged
from doorstep.journal.routes import Routes
from doorstep.journal.tables import content as content_table
from doorstep.journal.tables import delivery as delivery_table
from doorstep.journal.tables import event as event_table
from doorstep.journal.tables import insert_event, insert_once, of_key
from schemas.event import Event, Payload
from schemas.transmission import Content
from schemas.yaml_text import parsed

PayloadT = TypeVar("PayloadT", bound=Payload)

_INSERT_DELIVERY = insert(delivery_table)
_LATEST = (
    select(event_table)
    .where(of_key(bindparam("of_key"), bindparam("of_topic")))
    .order_by(event_table.c.seq.desc())
    .limit(literal_column("1"))
)


def one_or_many(rows: list[dict[str, Any]]) -> list[dict[str, Any]] | dict[str, Any]:
    """Return parameters as SQLAlchemy is quickest with them: its way for many rows costs more for one."""
    return rows[0] if len(rows) == 1 else rows


class RuleBook:
    """The files of `rules/`, each parsed once; `live` are those that say for themselves what they hold now."""

    def __init__(self, folder: Path, live: Mapping[str, Callable[[], Mapping[str, Any]]] | None = None) -> None:
        self._folder = folder.resolve()
        self._live = dict(live or {})
        self._parsed: dict[str, Mapping[str, Any]] = {}
        self._guard = threading.Lock()

    def __call__(self, name: str) -> Mapping[str, Any]:
        if name in self._live:
            return self._live[name]()
        with self._guard:
            if name not in self._parsed:
                self._parsed[name] = self._parse(name)
            return self._parsed[name]

    def _parse(self, name: str) -> Mapping[str, Any]:
        path = (self._folder / f"{name}.yaml").resolve()
        if not path.is_relative_to(self._folder) or not path.is_file():
            raise Defect("rules.missing", f"there is no rules file {name}")
        try:
            found = parsed(path.read_text(encoding="utf-8"))
        except yaml.YAMLError:
            raise Defect("rules.broken", f"the rules file {name} is not YAML") from None
        if not isinstance(found, dict):
            raise Defect("rules.broken", f"the rules file {name} is not a mapping")
        return found


@dataclass(frozen=True, slots=True)
class Context:
    """What all units of one journal share."""

    routes: Routes
    rules: RuleBook
    store: ContentStore


@dataclass
class Transaction:
    """One job's share of a transaction.

    `touched` are the consumers that have something new to do; `appended` says that there are new events to seal.
    """

    connection: Connection
    context: Context
    now: datetime = field(default_factory=lambda: clock.now())  # noqa: PLW0108 - looked up each time: a bench sets the clock
    touched: set[str] = field(default_factory=set)
    appended: bool = False

    @property
    def dialect(self) -> str:
        return self.connection.dialect.name

    def append(
        self,
        payload: Payload,
        *,
        source: str,
        cause: Event[Any] | None = None,
        consumer: str = "",
        ordinal: int = 0,
        correlation_id: str = "",
        traceparent: str = "",
    ) -> Event[Any]:
        """Append an event and its deliveries.

        With cause and consumer the id is deterministic: a second run of the same handler on the same
        event appends nothing and gets the first run's event back.
        """
        event: Event[Any] = self.event(
            payload,
            source=source,
            cause=cause,
            event_id=events.following_id(cause.id, consumer, ordinal) if cause and consumer else None,
            correlation_id=correlation_id,
            traceparent=traceparent,
        )
        seq = self.insert_events([event]).get(event.id)
        if seq is None:
            existing = events.by_id(self.connection, event.id)
            assert existing is not None
            return existing
        return replace(event, seq=seq)

    def event(
        self,
        payload: PayloadT,
        *,
        source: str,
        cause: Event[Any] | None = None,
        event_id: str | None = None,
        correlation_id: str = "",
        traceparent: str = "",
    ) -> Event[PayloadT]:
        """Return the event that is to be appended."""
        return Event(
            id=event_id or events.new_id(),
            source=source,
            time=self.now,
            data=payload,
            subject=events.subject_of(payload, cause),
            correlation_id=correlation_id or (cause.correlation_id if cause else ""),
            causation_id=cause.id if cause else "",
            traceparent=traceparent or (cause.traceparent if cause else ""),
        )

    def insert_events(self, new: Sequence[Event[Any]]) -> dict[str, int]:
        """Insert events and their deliveries; return id -> seq of those that were not there already."""
        rows = [events.values(event) for event in new]
        inserted = self.connection.execute(insert_event(self.dialect), one_or_many(rows))
        seqs = {row[0]: row[1] for row in inserted}
        self.appended |= bool(seqs)
        deliveries: list[dict[str, Any]] = [
            {
                "event_seq": seqs[event.id],
                "consumer": consumer,
                "lane": lane,
                "state": "pending",
                "attempts": 0,
                "next_attempt_at": self.now,
            }
            for event in new
            if event.id in seqs
            for consumer, lane in self.context.routes.match(event.data)
        ]
        if deliveries:
            self.connection.execute(_INSERT_DELIVERY, deliveries)
            self.touched.update(row["consumer"] for row in deliveries)
        return seqs

    def followed(self, event_id: str, consumer: str) -> bool:
        """Say whether a handler that took this event appended something for it."""
        return events.by_id(self.connection, events.following_id(event_id, consumer, 0)) is not None

    def latest(self, payload: type[PayloadT], key: str) -> Event[PayloadT] | None:
        """Return the newest event of that type with that key."""
        row = self.connection.execute(_LATEST, {"of_key": key, "of_topic": payload.topic}).mappings().first()
        return events.load(row) if row else None

    def put(self, staged: Staged) -> Content:
        """Write the row of staged content; the same bytes have one row."""
        self.put_all([staged])
        return staged.ref

    def put_all(self, staged: Iterable[Staged]) -> None:
        """Write the rows of staged content."""
        rows = [
            {"sha256": s.ref.sha256, "content_type": s.ref.content_type, "size": s.ref.size, "data": s.data}
            for s in staged
        ]
        if rows:
            self.connection.execute(insert_once(self.dialect, content_table, "sha256"), rows)

    def rules(self, name: str) -> Mapping[str, Any]:
        """Return a parsed file of `rules/` by its path without suffix."""
        return self.context.rules(name)

    def content(self, ref: Content) -> JsonValue:
        """Return small JSON content from the store."""
        data = self.context.store.read(self.connection, ref)
        try:
            return cast("JsonValue", json.loads(data))
        except ValueError:
            raise Defect("content.json", "stored content is not JSON", detail=ref.sha256) from None
