"""Turns a provider's acceptance into a scheduled service."""

from __future__ import annotations

from collections.abc import Iterable

from doorstep.handler import Unit, on
from handlers.casework import moved
from schemas.case import CaseState, OfferAccepted, ServiceScheduled
from schemas.event import Event, Payload


@on(OfferAccepted)
def schedule(event: Event[OfferAccepted], unit: Unit) -> Iterable[Payload]:
    data = event.data
    case = unit.case(data.case_id)
    if case is None or case.state is not CaseState.PROVIDER_ACCEPTED or case.provider_npi != data.npi:
        return []
    _, change = moved(case, CaseState.SCHEDULED, unit, cause="a start is committed", scheduled_start=data.start)
    scheduled = ServiceScheduled(
        case_id=data.case_id, offer_id=data.offer_id, npi=data.npi, provider_name=data.provider_name, start=data.start
    )
    return [change, scheduled]
