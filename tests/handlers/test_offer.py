"""Offers go out in waves to the providers that fit; when nobody fits, a person looks."""

from __future__ import annotations

from schemas.case import CaseState, OfferState
from schemas.document import ReviewRequested
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from tests.factories import order, referral
from tests.handlers.memory import MemoryHub


def test_a_wave_goes_to_several_providers_at_once_and_names_no_person() -> None:
    hub = MemoryHub()
    made = order()
    hub.send(referral(made))
    offers = list(hub.unit.offers.values())
    assert len(offers) == 3
    assert {offer.state for offer in offers} == {OfferState.SENT}
    told = [c for c in hub.seen(ConfirmationRequested) if c.kind is ConfirmationKind.OFFER]
    assert len({c.recipient.address for c in told}) == 3
    assert made.member.name is not None
    assert all(made.member.name.text not in c.model_dump_json() for c in told)


def test_when_nobody_fits_a_person_looks() -> None:
    hub = MemoryHub()
    hub.send(referral(order(ship_address="1 Beach Rd, Pago Pago, AS 96799")))
    assert hub.only_case().state is CaseState.UNDISPATCHABLE
    assert hub.seen(ReviewRequested)[0].case_id == hub.only_case().case_id


def test_a_case_number_alone_names_no_offer() -> None:
    """The id of an offer follows from the order's document, which no provider ever sees."""
    ids = []
    for document_id in ("doc-1", "doc-2"):
        hub = MemoryHub()
        hub.send(referral(order(document_id=document_id)))
        ids.append(set(hub.unit.offers))
    assert not ids[0] & ids[1]
