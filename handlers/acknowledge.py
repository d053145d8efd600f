"""Tells the sender, once for each receipt and case, that the order is with us and what is still missing."""

from __future__ import annotations

from collections.abc import Iterable

from doorstep.handler import Unit, on
from handlers.casework import answerable, ask_person, derived_id, once
from schemas.case import (
    Case,
    CaseState,
    CompletenessEvaluated,
    IdentityResolved,
)
from schemas.element import (
    ElementResult,
    unmet,
)
from schemas.event import Event, Payload
from schemas.order import ReferralReceived
from schemas.outbound import ConfirmationKind, ConfirmationRequested, ConfirmationSent
from schemas.transmission import ReplyTo

ANSWERS = (ConfirmationKind.ACKNOWLEDGED, ConfirmationKind.INFORMATION_REQUESTED, ConfirmationKind.CANCELLED)
"""A receipt gets one of these, once."""


def was_told(case: Case, unit: Unit) -> bool:
    """Say whether the channel of the case's first document, or another that was tried for it, has taken its answer."""
    if unit.marked(told_of(case.case_id)):
        return True
    ids = (derived_id(case.document_ids[0], kind, case.case_id) for kind in ANSWERS)
    return any(unit.latest(ConfirmationSent, one) is not None for one in ids)


def told_of(case_id: str) -> str:
    """Return the mark that the sender was told of this case: by whatever number, once one has taken it."""
    return derived_id("told", case_id)


def confirmation(
    case: Case, document_id: str, kind: ConfirmationKind, recipient: ReplyTo, asks: tuple[str, ...] = ()
) -> ConfirmationRequested:
    """Return what the sender of this document is told of this case; the same cause always has the same id."""
    return ConfirmationRequested(
        confirmation_id=derived_id(document_id, kind, case.case_id),
        gate=case.gate,
        kind=kind,
        recipient=recipient,
        case_id=case.case_id,
        document_id=document_id,
        reference=case.case_id,
        manager=case.manager,
        case_state=case.state.value,
        asks=asks,
    )


def asked_again(case: Case, elements: tuple[ElementResult, ...], recipient: ReplyTo) -> ConfirmationRequested:
    """Return what the case's sender is asked for at a later gate; what is asked for is its cause."""
    asks = tuple(element.ask for element in elements)
    told = confirmation(case, case.document_ids[0], ConfirmationKind.INFORMATION_REQUESTED, recipient, asks)
    own = derived_id("gate", case.gate, case.case_id, *(element.element_id for element in elements))
    return told.model_copy(update={"confirmation_id": own})


def _told(
    unit: Unit, case: Case, document_id: str, reply_to: ReplyTo | None, elements: tuple[ElementResult, ...]
) -> list[Payload]:
    if not answerable(reply_to):
        reason = "the sender left no address to answer"
        return ask_person(unit, document_id, stage="acknowledge", reason=reason, case_id=case.case_id)
    if any(unit.latest(ConfirmationRequested, derived_id(document_id, one, case.case_id)) for one in ANSWERS):
        return []
    if case.state is CaseState.CANCELLED:
        return [confirmation(case, document_id, ConfirmationKind.CANCELLED, reply_to)]
    kind = ConfirmationKind.INFORMATION_REQUESTED if elements else ConfirmationKind.ACKNOWLEDGED
    return [confirmation(case, document_id, kind, reply_to, tuple(element.ask for element in elements))]


@on(CompletenessEvaluated)
def acknowledge(event: Event[CompletenessEvaluated], unit: Unit) -> Iterable[Payload]:
    case = unit.case(event.data.case_id)
    if case is None:
        return []
    received = unit.latest(ReferralReceived, event.data.document_id)
    reply_to = received.data.reply_to if received else case.reply_to
    return _told(unit, case, event.data.document_id, reply_to, unmet(event.data.results, event.data.gate))


@on(IdentityResolved, where=lambda data: data.duplicate or data.order.action == "cancel")
def known(event: Event[IdentityResolved], unit: Unit) -> Iterable[Payload]:
    """Answer the sender of an order that was here before, or of a cancellation."""
    data = event.data
    case = unit.case(data.case_id)
    if case is None:
        return []
    if data.order.action != "cancel":
        return _told(unit, case, data.document_id, data.reply_to, case.asked)
    if not answerable(data.reply_to):
        return []
    return once(unit, confirmation(case, data.document_id, ConfirmationKind.CANCELLED, data.reply_to))
