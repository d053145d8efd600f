"""One order from its arrival to the confirmation, step by step, over the unit of work in memory."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from schemas.case import (
    CaseState,
    CompletenessEvaluated,
    InformationRequested,
    OfferRecalled,
    OfferSent,
    OfferState,
)
from schemas.document import ReviewRequested
from schemas.order import Order
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.service import ServiceScheduled
from schemas.transmission import ReceiptState, ReplyTo
from tests.factories import HOSPITAL, NOW, order, referral
from tests.handlers.memory import MemoryHub
from tests.samples.people import order_truth

START = (NOW + timedelta(days=1)).isoformat()
FAX = ReplyTo(channel="fax", address="9375550101")


@pytest.fixture
def hub() -> MemoryHub:
    return MemoryHub()


def numbered(number: str = "ORD1", *, document_id: str = "doc-1", action: str = "new", **deviations: Any) -> Order:
    return order(document_id=document_id, more={"placer_number": number, "action": action}, **deviations)


def kinds(hub: MemoryHub, document_id: str) -> list[ConfirmationKind]:
    told = [c for c in hub.seen(ConfirmationRequested) if c.kind is not ConfirmationKind.OFFER]
    return [c.kind for c in told if c.document_id == document_id]


@pytest.mark.parametrize("order_type", ["dme", "home_health", "infusion"])
@pytest.mark.parametrize("seed", range(12))
def test_every_sample_person_is_offered_and_scheduled(hub: MemoryHub, order_type: str, seed: int) -> None:
    hub.send(referral(order(seed, order_type)))
    case = hub.only_case()
    assert case.state is CaseState.DISPATCHING
    offers = hub.unit.offers_of(case.case_id)
    assert offers
    assert all(offer.respond_by > NOW for offer in offers)
    hub.say("dispatch", "answer-1", {"offer_id": offers[0].offer_id, "answer": "accept", "start": START})
    case = hub.only_case()
    assert case.state is CaseState.SCHEDULED
    told = [c for c in hub.seen(ConfirmationRequested) if c.recipient == HOSPITAL]
    acknowledged, scheduled = [c for c in told if c.kind is not ConfirmationKind.INFORMATION_REQUESTED]
    assert all(c.gate == "delivery" for c in told if c.kind is ConfirmationKind.INFORMATION_REQUESTED)
    assert (acknowledged.kind, scheduled.kind) == (ConfirmationKind.ACKNOWLEDGED, ConfirmationKind.SCHEDULED)
    for told in (acknowledged, scheduled):
        assert told.reference == case.case_id
        assert told.manager is not None
        assert told.manager.name
        assert told.manager.extension
    assert scheduled.scheduled_start == NOW + timedelta(days=1)
    assert scheduled.provider_name == offers[0].provider_name
    assert hub.unit.receipts["doc-1"] == (ReceiptState.ACCEPTED, None, case.case_id)


def test_an_offer_says_nothing_of_the_person(hub: MemoryHub) -> None:
    truth = order_truth(1)
    hub.send(referral())
    for told in hub.seen(ConfirmationRequested):
        if told.kind is ConfirmationKind.OFFER:
            text = told.model_dump_json()
            for secret in (truth.member_name, truth.dob, truth.member_id, truth.icd10[0], truth.address_parts[0]):
                assert secret not in text
            assert told.service_summary == f"Medical equipment, ZIP area {truth.address_parts[3][:3]}"


def test_an_incomplete_order_opens_a_case_and_asks_for_exactly_what_is_missing(hub: MemoryHub) -> None:
    hub.send(referral(order(without=("signature_present", "contact_phone"))))
    assert hub.only_case().state is CaseState.INCOMPLETE
    (told,) = hub.seen(ConfirmationRequested)
    assert told.kind is ConfirmationKind.INFORMATION_REQUESTED
    assert len(told.asks) == 2
    (asked,) = hub.seen(InformationRequested)
    assert {element.element_id for element in asked.elements} == {"signature_present", "contact_phone"}
    assert not hub.seen(OfferSent)


def test_the_answer_to_what_was_missing_completes_the_same_case_on_another_channel(hub: MemoryHub) -> None:
    hub.send(referral(order(without=("member_id", "service_start"))))
    hub.send(referral(order(document_id="doc-2", channel="fax"), reply_to=FAX))
    case = hub.only_case()
    assert case.state is CaseState.DISPATCHING
    assert case.unmet == ()
    assert case.document_ids == ("doc-1", "doc-2")
    assert kinds(hub, "doc-1") == [ConfirmationKind.INFORMATION_REQUESTED]
    assert kinds(hub, "doc-2") == [ConfirmationKind.ACKNOWLEDGED]


def test_a_wrong_npi_is_asked_for_and_replaced_by_the_answer(hub: MemoryHub) -> None:
    hub.send(referral(order(clinician_npi="1234567890")))
    assert [element.element_id for element in hub.only_case().unmet] == ["clinician_npi"]
    hub.send(referral(order(document_id="doc-2")))
    assert hub.only_case().state is CaseState.DISPATCHING


@pytest.mark.parametrize("channel", ["hl7v2", "fax", "fhir"])
def test_the_same_order_again_on_any_channel_is_the_same_case(hub: MemoryHub, channel: str) -> None:
    hub.send(referral(numbered()))
    hub.send(referral(order(document_id="doc-2", channel=channel), reply_to=FAX))
    case = hub.only_case()
    assert hub.unit.receipts["doc-2"] == (ReceiptState.ACCEPTED, f"duplicate of case {case.case_id}", case.case_id)
    first, second = [c for c in hub.seen(ConfirmationRequested) if c.kind is ConfirmationKind.ACKNOWLEDGED]
    assert first.reference == second.reference
    assert second.recipient == FAX
    assert len(hub.seen(CompletenessEvaluated)) == 1


def test_the_same_order_number_with_other_items_goes_to_a_person(hub: MemoryHub) -> None:
    hub.send(referral(numbered()))
    hub.send(referral(numbered(document_id="doc-2", order_lines=[{"code": "E0143", "quantity": 1}])))
    case = hub.only_case()
    (review,) = hub.seen(ReviewRequested)
    assert review.case_id == case.case_id
    assert kinds(hub, "doc-2") == [ConfirmationKind.UNDER_REVIEW]


def test_another_sender_may_use_the_same_order_number(hub: MemoryHub) -> None:
    hub.send(referral(numbered()))
    other = ReplyTo(channel="hl7v2", address="CERNER|LAKEVIEW")
    hub.send(referral(order(2, document_id="doc-2", more={"placer_number": "ORD1"}), reply_to=other))
    assert len(hub.unit.cases) == 2


def test_two_items_of_one_member_are_two_cases_of_one_identity(hub: MemoryHub) -> None:
    hub.send(referral(numbered()))
    hub.send(referral(numbered("ORD2", document_id="doc-2", order_lines=[{"code": "E0143", "quantity": 1}])))
    one, two = hub.unit.cases.values()
    assert one.identity_key == two.identity_key
    assert one.case_id != two.case_id


@pytest.mark.parametrize("missing", ["member_name", "dob", "payer"])
def test_without_name_birth_date_or_payer_no_case_is_opened(hub: MemoryHub, missing: str) -> None:
    hub.send(referral(order(without=(missing,))))
    assert not hub.unit.cases
    (review,) = hub.seen(ReviewRequested)
    assert review.fields[missing] == "missing"
    (told,) = hub.seen(ConfirmationRequested)
    assert (told.kind, told.reference, told.case_id) == (ConfirmationKind.UNDER_REVIEW, "doc-1", None)
    state, reason, _ = hub.unit.receipts["doc-1"]
    assert state is ReceiptState.PENDING
    assert missing in str(reason)


@pytest.mark.parametrize(
    "changes",
    [
        {"member_id": "ZZ999999999"},
        {"payer": "Some Other Plan", "member_id": "ZZ999999999"},
        {"dob": "1950-01-01"},
        {"member_name": "Walter Unlike"},
    ],
    ids=["other member id", "other payer and id", "other birth date", "other name"],
)
def test_a_weak_or_contradicting_match_goes_to_a_person_and_never_merges(
    hub: MemoryHub, changes: dict[str, str]
) -> None:
    hub.send(referral(order(order_lines=[{"code": "E0143", "quantity": 1}])))
    hub.send(referral(order(document_id="doc-2", **changes)))
    assert len(hub.unit.cases) == 1
    assert [review.document_id for review in hub.seen(ReviewRequested)] == ["doc-2"]
    (review_id,) = hub.unit.reviews
    hub.say("desk", "word", {"review_id": review_id, "decision": "accept", "reviewer": "R"})
    first, second = hub.unit.cases.values()
    assert first.identity_key != second.identity_key


def test_a_reviewer_may_say_whose_order_it_is(hub: MemoryHub) -> None:
    hub.send(referral(order(order_lines=[{"code": "E0143", "quantity": 1}])))
    hub.send(referral(order(document_id="doc-2", member_id="ZZ999999999")))
    (review_id,) = hub.unit.reviews
    fields = {"member_of_case": hub.only_case().case_id}
    hub.say("desk", "word", {"review_id": review_id, "decision": "accept", "reviewer": "R", "fields": fields})
    assert len({case.identity_key for case in hub.unit.cases.values()}) == 1


def test_name_birth_date_and_payer_suffice_where_a_member_id_is_missing(hub: MemoryHub) -> None:
    hub.send(referral(order(member_name="Alma O'Brien-Abbott")))
    hub.send(referral(order(document_id="doc-2", without=("member_id",), member_name="OBrien Abbott, Alma")))
    assert hub.only_case().document_ids == ("doc-1", "doc-2")
    assert not hub.seen(ReviewRequested)


def test_an_update_replaces_the_order_and_offers_it_anew(hub: MemoryHub) -> None:
    hub.send(referral(numbered()))
    live = hub.unit.offers_of(hub.only_case().case_id)
    hub.send(referral(numbered(document_id="doc-2", action="update", order_lines=[{"code": "E0143", "quantity": 2}])))
    case = hub.only_case()
    assert [line.code for line in case.order.lines] == ["E0143"]
    assert case.state is CaseState.DISPATCHING
    offers = hub.unit.offers_of(case.case_id)
    assert {o.state for o in offers if o.wave == 1} == {OfferState.RECALLED}
    assert {o.state for o in offers if o.wave == 2} == {OfferState.SENT}
    assert len(hub.seen(OfferRecalled)) == len(live)
    assert kinds(hub, "doc-2") == [ConfirmationKind.ACKNOWLEDGED]


def test_an_update_after_a_provider_accepted_goes_to_a_person(hub: MemoryHub) -> None:
    hub.send(referral(numbered()))
    offer = next(iter(hub.unit.offers.values()))
    hub.say("dispatch", "a", {"offer_id": offer.offer_id, "answer": "accept", "start": START})
    before = hub.only_case()
    hub.send(referral(numbered(document_id="doc-2", action="update", contact_phone="6145550199")))
    assert hub.only_case() == before
    assert [review.document_id for review in hub.seen(ReviewRequested)] == ["doc-2"]


def test_an_update_of_an_order_never_seen_opens_a_case(hub: MemoryHub) -> None:
    hub.send(referral(numbered(action="update")))
    assert hub.only_case().state is CaseState.DISPATCHING


def test_a_cancellation_recalls_the_offers_and_answers_the_sender(hub: MemoryHub) -> None:
    hub.send(referral(numbered()))
    hub.send(referral(numbered(document_id="doc-2", action="cancel", without=("payer", "order_lines", "member_id"))))
    case = hub.only_case()
    assert case.state is CaseState.CANCELLED
    assert {offer.state for offer in hub.unit.offers_of(case.case_id)} == {OfferState.RECALLED}
    told = [c for c in hub.seen(ConfirmationRequested) if c.kind is ConfirmationKind.CANCELLED]
    assert [c.recipient for c in told if c.document_id == "doc-2"] == [HOSPITAL]
    assert len([c for c in told if c.recipient.channel == "email"]) == len(hub.unit.offers)


def test_a_cancellation_after_scheduling_tells_the_provider(hub: MemoryHub) -> None:
    hub.send(referral(numbered()))
    offer = next(iter(hub.unit.offers.values()))
    hub.say("dispatch", "a", {"offer_id": offer.offer_id, "answer": "accept", "start": START})
    hub.send(referral(numbered(document_id="doc-2", action="cancel")))
    assert hub.only_case().state is CaseState.CANCELLED
    told = [c for c in hub.seen(ConfirmationRequested) if c.kind is ConfirmationKind.CANCELLED]
    assert [c.offer_id for c in told if c.recipient.channel == "email"] == [offer.offer_id]


def test_a_cancellation_of_a_part_goes_to_a_person(hub: MemoryHub) -> None:
    lines = [{"code": "E1390", "quantity": 1}, {"code": "E0431", "quantity": 1}]
    hub.send(referral(numbered(order_lines=lines)))
    hub.send(referral(numbered(document_id="doc-2", action="cancel", order_lines=lines[:1])))
    assert hub.only_case().state is CaseState.DISPATCHING
    assert [review.document_id for review in hub.seen(ReviewRequested)] == ["doc-2"]


def test_an_order_that_its_cancellation_overtook_waits_for_a_person(hub: MemoryHub) -> None:
    hub.send(referral(numbered(document_id="doc-2", action="cancel")))
    hub.send(referral(numbered()))
    assert not hub.unit.cases
    reviews = {review.document_id: review.review_id for review in hub.seen(ReviewRequested)}
    assert set(reviews) == {"doc-1", "doc-2"}
    hub.say("desk", "w", {"review_id": reviews["doc-1"], "decision": "accept", "reviewer": "R"})
    assert hub.only_case().state is CaseState.DISPATCHING


def test_a_cancelled_order_may_be_ordered_again_under_a_new_number(hub: MemoryHub) -> None:
    hub.send(referral(numbered()))
    hub.send(referral(numbered(document_id="doc-2", action="cancel")))
    hub.send(referral(numbered("ORD2", document_id="doc-3")))
    assert [case.state for case in hub.unit.cases.values()] == [CaseState.CANCELLED, CaseState.DISPATCHING]


def test_without_an_address_to_answer_nothing_is_sent_and_the_order_goes_on(hub: MemoryHub) -> None:
    hub.send(referral(reply_to=None))
    assert hub.only_case().state is CaseState.DISPATCHING
    assert {c.kind for c in hub.seen(ConfirmationRequested)} == {ConfirmationKind.OFFER}


def test_one_message_with_two_orders_gets_an_answer_for_each(hub: MemoryHub) -> None:
    one = numbered("A")
    two = order(1, "home_health", document_id="doc-1", order_id="second", more={"placer_number": "A"}).model_copy(
        update={"member": one.member, "coverage": one.coverage}
    )
    hub.send(referral(one), referral(two))
    assert len(hub.unit.cases) == 2
    assert kinds(hub, "doc-1") == [ConfirmationKind.ACKNOWLEDGED] * 2
    assert len({c.confirmation_id for c in hub.seen(ConfirmationRequested)}) == len(hub.seen(ConfirmationRequested))


def test_managers_take_turns_by_order_type(hub: MemoryHub) -> None:
    for seed in range(1, 7):
        hub.send(referral(order(seed, document_id=f"doc-{seed}")))
    names = [case.manager.name for case in hub.unit.cases.values()]
    assert len(set(names)) == 2
    assert names[0] != names[1]
    assert names[0] == names[2]


def test_the_scheduled_service_is_announced_once(hub: MemoryHub) -> None:
    hub.send(referral())
    offer = next(iter(hub.unit.offers.values()))
    for number in range(3):
        hub.say("dispatch", f"a{number}", {"offer_id": offer.offer_id, "answer": "accept", "start": START})
    assert len(hub.seen(ServiceScheduled)) == 1
    assert [s for s, _, _ in (hub.unit.receipts[f"a{n}"] for n in range(3))] == [ReceiptState.ACCEPTED] * 3
