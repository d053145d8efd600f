"""A subscriber's standing wish to be told, and what it is told: numbered without gaps for each subscription."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from pydantic import Field, JsonValue

from schemas.event import Model, Payload


class SubscriptionState(StrEnum):
    """The status of a FHIR R4 Subscription."""

    REQUESTED = "requested"
    """Taken, and the handshake is on its way."""
    ACTIVE = "active"
    ERROR = "error"
    """The subscriber could not be reached: events are numbered on, but sent to nobody until it asks anew."""
    OFF = "off"


class PayloadContent(StrEnum):
    """How much a notification says (subscriptions backport); `ping` is an R4 rest-hook without a payload."""

    EMPTY = "empty"
    ID_ONLY = "id-only"
    FULL_RESOURCE = "full-resource"
    PING = "ping"


class Subscription(Model):
    """One subscription. `resource` is what is served: never the channel's headers, which are kept sealed apart."""

    subscription_id: str
    tenant: str
    state: SubscriptionState
    resource: dict[str, JsonValue]
    endpoint: str
    content: PayloadContent
    criteria: tuple[str, ...] = Field(description="Search criteria (Task?status=accepted): any of them fits")
    topic: str | None = None
    heartbeat: int | None = None
    timeout: int | None = None
    end: datetime | None = None
    error: str | None = None
    activation: int = Field(default=1, description="Counts the handshakes: what was meant for an earlier one is stale")
    revision: int = 1
    updated_at: datetime

    def serving(self, now: datetime) -> bool:
        """Say whether events count for it: also while it is in error, so that what was missed can be asked for."""
        alive = self.state in {SubscriptionState.ACTIVE, SubscriptionState.ERROR}
        return alive and (self.end is None or now < self.end)

    def state_at(self, now: datetime) -> SubscriptionState:
        return SubscriptionState.OFF if self.end is not None and now >= self.end else self.state


class NoticeKind(StrEnum):
    HANDSHAKE = "handshake"
    HEARTBEAT = "heartbeat"
    EVENT = "event-notification"


class SubscriptionNotice(Payload):
    """Tell a subscriber this, in the order of its numbers; sent again it has the same number."""

    topic: ClassVar[str] = "outbound.subscription.notice"
    key_field: ClassVar[str] = "subscription_id"

    subscription_id: str
    kind: NoticeKind
    activation: int
    number: int = Field(default=0, description="From 1, without gaps, for events; 0 for handshakes and heartbeats")
    focus: str | None = Field(default=None, description="What changed, as TYPE/ID")
    happened_at: datetime
