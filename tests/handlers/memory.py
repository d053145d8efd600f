"""The unit of work in memory, and a small dispatcher over it: lanes by key, in order, as the engine keeps them."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar
from uuid import uuid4

from pydantic import JsonValue

import handlers.acknowledge
import handlers.alarm
import handlers.answer
import handlers.appeal
import handlers.authorize
import handlers.benefits
import handlers.call
import handlers.check
import handlers.clocks
import handlers.confirm
import handlers.decide
import handlers.escalate
import handlers.escalation_mail
import handlers.follow_up
import handlers.hold
import handlers.later
import handlers.link
import handlers.normalize
import handlers.notice
import handlers.offer
import handlers.patient
import handlers.payer_answer
import handlers.payer_clocks
import handlers.payer_word
import handlers.pends
import handlers.schedule
import handlers.translate  # noqa: F401
from doorstep.handler import SUBSCRIPTIONS, Subscription, Unit
from doorstep.rules import load
from schemas.case import Case, CaseState, Offer, OfferState
from schemas.clock import ClockRun
from schemas.document import ReviewRequested
from schemas.event import Event, Payload
from schemas.onboarding import ProviderChanged
from schemas.service import ProviderRecord
from schemas.transmission import Content, ReceiptState
from tests.factories import NOW

OURS = {
    *(
        "acknowledge",
        "alarm",
        "answer",
        "appeal",
        "authorize",
        "benefits",
        "call",
        "check",
        "clocks",
        "confirm",
        "decide",
    ),
    *("escalate", "escalation_mail", "follow_up", "hold", "later", "link", "normalize", "notice", "offer", "patient"),
    *("payer_answer", "payer_clocks", "payer_word", "pends", "schedule", "translate", "withdraw"),
}
PREPARED = {"payer_answer"}
"""Whose reading outside the transaction is quick enough to happen here."""
PayloadT = TypeVar("PayloadT", bound=Payload)


class MemoryUnit:
    """Keeps what a handler may read or change, with the journal's own conditions on it."""

    def __init__(self) -> None:
        self.now: datetime = NOW
        self.cases: dict[str, Case] = {}
        self.tokens: dict[str, set[str]] = {}
        self.marks: set[str] = set()
        self.offers: dict[str, Offer] = {}
        self.reviews: dict[str, ReviewRequested] = {}
        self.closed: set[str] = set()
        self.receipts: dict[str, tuple[ReceiptState, str | None, str | None]] = {}
        self.contents: dict[str, bytes] = {}
        self.events: list[Event[Any]] = []
        self.newest: dict[tuple[str, str], Event[Any]] = {}
        self.timers: dict[str, tuple[datetime, Payload]] = {}
        self.clocks: dict[tuple[str, str], ClockRun] = {}
        self.network: Mapping[str, Any] | None = None
        self.escalations: Mapping[str, Any] | None = None

    def rules(self, name: str) -> Mapping[str, Any]:
        own = {"network/sample": self.network, "escalations": self.escalations}.get(name)
        return own if own is not None else load(name)

    def new_case_id(self) -> str:
        return f"DS-{len(self.cases) + 1:06d}-0"

    def case(self, case_id: str) -> Case | None:
        return self.cases.get(case_id)

    def case_by_order_key(self, order_key: str) -> Case | None:
        live = (c for c in self.cases.values() if c.state is not CaseState.CANCELLED)
        return next((c for c in live if c.order_key == order_key), None)

    def cases_by_identity(self, identity_key: str) -> list[Case]:
        return [c for c in self.cases.values() if c.identity_key == identity_key]

    def case_by_document(self, document_id: str) -> Case | None:
        return next(iter(self.cases_by_document(document_id)), None)

    def cases_by_document(self, document_id: str) -> list[Case]:
        return [c for c in self.cases.values() if document_id in c.document_ids]

    def cases_by_token(self, token: str) -> list[Case]:
        found = (self.cases[case_id] for case_id in self.tokens.get(token, ()))
        return sorted(found, key=lambda c: (c.opened_at, c.case_id))

    def index_case(self, case_id: str, tokens: Iterable[str]) -> None:
        assert case_id in self.cases, "a case is saved before it is indexed"
        for token in tokens:
            self.tokens.setdefault(token, set()).add(case_id)

    def mark(self, token: str) -> None:
        self.marks.add(token)

    def marked(self, token: str) -> bool:
        return token in self.marks

    def save_case(self, case: Case) -> None:
        other = self.case_by_order_key(case.order_key) if case.state is not CaseState.CANCELLED else None
        assert other is None or other.case_id == case.case_id, "two open cases for one order"
        known = self.cases.get(case.case_id)
        assert case.revision == (known.revision if known else 0) + 1, "a revision was left out"
        self.cases[case.case_id] = Case.model_validate_json(case.model_dump_json())

    def offer(self, offer_id: str) -> Offer | None:
        return self.offers.get(offer_id)

    def offers_of(self, case_id: str) -> list[Offer]:
        return [o for o in self.offers.values() if o.case_id == case_id]

    def save_offer(self, offer: Offer) -> None:
        self.offers[offer.offer_id] = offer

    def providers(self) -> list[ProviderChanged]:
        topic = ProviderChanged.topic
        return [event.data for (found, _), event in sorted(self.newest.items(), key=lambda n: n[0]) if found == topic]

    def provider_record(self, npi: str) -> ProviderRecord:
        mine = sorted((o for o in self.offers.values() if o.npi == npi), key=lambda o: o.sent_at, reverse=True)
        counted = {
            OfferState.ACCEPTED: "accepted",
            OfferState.SERVED: "accepted",
            OfferState.DECLINED: "declined",
            OfferState.EXPIRED: "expired",
            OfferState.WITHDRAWN: "withdrawn",
        }
        said = [counted[o.state] for o in mine if o.state in counted][:50]
        in_hand = sum(o.state is OfferState.ACCEPTED for o in mine)
        return ProviderRecord(**{name: said.count(name) for name in set(said)}, open_jobs=in_hand)

    def set_timer(self, timer_id: str, due_at: datetime, payload: Payload) -> None:
        assert due_at.tzinfo is not None
        self.timers[timer_id] = (due_at, payload)

    def cancel_timer(self, *timer_ids: str) -> None:
        for timer_id in timer_ids:
            self.timers.pop(timer_id, None)

    def clock(self, case_id: str, clock: str) -> ClockRun | None:
        return self.clocks.get((case_id, clock))

    def save_clock(self, run: ClockRun) -> None:
        self.clocks[run.case_id, run.clock] = ClockRun.model_validate_json(run.model_dump_json())

    def drop_clock(self, case_id: str, clock: str) -> None:
        self.clocks.pop((case_id, clock), None)

    def review(self, review_id: str) -> ReviewRequested | None:
        return self.reviews.get(review_id)

    def save_review(self, review: ReviewRequested) -> None:
        self.reviews[review.review_id] = review

    def open_reviews(self, case_id: str) -> list[ReviewRequested]:
        return [one for one in self.reviews.values() if one.case_id == case_id and one.review_id not in self.closed]

    def waiting_reviews(self, document_id: str) -> list[ReviewRequested]:
        mine = (one for one in self.reviews.values() if one.document_id == document_id)
        return [one for one in mine if one.review_id not in self.closed]

    def close_review(self, review_id: str) -> None:
        assert review_id in self.reviews
        self.closed.add(review_id)

    def latest(self, payload: type[PayloadT], key: str) -> Event[PayloadT] | None:
        return self.newest.get((payload.topic, key))

    def settle_receipt(
        self, document_id: str, state: ReceiptState, *, reason: str | None = None, case_id: str | None = None
    ) -> None:
        self.receipts[document_id] = (state, reason, case_id)

    def content(self, ref: Content) -> JsonValue:
        found: JsonValue = json.loads(self.contents[ref.sha256])
        return found

    def state(self) -> tuple[Any, ...]:
        """Return everything that a handler can change, for comparison."""
        return (
            dict(self.cases),
            {token: set(case_ids) for token, case_ids in self.tokens.items()},
            set(self.marks),
            dict(self.offers),
            dict(self.clocks),
            dict(self.reviews),
            set(self.closed),
            dict(self.receipts),
        )


class MemoryHub:
    """Appends events and hands them to our handlers, lane by lane."""

    def __init__(self) -> None:
        self.unit = MemoryUnit()
        self.lanes: dict[tuple[str, str], deque[tuple[Subscription, Event[Any]]]] = {}
        self.handled: list[tuple[Subscription, Event[Any]]] = []
        _conforms: Unit = self.unit

    def append(self, payload: Payload) -> None:
        event = Event(id=str(uuid4()), source="test", time=self.unit.now, data=payload, seq=len(self.unit.events) + 1)
        self.unit.events.append(event)
        self.unit.newest[(payload.topic, payload.key)] = event
        for subscription in SUBSCRIPTIONS:
            if subscription.consumer.split(".")[0] not in OURS or subscription.payload is not type(payload):
                continue
            if (subscription.prepare is None or subscription.consumer in PREPARED) and (
                subscription.where is None or subscription.where(payload)
            ):
                lane = self.lanes.setdefault((subscription.consumer, payload.key), deque())
                lane.append((subscription, event))

    def step(self, lane: tuple[str, str]) -> list[Payload]:
        subscription, event = self.lanes[lane].popleft()
        if not self.lanes[lane]:
            del self.lanes[lane]
        prepared = [] if subscription.prepare is None else [asyncio.run(subscription.prepare(event, self))]
        produced = list(subscription.handle(event, self.unit, *prepared))
        for payload in produced:
            self.append(payload)
        self.handled.append((subscription, event))
        return produced

    async def content(self, ref: Content) -> bytes:
        return self.unit.contents[ref.sha256]

    async def keep(self, data: bytes, content_type: str, title: str | None = None) -> Content:
        raise NotImplementedError

    async def run(self, fn: Any, *args: Any, timeout: float) -> Any:
        raise NotImplementedError

    def send(self, *payloads: Payload) -> None:
        """Append the payloads and let everything that follows happen."""
        for payload in payloads:
            self.append(payload)
        self.drain()

    def pass_time(self, until: datetime) -> None:
        """Let the clock run up to a time: each timer fires once, in order, and all that follows happens."""
        while due := [(at, name) for name, (at, _) in self.unit.timers.items() if at <= until]:
            at, name = min(due)
            self.unit.now = max(self.unit.now, at)
            self.send(self.unit.timers.pop(name)[1])
        self.unit.now = max(self.unit.now, until)

    def drain(self) -> None:
        for _ in range(10_000):
            if not self.lanes:
                return
            self.step(next(iter(self.lanes)))
        raise AssertionError("it never comes to rest")

    def say(self, channel: str, document_id: str, body: Any) -> None:
        """Let a provider (dispatch) or a reviewer (desk) speak."""
        from tests.factories import transmission

        sent = transmission(channel, document_id=document_id, body=body)
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.unit.contents[sent.contents[0].sha256] = data
        self.send(sent)

    def command(self, command: str, case_id: str, word: str | None = None, **said: Any) -> str:
        """Let a person at the desk say something of a case; return the document that says it."""
        from tests.factories import transmission

        document_id = word or f"word-{len(self.unit.events)}"
        body = {"command": command, "agent": "Marta Lindgren", **said}
        sent = transmission("desk", document_id=document_id, body=body)
        self.unit.contents[sent.contents[0].sha256] = json.dumps(body).encode()
        self.send(sent.model_copy(update={"details": {"command": command, "case_id": case_id}}))
        return document_id

    def seen(self, payload: type[PayloadT]) -> list[PayloadT]:
        return [event.data for event in self.unit.events if type(event.data) is payload]

    def only_case(self) -> Case:
        (case,) = self.unit.cases.values()
        return case
