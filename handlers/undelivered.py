"""Finds another way for an answer that could not be delivered, or puts it before a person."""

from __future__ import annotations

from collections.abc import Iterable

from doorstep.handler import Unit, on
from handlers.casework import ask_person, derived_id, once
from schemas.event import Event, Payload
from schemas.outbound import ConfirmationFailed, ConfirmationRequested, FailureClass

_THE_NUMBER = frozenset(
    {
        FailureClass.BUSY,
        FailureClass.NO_ANSWER,
        FailureClass.DROPPED,
        FailureClass.NEGOTIATION,
        FailureClass.BAD_NUMBER,
        FailureClass.NOT_A_FAX,
    }
)
"""Failures that another number may not have."""


@on(ConfirmationFailed, where=lambda data: data.final)
def undelivered(event: Event[ConfirmationFailed], unit: Unit) -> Iterable[Payload]:
    """Try the number that stands on the order, once; else a person must find another way."""
    failed = event.data
    found = unit.latest(ConfirmationRequested, failed.confirmation_id)
    if found is None:
        return []
    requested = found.data
    other = _other_number(requested, unit) if failed.failure_class in _THE_NUMBER else None
    if other is not None:
        return once(unit, other)
    reason = f"the answer ({requested.kind}) by {failed.channel} could not be delivered: {failed.failure_class}"
    return ask_person(
        unit,
        requested.document_id,
        stage=f"undelivered {requested.confirmation_id}",
        reason=reason,
        case_id=requested.case_id,
    )


def _other_number(requested: ConfirmationRequested, unit: Unit) -> ConfirmationRequested | None:
    case = unit.case(requested.case_id) if requested.case_id else None
    clinician = case.order.clinician if case else None
    number = clinician.practice_fax if clinician else None
    to_sender = case is not None and case.reply_to is not None and case.reply_to.address == requested.recipient.address
    if requested.recipient.channel != "fax" or not to_sender or not number or number == requested.recipient.address:
        return None
    confirmation_id = derived_id(requested.confirmation_id, "other number", number)
    recipient = requested.recipient.model_copy(update={"address": number})
    return requested.model_copy(update={"confirmation_id": confirmation_id, "recipient": recipient})
