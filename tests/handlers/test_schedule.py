"""A provider's acceptance becomes one scheduled service, and only on the case that it is for."""

from __future__ import annotations

from datetime import timedelta

from schemas.case import CaseState, OfferAccepted
from schemas.service import ServiceScheduled
from tests.factories import NOW, referral
from tests.handlers.memory import MemoryHub


def test_an_accepted_offer_is_scheduled_for_the_time_the_provider_said() -> None:
    hub = MemoryHub()
    hub.send(referral())
    offer = hub.unit.offers_of(hub.only_case().case_id)[0]
    start = NOW + timedelta(days=2)
    hub.say("dispatch", "answer-1", {"offer_id": offer.offer_id, "answer": "accept", "start": start.isoformat()})
    (service,) = hub.seen(ServiceScheduled)
    assert (service.start, service.npi) == (start, offer.npi)
    assert (hub.only_case().state, hub.only_case().scheduled_start) == (CaseState.SCHEDULED, start)


def test_an_acceptance_of_a_case_that_is_not_there_schedules_nothing() -> None:
    hub = MemoryHub()
    hub.send(OfferAccepted(case_id="DS-999999-8", offer_id="o", npi="1", provider_name="Nobody", start=NOW))
    assert hub.seen(ServiceScheduled) == []
