"""Offers a complete order, in waves, to the network providers that may and can serve it; if none, a person looks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from doorstep.handler import Unit, on
from handlers.benefits import BEFORE, to_person
from handlers.business import after_business_minutes
from handlers.casework import ask_person, clocks, derived_id, directory, moved, payer_key
from handlers.gate import held
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
from schemas.event import Event, Payload
from schemas.order import Order
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.payer import DispatchCleared
from schemas.rules import Directory, Provider, covers
from schemas.transmission import ReplyTo

_KINDS = {"dme": "Medical equipment", "home_health": "Home health visits", "infusion": "Home infusion"}


def blocks(provider: Provider, state: str | None, as_of: date) -> tuple[str, ...]:
    """Return which papers keep a provider from taking offers in that state on that day."""
    licensed = any(state in licence.states and as_of <= licence.expires for licence in provider.licences)
    checks = (
        ("active", provider.active),
        ("ein", bool(provider.ein)),
        ("w9", provider.w9_on_file is not None and provider.w9_on_file <= as_of),
        ("caqh or roster", bool(provider.caqh_id or provider.roster)),
        ("taxonomy", bool(provider.taxonomy)),
        ("licence", licensed),
    )
    return tuple(name for name, holds in checks if not holds)


def serves(provider: Provider, order: Order) -> bool:
    """Say whether one of the provider's services covers every code of the order (its kind, when it has no codes)."""
    codes = [line.code for line in order.lines if line.code]
    able = [service for service in provider.services if service.order_type is order.order_type]
    return any(not service.hcpcs or all(covers(service.hcpcs, code) for code in codes) for service in able)


def nearness(provider: Provider, state: str | None, zip3: str) -> int:
    """Return 2 when the provider names the ZIP prefix, 1 when it names the state, 0 when it does not go there."""
    if zip3 and zip3 in provider.area.zip3:
        return 2
    return 1 if state and state in provider.area.states else 0


def matches(case: Case, network: Directory, unit: Unit, as_of: date) -> list[Provider]:
    """Return the providers that may be offered this order: nearest first, then most capacity, then in fair turn."""
    where = case.order.delivery_address or case.order.member.address
    state, zip3 = (where.state, (where.postal_code or "")[:3]) if where else (None, "")
    cover = min(case.order.coverage, key=lambda found: found.rank, default=None)
    payer = payer_key(unit, cover.payer or cover.payer_id) if cover else None
    able = [
        provider
        for provider in network.providers
        if provider.capacity > 0
        and serves(provider, case.order)
        and nearness(provider, state, zip3)
        and not blocks(provider, state, as_of)
        and ("*" in provider.payers or (payer and payer in {payer_key(unit, name) for name in provider.payers}))
    ]
    contracted = {p.npi: "*" not in p.payers for p in able}
    return sorted(
        able,
        key=lambda p: (
            -nearness(p, state, zip3),
            not contracted[p.npi],
            -p.capacity,
            derived_id("turn", case.case_id, p.npi),
        ),
    )


def next_wave(case: Case, unit: Unit, *, cause: str) -> list[Payload]:
    """Offer the case to the next providers that did not decline it, or leave it to a person when none is left."""
    if (barred := held(case, unit)) is not None:
        return to_person(case, f"it cannot be offered: {barred}", unit)
    earlier = unit.offers_of(case.case_id)
    passed = {offer.npi for offer in earlier if offer.state in {OfferState.DECLINED, OfferState.EXPIRED}}
    rules = clocks(unit)
    fitting = [p for p in matches(case, directory(unit), unit, unit.now.date()) if p.npi not in passed]
    wave = max((offer.wave for offer in earlier), default=0) + 1
    if not fitting:
        reason = (
            "every matching provider declined or did not answer" if passed else "no provider of the network matches"
        )
        _, change = moved(case, CaseState.UNDISPATCHABLE, unit, cause=reason)
        stage = f"offer {case.case_id} {wave}"
        return [change, *ask_person(unit, case.document_ids[-1], stage=stage, reason=reason, case_id=case.case_id)]
    if case.order.priority in {"stat", "urgent", "asap"}:
        respond_by = unit.now + timedelta(minutes=rules.offer.urgent_minutes)
    else:
        minutes = rules.offer.standard_business_minutes
        respond_by = after_business_minutes(unit.now, minutes, rules.business, case.order)
    case, change = moved(case, CaseState.DISPATCHING, unit, cause=cause)
    events: list[Payload] = [change]
    for provider in fitting[: rules.offer.wave_size]:
        events.extend(_offered(case, provider, wave, respond_by, unit))
    unit.set_timer(f"offers {case.case_id}", respond_by, OffersDue(case_id=case.case_id, wave=wave))
    return events


def _offered(case: Case, provider: Provider, wave: int, respond_by: datetime, unit: Unit) -> list[Payload]:
    offer_id = derived_id("offer", case.case_id, provider.npi, str(wave))
    offer = Offer(
        offer_id=offer_id,
        case_id=case.case_id,
        npi=provider.npi,
        provider_name=provider.name,
        wave=wave,
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
        recipient=ReplyTo(channel="email", address=provider.email),
        case_id=case.case_id,
        document_id=case.document_ids[-1],
        reference=case.case_id,
        manager=case.manager,
        case_state=case.state.value,
        provider_name=provider.name,
        offer_id=offer_id,
        respond_by=respond_by,
        service_summary=summary(case.order),
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
