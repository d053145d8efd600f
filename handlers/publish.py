"""Publishes the order of a case as a FHIR message Bundle for subscribers outside, each time that the case moves on."""

from __future__ import annotations

from collections.abc import Iterable

from doorstep.handler import Unit, on
from schemas.case import Case, CaseState, CaseStateChanged
from schemas.event import Event, Payload
from schemas.fhir import message_of, plain
from schemas.published import OrderMessage
from schemas.service import ServiceScheduled


def _event_of(case: Case, before: Event[OrderMessage] | None) -> str:
    """Return what is told: a new order, its end, that it was changed (it is judged anew), or where it stands."""
    if case.state is CaseState.CANCELLED:
        return "OrderCancel"
    if before is None:
        return "OrderNew"
    return "OrderUpdate" if case.state is CaseState.OPEN else "OrderStatus"


def _message(case_id: str, unit: Unit) -> list[Payload]:
    """Return the case as it stands now; a state that was passed already is not told, one that was told not again."""
    case = unit.case(case_id)
    if case is None:
        return []
    before = unit.latest(OrderMessage, case_id)
    made = OrderMessage.model_validate(plain(message_of(case, _event_of(case, before))))
    return [] if before is not None and before.data.identifier == made.identifier else [made]


@on(CaseStateChanged)
def publish(event: Event[CaseStateChanged], unit: Unit) -> Iterable[Payload]:
    """Publish the order of a case that has changed its state."""
    return _message(event.data.case_id, unit)


@on(ServiceScheduled)
def scheduled(event: Event[ServiceScheduled], unit: Unit) -> Iterable[Payload]:
    """Publish the order whose start was set or moved."""
    return _message(event.data.case_id, unit)
