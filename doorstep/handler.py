"""What a handler is and what it gets: one event, one unit of work, nothing else.

    @on(FieldsExtracted)
    def normalize(event: Event[FieldsExtracted], unit: Unit) -> Iterable[Payload]:
        ...

The payloads it returns are appended, and what it changed through the unit is kept, in the same
transaction that marks the event done for it. Work that is slow and has no effect (OCR, parsing) goes
into `prepare`, which runs before the transaction, may run twice, and hands its result to the handler.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from pydantic import JsonValue

from schemas.case import Case, Offer
from schemas.clock import ClockRun
from schemas.document import ReviewRequested
from schemas.event import Event, Payload
from schemas.onboarding import ProviderChanged
from schemas.service import ProviderRecord
from schemas.transmission import Content, ReceiptState

PayloadT = TypeVar("PayloadT", bound=Payload)


class Tools(Protocol):
    """What `prepare` may use: content by reference, and worker processes."""

    async def content(self, ref: Content) -> bytes: ...

    async def keep(self, data: bytes, content_type: str, title: str | None = None) -> Content:
        """Store bytes (durable) and return their reference; the same bytes are stored once."""

    async def run(self, fn: Callable[..., Any], *args: Any, timeout: float) -> Any:
        """Run a module-level function in a limited worker process (killed at `timeout` seconds: Refused)."""


class Unit(Protocol):
    """One transaction. Everything a handler may read or change beyond its event."""

    @property
    def now(self) -> datetime:
        """Aware UTC; the same throughout the unit."""

    def rules(self, name: str) -> Mapping[str, Any]:
        """Return a parsed file of `rules/` by its path without suffix, for example `elements/common.intake`."""

    def new_case_id(self) -> str: ...
    def case(self, case_id: str) -> Case | None: ...
    def case_by_order_key(self, order_key: str) -> Case | None:
        """Return the case that this very order (same member, same items, same date) already opened."""

    def cases_by_identity(self, identity_key: str) -> list[Case]: ...
    def case_by_document(self, document_id: str) -> Case | None: ...
    def cases_by_document(self, document_id: str) -> list[Case]:
        """Return the cases of the orders that one input brought or belongs to, oldest first."""

    def cases_by_token(self, token: str) -> list[Case]:
        """Return the cases that were put under this token, oldest first."""

    def index_case(self, case_id: str, tokens: Iterable[str]) -> None:
        """Put a saved case under these tokens too (digests only: an order number, what identifies a member)."""

    def mark(self, token: str) -> None:
        """Remember a token; marking it again changes nothing."""

    def marked(self, token: str) -> bool: ...
    def save_case(self, case: Case) -> None:
        """Insert or update; an update must carry the next `revision`, else Defect."""

    def offer(self, offer_id: str) -> Offer | None: ...
    def offers_of(self, case_id: str) -> list[Offer]: ...
    def save_offer(self, offer: Offer) -> None: ...
    def providers(self) -> list[ProviderChanged]:
        """Return the newest word of the API on each provider that it has put into the network, by NPI."""

    def provider_record(self, npi: str) -> ProviderRecord:
        """Return how a provider answered its latest offers, and how many of our orders it has in hand."""

    def set_timer(self, timer_id: str, due_at: datetime, payload: Payload) -> None:
        """Append `payload` at `due_at` (aware), once; a timer of the same id is replaced."""

    def cancel_timer(self, *timer_ids: str) -> None:
        """Forget timers; one that is not set or has fired is no error."""

    def clock(self, case_id: str, clock: str) -> ClockRun | None:
        """Return a clock of a case that may pause, while it is started."""

    def save_clock(self, run: ClockRun) -> None: ...
    def drop_clock(self, case_id: str, clock: str) -> None: ...
    def review(self, review_id: str) -> ReviewRequested | None: ...
    def save_review(self, review: ReviewRequested) -> None: ...
    def open_reviews(self, case_id: str) -> list[ReviewRequested]:
        """Return the reviews of a case that wait for a person, oldest first."""

    def waiting_reviews(self, document_id: str) -> list[ReviewRequested]:
        """Return the reviews of an input that wait for a person, oldest first."""

    def close_review(self, review_id: str) -> None: ...
    def latest(self, payload: type[PayloadT], key: str) -> Event[PayloadT] | None:
        """Return the newest event of that type with that key."""

    def settle_receipt(
        self, document_id: str, state: ReceiptState, *, reason: str | None = None, case_id: str | None = None
    ) -> None:
        """Say what became of an input: what `doorstep find` shows."""

    def content(self, ref: Content) -> JsonValue:
        """Return small JSON content (a reading, a decision) from the store."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """One handler on one topic. `consumer` is its Kafka group and its name in the delivery table."""

    payload: type[Payload]
    consumer: str
    handle: Callable[..., Iterable[Payload]]
    where: Callable[[Any], bool] | None = None
    prepare: Callable[[Any, Tools], Awaitable[Any]] | None = None

    @property
    def topic(self) -> str:
        return self.payload.topic


SUBSCRIPTIONS: list[Subscription] = []
"""Filled by `@on` when the handlers' modules are imported; read through `doorstep.registry`."""

HandlerT = TypeVar("HandlerT", bound=Callable[..., Iterable[Payload]])


def on(
    payload: type[Payload],
    *,
    where: Callable[[Any], bool] | None = None,
    prepare: Callable[[Any, Tools], Awaitable[Any]] | None = None,
) -> Callable[[HandlerT], HandlerT]:
    """Subscribe a handler to a topic; the consumer is named after module and function (`handlers.link` -> `link`).

    `where` sees the payload at append time and keeps events that do not concern the handler out of its queue.
    """

    def subscribe(handle: HandlerT) -> HandlerT:
        module = handle.__module__.removeprefix("handlers.")
        consumer = module if handle.__name__ == module.rsplit(".", 1)[-1] else f"{module}.{handle.__name__}"
        SUBSCRIPTIONS.append(Subscription(payload, consumer, handle, where, prepare))
        return handle

    return subscribe
