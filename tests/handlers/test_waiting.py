"""A cancellation of an order that itself waits for a person: the order is withdrawn and opens no case."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from schemas.case import CaseState
from schemas.document import ReviewDecided, ReviewRequested, ReviewSettled
from schemas.held import OrderWithdrawn
from schemas.order import Order, OrderLine, OrderType, ReferralReceived
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.transmission import WITHDRAWN, ReceiptState, ReplyTo
from tests.factories import HOSPITAL, NOW, order, referral
from tests.handlers.memory import MemoryHub
from tests.samples.people import order_truth

LATER = NOW + timedelta(minutes=5)
SETTLED = (ReceiptState.ACCEPTED, WITHDRAWN, None)


@pytest.fixture
def hub() -> MemoryHub:
    return MemoryHub()


def doubtful(number: str = "P1", document_id: str = "doc-1", **more: Any) -> Order:
    """Return an order that a person must look at: its payer is not certain."""
    return order(document_id=document_id, without=("payer",), more={"placer_number": number, **more})


def cancellation(number: str = "P1", document_id: str = "doc-2", lines: tuple[OrderLine, ...] = (), **more: Any) -> Any:
    made = order(document_id=document_id, without=("order_lines",), more={"placer_number": number})
    return referral(
        made.model_copy(update={"action": "cancel", "order_type": OrderType.UNKNOWN, "lines": lines, **more}),
        received_at=LATER,
    )


def beside(one: Order, *, without: tuple[str, ...] = (), **more: Any) -> Order:
    """Return an order of another kind for the same member in the same message."""
    made = order(1, "home_health", order_id="second", without=without, more={"placer_number": "P2", **more})
    return made.model_copy(update={"member": one.member, "coverage": one.coverage})


def waiting(hub: MemoryHub) -> list[str]:
    return [one.reason for one in hub.unit.reviews.values() if one.review_id not in hub.unit.closed]


def decision(hub: MemoryHub, **changes: Any) -> dict[str, Any]:
    review_id = hub.seen(ReviewRequested)[0].review_id
    word = {"review_id": review_id, "decision": "accept", "reviewer": "R. Viewer", "fields": {"payer": "Aetna"}}
    return word | changes


def told(hub: MemoryHub, document_id: str) -> list[tuple[ConfirmationKind, str | None, str]]:
    mine = [one for one in hub.seen(ConfirmationRequested) if one.document_id == document_id]
    return [(one.kind, one.case_id, one.reference) for one in mine]


def test_the_order_is_withdrawn_its_review_is_settled_and_the_sender_is_told(hub: MemoryHub) -> None:
    hub.send(referral(doubtful()))
    hub.send(cancellation())
    assert not hub.unit.cases
    assert waiting(hub) == []
    (settled,) = hub.seen(ReviewSettled)
    assert (settled.document_id, settled.by, settled.reason) == ("doc-1", "its sender", WITHDRAWN)
    assert [(one.document_id, one.withdrawn_by) for one in hub.seen(OrderWithdrawn)] == [("doc-1", "doc-2")]
    assert (hub.unit.receipts["doc-1"], hub.unit.receipts["doc-2"]) == (SETTLED, SETTLED)
    assert told(hub, "doc-2") == [(ConfirmationKind.CANCELLED, None, "doc-1")]


def test_a_word_on_the_review_afterwards_is_refused_with_the_reason(hub: MemoryHub) -> None:
    hub.send(referral(doubtful()))
    word = decision(hub)
    hub.send(cancellation())
    hub.say("desk", "w1", word)
    assert hub.unit.receipts["w1"][:2] == (ReceiptState.REJECTED, f"the review was settled before: {WITHDRAWN}")
    assert not hub.seen(ReviewDecided)
    assert not hub.unit.cases


def test_an_order_that_was_decided_on_and_has_no_case_yet_is_withdrawn_all_the_same(hub: MemoryHub) -> None:
    """The person was first by a moment: the decision stands, and what follows from it is that nothing opens."""
    hub.send(referral(doubtful()))
    hub.append(
        ReviewDecided(review_id=decision(hub)["review_id"], document_id="doc-1", decision="accept", reviewer="R")
    )
    hub.unit.close_review(decision(hub)["review_id"])
    hub.append(cancellation())
    hub.step(("link", "doc-2"))
    hub.drain()
    assert not hub.unit.cases
    assert waiting(hub) == []
    assert told(hub, "doc-2") == [(ConfirmationKind.CANCELLED, None, "doc-1")]
    assert (hub.unit.receipts["doc-1"], hub.unit.receipts["doc-2"]) == (SETTLED, SETTLED)


def test_an_order_whose_case_was_opened_first_is_cancelled_as_a_case(hub: MemoryHub) -> None:
    hub.send(referral(doubtful()))
    hub.say("desk", "w1", decision(hub))
    hub.send(cancellation())
    assert hub.only_case().state is CaseState.CANCELLED
    assert told(hub, "doc-2") == [(ConfirmationKind.CANCELLED, hub.only_case().case_id, hub.only_case().case_id)]


def test_an_order_that_a_person_rejected_stays_rejected_and_the_sender_has_its_answer(hub: MemoryHub) -> None:
    hub.send(referral(doubtful()))
    hub.say("desk", "w1", decision(hub, decision="reject", fields={}))
    hub.send(cancellation())
    assert hub.unit.receipts["doc-1"][0] is ReceiptState.REJECTED
    assert hub.unit.receipts["doc-2"] == SETTLED
    assert waiting(hub) == []


def test_the_cancellation_again_changes_nothing(hub: MemoryHub) -> None:
    hub.send(referral(doubtful()))
    hub.send(cancellation())
    before = hub.unit.state()
    hub.send(cancellation())
    assert hub.unit.state() == before
    assert len(told(hub, "doc-2")) == 1
    assert len(hub.seen(OrderWithdrawn)) == 1


def test_the_same_order_under_another_control_id_does_not_come_back_unseen(hub: MemoryHub) -> None:
    hub.send(referral(doubtful()))
    hub.send(cancellation())
    hub.send(referral(order(document_id="doc-3", more={"placer_number": "P1"})))
    assert not hub.unit.cases
    assert waiting(hub) == ["a cancellation of this order came before it"]


@pytest.mark.parametrize(
    "deviation",
    [
        {"reply_to": ReplyTo(channel="hl7v2", address="EPIC|ELSEWHERE")},
        {"number": "P2"},
        {"member": order(7).member},
    ],
    ids=["another sender", "another number", "another member"],
)
def test_what_is_not_certainly_this_order_goes_to_a_person(hub: MemoryHub, deviation: dict[str, Any]) -> None:
    hub.send(referral(doubtful()))
    number = deviation.get("number", "P1")
    sent = cancellation(number, **{k: v for k, v in deviation.items() if k == "member"})
    hub.send(sent.model_copy(update={k: v for k, v in deviation.items() if k == "reply_to"}))
    assert len(waiting(hub)) == 2
    assert not hub.seen(OrderWithdrawn)


def two_lines() -> Order:
    numbered = tuple(OrderLine(code=c, placer_number=n) for c, n in (("E1390", "P1"), ("E0431", "P2")))
    return doubtful().model_copy(update={"lines": numbered})


def test_a_cancellation_of_one_number_takes_its_line_off_the_order_that_waits(hub: MemoryHub) -> None:
    hub.send(referral(two_lines()))
    hub.send(cancellation("P2", lines=(OrderLine(placer_number="P2"),)))
    assert waiting(hub) == ["the member is not certain: payer"]
    assert told(hub, "doc-2") == [(ConfirmationKind.CANCELLED, None, "doc-1")]
    hub.say("desk", "w1", decision(hub))
    assert [line.code for line in hub.only_case().order.lines] == ["E1390"]


def test_a_number_that_nobody_knows_beside_one_that_is_known_is_left_to_a_person(hub: MemoryHub) -> None:
    hub.send(referral(two_lines()))
    hub.send(cancellation("P2", lines=(OrderLine(placer_number="P2"), OrderLine(placer_number="P9"))))
    assert waiting(hub) == ["the member is not certain: payer", "it cancels an order that is not known here"]
    hub.say("desk", "w1", decision(hub))
    assert [line.code for line in hub.only_case().order.lines] == ["E1390"]


def test_other_items_than_those_that_wait_are_left_to_a_person(hub: MemoryHub) -> None:
    hub.send(referral(doubtful()))
    hub.send(cancellation(lines=(OrderLine(code="E0601", placer_number="P1"),)))
    assert len(waiting(hub)) == 2


def test_of_two_orders_of_one_message_the_one_that_is_named_is_withdrawn(hub: MemoryHub) -> None:
    other = doubtful("P2").model_copy(update={"order_id": "second", "order_type": OrderType.HOME_HEALTH})
    hub.send(referral(doubtful()), referral(other))
    hub.send(cancellation())
    assert len(waiting(hub)) == 1
    assert hub.unit.receipts["doc-1"][0] is ReceiptState.PENDING
    hub.say("desk", "w1", decision(hub, review_id=hub.seen(ReviewRequested)[1].review_id))
    assert hub.only_case().order.placer_number == "P2"


def test_both_sendings_that_wait_under_one_number_are_withdrawn(hub: MemoryHub) -> None:
    hub.send(referral(doubtful()), referral(doubtful(document_id="doc-0")))
    hub.send(cancellation())
    assert waiting(hub) == []
    assert (hub.unit.receipts["doc-0"], hub.unit.receipts["doc-1"]) == (SETTLED, SETTLED)


def test_a_change_that_waits_goes_with_its_cancelled_case(hub: MemoryHub) -> None:
    hub.send(referral(order(more={"placer_number": "P1"})))
    hub.send(referral(order(document_id="doc-3", more={"placer_number": "P1"}, service_start="2026-12-24")))
    assert len(waiting(hub)) == 1
    hub.send(cancellation())
    assert hub.only_case().state is CaseState.CANCELLED
    assert waiting(hub) == []
    assert told(hub, "doc-2") == [(ConfirmationKind.CANCELLED, hub.only_case().case_id, hub.only_case().case_id)]
    assert hub.unit.receipts["doc-2"][2] == hub.only_case().case_id


def test_a_cancellation_that_overtook_its_order_inside_of_the_hub_withdraws_it(hub: MemoryHub) -> None:
    """The order was received first, so it is certain which came first at its sender."""
    hub.send(cancellation())
    assert waiting(hub) == ["it cancels an order that is not known here"]
    hub.send(referral(order(more={"placer_number": "P1"})))
    assert not hub.unit.cases
    assert waiting(hub) == []
    assert (hub.unit.receipts["doc-1"], hub.unit.receipts["doc-2"]) == (SETTLED, SETTLED)
    assert [kind for kind, _, _ in told(hub, "doc-2")] == [ConfirmationKind.UNDER_REVIEW, ConfirmationKind.CANCELLED]
    assert [kind for kind, _, _ in told(hub, "doc-1")] == [ConfirmationKind.CANCELLED]


def test_a_cancellation_without_a_number_is_a_persons(hub: MemoryHub) -> None:
    hub.send(referral(doubtful()))
    hub.send(cancellation(placer_number=None))
    assert len(waiting(hub)) == 2


def test_without_an_address_to_answer_the_order_is_withdrawn_all_the_same(hub: MemoryHub) -> None:
    hub.send(referral(doubtful(), reply_to=None))
    hub.send(cancellation().model_copy(update={"reply_to": None}))
    assert waiting(hub) == []
    assert not hub.seen(ConfirmationRequested)


def test_the_hub_names_no_case_that_another_number_of_the_sender_opened(hub: MemoryHub) -> None:
    """The number is the sender's for one order: a case under its other number goes on."""
    hub.send(referral(order(3, document_id="doc-9", more={"placer_number": "P9"})))
    hub.send(referral(doubtful()))
    hub.send(cancellation())
    assert hub.only_case().state is CaseState.DISPATCHING


def test_a_referral_of_two_kinds_under_one_number_is_cancelled_as_a_whole(hub: MemoryHub) -> None:
    """REF^I14 names the referral and no item: both of its cases end."""
    one = order(more={"placer_number": "REF77"})
    two = beside(one, placer_number="REF77")
    hub.send(referral(one), referral(two))
    assert len(hub.unit.cases) == 2
    hub.send(cancellation("REF77"))
    assert {case.state for case in hub.unit.cases.values()} == {CaseState.CANCELLED}


def test_an_uncertain_cancellation_is_remembered_against_its_order(hub: MemoryHub) -> None:
    """An order that comes later does not slip through because the cancellation did not say who pays."""
    anonymous = cancellation(member=order(without=("member_name", "dob")).member)
    hub.send(anonymous.model_copy(update={"received_at": NOW - timedelta(minutes=1)}))
    hub.send(referral(order(more={"placer_number": "P1"})))
    assert not hub.unit.cases
    assert waiting(hub)[-1] == "a cancellation of this order came before it"


def test_a_request_is_named_by_the_hubs_own_id_of_it(hub: MemoryHub) -> None:
    partner = ReplyTo(channel="fhir", address="riverside")
    request = {"requests": "ServiceRequest/8a"}
    made = order(channel="fhir", without=("payer",), more={"unmapped": request})
    hub.send(referral(made, reply_to=partner))
    cancels = order(channel="fhir", document_id="doc-2", more={"unmapped": request, "action": "cancel"})
    hub.send(referral(cancels, reply_to=partner, received_at=LATER))
    assert hub.unit.receipts["doc-1"] == SETTLED
    assert waiting(hub) == []


def test_every_order_of_a_message_that_waits_is_decided_by_its_own_review(hub: MemoryHub) -> None:
    hub.send(referral(doubtful()), referral(beside(doubtful(), without=("payer",))))
    for number, review in enumerate(hub.seen(ReviewRequested)):
        hub.say("desk", f"w{number}", decision(hub, review_id=review.review_id))
    assert sorted(str(case.order.placer_number) for case in hub.unit.cases.values()) == ["P1", "P2"]


def test_rejecting_one_order_of_a_message_leaves_the_other(hub: MemoryHub) -> None:
    hub.send(referral(doubtful()), referral(beside(doubtful(), without=("payer",))))
    first, second = (review.review_id for review in hub.seen(ReviewRequested))
    hub.say("desk", "w1", decision(hub, review_id=first))
    hub.say("desk", "w2", decision(hub, review_id=second, decision="reject", fields={}))
    assert hub.only_case().order.placer_number == "P1"
    assert hub.unit.receipts["doc-1"][0] is ReceiptState.ACCEPTED


def test_a_correction_reaches_the_case_that_its_review_is_about(hub: MemoryHub) -> None:
    """One message, two cases: what a person says of the first must not stand in the second."""
    bad = {"unreadable": {"clinician_npi": "NPI check"}}
    one = order(without=("clinician_npi",), more={"placer_number": "P1", **bad})
    two = beside(one, without=("clinician_npi",), **bad)
    hub.send(referral(one), referral(two))
    first, second = hub.seen(ReviewRequested)
    npi = order_truth(1).clinician_npi
    hub.say("desk", "w1", decision(hub, review_id=first.review_id, fields={"clinician_npi": npi}))
    cases = {str(case.order.placer_number): case for case in hub.unit.cases.values()}
    assert (cases["P1"].state, cases["P1"].order.clinician.npi) == (CaseState.DISPATCHING, npi)
    assert (cases["P2"].state, cases["P2"].order.clinician.npi) == (CaseState.INCOMPLETE, None)
    hub.say("desk", "w2", decision(hub, review_id=second.review_id, fields={"clinician_npi": "1234567893"}))
    cases = {str(case.order.placer_number): case for case in hub.unit.cases.values()}
    assert cases["P1"].order.clinician.npi == npi
    assert cases["P2"].order.clinician.npi == "1234567893"
    assert waiting(hub) == []


def test_the_answer_is_the_senders_whatever_the_order_was_told_before(hub: MemoryHub) -> None:
    hub.send(referral(doubtful()))
    hub.send(cancellation())
    assert [one.recipient for one in hub.seen(ConfirmationRequested)] == [HOSPITAL, HOSPITAL]
    assert len(hub.seen(ReferralReceived)) == 2
