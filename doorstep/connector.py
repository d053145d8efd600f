"""What a connector is, what it gets from the engine and what it owes it.

Inbound: build a `Transmission`, call `hub.receive`, and only when it has returned acknowledge.
Outbound: `send` one `Delivery` and return a `Sent`, or raise one of `doorstep.errors`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from ssl import SSLContext
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import BaseModel, ConfigDict, JsonValue

from schemas.case import Case, Offer
from schemas.document import ReviewRequested
from schemas.event import Event, Payload
from schemas.network import Entry
from schemas.outbound import ConfirmationDelivered, ConfirmationFailed, ConfirmationRequested
from schemas.past import SubscriptionVersion
from schemas.search import Page, ResourceQuery
from schemas.subscription import Subscription, SubscriptionNotice
from schemas.transmission import Content, ReceiptState, ReplyTo

if TYPE_CHECKING:
    from fastapi import APIRouter


_LOOKS = 0.05
"""Seconds between two looks at what became of an input."""


class ConnectorSettings(BaseModel):
    """Base of a connector's own settings, read from `[connectors.NAME]` or DOORSTEP_CONNECTORS__NAME__FIELD."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes of one received input: in memory, or a file of ours that the store may take over by linking."""

    content_type: str
    data: bytes | Path
    title: str | None = None


@dataclass(frozen=True, slots=True)
class StoredResource:
    """A FHIR resource to keep in the same commit as its transmission; `body` is the JSON as served."""

    resource_type: str
    resource_id: str
    body: Mapping[str, Any]
    """JSON; a number may be a Decimal, which is kept and served with its digits."""
    search: tuple[tuple[str, str], ...] | None = None
    """(parameter, value) it can be found by within its partner; None for what is nobody's to search."""
    replaces: str | None = None
    """`TYPE/ID` of the resource that is not found by search any more, because this one is its newer version."""
    words: str | None = None
    """Set where it stands for an order that its sender follows (`Hub.tasks`): in whose words, or empty."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a stored resource, and when it was stored."""

    number: int
    stored_at: datetime
    resource: StoredResource


@dataclass(frozen=True, slots=True)
class Standing:
    """How an order stands that its sender follows.

    `facts` is what was kept of it last, by the `told`-th input; `case` its newest case, the `turn`-th that it has had.
    """

    task_id: str
    facts: Mapping[str, Any]
    told: int
    receipt: Receipt
    case: Case | None
    turn: int


@dataclass(frozen=True, slots=True)
class Transmission:
    """One input as the connector framed it.

    `idempotency_key` is unique within the channel (MSH-3/4 + MSH-10; Message-ID; Bundle.identifier;
    gateway fax id; else the content's sha256) and says what a re-send is.
    """

    channel: str
    idempotency_key: str
    blobs: Sequence[Blob]
    received_at: datetime
    reply_to: ReplyTo | None = None
    control_id: str | None = None
    message_id: str | None = None
    identifier: str | None = None
    sender: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    resources: Sequence[StoredResource] = ()
    tenant: str | None = None
    """Whose input it is, where partners are held apart: it and all that is kept with it is shown to nobody else."""
    rejected: str | None = None
    """The reason, when the input is refused but kept (a broken message that could be framed)."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The hub's durable answer to one input: the same for a re-send as for the first time.

    `duplicate` is true for a re-send with the same content; `conflict` for one with the same key and
    other content, which is not taken (the connector answers it with an error).
    """

    document_id: str
    channel: str
    received_at: datetime
    state: ReceiptState
    sha256: str
    duplicate: bool = False
    conflict: bool = False
    reason: str | None = None
    case_id: str | None = None
    control_id: str | None = None
    message_id: str | None = None
    identifier: str | None = None


class Hub(Protocol):
    """What the engine lets a connector ask."""

    async def receive(self, transmission: Transmission) -> Receipt:
        """Make the input durable (fsync) and return; raise Unavailable when it cannot be, then nothing is kept."""

    async def report(self, fate: ConfirmationDelivered | ConfirmationFailed) -> None:
        """Make what later became of a send durable, once for each attempt of it; Refused if nothing was requested."""

    async def find(
        self,
        *,
        control_id: str | None = None,
        message_id: str | None = None,
        identifier: str | None = None,
        sha256: str | None = None,
        document_id: str | None = None,
    ) -> list[Receipt]:
        """Return the receipts that match the one given key, oldest first."""

    async def case(self, case_id: str) -> Case | None: ...

    async def case_versions(self, case_id: str) -> list[Case]:
        """Return a case at each of its revisions, oldest first: of the older ones only what its sender could see."""

    async def decided_at(self, document_id: str) -> datetime | None:
        """Return when a person last decided on an input or its sender took its order back; None when no one has."""

    async def packet(self, case_id: str) -> bytes | None:
        """Return the record of a case as one PDF (`doorstep packet`); None when there is no such case."""
        ...

    async def cases_of(self, document_id: str) -> list[Case]:
        """Return the cases that an input is part of, in the order they were opened; one message may hold several."""

    async def offer(self, offer_id: str) -> Offer | None:
        """Return an offer; another provider's is None to a provider."""

    async def offers_to(self, npi: str) -> list[Offer]:
        """Return the offers that were made to a provider, newest first."""

    async def providers(self) -> list[Entry]:
        """Return the network's providers as they stand, each with its revision."""

    async def review(self, review_id: str) -> ReviewRequested | None:
        """Return a review that waits for a person; None when there is none or it is decided."""

    async def resource(self, resource_type: str, resource_id: str) -> dict[str, JsonValue] | None:
        """Return a stored FHIR resource in its newest version; another tenant's is None, as if it were not there."""

    async def versions(self, resource_type: str, resource_id: str) -> list[dict[str, JsonValue]]:
        """Return every version of a stored FHIR resource as served, oldest first; none of another tenant's."""

    async def search(self, query: ResourceQuery) -> Page[tuple[datetime, StoredResource]]:
        """Return one page of the resources that fit, each with the time of its last change."""
        ...

    async def history(self, query: ResourceQuery) -> Page[Version]:
        """Return one page of all versions of all resources of a type and partner, the newest first."""
        ...

    async def tasks(self, query: ResourceQuery) -> Page[Standing]:
        """Return one page of the orders that are followed, by how they stand (doorstep/journal/task_search.py)."""
        ...

    async def resources_of(self, document_id: str) -> list[StoredResource]:
        """Return the FHIR resources kept with one transmission."""

    async def subscriptions(self, subscription_id: str | None = None, *, serving: bool = False) -> list[Subscription]:
        """Return the subscriptions that the caller may see (one; those that events count for), by id."""

    async def save_subscription(self, saved: Subscription, headers: Sequence[str] | None = None) -> None:
        """Keep a subscription; one that is `requested` is shaken hands with. Without headers it keeps those it has."""

    async def remove_subscription(self, subscription_id: str) -> None: ...

    async def subscription_versions(self, subscription_id: str) -> list[SubscriptionVersion]:
        """Return every version of a subscription that the caller may see, its removal included, oldest first."""

    async def subscription_headers(self, subscription_id: str) -> list[str]:
        """Return the headers that go with each notification: for sending only, never for showing."""

    async def notices(self, subscription_id: str, low: int, high: int) -> tuple[int, list[SubscriptionNotice]]:
        """Return how many events a subscription has had, and those numbered `low` to `high` (at most 1000)."""

    async def tenant_of(self, document_id: str) -> str | None:
        """Return whose input it is."""

    async def content(self, ref: Content) -> bytes: ...

    async def run(self, fn: Callable[..., Any], *args: Any, timeout: float) -> Any:
        """Run a module-level function in a limited worker process; Refused when it is killed for time or memory."""

    def sign(self, purpose: str, value: str) -> str:
        """Return an URL-safe HMAC token over purpose and value, with the hub's own secret."""

    def access(self) -> Access:
        """Return how callers over HTTP prove themselves here."""

    def base_url(self) -> str:
        """Return the hub's own public HTTP address, for links."""

    def data_dir(self, name: str) -> Path:
        """Return (and make) a folder of the data directory for this connector's own spool."""


@dataclass(frozen=True, slots=True)
class Access:
    """How callers prove themselves: not at all (`required` is false), by key or certificate, by a token from here."""

    required: bool = False
    token_url: str = ""
    certificates: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """One send: the confirmation and which attempt this is (from 1).

    `again` is true when an earlier attempt may have reached the far end (the hub died in the middle).
    """

    confirmation: ConfirmationRequested
    attempt: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """An event concerns a subscription: what of it changed, as TYPE/ID."""

    subscription: Subscription
    focus: str


@dataclass(frozen=True, slots=True)
class Notice:
    """One notification to one subscriber, with the subscription as it stands."""

    data: SubscriptionNotice
    subscription: Subscription


@dataclass(frozen=True, slots=True)
class Sent:
    """The far end took it: its own status word and the id it knows the send by."""

    provider_status: str
    provider_id: str


class Inbound(Protocol):
    """A listener; entering it opens it, leaving it drains and closes it within its grace time."""

    @property
    def port(self) -> int | None:
        """The port it listens on (known after entering), None if it has none.

        One with several listeners also has `ports`: the name of each further one -> its port.
        """


@dataclass(frozen=True, slots=True)
class Listen:
    """Where a listener may listen; port 0 means any free one. `tls` is set when the hub has a certificate.

    `trusted` when the operator said that plain listeners may be reached from other machines.
    """

    host: str
    port: int
    tls: SSLContext | None = None
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class ConnectorSpec:
    """One channel. `name` is also the key of its settings and the `channel` of its events.

    `inbound(settings, hub, listen)` opens a listener; `default_port` is the port it asks for (None: no socket).
    `router(settings, hub)` gives HTTP routes for the hub's own server.
    `send(settings, hub, delivery)` delivers one confirmation; `destination(settings, confirmation)` names the
    queue it stands in (one at a time per destination, in order; a dead one blocks no other).
    """

    name: str
    settings: type[ConnectorSettings]
    inbound: Callable[[Any, Hub, Listen], AbstractAsyncContextManager[Inbound]] | None = None
    default_port: int | None = None
    mutual_tls: bool = False
    """The listener asks its clients for a certificate when the hub has a CA for them."""
    router: Callable[[Any, Hub], APIRouter] | None = None
    send: Callable[[Any, Hub, Delivery], Awaitable[Sent]] | None = None
    destination: Callable[[Any, ConfirmationRequested], str] | None = None
    own_counts: Callable[[Any, Path, datetime, datetime], Mapping[str, tuple[str, ...]]] | None = None
    """`own_counts(settings, data_dir, since, until)`: what the channel's sources themselves say came in that time:
    source -> the identifier (as in `Transmission.identifier`) of each input, one that came twice twice."""
    watch: Callable[[Any, Hub, Event[Any]], Awaitable[Sequence[Match]]] | None = None
    """Says which subscriptions an event concerns; the engine numbers and keeps what follows."""
    watches: Sequence[tuple[type[Payload], Callable[[Any], bool] | None]] = ()
    """The events that `watch` is asked about: their type, and which of them (None: all)."""
    notify: Callable[[Any, Hub, Notice], Awaitable[None]] | None = None
    """Tells a subscriber; returns when it has it, raises one of `doorstep.errors` otherwise."""
    check: Callable[[Any], AsyncIterator[tuple[str, bool, str]]] | None = None
    """For `doorstep check`: yields (what, ok, what to do)."""


async def settled(hub: Hub, receipt: Receipt, seconds: float) -> Receipt:
    """Return the receipt as it stands once its input was handled, or as it is when the time is over."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while receipt.state is ReceiptState.PENDING and loop.time() < until:
        await asyncio.sleep(_LOOKS)
        found = await hub.find(document_id=receipt.document_id)
        receipt = found[0] if found else receipt
    return receipt
