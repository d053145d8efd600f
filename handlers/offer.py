"""Offers a complete order, in waves, to the network providers that may and can serve it; if none, a person looks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from doorstep.handler import Unit, on
from handlers.benefits import BEFORE, OFFERING, proceed, to_person
from handlers.casework import WAITS, ask_person, clocks, derived_id, directory, moved, recalled
from handlers.choices import choices_of
from handlers.deadline import too_late_to_answer
from handlers.gate import Step, held, standing, stops
from handlers.network import explained, ranked
from schemas.business import after_business_minutes
from schemas.case import (
    Case,
    CaseState,
    Offer,
    OfferDeclined,
    OfferExpired,
    OffersDue,
    OfferSent,
    OfferState,
)
from schemas.clock import CaseHeld, Hold, HoldEnded
from schemas.event import Event, Payload
from schemas.network import Provider
from schemas.order import Order
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.payer import DispatchCleared
from schemas.transmission import ReplyTo

_PASSED = frozenset({OfferState.DECLINED, OfferState.EXPIRED, OfferState.WITHDRAWN})
_MOVING = frozenset({CaseState.COMPLETE, CaseState.AUTHORIZED})
"""States that a case leaves by itself."""
_KINDS = {"dme": "Medical equipment", "home_health": "Home health visits", "infusion": "Home infusion"}


def next_wave(case: Case, unit: Unit, *, cause: str) -> list[Payload]:
    """Offer the case to the next providers of this round, or leave it to a person when none is left."""
    if (wait := stops(case, unit)) is not None:
        return _waits(case, wait, unit)
    if (barred := held(case, unit)) is not None:
        return _back(case, barred, unit)
    rules = clocks(unit)
    fitting, others = ranked(case, unit)
    earlier = unit.offers_of(case.case_id)
    wave = max((offer.wave for offer in earlier), default=0) + 1
    chosen = fitting[: rules.offer.wave_size]
    network = len(directory(unit).providers)
    why = explained(case, fitting, others, chosen=len(chosen), wave=wave, network=network)
    if not fitting:
        asked = any(o.state in _PASSED and o.round == case.dispatch_round for o in earlier)
        reason = "every matching provider declined or did not answer" if asked else "no provider of the network matches"
        _, change = moved(case, CaseState.UNDISPATCHABLE, unit, cause=reason)
        stage = f"offer {case.case_id} {wave}"
        return [
            why,
            change,
            *ask_person(unit, case.document_ids[-1], stage=stage, reason=reason, case_id=case.case_id),
        ]
    respond_by = _respond_by(case, unit)
    case, change = moved(case, CaseState.DISPATCHING, unit, cause=cause)
    events: list[Payload] = [why, change]
    for fit in chosen:
        events.extend(_offered(case, fit.provider, wave, respond_by, unit))
    unit.set_timer(f"offers {case.case_id}", respond_by, OffersDue(case_id=case.case_id, wave=wave))
    return events


def _respond_by(case: Case, unit: Unit) -> datetime:
    """Return until when providers may answer; business hours only as long as a discharge leaves time for them."""
    rules = clocks(unit)
    by = after_business_minutes(unit.now, rules.offer.standard_business_minutes, rules.business, case.order)
    if case.order.priority in {"stat", "urgent", "asap"} or too_late_to_answer(by, case.order, unit):
        return unit.now + timedelta(minutes=rules.offer.urgent_minutes)
    return by


def _waits(case: Case, wait: Hold, unit: Unit) -> list[Payload]:
    """A person has said that the case waits: nobody is asked; one that lost its provider waits among those to offer."""
    if case.state in BEFORE or case.state in OFFERING:
        return []
    return [moved(case, CaseState.DISPATCHING, unit, cause=f"no provider is asked: {wait.label}")[1]]


@on(CaseHeld)
def withhold(event: Event[CaseHeld], unit: Unit) -> Iterable[Payload]:
    """Recall the offers that are out: a provider that accepts now would commit a start that nobody wants."""
    case = unit.case(event.data.case_id)
    wait = stops(case, unit) if case is not None else None
    if case is None or wait is None or case.state is not CaseState.DISPATCHING:
        return []
    unit.cancel_timer(f"offers {case.case_id}")
    return recalled(case.case_id, unit, reason=f"{WAITS}{wait.label}")


@on(HoldEnded)
def go_on(event: Event[HoldEnded], unit: Unit) -> Iterable[Payload]:
    """The last word that stopped offers has ended: what waited goes on from where it stands."""
    case = unit.case(event.data.case_id)
    if case is None or stops(case, unit) is not None:
        return []
    if case.state is CaseState.DISPATCHING:
        out = any(offer.state is OfferState.SENT for offer in unit.offers_of(case.case_id))
        return [] if out else next_wave(case, unit, cause=f"no longer: {event.data.label}")
    ready = case.state in BEFORE and (case.state in _MOVING or standing(case, unit).step is Step.CLEAR)
    return proceed(case, unit) if ready else []


def _back(case: Case, barred: str, unit: Unit) -> list[Payload]:
    """The gate has closed meanwhile (an authorization ran out, say): the case goes back to its payer."""
    if case.state not in OFFERING:
        return to_person(case, f"it cannot be offered: {barred}", unit)
    case, change = moved(case, CaseState.BENEFITS, unit, cause=barred)
    return [change, *proceed(case, unit)]


def _offered(case: Case, provider: Provider, wave: int, respond_by: datetime, unit: Unit) -> list[Payload]:
    # it follows from the order's own document too, so that nobody who knows a case number can name an offer of it
    offer_id = derived_id("offer", case.case_id, case.document_ids[0], provider.npi, str(wave))
    channel, address = provider.address()
    offer = Offer(
        offer_id=offer_id,
        case_id=case.case_id,
        npi=provider.npi,
        provider_name=provider.name,
        wave=wave,
        round=case.dispatch_round,
        state=OfferState.SENT,
        sent_at=unit.now,
        respond_by=respond_by,
    )
    unit.save_offer(offer)
    sent = OfferSent(
        case_id=case.case_id,
        offer_id=offer_id,
        npi=provider.npi,
        provider_name=provider.name,
        wave=wave,
        respond_by=respond_by,
    )
    told = ConfirmationRequested(
        confirmation_id=derived_id(offer_id, ConfirmationKind.OFFER),
        kind=ConfirmationKind.OFFER,
        recipient=ReplyTo(channel=channel, address=address),
        case_id=case.case_id,
        document_id=case.document_ids[-1],
        reference=case.case_id,
        manager=case.manager,
        case_state=case.state.value,
        provider_name=provider.name,
        offer_id=offer_id,
        respond_by=respond_by,
        service_summary=summary(case.order),
        choices=choices_of(case.order, clocks(unit).business, unit.now, respond_by),
    )
    return [sent, told]


def summary(order: Order) -> str:
    """Return the kind of service and the ZIP prefix: no person, no item, no diagnosis."""
    where = order.delivery_address or order.member.address
    zip3 = (where.postal_code or "")[:3] if where else ""
    kind = _KINDS.get(order.order_type.value, "Home service")
    return f"{kind}, ZIP area {zip3 or 'unknown'}"


@on(DispatchCleared)
def offer(event: Event[DispatchCleared], unit: Unit) -> Iterable[Payload]:
    """Offer what has passed the gate of coverage and authorization."""
    case = unit.case(event.data.case_id)
    if case is None or case.state not in BEFORE:
        return []
    return next_wave(case, unit, cause=event.data.cause)


@on(OfferDeclined)
def again(event: Event[OfferDeclined], unit: Unit) -> Iterable[Payload]:
    """Offer to others when nobody is left who could accept."""
    case = unit.case(event.data.case_id)
    if case is None or case.state is not CaseState.DISPATCHING:
        return []
    if any(offer.state is OfferState.SENT for offer in unit.offers_of(case.case_id)):
        return []
    return next_wave(case, unit, cause="the offers before were declined")


@on(OffersDue)
def overdue(event: Event[OffersDue], unit: Unit) -> Iterable[Payload]:
    """End the offers of a wave that nobody answered in time, and ask the next providers."""
    case = unit.case(event.data.case_id)
    if case is None or case.state is not CaseState.DISPATCHING:
        return []
    offers = unit.offers_of(case.case_id)
    open_offers = [o for o in offers if o.state is OfferState.SENT and o.wave == event.data.wave]
    events: list[Payload] = []
    for one in open_offers:
        unit.save_offer(one.model_copy(update={"state": OfferState.EXPIRED, "answered_at": unit.now}))
        events.append(OfferExpired(case_id=case.case_id, offer_id=one.offer_id, npi=one.npi))
    return [*events, *next_wave(case, unit, cause="no provider answered in time")] if events else []
