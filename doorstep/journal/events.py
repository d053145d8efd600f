"""Events as rows: writing one with its deliveries, and reading rows back as checked models."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID, uuid4, uuid5

from pydantic import ValidationError
from sqlalchemy import Connection, RowMapping, func, literal_column, select

from doorstep.errors import Defect
from doorstep.journal.tables import event as event_table
from schemas.event import Event, Model, Payload
from schemas.faults import faults_of
from schemas.onboarding import ProviderChanged
from schemas.topics import TOPICS

ModelT = TypeVar("ModelT", bound=Model)


def following_id(cause_id: str, consumer: str, ordinal: int) -> str:
    """Return the id of the event that `consumer` appends as its `ordinal`-th for `cause_id`: the same at each run."""
    return str(uuid5(UUID(cause_id), f"{consumer}#{ordinal}"))


def new_id() -> str:
    return str(uuid4())


def load(row: RowMapping) -> Event[Any]:
    """Return the event of a row; Defect when the code no longer knows its topic or its data."""
    payload = TOPICS.get(row["topic"])
    if payload is None:
        raise Defect("journal.topic", "stored event of an unknown topic", detail=f"event {row['id']}")
    return Event(
        id=row["id"],
        source=row["source"],
        time=row["time"],
        data=parse(payload, row["data"], f"event {row['id']}"),
        subject=row["subject"],
        correlation_id=row["correlation"],
        causation_id=row["causation"],
        traceparent=row["traceparent"],
        seq=row["seq"],
    )


def parse(model: type[ModelT], data: str | bytes, what: str) -> ModelT:
    """Return stored JSON as its model; Defect (naming no value) when it does not fit."""
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        where = ", ".join(sorted({fault.place for fault in faults_of(error)})[:5])
        raise Defect(
            "journal.data", f"stored {model.__name__} does not fit its model", detail=f"{what}: {where}"
        ) from None


def values(event: Event[Any]) -> dict[str, Any]:
    """Return the column values of an event, without `seq`."""
    return {
        "id": event.id,
        "type": event.type,
        "topic": event.topic,
        "key": event.key,
        "source": event.source,
        "subject": event.subject,
        "time": event.time,
        "traceparent": event.traceparent,
        "correlation": event.correlation_id,
        "causation": event.causation_id,
        "data": event.data.model_dump_json(),
    }


def by_id(connection: Connection, event_id: str) -> Event[Any] | None:
    row = connection.execute(select(event_table).where(event_table.c.id == event_id)).mappings().first()
    return load(row) if row else None


_PROVIDERS = select(event_table.c.data).where(
    event_table.c.seq.in_(
        select(func.max(event_table.c.seq))
        .where(event_table.c.topic == literal_column(f"'{ProviderChanged.topic}'"))
        .group_by(event_table.c.key)
    )
)


def providers(connection: Connection) -> list[ProviderChanged]:
    """Return the newest word on each provider, by NPI: the events are where they are kept (decision 0090)."""
    rows = connection.execute(_PROVIDERS).scalars()
    return sorted((_provider(data) for data in rows), key=lambda one: one.npi)


@lru_cache(maxsize=4096)
def _provider(data: str) -> ProviderChanged:
    return parse(ProviderChanged, data, "provider")


def subject_of(payload: Payload, cause: Event[Any] | None) -> str:
    """Return the case that an event is about, as far as it is known."""
    return str(getattr(payload, "case_id", None) or (cause.subject if cause else ""))
