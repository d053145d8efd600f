"""The committed start goes back to the sender, once, with the provider's name."""

from __future__ import annotations

from datetime import timedelta

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
