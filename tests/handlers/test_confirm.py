"""The committed start goes back to the sender, once, with the provider's name."""

from __future__ import annotations

from datetime import timedelta

from schemas.case import OfferRecalled
from schemas.document import ReviewRequested
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.transmission import ReplyTo
from tests.factories import HOSPITAL, NOW, referral
from tests.handlers.memory import MemoryHub

START = NOW + timedelta(days=1)


def scheduled(hub: MemoryHub) -> list[ConfirmationRequested]:
    """Accept the first offer and return what is told of the scheduled start."""
    offer = hub.unit.offers_of(hub.only_case().case_id)[0]
    for document in ("answer-1", "answer-2"):
        hub.say("dispatch", document, {"offer_id": offer.offer_id, "answer": "accept", "start": START.isoformat()})
    return [told for told in hub.seen(ConfirmationRequested) if told.kind is ConfirmationKind.SCHEDULED]


def test_the_sender_is_told_start_and_provider_once() -> None:
    hub = MemoryHub()
    hub.send(referral())
    (told,) = scheduled(hub)
    case = hub.only_case()
    assert (told.recipient, told.scheduled_start, told.provider_name) == (HOSPITAL, START, case.provider_name)
    assert (told.reference, told.manager) == (case.case_id, case.manager)


def test_a_sender_without_an_address_is_left_to_a_person() -> None:
    hub = MemoryHub()
    hub.send(referral(reply_to=ReplyTo(channel="fax", address="")))
    assert scheduled(hub) == []
    assert any("scheduled" in review.reason for review in hub.seen(ReviewRequested))


def test_who_pays_is_told_where_a_person_has_set_the_case_to_self_pay() -> None:
    hub = MemoryHub()
    hub.send(referral())
    case = hub.only_case()
    hub.unit.save_case(case.model_copy(update={"self_pay": True, "revision": case.revision + 1}))
    (told,) = scheduled(hub)
    assert told.self_pay
    assert not any(one.self_pay for one in hub.seen(ConfirmationRequested) if one.kind is ConfirmationKind.OFFER)


def test_a_provider_whose_job_is_taken_from_it_is_told_whatever_the_reason() -> None:
    hub = MemoryHub()
    hub.send(referral())
    scheduled(hub)
    held, other, *_ = hub.unit.offers_of(hub.only_case().case_id)
    for offer in (held, other):
        recall = OfferRecalled(case_id=offer.case_id, offer_id=offer.offer_id, npi=offer.npi, reason="coverage ended")
        hub.send(recall)
    told = [one for one in hub.seen(ConfirmationRequested) if one.kind is ConfirmationKind.CANCELLED]
    assert [one.offer_id for one in told] == [held.offer_id]
