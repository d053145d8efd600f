import pytest

from schemas.case import CaseState, IdentityResolved
from schemas.document import DocumentClass, ReviewRequested
from schemas.order import OrderType, ReferralReceived
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.transmission import ReceiptState, ReplyTo
from tests.factories import extraction
from tests.handlers.memory import MemoryHub
from tests.samples.people import order_truth

CALLER = ReplyTo(channel="fax", address="9375550177")


@pytest.fixture
def hub() -> MemoryHub:
    return MemoryHub()


def test_a_fax_read_with_confidence_becomes_a_dispatched_case(hub: MemoryHub) -> None:
    hub.send(extraction(reply_to=CALLER))
    (received,) = hub.seen(ReferralReceived)
    assert received.order.order_type is OrderType.DME
    assert received.order.evidence["dob"].page == 1
    assert hub.only_case().state is CaseState.DISPATCHING


def test_a_fax_without_its_callers_number_is_answered_at_the_practice(hub: MemoryHub) -> None:
    hub.send(extraction())
    (received,) = hub.seen(ReferralReceived)
    assert received.reply_to == ReplyTo(channel="fax", address=order_truth(1).practice_fax)


def test_a_practice_fax_that_was_not_read_with_certainty_is_never_dialled(hub: MemoryHub) -> None:
    hub.send(extraction(doubtful={"practice_fax": ()}))
    assert hub.seen(ReferralReceived)[0].reply_to is None
    assert {c.kind for c in hub.seen(ConfirmationRequested)} == {ConfirmationKind.OFFER}


def test_what_was_not_accepted_is_named_and_never_used(hub: MemoryHub) -> None:
    hub.send(extraction(doubtful={"member_id": (), "clinician_npi": ("conflict: two numbers",)}, reply_to=CALLER))
    (received,) = hub.seen(ReferralReceived)
    assert received.order.coverage[0].member_id is None
    assert received.order.clinician.npi is None
    assert received.order.unreadable == {"member_id": "below threshold"}
    assert received.order.conflicting == {"clinician_npi": "conflict: two numbers"}
    case = hub.only_case()
    assert {(r.element_id, str(r.status)) for r in case.unmet} == {
        ("member_id", "unreadable"),
        ("clinician_npi", "conflicting"),
    }
    (review,) = hub.seen(ReviewRequested)
    assert (review.case_id, set(review.fields)) == (case.case_id, {"member_id", "clinician_npi"})
    (told,) = hub.seen(ConfirmationRequested)
    assert told.kind is ConfirmationKind.INFORMATION_REQUESTED
    assert any("could not read" in ask for ask in told.asks)
    assert any("contradicts" in ask for ask in told.asks)


def test_an_accepted_value_in_a_wrong_form_is_not_used(hub: MemoryHub) -> None:
    hub.send(extraction(dob="02/03/1950", contact_phone="5550100", reply_to=CALLER))
    assert not hub.unit.cases
    (review,) = hub.seen(ReviewRequested)
    assert {"dob", "contact_phone"} <= set(review.fields)
    assert "1950" not in review.model_dump_json()


@pytest.mark.parametrize("name", ["member_name", "dob", "payer"])
def test_a_member_who_was_not_read_with_certainty_gets_no_case(hub: MemoryHub, name: str) -> None:
    hub.send(extraction(doubtful={name: ()}, reply_to=CALLER))
    assert not hub.unit.cases
    assert not hub.seen(ReferralReceived)
    (review,) = hub.seen(ReviewRequested)
    assert review.fields[name] == "below threshold"
    (told,) = hub.seen(ConfirmationRequested)
    assert (told.kind, told.recipient, told.reference) == (ConfirmationKind.UNDER_REVIEW, CALLER, "doc-1")
    assert hub.unit.receipts["doc-1"][0] is ReceiptState.PENDING


@pytest.mark.parametrize("patients", [0, 2])
def test_anything_but_one_patient_goes_to_a_person(hub: MemoryHub, patients: int) -> None:
    hub.send(extraction(patients=patients, reply_to=CALLER))
    assert not hub.unit.cases
    assert hub.seen(ReviewRequested)


def test_codes_decide_the_kind_of_order_and_the_class_where_they_do_not(hub: MemoryHub) -> None:
    hub.send(extraction(1, "infusion", document_class=DocumentClass.DME_ORDER))
    hub.send(extraction(2, "dme", document_id="doc-2", order_lines=[{"code": "99509", "quantity": 1}]))
    assert [r.order.order_type for r in hub.seen(ReferralReceived)] == [OrderType.INFUSION, OrderType.DME]


def test_nothing_read_at_all_is_a_review_and_not_a_crash(hub: MemoryHub) -> None:
    hub.send(extraction().model_copy(update={"fields": {}, "document_class": DocumentClass.UNREADABLE}))
    assert not hub.unit.cases
    assert len(hub.seen(ReviewRequested)) == 1
    assert not hub.seen(IdentityResolved)
