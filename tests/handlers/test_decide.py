from typing import Any

import pytest

from schemas.case import CaseState
from schemas.document import ReviewDecided, ReviewRequested
from schemas.order import ReferralReceived
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.transmission import ReceiptState, ReplyTo
from tests.factories import extraction, order, referral, transmission
from tests.handlers.memory import MemoryHub
from tests.samples.people import order_truth

CALLER = ReplyTo(channel="fax", address="9375550177")


@pytest.fixture
def hub() -> MemoryHub:
    return MemoryHub()


def word(hub: MemoryHub, **changes: Any) -> dict[str, Any]:
    review_id = hub.seen(ReviewRequested)[-1].review_id
    return {"review_id": review_id, "decision": "accept", "reviewer": "R. Viewer"} | changes


def test_corrected_fields_go_the_way_of_read_ones(hub: MemoryHub) -> None:
    hub.send(extraction(doubtful={"dob": (), "member_id": ()}, reply_to=CALLER))
    truth = order_truth(1)
    hub.say("desk", "w1", word(hub, fields={"dob": truth.dob, "member_id": truth.member_id}))
    case = hub.only_case()
    assert case.state is CaseState.DISPATCHING
    assert case.order.evidence["dob"].validators == ("confirmed by reviewer",)
    assert hub.unit.receipts["doc-1"] == (ReceiptState.ACCEPTED, None, case.case_id)
    kinds = [c.kind for c in hub.seen(ConfirmationRequested) if c.recipient == CALLER]
    assert kinds == [ConfirmationKind.UNDER_REVIEW, ConfirmationKind.ACKNOWLEDGED]


def test_a_correction_completes_the_case_that_was_open_already(hub: MemoryHub) -> None:
    hub.send(extraction(doubtful={"clinician_npi": ()}, reply_to=CALLER))
    assert hub.only_case().state is CaseState.INCOMPLETE
    hub.say("desk", "w1", word(hub, fields={"clinician_npi": order_truth(1).clinician_npi}))
    assert hub.only_case().state is CaseState.DISPATCHING
    assert hub.only_case().order.unreadable == {}


def test_half_a_correction_is_put_before_a_person_again(hub: MemoryHub) -> None:
    hub.send(extraction(doubtful={"dob": (), "member_name": ()}, reply_to=CALLER))
    hub.say("desk", "w1", word(hub, fields={"dob": order_truth(1).dob}))
    first, second = hub.seen(ReviewRequested)
    assert first.review_id != second.review_id
    assert set(second.fields) == {"member_name"}
    hub.say("desk", "w2", word(hub, fields={"member_name": order_truth(1).member_name}))
    assert hub.only_case().state is CaseState.DISPATCHING


def test_a_rejected_document_is_closed_with_the_reason(hub: MemoryHub) -> None:
    hub.send(extraction(patients=2, reply_to=CALLER))
    hub.say("desk", "w1", word(hub, decision="reject", reason="not for us"))
    assert hub.unit.receipts["doc-1"] == (ReceiptState.REJECTED, "rejected by a reviewer: not for us", None)
    assert not hub.unit.cases


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"review_id": "other"}, "there is no such review"),
        ({"review_id": ["x"]}, "there is no such review"),
        ({"decision": "maybe"}, "the decision must be accept or reject"),
        ({"reviewer": " "}, "the reviewer must be named"),
        ({"reviewer": None}, "the reviewer must be named"),
        ({"fields": ["dob"]}, "fields: "),
        ({"fields": {"dob": "yesterday"}}, "fields: dob must be YYYY-MM-DD"),
        ({"fields": {"shoe_size": 44}}, "fields: shoe_size is no field of an order"),
        ({"fields": {"document_class": "poem"}}, "fields: document_class is not known"),
    ],
)
def test_a_decision_in_a_wrong_form_is_refused_and_the_review_stays_open(
    hub: MemoryHub, changes: dict[str, Any], reason: str
) -> None:
    hub.send(extraction(patients=2, reply_to=CALLER))
    hub.say("desk", "w1", word(hub, **changes))
    state, said, _ = hub.unit.receipts["w1"]
    assert state is ReceiptState.REJECTED
    assert str(said).startswith(reason)
    assert not hub.unit.closed
    hub.say("desk", "w2", word(hub))
    assert hub.unit.receipts["w2"][0] is ReceiptState.ACCEPTED


@pytest.mark.parametrize("body", [[], "accept", 7, None, {}])
def test_what_is_no_decision_at_all_is_refused(hub: MemoryHub, body: Any) -> None:
    hub.say("desk", "w1", body)
    assert hub.unit.receipts["w1"][0] is ReceiptState.REJECTED


def test_a_review_is_decided_once(hub: MemoryHub) -> None:
    hub.send(extraction(patients=2, reply_to=CALLER))
    said = word(hub)
    hub.say("desk", "w1", said)
    hub.say("desk", "w2", said | {"decision": "reject"})
    assert hub.unit.receipts["w2"][:2] == (ReceiptState.REJECTED, "the review was decided before")
    assert len(hub.seen(ReviewDecided)) == 1


def test_a_message_order_is_corrected_on_top_of_what_its_codec_read(hub: MemoryHub) -> None:
    hub.send(referral(order(without=("payer",), more={"placer_number": "P1"})))
    assert not hub.unit.cases
    hub.say("desk", "w1", word(hub, fields={"payer": "Aetna"}))
    case = hub.only_case()
    assert case.order.placer_number == "P1"
    assert case.state is CaseState.DISPATCHING


def test_a_message_that_no_codec_could_read_may_be_typed_in_by_a_person(hub: MemoryHub) -> None:
    from handlers.casework import hold

    sent = transmission("hl7v2", document_id="doc-9", body=b"MSH", reply_to=CALLER)
    hub.append(sent)
    for payload in hold(hub.unit, "doc-9", CALLER, stage="translate", reason="no PID"):
        hub.append(payload)
    hub.say("desk", "w1", word(hub, fields=order_truth(3).fields()))
    assert hub.only_case().state is CaseState.DISPATCHING
    assert hub.seen(ReferralReceived)[0].reply_to == CALLER


def test_an_element_that_is_waived_lets_the_case_go_on_and_stays_said(hub: MemoryHub) -> None:
    hub.send(extraction(doubtful={"member_id": ()}, reply_to=CALLER))
    assert hub.only_case().state is CaseState.INCOMPLETE
    hub.say("desk", "w1", word(hub, waived={"member_id": "the plan knows the member by name"}))
    case = hub.only_case()
    assert case.state is CaseState.DISPATCHING
    assert case.waived["member_id"].by == "R. Viewer"


@pytest.mark.parametrize("waived", [{"member_id": " "}, ["member_id"], {"member_id": None}])
def test_a_waiver_says_why(hub: MemoryHub, waived: object) -> None:
    hub.send(extraction(doubtful={"member_id": ()}, reply_to=CALLER))
    hub.say("desk", "w1", word(hub, waived=waived))
    assert hub.only_case().state is CaseState.INCOMPLETE
    assert hub.unit.receipts["w1"][0] is ReceiptState.REJECTED


def test_an_element_that_the_order_does_not_have_is_not_waived(hub: MemoryHub) -> None:
    """A slip of the pen must not close the review and leave the case as it was."""
    hub.send(extraction(doubtful={"member_id": ()}, reply_to=CALLER))
    open_before = dict(hub.unit.reviews)
    hub.say("desk", "w1", word(hub, waived={"member_ld": "the plan knows the member by name"}))
    assert hub.unit.receipts["w1"][1] == "waived: the order has no element member_ld"
    assert hub.unit.reviews == open_before


def test_nothing_is_waived_where_there_is_no_case(hub: MemoryHub) -> None:
    hub.send(extraction(doubtful={"member_name": ()}, reply_to=CALLER))
    hub.say("desk", "w1", word(hub, waived={"member_name": "no"}))
    assert hub.unit.receipts["w1"][0] is ReceiptState.REJECTED
