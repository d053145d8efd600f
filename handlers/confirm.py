"""Tells the sender what becomes of the service, and the provider what concerns it; each thing once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from doorstep.handler import Unit, on
from handlers.casework import ORDER_CANCELLED, WAITS, answerable, ask_person, derived_id, directory, once, rule
from handlers.word import PROVIDER
from schemas.case import Case, CaseState, OfferRecalled
from schemas.event import Event, Payload
from schemas.network import Reasons, reason_of
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.service import OfferWithdrawn, ServiceCompleted, ServiceMissed, ServiceScheduled
from schemas.transmission import ReplyTo

_PAID_FOR = frozenset(
    {
        *(ConfirmationKind.SCHEDULED, ConfirmationKind.RESCHEDULED),
        *(ConfirmationKind.ASSIGNED, ConfirmationKind.COMPLETED),
    }
)
"""What is told of a service that will be, or was, rendered: only there it matters who pays."""


@on(ServiceScheduled)
def confirm(event: Event[ServiceScheduled], unit: Unit) -> Iterable[Payload]:
    """Tell the sender the committed start, and the provider where it finds what it needs, or that the start moved."""
    data = event.data
    case = unit.case(data.case_id)
    if case is None or case.state is not CaseState.SCHEDULED or case.scheduled_start != data.start:
        return []
    moved = data.previous_start is not None
    facts: dict[str, Any] = {
        "provider_name": data.provider_name,
        "scheduled_start": data.start,
        "scheduled_end": data.end,
        "previous_start": data.previous_start,
        "discharge_deadline": case.order.discharge_deadline,
        "note": _label(unit, "reschedule", data.code),
    }
    told = _to_sender(
        event, case, ConfirmationKind.RESCHEDULED if moved else ConfirmationKind.SCHEDULED, facts, unit, "scheduled"
    )
    accepted = data.code is None
    if accepted or data.by != PROVIDER:
        kind = ConfirmationKind.ASSIGNED if accepted else ConfirmationKind.RESCHEDULED
        told += _to_provider(event, case, data.npi, kind, {**facts, "offer_id": data.offer_id}, unit)
    return told


@on(ServiceMissed, where=lambda data: data.then != "rescheduled")
def missed(event: Event[ServiceMissed], unit: Unit) -> Iterable[Payload]:
    """Tell the sender that the committed start passed; with a new start at once, that is told instead."""
    data = event.data
    case = unit.case(data.case_id)
    if case is None or case.state is CaseState.CANCELLED:
        return []
    facts = {"previous_start": data.start, "note": _label(unit, "missed", data.code)}
    return _to_sender(event, case, ConfirmationKind.MISSED, facts, unit, "missed")


@on(OfferWithdrawn)
def withdrawn(event: Event[OfferWithdrawn], unit: Unit) -> Iterable[Payload]:
    """Tell the sender that another provider is looked for, and the provider when the desk took it away."""
    data = event.data
    case = unit.case(data.case_id)
    if case is None or case.state is CaseState.CANCELLED:
        return []
    facts: dict[str, Any] = {"previous_start": case.first_start, "note": _label(unit, "withdraw", data.code)}
    told: list[Payload] = []
    if case.first_start is not None:
        told += _to_sender(event, case, ConfirmationKind.REDISPATCHED, facts, unit, "given to the network anew")
    if data.by != PROVIDER:
        told += _to_provider(event, case, data.npi, ConfirmationKind.CANCELLED, {"offer_id": data.offer_id}, unit)
    return told


@on(ServiceCompleted)
def completed(event: Event[ServiceCompleted], unit: Unit) -> Iterable[Payload]:
    data = event.data
    case = unit.case(data.case_id)
    if case is None:
        return []
    facts = {"provider_name": data.provider_name, "completed_at": data.proof.completed_at}
    return _to_sender(event, case, ConfirmationKind.COMPLETED, facts, unit, "done")


@on(OfferRecalled)
def recalled(event: Event[OfferRecalled], unit: Unit) -> Iterable[Payload]:
    """Tell a provider whose offer went with a cancelled order or because the case waits, or whose job is taken from it.

    An offer that another provider took needs no mail.
    """
    data = event.data
    case, offer = unit.case(data.case_id), unit.offer(data.offer_id)
    held = offer is not None and offer.proposed_start is not None
    if case is None:
        return []
    if not held and data.reason.startswith(WAITS):
        facts = {"offer_id": data.offer_id, "note": data.reason.removeprefix(WAITS)}
        return _to_provider(event, case, data.npi, ConfirmationKind.RECALLED, facts, unit)
    if not (held or data.reason == ORDER_CANCELLED):
        return []
    return _to_provider(event, case, data.npi, ConfirmationKind.CANCELLED, {"offer_id": data.offer_id}, unit)


def _label(unit: Unit, kind: str, code: str | None) -> str | None:
    """Return our own words for a reason: a provider's free text goes to no sender unread."""
    return reason_of(getattr(rule(unit, "network/reasons", Reasons), kind), code).label if code else None


def _to_sender(
    event: Event[Any], case: Case, kind: ConfirmationKind, facts: dict[str, Any], unit: Unit, what: str
) -> list[Payload]:
    if not answerable(case.reply_to):
        reason = f"the service is {what} and the sender left no address to be told"
        return ask_person(unit, case.document_ids[0], stage=f"confirm {event.id}", reason=reason, case_id=case.case_id)
    return once(unit, _told(event, case, case.reply_to, kind, facts))


def _to_provider(
    event: Event[Any], case: Case, npi: str, kind: ConfirmationKind, facts: dict[str, Any], unit: Unit
) -> list[Payload]:
    provider = directory(unit).provider(npi)
    if provider is None:
        reason = "a provider that left the network must be told: it has an order of ours"
        return ask_person(unit, case.document_ids[0], stage=f"tell {event.id}", reason=reason, case_id=case.case_id)
    channel, address = provider.address()
    return once(unit, _told(event, case, ReplyTo(channel=channel, address=address), kind, facts))


def _told(
    event: Event[Any], case: Case, recipient: ReplyTo, kind: ConfirmationKind, facts: dict[str, Any]
) -> ConfirmationRequested:
    """The same event tells the same once; a start that moves there and back is told each time."""
    return ConfirmationRequested(
        confirmation_id=derived_id(event.id, kind, recipient.channel, recipient.address),
        kind=kind,
        recipient=recipient,
        case_id=case.case_id,
        document_id=case.document_ids[0],
        reference=case.case_id,
        manager=case.manager,
        case_state=case.state.value,
        self_pay=case.self_pay and kind in _PAID_FOR,
        **facts,
    )
