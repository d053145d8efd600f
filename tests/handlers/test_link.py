"""Which case an order belongs to: a new one, the one its number opened, or none until a person has looked."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.case import CaseState, IdentityResolved
from schemas.document import ReviewRequested
from schemas.fields import fields_of
from schemas.order import Identifier, Order, OrderType
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.transmission import ReceiptState, ReplyTo
from tests.factories import HOSPITAL, order, referral
from tests.handlers.memory import MemoryHub


def numbered(document_id: str, action: str, **deviations: Any) -> Order:
    return order(document_id=document_id, more={"placer_number": "ORD1", "action": action}, **deviations)


def test_a_new_order_opens_a_case_and_its_receipt_names_it() -> None:
    hub = MemoryHub()
    hub.send(referral())
    (linked,) = hub.seen(IdentityResolved)
    assert linked.is_new
    assert not linked.duplicate
    assert hub.unit.receipts["doc-1"] == (ReceiptState.ACCEPTED, None, hub.only_case().case_id)


def test_the_same_event_again_links_nothing_twice() -> None:
    hub = MemoryHub()
    hub.send(referral())
    before = hub.unit.state()
    hub.send(referral())
    assert hub.unit.state() == before


@pytest.mark.parametrize(("action", "state"), [("cancel", CaseState.CANCELLED), ("update", CaseState.DISPATCHING)])
def test_the_senders_number_finds_the_case_of_a_change(action: str, state: CaseState) -> None:
    hub = MemoryHub()
    hub.send(referral(numbered("doc-1", "new")))
    hub.send(referral(numbered("doc-2", action)))
    assert hub.only_case().state is state


def test_a_number_under_which_another_member_stands_is_left_to_a_person() -> None:
    hub = MemoryHub()
    hub.send(referral(numbered("doc-1", "new")))
    hub.send(referral(order(7, document_id="doc-2", more={"placer_number": "ORD1"})))
    assert len(hub.unit.cases) == 1
    assert any("another member" in review.reason for review in hub.seen(ReviewRequested))


def unpaid(document_id: str, *, record: bool = True, **deviations: Any) -> Order:
    """Return an order that names no payer, of a member whom its sender knows by a record number."""
    made = numbered(document_id, "new", without=("payer", "member_id", "group_no"), **deviations)
    known = (Identifier(value="MR77", system="HOSP"),) if record else ()
    return made.model_copy(update={"member": made.member.model_copy(update={"identifiers": known})})


def test_an_order_without_a_payer_opens_a_case_that_asks_for_it() -> None:
    hub = MemoryHub()
    hub.send(referral(unpaid("doc-1")))
    case = hub.only_case()
    assert case.state is CaseState.INCOMPLETE
    assert "payer" in {result.element_id for result in case.unmet}
    hub.send(referral(numbered("doc-2", "new")))
    assert hub.only_case().state is CaseState.DISPATCHING


@pytest.mark.parametrize("order_", [unpaid("doc-1", record=False), unpaid("doc-1", channel="fax")])
def test_an_order_without_a_payer_is_a_persons_where_nothing_else_tells_who_it_is(order_: Order) -> None:
    hub = MemoryHub()
    hub.send(referral(order_))
    assert not hub.unit.cases
    assert any("not certain" in review.reason for review in hub.seen(ReviewRequested))


def test_two_orders_of_one_name_and_birth_without_payers_are_not_made_one() -> None:
    hub = MemoryHub()
    hub.send(referral(unpaid("doc-1")))
    elsewhere = ReplyTo(channel="hl7v2", address="EPIC|LAKESIDE")
    hub.send(referral(unpaid("doc-2"), reply_to=elsewhere))
    assert len(hub.unit.cases) == 1
    assert any("resembles" in review.reason for review in hub.seen(ReviewRequested))


FAX = {"channel": "fax", "reply_to": ReplyTo(channel="fax", address="9375550101")}


def after(first: dict[str, Any], second: dict[str, Any], hub: MemoryHub | None = None) -> MemoryHub:
    """Send an order and another sending of it."""
    hub = hub or MemoryHub()
    for number, said in enumerate((first, second), start=1):
        reply_to = said.pop("reply_to", HOSPITAL)
        hub.send(referral(order(document_id=f"doc-{number}", **said), reply_to=reply_to))
    return hub


@pytest.mark.parametrize("lost", [("order_lines",), ("service_start",), ("order_lines", "frequency")])
@pytest.mark.parametrize("channel", ["fax", "hl7v2"])
def test_a_second_sending_without_its_items_or_its_day_is_a_repeat(lost: tuple[str, ...], channel: str) -> None:
    hub = after({"channel": channel}, {"channel": channel, "without": lost})
    case = hub.only_case()
    assert case.document_ids == ("doc-1", "doc-2")
    assert case.state is CaseState.DISPATCHING
    assert hub.unit.receipts["doc-2"] == (ReceiptState.ACCEPTED, f"duplicate of case {case.case_id}", case.case_id)
    told = [c for c in hub.seen(ConfirmationRequested) if c.document_id == "doc-2"]
    assert [(c.kind, c.case_id) for c in told] == [(ConfirmationKind.ACKNOWLEDGED, case.case_id)]


@pytest.mark.parametrize(
    "second",
    [
        {"without": ("order_lines",), "signature_date": "2026-11-01"},
        {"without": ("service_start",), "ship_address": "7 Elm Ct, Dayton, OH 45402"},
        {"without": ("service_start", "signature_date"), "clinician_npi": "1234567893", "practice_fax": "9375550199"},
        {"without": ("order_lines", "service_start"), "icd10": ["Z99.81"]},
    ],
)
def test_a_vague_sending_that_is_not_certainly_a_repeat_is_left_to_a_person(second: dict[str, Any]) -> None:
    hub = after({}, {**second, **FAX})
    case_id = hub.only_case().case_id
    (review,) = hub.seen(ReviewRequested)
    assert review.reason == f"it resembles case {case_id}"
    assert hub.unit.receipts["doc-2"][0] is ReceiptState.PENDING
    hub.say("desk", "w", {"review_id": review.review_id, "decision": "accept", "reviewer": "R"})
    assert len(hub.unit.cases) == 2  # a person said that it is another order


def test_a_vague_sending_that_fits_two_cases_is_left_to_a_person() -> None:
    hub = after({}, {"order_lines": [{"code": "E0431", "quantity": 1}]})
    hub.send(referral(order(document_id="doc-3", without=("order_lines",))))
    assert len(hub.unit.cases) == 2
    assert "resembles case DS-000001-0, DS-000002-0" in hub.seen(ReviewRequested)[-1].reason


def test_a_cancelled_case_is_not_what_a_vague_order_repeats() -> None:
    hub = MemoryHub()
    hub.send(referral(numbered("doc-1", "new")))
    hub.send(referral(numbered("doc-2", "cancel")))
    hub.send(referral(order(document_id="doc-3", without=("service_start",))))
    assert len(hub.unit.cases) == 2


def test_other_items_for_a_member_whose_order_lacks_its_day_are_another_order() -> None:
    hub = after({}, {"without": ("service_start",), "order_lines": [{"code": "E0143", "quantity": 1}]})
    assert len(hub.unit.cases) == 2


CODE = order().lines[0].code
CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("quantity", {"order_lines": [{"code": CODE, "quantity": 5}]}),
    ("order_lines", {"order_lines": [{"code": "E0143", "quantity": 1}]}),
    ("ship_address", {"ship_address": "7 Elm Ct, Dayton, OH 45402"}),
    ("contact_phone", {"contact_phone": "9375550177"}),
    ("service_start", {"service_start": "2026-12-01"}),
    ("icd10", {"icd10": ["Z99.81"]}),
    ("frequency", {"frequency": {"kind": "visits", "value": 7}}),
]


@pytest.mark.parametrize(("name", "change"), CHANGES, ids=[name for name, _ in CHANGES])
def test_a_number_that_comes_again_with_another_value_is_left_to_a_person(name: str, change: dict[str, Any]) -> None:
    usual = {"frequency": {"kind": "visits", "value": 3}, "more": {"placer_number": "ORD1"}}
    hub = after(usual, {**usual, **change})
    (review,) = hub.seen(ReviewRequested)
    assert review.reason == f"its order number came before with other values: {name}"
    assert hub.only_case().document_ids == ("doc-1",)
    hub.say("desk", "w", {"review_id": review.review_id, "decision": "accept", "reviewer": "R"})
    assert fields_of(hub.only_case().order) == fields_of(order(document_id="doc-2", **{**usual, **change}))


@pytest.mark.parametrize("channel", ["fax", "email", "fhir"])
def test_the_same_items_on_another_channel_with_another_quantity_are_left_to_a_person(channel: str) -> None:
    hub = after({}, {"channel": channel, **dict(CHANGES)["quantity"]})
    assert hub.seen(ReviewRequested)[0].reason == "the same order came before with other values: quantity"


def test_several_changes_are_named_and_no_value_is() -> None:
    usual = {"more": {"placer_number": "ORD1"}}
    hub = after(usual, {**usual, **dict(CHANGES)["quantity"], **dict(CHANGES)["ship_address"]})
    (review,) = hub.seen(ReviewRequested)
    assert review.reason.endswith("quantity, ship_address")
    assert "Elm" not in review.model_dump_json(exclude={"documents"})


def test_an_answer_fills_a_gap_and_may_not_change_the_rest_on_the_way() -> None:
    hub = after({"without": ("contact_phone",)}, dict(CHANGES)["quantity"])
    assert hub.only_case().state is CaseState.INCOMPLETE
    hub.send(referral(order(document_id="doc-3")))
    assert hub.only_case().state is CaseState.DISPATCHING


TWO = [{"code": "E1390", "quantity": 1}, {"code": "E0431", "quantity": 1}]


@pytest.mark.parametrize(("first", "second"), [(TWO, TWO[:1]), (TWO[1:], TWO)])
def test_a_fax_of_a_part_of_the_items_for_the_same_day_is_left_to_a_person(first: Any, second: Any) -> None:
    hub = after({"order_lines": first, "channel": "fax"}, {"order_lines": second, "channel": "fax"})
    assert hub.seen(ReviewRequested)[0].reason == f"it resembles case {hub.only_case().case_id}"


def test_typed_orders_of_one_day_that_share_an_item_are_two() -> None:
    assert len(after({"order_lines": TWO}, {"order_lines": TWO[:1]}).unit.cases) == 2


@pytest.mark.parametrize(
    "before",
    [
        {"more": {"order_type": OrderType.HOME_HEALTH}},
        {"more": {"placer_number": "ORD1"}},
    ],
)
def test_a_typed_order_of_another_kind_or_number_is_no_answer_to_what_one_lacks(before: dict[str, Any]) -> None:
    first = {"channel": "fhir", "without": ("order_lines", "service_start"), **before}
    hub = after(first, {"channel": "fhir", "more": {"placer_number": "ORD2"}})
    known = next(case for case in hub.unit.cases.values() if "doc-1" in case.document_ids)
    assert known.document_ids == ("doc-1",)
    assert known.state is CaseState.INCOMPLETE


def test_a_vague_order_under_another_number_is_not_certainly_a_repeat() -> None:
    one, two = ({"more": {"placer_number": number}} for number in ("ORD1", "ORD2"))
    hub = after(one, {**two, "without": ("service_start",)})
    assert hub.seen(ReviewRequested)[0].reason == f"it resembles case {hub.only_case().case_id}"
