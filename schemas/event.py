"""The envelope of every event (CloudEvents 1.0) and the base class of every payload.

A payload class names its own topic, so the topics of the hub are exactly the subclasses of `Payload`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

PayloadT_co = TypeVar("PayloadT_co", bound="Payload", covariant=True)


class Model(BaseModel):
    """Base of all our models: frozen, no unknown fields, every datetime aware and in UTC in storage."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class Payload(Model):
    """The data of one event type. Subclasses set `topic` and say which field is the ordering key."""

    topic: ClassVar[str]
    version: ClassVar[int] = 1
    key_field: ClassVar[str] = "case_id"

    @property
    def key(self) -> str:
        """The ordering key: events of one key are handled in order (a document before linking, a case after)."""
        return str(getattr(self, self.key_field))

    @classmethod
    def event_type(cls) -> str:
        """Return the versioned CloudEvents type, for example `org.doorstep.referral.received.v1`."""
        return f"org.doorstep.{cls.topic}.v{cls.version}"


@dataclass(frozen=True, slots=True)
class Event(Generic[PayloadT_co]):
    """One CloudEvent of the journal.

    `seq` is the journal's global sequence (0 until appended); `time` is aware UTC; `correlation_id`
    is the transmission that began the story and `causation_id` the event that led to this one.
    """

    id: str
    source: str
    time: datetime
    data: PayloadT_co
    subject: str = ""
    correlation_id: str = ""
    causation_id: str = ""
    traceparent: str = ""
    seq: int = 0

    @property
    def topic(self) -> str:
        return self.data.topic

    @property
    def key(self) -> str:
        return self.data.key

    @property
    def type(self) -> str:
        return self.data.event_type()


def payload_classes() -> dict[str, type[Payload]]:
    """Return every payload class by topic; importing `schemas.topics` first makes the list complete."""
    found: dict[str, type[Payload]] = {}
    todo: list[type[Payload]] = list(Payload.__subclasses__())
    while todo:
        cls = todo.pop()
        todo.extend(cls.__subclasses__())
        if "topic" in cls.__dict__:
            found[cls.topic] = cls
    return dict(sorted(found.items()))
