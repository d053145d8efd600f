"""Turns a provider's acceptance into a scheduled service."""

from __future__ import annotations

from collections.abc import Iterable

from doorstep.handler import Unit, on
from handlers.casework import moved
from schemas.case import CaseState, OfferAccepted, OfferState
from schemas.event import Event, Payload
from schemas.service import ServiceScheduled


@on(OfferAccepted)
def schedule(event: Event[OfferAccepted], unit: Unit) -> Iterable[Payload]:
    """Commit the start; the first one that a case ever had is kept, for it is the one that lateness is judged by."""
    data = event.data
    case, offer = unit.case(data.case_id), unit.offer(data.offer_id)
    if case is None or case.state is not CaseState.PROVIDER_ACCEPTED or case.provider_npi != data.npi:
        return []
    if offer is None or offer.state is not OfferState.ACCEPTED:  # it was given back meanwhile
        return []
    before = case.first_start
    changes = {"scheduled_start": data.start, "scheduled_end": data.end, "first_start": before or data.start}
    _, change = moved(case, CaseState.SCHEDULED, unit, cause="a start is committed", **changes)
    scheduled = ServiceScheduled(
        case_id=data.case_id,
        offer_id=data.offer_id,
        npi=data.npi,
        provider_name=data.provider_name,
        start=data.start,
        end=data.end,
        previous_start=before,
    )
    return [change, scheduled]
