"""Takes a provider's answer to an offer: the first acceptance wins, the other offers are recalled, once and for all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue

from doorstep.handler import Unit, on
from handlers.casework import ask_person, clocks, moved, recalled
from schemas.case import CaseState, Offer, OfferAccepted, OfferDeclined, OfferState
from schemas.event import Event, Payload
from schemas.fields import zone_of
from schemas.order import Order
from schemas.transmission import ReceiptState, TransmissionReceived

_EARLIEST = timedelta(minutes=15)
"""How far in the past a start may lie: clocks differ, and an answer takes its way."""

_UNUSABLE = "the start must be a date and time with offset, not in the past"


def start_of(value: JsonValue, now: datetime, latest_days: int) -> datetime | None:
    """Return the committed start in UTC; None unless it is an instant with offset, not past, not absurdly far."""
    if not isinstance(value, str):
        return None
    try:
        start = datetime.fromisoformat(value)
        if start.tzinfo is None:
            return None
        start = start.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return start if now - _EARLIEST <= start <= now + timedelta(days=latest_days) else None


def too_early(start: datetime, order: Order) -> bool:
    """Say whether a start lies before the ordered first day of service, on the wall clock of the service address."""
    zone = zone_of(order.delivery_address or order.member.address)
    return order.service_start is not None and start.astimezone(zone).date() < order.service_start


@on(TransmissionReceived, where=lambda data: data.channel == "dispatch")
def answer(event: Event[TransmissionReceived], unit: Unit) -> Iterable[Payload]:
    document_id = event.data.document_id
    content = unit.content(event.data.contents[0])
    said = content if isinstance(content, dict) else {}
    offer = unit.offer(str(said.get("offer_id", "")))
    if offer is None:
        return _settled(unit, document_id, refused="there is no such offer")
    if said.get("answer") == "accept":
        return _accepted(offer, said.get("start"), document_id, unit)
    if said.get("answer") == "decline":
        reason = said.get("reason")
        return _declined(offer, reason if isinstance(reason, str) else "", document_id, unit)
    return _settled(unit, document_id, refused="the answer must be accept or decline", offer=offer)


def _settled(
    unit: Unit,
    document_id: str,
    events: Iterable[Payload] = (),
    *,
    refused: str | None = None,
    offer: Offer | None = None,
) -> list[Payload]:
    state = ReceiptState.REJECTED if refused else ReceiptState.ACCEPTED
    unit.settle_receipt(document_id, state, reason=refused, case_id=offer.case_id if offer else None)
    return list(events)


def _accepted(offer: Offer, start: JsonValue, document_id: str, unit: Unit) -> list[Payload]:
    case = unit.case(offer.case_id)
    if offer.state is OfferState.ACCEPTED:
        return _settled(unit, document_id, offer=offer)
    if case is None or offer.state is not OfferState.SENT or case.state is not CaseState.DISPATCHING:
        return _settled(unit, document_id, refused=f"the offer was {offer.state} before", offer=offer)
    committed = start_of(start, unit.now, clocks(unit).offer.latest_start_days)
    early = committed is not None and too_early(committed, case.order)
    if committed is None or early:
        reason = "the start is before the ordered first day of service" if early else _UNUSABLE
        asked = ask_person(
            unit,
            document_id,
            stage="answer",
            reason=f"a provider accepted, but {reason}",
            case_id=case.case_id,
            fields={"start": "too early" if early else "not usable"},
        )
        return _settled(unit, document_id, asked, refused=reason, offer=offer)
    unit.save_offer(
        offer.model_copy(
            update={"state": OfferState.ACCEPTED, "answered_at": unit.now, "proposed_start": committed},
        )
    )
    others = recalled(case.case_id, unit, reason="another provider accepted first", but=offer.offer_id)
    _, change = moved(
        case,
        CaseState.PROVIDER_ACCEPTED,
        unit,
        cause="a provider accepted",
        provider_npi=offer.npi,
        provider_name=offer.provider_name,
        scheduled_start=committed,
    )
    accepted = OfferAccepted(
        case_id=case.case_id,
        offer_id=offer.offer_id,
        npi=offer.npi,
        provider_name=offer.provider_name,
        start=committed,
    )
    return _settled(unit, document_id, [accepted, change, *others], offer=offer)


def _declined(offer: Offer, reason: str, document_id: str, unit: Unit) -> list[Payload]:
    if offer.state is OfferState.ACCEPTED:
        asked = ask_person(
            unit, document_id, stage="answer", reason="a provider declined after accepting", case_id=offer.case_id
        )
        return _settled(unit, document_id, asked, refused="the offer was accepted before; call the desk", offer=offer)
    if offer.state is not OfferState.SENT:
        return _settled(unit, document_id, offer=offer)
    reason = " ".join(reason.split())[:200] or "no reason given"
    unit.save_offer(
        offer.model_copy(
            update={"state": OfferState.DECLINED, "answered_at": unit.now, "decline_reason": reason},
        )
    )
    declined = OfferDeclined(case_id=offer.case_id, offer_id=offer.offer_id, npi=offer.npi, reason=reason)
    return _settled(unit, document_id, [declined], offer=offer)
