"""A person's word that a case waits: kept with who and why, or refused with a reason; its time ends it."""

from __future__ import annotations

from datetime import timedelta

from schemas.case import CaseClock, CaseState, OfferRecalled, OfferState
from schemas.clock import CaseHeld, ClockPaused, HoldEnded
from schemas.document import ReviewRequested
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.transmission import ReceiptState
from tests.factories import NOW, order, referral
from tests.handlers.holding import SCHEDULE, dispatching, due, hold, refusal, release
from tests.handlers.memory import MemoryHub


def test_at_the_latest_its_time_ends_a_hold_and_a_person_looks() -> None:
    hub = dispatching()
    hold(hub, days=2)
    hub.pass_time(NOW + timedelta(days=2))
    (ended,) = hub.seen(HoldEnded)
    assert (ended.by, hub.only_case().holds) == ("hub", ())
    assert due(hub) == NOW + timedelta(days=5)
    assert [r.reason for r in hub.seen(ReviewRequested) if "long enough" in r.reason] == [
        "waited long enough: The patient is not available"
    ]


def test_a_longer_hold_moves_its_time_and_pauses_nothing_twice() -> None:
    hub = dispatching()
    hold(hub, days=2)
    hub.pass_time(NOW + timedelta(days=1))
    hold(hub, days=4)
    hub.pass_time(NOW + timedelta(days=3))
    assert hub.seen(HoldEnded) == []
    assert len([one for one in hub.seen(ClockPaused) if one.clock == SCHEDULE]) == 1
    assert len(hub.seen(CaseHeld)) == 2
    assert hub.only_case().holds[0].since == NOW


def test_what_cannot_be_a_hold_is_refused_with_the_reason() -> None:
    hub = dispatching()
    assert "must be one of patient-unavailable, on-hold" in str(refusal(hub, hold(hub, "payer")))
    assert refusal(hub, hold(hub, days=15)) == "the time must lie ahead, within 14 days"
    assert refusal(hub, hold(hub, days=-1)) == "the time must lie ahead, within 14 days"
    assert refusal(hub, release(hub)) == "the case does not wait for this"
    assert refusal(hub, hold(hub)) is None
    assert refusal(hub, hold(hub)) == "the case waits for this until then already"
    hub.send(referral(order(document_id="c").model_copy(update={"action": "cancel"})))
    if hub.only_case().state is CaseState.CANCELLED:
        assert refusal(hub, hold(hub, "on-hold")) == "the case is closed"


def test_a_promised_answer_keeps_the_sender_from_being_reminded() -> None:
    hub = MemoryHub()
    hub.send(referral(order(without=("clinician_npi",))))
    hold(hub, "sender-promised", days=6)
    hub.pass_time(NOW + timedelta(days=5))
    assert [one for one in hub.seen(CaseClock) if one.clock == "information"] == []
    hub.pass_time(NOW + timedelta(days=30))
    assert [one.number for one in hub.seen(CaseClock) if one.clock == "information"] == [1, 2, 3]


def test_a_hold_recalls_offers_that_are_out_and_its_end_asks_the_network_again() -> None:
    hub = dispatching()
    out = [offer.npi for offer in hub.unit.offers.values()]
    hold(hub)
    assert {offer.state for offer in hub.unit.offers.values()} == {OfferState.RECALLED}
    (first, *_) = hub.seen(OfferRecalled)
    assert first.reason == "the case waits: The patient is not available"
    told = [c for c in hub.seen(ConfirmationRequested) if c.kind is ConfirmationKind.RECALLED]
    assert {(c.offer_id, c.note) for c in told} == {(o, "The patient is not available") for o in hub.unit.offers}
    asked = {c.recipient.address for c in hub.seen(ConfirmationRequested) if c.kind is ConfirmationKind.OFFER}
    assert {c.recipient.address for c in told} == asked
    hub.pass_time(NOW + timedelta(days=3))
    assert hub.only_case().state is CaseState.DISPATCHING
    assert len(hub.unit.offers) == len(out)
    release(hub)
    asked = [offer.npi for offer in hub.unit.offers.values() if offer.state is OfferState.SENT]
    assert asked
    assert hub.only_case().state is CaseState.DISPATCHING


def test_an_offer_recalled_by_a_hold_can_no_longer_be_accepted() -> None:
    hub = dispatching()
    offer_id = next(iter(hub.unit.offers))
    hold(hub)
    start = (NOW + timedelta(days=2)).isoformat()
    hub.say("dispatch", "late", {"offer_id": offer_id, "answer": "accept", "start": start})
    assert hub.unit.receipts["late"][:2] == (ReceiptState.REJECTED, "the offer was recalled before")


def test_offers_wait_for_the_last_of_several_holds() -> None:
    hub = dispatching()
    hold(hub)
    hold(hub, "on-hold")
    release(hub)
    assert not [offer for offer in hub.unit.offers.values() if offer.state is OfferState.SENT]
    release(hub, "on-hold")
    assert [offer for offer in hub.unit.offers.values() if offer.state is OfferState.SENT]


def test_an_order_complete_during_a_hold_is_offered_at_its_end_and_does_not_count_as_standing_still() -> None:
    hub = MemoryHub()
    hub.send(referral(order(without=("clinician_npi",))))
    hold(hub, "on-hold", days=3)
    hub.send(referral(order(document_id="doc-2")))
    assert (hub.only_case().state, hub.unit.offers) == (CaseState.COMPLETE, {})
    hub.pass_time(NOW + timedelta(days=2))
    assert [one for one in hub.seen(CaseClock) if one.clock == "moving"] == []
    hub.pass_time(NOW + timedelta(days=4))
    assert hub.only_case().state is CaseState.DISPATCHING
    assert hub.unit.offers


def test_a_promised_answer_stops_no_offers() -> None:
    hub = dispatching()
    hold(hub, "sender-promised")
    assert {offer.state for offer in hub.unit.offers.values()} == {OfferState.SENT}


def test_an_order_given_back_during_a_hold_waits_for_its_end() -> None:
    hub = dispatching()
    offer_id = next(iter(hub.unit.offers))
    start = (NOW + timedelta(days=2)).isoformat()
    hub.say("dispatch", "yes", {"offer_id": offer_id, "answer": "accept", "start": start})
    hold(hub)
    assert hub.only_case().state is CaseState.SCHEDULED  # a provider that holds the order is called, not recalled
    hub.say("dispatch", "no", {"offer_id": offer_id, "answer": "withdraw", "code": "no-capacity"})
    assert (hub.only_case().state, hub.only_case().provider_npi) == (CaseState.DISPATCHING, None)
    assert not [offer for offer in hub.unit.offers.values() if offer.state is OfferState.SENT]
    release(hub)
    assert [offer for offer in hub.unit.offers.values() if offer.state is OfferState.SENT]
