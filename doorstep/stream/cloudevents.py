"""An event as a Kafka record and back: the CloudEvents 1.0 Kafka protocol binding, binary content mode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from pydantic import ValidationError

from doorstep.errors import Refused
from schemas.event import Event, Payload
from schemas.faults import first_fault
from schemas.topics import TOPICS

__all__ = ["CONTENT_TYPE", "HEADERS", "MAX_VALUE", "Record", "RecordLike", "from_record", "to_record"]

CONTENT_TYPE = "application/json"
MAX_VALUE = 4 * 1024 * 1024
"""Bytes of a value that we still parse; our own events are a few kilobytes, documents are never in Kafka."""
_MAX_HEADER = 2048

HEADERS = {
    "ce_specversion": "CloudEvents version, always 1.0",
    "ce_id": "The event's own id: the same event published twice has the same id",
    "ce_source": "What made the event",
    "ce_type": "Versioned type, for example org.doorstep.referral.received.v1",
    "ce_time": "When it was made: RFC 3339, UTC",
    "ce_subject": "What it is about (a case or a document), if it is about one thing",
    "ce_correlationid": "The transmission that began the story",
    "ce_causationid": "The event that led to this one",
    "ce_traceparent": "W3C trace context",
    "ce_sequence": "The journal's own sequence number, zero-padded so that text order is its order",
    "content-type": f"Always {CONTENT_TYPE}",
}
"""Every header of our records and what it says."""

_REQUIRED = ("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "content-type")
_BY_TYPE: dict[str, type[Payload]] = {cls.event_type(): cls for cls in TOPICS.values()}


class RecordLike(Protocol):
    """What is read of a consumed record (aiokafka's ConsumerRecord is one)."""

    @property
    def topic(self) -> str: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]: ...


@dataclass(frozen=True, slots=True)
class Record:
    """What is sent to Kafka for one event."""

    topic: str
    key: bytes
    value: bytes
    headers: Sequence[tuple[str, bytes]]


def to_record(event: Event[Payload], *, prefix: str = "") -> Record:
    """Return the record of an event; attributes that are empty have no header."""
    attributes = {
        "ce_specversion": "1.0",
        "ce_id": event.id,
        "ce_source": event.source,
        "ce_type": event.type,
        "ce_time": event.time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "ce_subject": event.subject,
        "ce_correlationid": event.correlation_id,
        "ce_causationid": event.causation_id,
        "ce_traceparent": event.traceparent,
        "ce_sequence": f"{event.seq:020d}" if event.seq else "",
        "content-type": CONTENT_TYPE,
    }
    headers = [(name, value.encode()) for name, value in attributes.items() if value]
    return Record(prefix + event.topic, event.key.encode(), event.data.model_dump_json().encode(), headers)


def from_record(record: RecordLike, *, prefix: str = "") -> Event[Payload]:
    """Return the event of a record; raise Refused when it is not one of ours, whatever it holds."""
    attributes = _attributes(record.headers)
    missing = [name for name in _REQUIRED if not attributes.get(name)]
    if missing:
        raise Refused("record-headers", f"required headers are missing: {', '.join(missing)}")
    if attributes["ce_specversion"] != "1.0":
        raise Refused("record-specversion", "this is not CloudEvents 1.0")
    if attributes["content-type"].partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise Refused("record-content-type", f"the content type is not {CONTENT_TYPE} (binary mode)")
    event = Event(
        id=attributes["ce_id"],
        source=attributes["ce_source"],
        time=_time(attributes["ce_time"]),
        data=_data(record, attributes["ce_type"], prefix),
        subject=attributes.get("ce_subject", ""),
        correlation_id=attributes.get("ce_correlationid", ""),
        causation_id=attributes.get("ce_causationid", ""),
        traceparent=attributes.get("ce_traceparent", ""),
        seq=_sequence(attributes.get("ce_sequence", "")),
    )
    if record.key != event.key.encode():
        raise Refused("record-key", "the record's key is not the event's key")
    return event


def _attributes(headers: Sequence[tuple[str, bytes | None]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, raw in headers:
        if name not in HEADERS:
            continue
        if name in found:
            raise Refused("record-headers", f"header {name} stands twice")
        if raw is None or len(raw) > _MAX_HEADER:
            raise Refused("record-headers", f"header {name} is null or too long")
        try:
            found[name] = raw.decode()
        except UnicodeDecodeError:
            raise Refused("record-headers", f"header {name} is not UTF-8") from None
    return found


def _data(record: RecordLike, event_type: str, prefix: str) -> Payload:
    cls = _BY_TYPE.get(event_type)
    if cls is None:
        raise Refused("record-type", "the event type is unknown here")
    if record.topic != prefix + cls.topic:
        raise Refused("record-topic", f"an event of {cls.topic} stands on another topic")
    if record.value is None or len(record.value) > MAX_VALUE:
        raise Refused("record-value", "the value is null or too long")
    try:
        return cls.model_validate_json(record.value)
    except ValidationError as wrong:
        raise Refused("record-data", f"the data do not fit {event_type}: {_where(wrong, cls)}") from None
    except RecursionError:
        raise Refused("record-data", "the data are nested too deep") from None


def _where(wrong: ValidationError, cls: type[Payload]) -> str:
    """Name the kind of the first fault and our own name of the field: never a value or a name of the sender's."""
    fault = first_fault(wrong)
    field = fault.path[0] if fault.path else ""
    return f"{fault.kind} at {field}" if field in cls.model_fields else fault.kind


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is None:
            raise ValueError("no offset")
        return time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("record-time", "ce_time is not an RFC 3339 time with an offset") from None


def _sequence(text: str) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdecimal() and len(text) <= 20):
        raise Refused("record-sequence", "ce_sequence is not a number")
    return int(text)
