"""What became of each referral, put together from the journal's events in one pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from doorstep.case_clocks import case_clocks
from doorstep.journal import Reader
from doorstep.reports.period import Period
from schemas.business import end_of_first_business_day
from schemas.case import (
    CaseClock,
    CaseState,
    CaseStateChanged,
    IdentityResolved,
    InformationRequested,
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferRecalled,
    OfferSent,
)
from schemas.clock import ClockStopped
from schemas.deadline import discharge_at
from schemas.desk import CallLogged
from schemas.document import FieldsExtracted, ReviewDecided, ReviewRequested
from schemas.element import DISPATCH, GATES
from schemas.event import Event, Payload
from schemas.outbound import (
    TO_PAYERS,
    TO_PROVIDERS,
    ConfirmationDelivered,
    ConfirmationFailed,
    ConfirmationKind,
    ConfirmationRequested,
    ConfirmationSent,
    DeliveryDied,
)
from schemas.service import OfferWithdrawn, ServiceCompleted, ServiceMissed, ServiceScheduled

READ: tuple[type[Payload], ...] = (
    IdentityResolved,
    InformationRequested,
    CaseStateChanged,
    CaseClock,
    OfferSent,
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferRecalled,
    OfferWithdrawn,
    ServiceScheduled,
    ServiceMissed,
    ServiceCompleted,
    ClockStopped,
    FieldsExtracted,
    ReviewRequested,
    ReviewDecided,
    ConfirmationRequested,
    ConfirmationSent,
    ConfirmationDelivered,
    ConfirmationFailed,
    DeliveryDied,
    CallLogged,
)
LOOK_BACK = timedelta(days=100)
"""How long before the period a service that is due in it may have been committed."""
TO_DISPATCH = GATES[: GATES.index(DISPATCH) + 1]
"""Gates of the referral itself; what later ones ask for does not keep it waiting."""
TELLS_SENDER = {ConfirmationKind.ACKNOWLEDGED, ConfirmationKind.INFORMATION_REQUESTED}
"""The confirmations that give a sender the case number."""


@dataclass(slots=True)
class Referral:
    """One case whose order was received in the period. Times are aware UTC, None where it has not come to that."""

    case_id: str
    channel: str
    order_type: str
    received_at: datetime
    documents: set[str] = field(default_factory=set)
    answerable: bool = False
    told_at: datetime | None = None
    first_day_ends: datetime | None = None
    """When the first business day ends on which it could be acknowledged."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """(element, status) of everything that was asked of the sender before it could be dispatched, each once."""
    asked_later: list[tuple[str, str]] = field(default_factory=list)
    """The same of what was asked before the delivery or the claim."""
    contacts: list[datetime] = field(default_factory=list)
    states: list[tuple[CaseState, datetime]] = field(default_factory=list)
    scheduled: list[datetime] = field(default_factory=list)
    """The committed starts, the first one first."""
    discharge_at: datetime | None = None
    duplicates: int = 0

    def reached(self, *states: CaseState) -> datetime | None:
        """Return when it first came into one of these states."""
        return next((at for state, at in self.states if state in states), None)

    def spent_in(self, state: CaseState, now: datetime) -> float:
        """Return the seconds it has spent in a state, until `now` where it still is."""
        ends = [at for _, at in self.states[1:]] + [now]
        spans = zip(self.states, ends, strict=False)
        return sum((end - at).total_seconds() for (found, at), end in spans if found is state)


@dataclass(slots=True)
class Service:
    """A service that one provider committed to: by the first start that was ever committed for the case."""

    first_start: datetime
    received_at: datetime | None = None
    completed_at: datetime | None = None
    late: bool = False
    moved_by_member: bool = False
    missed: list[str] = field(default_factory=list)
    """Whose cause each missed visit was."""
    withdrawn: int = 0


@dataclass(slots=True)
class SentOffer:
    npi: str
    provider: str
    case_id: str
    sent_at: datetime
    ended: str = ""
    answered_at: datetime | None = None


@dataclass(slots=True)
class Facts:
    """Everything that the metrics count."""

    referrals: dict[str, Referral] = field(default_factory=dict)
    offers: dict[str, SentOffer] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    """By case, whenever its order was received."""
    received: dict[str, datetime] = field(default_factory=dict)
    """When the order of each case that was seen came."""
    decided: dict[str, list[datetime]] = field(default_factory=dict)
    """Document -> when a person decided on it."""
    review_seconds: list[float] = field(default_factory=list)
    call_minutes: list[int] = field(default_factory=list)
    calls: int = 0
    """All calls of the period, also those whose minutes nobody noted."""
    called: dict[str, list[int]] = field(default_factory=dict)
    """By case: the minutes of its calls."""
    accepted_fields: int = 0
    corrected_fields: int = 0
    clocks: list[ClockStopped] = field(default_factory=list)
    """The clocks that may pause and that ended in the period."""
    breaches: Counter[str] = field(default_factory=Counter)
    sends: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(channel, outcome) of what went to senders: sent, delivered, or the class of the failure."""
    dead: int = 0


class _Gathering:
    def __init__(self, period: Period) -> None:
        self.period = period
        self.facts = Facts()
        self.hours = case_clocks().business
        self.asked_at: dict[str, datetime] = {}
        self.accepted: dict[str, dict[str, Any]] = {}
        self.states: dict[str, list[tuple[CaseState, datetime]]] = {}

    def take(self, event: Event[Any]) -> None:
        data = event.data
        match data:
            case IdentityResolved():
                self._linked(event.time, data)
            case CaseStateChanged():
                self.states.setdefault(data.case_id, []).append((data.to_state, event.time))
            case InformationRequested():
                self._asked(data)
            case ServiceScheduled() | ServiceMissed() | ServiceCompleted() | OfferWithdrawn():
                self._served(data)
                self._offered(event.time, data)
            case CaseClock():
                self.facts.breaches[data.clock] += self.period.has(event.time)
            case ClockStopped():
                self.facts.clocks += [data] if self.period.has(event.time) else []
            case CallLogged():
                self._called(data)
            case DeliveryDied():
                self.facts.dead += self.period.has(event.time)
            case FieldsExtracted() | ReviewRequested() | ReviewDecided():
                self._read_and_decided(event)
            case ConfirmationRequested() | ConfirmationSent() | ConfirmationDelivered() | ConfirmationFailed():
                self._told(event.time, data)
            case _:
                self._offered(event.time, data)

    def _called(self, data: CallLogged) -> None:
        self.facts.calls += self.period.has(data.at)
        if data.minutes is not None:
            self.facts.called.setdefault(data.case_id, []).append(data.minutes)
            self.facts.call_minutes += [data.minutes] if self.period.has(data.at) else []
        if data.direction == "in" and (found := self._of(data)):
            found.contacts.append(data.at)

    def _asked(self, data: InformationRequested) -> None:
        if found := self._of(data):
            for element in data.elements:
                asked = found.asked if element.gate in TO_DISPATCH else found.asked_later
                if element.element_id not in {known for known, _ in asked}:
                    asked.append((element.element_id, element.status.value))

    def _served(self, data: ServiceScheduled | ServiceMissed | ServiceCompleted | OfferWithdrawn) -> None:
        service = self.facts.services.get(data.case_id)
        if isinstance(data, ServiceScheduled):
            service = self.facts.services.setdefault(data.case_id, Service(data.start))
            service.moved_by_member |= data.code == "member-asked"
            if found := self._of(data):
                found.scheduled.append(data.start)
        elif service is None:
            return
        elif isinstance(data, ServiceMissed):
            service.missed.append(data.cause)
        elif isinstance(data, OfferWithdrawn):
            service.withdrawn += 1
        else:
            service.completed_at, service.late = data.proof.completed_at, data.late

    def _of(self, data: Any) -> Referral | None:
        return self.facts.referrals.get(data.case_id)

    def _linked(self, at: datetime, data: IdentityResolved) -> None:
        self.facts.received.setdefault(data.case_id, data.received_at)
        if data.is_new and self.period.has(data.received_at):
            order = data.order
            self.facts.referrals[data.case_id] = Referral(
                data.case_id,
                order.channel,
                order.order_type.value,
                data.received_at,
                states=self.states.setdefault(data.case_id, []),
                first_day_ends=end_of_first_business_day(data.received_at, self.hours, order),
            )
        if found := self._of(data):
            found.documents.add(data.document_id)
            found.discharge_at = discharge_at(data.order) or found.discharge_at
            found.duplicates += data.duplicate
            if not data.is_new:
                found.contacts.append(at)

    def _read_and_decided(self, event: Event[Any]) -> None:
        data, within = event.data, self.period.has(event.time)
        match data:
            case FieldsExtracted():
                sure = {name: one.value for name, one in data.fields.items() if one.evidence.accepted}
                self.accepted[data.document_id] = sure
                self.facts.accepted_fields += len(sure) if within else 0
            case ReviewRequested():
                self.asked_at[data.review_id] = event.time
            case ReviewDecided():
                self.facts.decided.setdefault(data.document_id, []).append(event.time)
                asked = self.asked_at.get(data.review_id)
                if within and asked is not None:
                    self.facts.review_seconds.append((event.time - asked).total_seconds())
                sure = self.accepted.get(data.document_id, {})
                wrong = [name for name, value in data.fields.items() if name in sure and sure[name] != value]
                self.facts.corrected_fields += len(wrong) if within else 0

    def _told(self, at: datetime, data: Any) -> None:
        if data.kind in TO_PROVIDERS | TO_PAYERS:
            return
        if isinstance(data, ConfirmationRequested):
            if found := self._of(data):
                found.answerable = True
            return
        if self.period.has(at):
            failed = isinstance(data, ConfirmationFailed)
            outcome = data.failure_class.value if failed else data.topic.rsplit(".", 1)[-1]
            self.facts.sends[data.channel, outcome] += 1
        found = self._of(data)
        if found and isinstance(data, ConfirmationSent) and data.kind in TELLS_SENDER and found.told_at is None:
            found.told_at = at

    def _offered(self, at: datetime, data: Any) -> None:
        if isinstance(data, OfferSent):
            if self.period.has(at):
                self.facts.offers[data.offer_id] = SentOffer(data.npi, data.provider_name, data.case_id, at)
        elif offer := self.facts.offers.get(data.offer_id):
            if isinstance(data, OfferWithdrawn):
                offer.ended = "withdrawn"
            elif offer.ended != "accepted" and data.topic.startswith("dispatch.offer."):
                offer.ended, offer.answered_at = data.topic.rsplit(".", 1)[-1], at


def facts_of(events: Iterable[Event[Any]], period: Period) -> Facts:
    """Return the facts of the referrals received in a period, and of what happened in it, as far as they are known."""
    gathering = _Gathering(period)
    for event in events:
        gathering.take(event)
    return gathering.facts


def gather(reader: Reader, period: Period) -> Facts:
    """Read a period's facts; what came after it counts for the referrals that were received in it."""
    return facts_of(reader.events_since(period.since - LOOK_BACK, topics=[payload.topic for payload in READ]), period)


def hours(seconds: Iterable[float]) -> list[float]:
    return [round(one / 3600, 3) for one in seconds]
