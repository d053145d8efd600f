"""Confirms a scheduled service to the sender, and tells providers when an order that they hold was cancelled."""

from __future__ import annotations

from collections.abc import Iterable

from doorstep.handler import Unit, on
from handlers.casework import ORDER_CANCELLED, answerable, ask_person, derived_id, directory, once
from schemas.case import Case, CaseState, OfferRecalled, ServiceScheduled
from schemas.event import Event, Payload
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.transmission import ReplyTo


@on(ServiceScheduled)
def confirm(event: Event[ServiceScheduled], unit: Unit) -> Iterable[Payload]:
    data = event.data
    case = unit.case(data.case_id)
    if case is None or case.state is not CaseState.SCHEDULED:
        return []
    if not answerable(case.reply_to):
        reason = "the service is scheduled and the sender left no address to be told"
        return ask_person(unit, case.document_ids[0], stage="confirm", reason=reason, case_id=case.case_id)
    told = _told(case, case.reply_to, ConfirmationKind.SCHEDULED, data.offer_id)
    change = {"provider_name": data.provider_name, "scheduled_start": data.start, "offer_id": None}
    return once(unit, told.model_copy(update=change))


@on(OfferRecalled, where=lambda data: data.reason == ORDER_CANCELLED)
def withdrawn(event: Event[OfferRecalled], unit: Unit) -> Iterable[Payload]:
    """Tell a provider whose offer or job went with a cancelled order; an offer lost to another needs no mail."""
    data = event.data
    case = unit.case(data.case_id)
    email = next((p.email for p in directory(unit).providers if p.npi == data.npi), None)
    if case is None or email is None:
        return []
    return once(unit, _told(case, ReplyTo(channel="email", address=email), ConfirmationKind.CANCELLED, data.offer_id))


def _told(case: Case, recipient: ReplyTo, kind: ConfirmationKind, offer_id: str) -> ConfirmationRequested:
    return ConfirmationRequested(
        confirmation_id=derived_id(case.case_id, kind, offer_id),
        kind=kind,
        recipient=recipient,
        case_id=case.case_id,
        document_id=case.document_ids[0],
        reference=case.case_id,
        manager=case.manager,
        case_state=case.state.value,
        offer_id=offer_id,
    )
