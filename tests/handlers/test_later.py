"""What a later gate wants is asked for after acceptance and after the service; its case goes on meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from schemas.case import CaseClock, CaseState, CompletenessEvaluated, InformationRequested, OfferState
from schemas.document import ReviewRequested
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from tests.factories import HOSPITAL, NOW, extraction, order, referral
from tests.handlers.memory import MemoryHub

ENCOUNTER = "Face-to-face encounter: 2026-11-02"
EXAMINATION = "Mobility examination: 2026-11-02, walks ten steps with a walker"
LESSER = "Lesser equipment: a cane and a walker do not carry her"
HOME = "Home assessment: doors 34 inches, room to turn"
MEMBER = {"payer": "Medicare", "order_lines": [{"code": "K0823", "quantity": 1}], "icd10": ["G82.20"]}
DELIVERY = {"encounter", "mobility_examination"}


def wheelchair(*notes: str, document_id: str = "doc-1", **more: Any) -> Any:
    return order(document_id=document_id, more={"notes": notes, **more}, without=("frequency",), **MEMBER)


def accepted(*notes: str, start: timedelta = timedelta(days=4), reply_to: Any = HOSPITAL) -> MemoryHub:
    hub = MemoryHub()
    hub.send(referral(wheelchair(*notes), reply_to=reply_to))
    case = hub.only_case()
    hub.command("authorization", case.case_id, decision="approved", number="A1")
    offer = next(iter(hub.unit.offers.values()))
    at = (NOW + start).isoformat()
    hub.say("dispatch", "yes", {"offer_id": offer.offer_id, "answer": "accept", "start": at})
    assert hub.only_case().state is CaseState.SCHEDULED
    return hub


def delivered(hub: MemoryHub) -> MemoryHub:
    offer = next(one for one in hub.unit.offers.values() if one.state is OfferState.ACCEPTED)
    at = hub.only_case().scheduled_start
    assert at is not None
    hub.unit.now = at + timedelta(minutes=30)
    proof = {"completed_at": at.isoformat(), "signed_by": "the member"}
    hub.say("dispatch", "done", {"offer_id": offer.offer_id, "answer": "complete", "proof": proof})
    assert hub.only_case().state is CaseState.FULFILLED
    return hub


def asks(hub: MemoryHub) -> list[ConfirmationRequested]:
    return [c for c in hub.seen(ConfirmationRequested) if c.kind is ConfirmationKind.INFORMATION_REQUESTED]


def wanted(hub: MemoryHub) -> set[str]:
    return {one.element_id for one in hub.only_case().asked}


def reasons(hub: MemoryHub) -> list[str]:
    return [review.reason for review in hub.seen(ReviewRequested)]


def test_what_must_be_there_before_the_delivery_is_asked_for_once_a_start_is_committed() -> None:
    hub = accepted()
    (asked,) = asks(hub)
    assert (asked.gate, asked.recipient, len(asked.asks)) == ("delivery", HOSPITAL, 2)
    (told,) = hub.seen(InformationRequested)
    assert (told.gate, {one.element_id for one in told.elements}) == ("delivery", DELIVERY)
    assert wanted(hub) == DELIVERY


def test_an_order_that_says_it_all_is_asked_for_nothing() -> None:
    hub = delivered(accepted(ENCOUNTER, EXAMINATION, LESSER, HOME))
    assert asks(hub) == []
    assert hub.only_case().asked == ()
    assert not any("papers" in name for name in hub.unit.timers)


def test_the_senders_own_order_with_the_answer_in_its_notes_fills_it_and_the_case_goes_on() -> None:
    hub = accepted("Weight: 180 lb")
    hub.send(referral(wheelchair(ENCOUNTER, document_id="doc-2")))
    assert wanted(hub) == {"mobility_examination"}
    assert [len(one.asks) for one in asks(hub)] == [2, 1]
    hub.send(referral(wheelchair(EXAMINATION, document_id="doc-3", action="update")))
    case = hub.only_case()
    assert (case.state, wanted(hub)) == (CaseState.SCHEDULED, set())
    assert case.order.notes == ("Weight: 180 lb", ENCOUNTER, EXAMINATION)
    told = [c.kind for c in hub.seen(ConfirmationRequested) if c.document_id == "doc-3"]
    assert told == [ConfirmationKind.ACKNOWLEDGED]
    hub.pass_time(NOW + timedelta(days=3, hours=12))
    assert not any("before the delivery" in reason for reason in reasons(hub))


def test_a_change_of_more_than_was_asked_for_still_goes_to_a_person() -> None:
    hub = accepted()
    hub.send(referral(wheelchair(ENCOUNTER, document_id="doc-2", action="update", priority="urgent")))
    assert "the order changed after a provider accepted it" in reasons(hub)
    assert wanted(hub) == DELIVERY


def test_a_day_before_the_delivery_a_person_is_told_what_is_not_there() -> None:
    hub = accepted()
    hub.pass_time(NOW + timedelta(days=2, hours=23))
    assert not any("before the delivery" in reason for reason in reasons(hub))
    hub.pass_time(NOW + timedelta(days=3))
    assert "What must be here before the delivery: not done in time" in reasons(hub)
    assert "delivery_papers" in {clock.clock for clock in hub.seen(CaseClock)}


def test_a_start_within_a_day_tells_a_person_at_once_and_one_that_is_moved_moves_the_clock() -> None:
    hub = accepted(start=timedelta(hours=20))
    name = f"clock delivery_papers {hub.only_case().case_id}"
    assert hub.unit.timers[name][0] < NOW
    hub.pass_time(NOW)
    assert "What must be here before the delivery: not done in time" in reasons(hub)
    offer = next(one for one in hub.unit.offers.values() if one.state is OfferState.ACCEPTED)
    later = NOW + timedelta(days=5)
    hub.say("dispatch", "move", {"offer_id": offer.offer_id, "answer": "reschedule", "start": later.isoformat()})
    assert hub.unit.timers[name][0] == later - timedelta(days=1)


def test_what_is_delivered_before_its_papers_is_recorded_and_a_person_looks() -> None:
    told = reasons(delivered(accepted()))
    assert "it was delivered before what must be here first: Face-to-face encounter, Mobility examination" in told


def test_what_the_claim_must_hold_is_asked_for_when_the_service_is_done_and_again_by_the_clock() -> None:
    hub = delivered(accepted(ENCOUNTER, EXAMINATION, LESSER))
    assert wanted(hub) == {"home_assessment"}
    assert [(one.gate, len(one.asks)) for one in asks(hub)] == [("claim", 1)]
    hub.pass_time(hub.unit.now + timedelta(days=30))
    assert [(one.gate, len(one.asks)) for one in asks(hub)] == [("claim", 1)] * 3
    assert "What the claim must hold: not done in time" in reasons(hub)


def test_the_claims_own_clock_says_what_is_still_open_and_a_claim_that_is_filed_wants_nothing_more() -> None:
    hub = delivered(accepted(ENCOUNTER, EXAMINATION, LESSER))
    hub.pass_time(hub.unit.now + timedelta(days=400))
    assert any(reason.endswith("still open: Home assessment") for reason in reasons(hub))
    hub.command("claim", hub.only_case().case_id, filed_on="2027-12-01")
    assert hub.only_case().asked == ()


def test_a_sheet_that_comes_back_on_paper_is_read_by_a_person_who_says_what_it_holds() -> None:
    hub = accepted()
    read = extraction(document_id="fax-1", without=("frequency",), **MEMBER)
    hub.send(read.model_copy(update={"returned": asks(hub)[0].confirmation_id, "patients": 1}))
    review = next(r for r in hub.seen(ReviewRequested) if "an answer came" in r.reason)
    assert review.fields.keys() == DELIVERY
    assert "fax-1" in hub.only_case().document_ids
    said = {"encounter": "2026-11-02", "mobility_examination": "seen 2026-11-02, walks ten steps"}
    decision = {"review_id": review.review_id, "decision": "accept", "reviewer": "R. Viewer", "supplied": said}
    hub.say("desk", "word", decision)
    assert wanted(hub) == set()
    assert "Face-to-face encounter: 2026-11-02" in hub.only_case().order.notes
    assert hub.seen(CompletenessEvaluated)[-1].complete


@pytest.mark.parametrize(
    ("supplied", "why"),
    [
        ({"encounter": "last month"}, "is not what is asked for"),
        ({"clinician_npi": "1234567893"}, "is a field of the order"),
        ({"no_such": "x"}, "the order has no element no_such"),
        ({"encounter": " "}, "say for each element what it is"),
    ],
)
def test_a_person_cannot_supply_what_does_not_pass_as_an_answer(supplied: dict[str, str], why: str) -> None:
    hub = accepted()
    hub.pass_time(NOW + timedelta(days=3))
    review = next(r for r in hub.seen(ReviewRequested) if "before the delivery" in r.reason)
    decision = {"review_id": review.review_id, "decision": "accept", "reviewer": "R. Viewer", "supplied": supplied}
    hub.say("desk", "word", decision)
    assert why in str(hub.unit.receipts["word"][1])
    assert wanted(hub) == DELIVERY


def test_a_waiver_at_a_later_gate_moves_nothing_and_closes_what_was_open() -> None:
    hub = accepted(ENCOUNTER)
    hub.pass_time(NOW + timedelta(days=3))
    review = next(r for r in hub.seen(ReviewRequested) if "before the delivery" in r.reason)
    waived = {"mobility_examination": "it is a repair"}
    hub.say("desk", "w", {"review_id": review.review_id, "decision": "accept", "reviewer": "R", "waived": waived})
    assert (hub.only_case().state, wanted(hub)) == (CaseState.SCHEDULED, set())


def test_a_sender_without_an_address_is_called_by_a_person() -> None:
    hub = accepted(reply_to=None)
    assert asks(hub) == []
    assert any("no address to be asked for what is needed before the delivery" in reason for reason in reasons(hub))


def test_where_the_member_pays_nothing_is_asked_for_the_payer() -> None:
    hub = MemoryHub()
    hub.send(referral(wheelchair()))
    case_id = hub.only_case().case_id
    hub.command("authorization", case_id, decision="denied", reasons=[{"system": "CARC", "code": "50"}])
    hub.command("coverage", case_id, status="self-pay", note="the member wants it")
    offer = next(iter(hub.unit.offers.values()))
    start = (NOW + timedelta(days=4)).isoformat()
    hub.say("dispatch", "yes", {"offer_id": offer.offer_id, "answer": "accept", "start": start})
    delivered(hub)
    assert [one.gate for one in asks(hub)] == ["dispatch"], "of the denial, with which the member goes on to pay"
