"""What is told of a patient changes the cases that are certainly that patient's, and no others."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.case import Case, CaseState
from schemas.document import ReviewRequested
from schemas.order import Address, Identifier, Member, Order, PersonName
from schemas.patient import NoticeKind, PatientNoticed
from schemas.transmission import ReceiptState
from tests.factories import HOSPITAL, NOW, order, referral
from tests.handlers.memory import MemoryHub

MRN = Identifier(system="MERCY", value="552341")
HOME = Address(line1="77 New Rd", city="Dayton", state="OH", postal_code="45402")


def opened(**changes: Any) -> tuple[MemoryHub, Case]:
    """Return a hub with one case of a member whose record number is known."""
    hub = MemoryHub()
    made = order()
    member = made.member.model_copy(update={"identifiers": (MRN,), "address": made.delivery_address})
    hub.send(referral(made.model_copy(update={"member": member, **changes})))
    (case,) = hub.unit.cases.values()
    return hub, case


def notice(case: Case, kind: NoticeKind = NoticeKind.DEMOGRAPHICS, **changes: Any) -> PatientNoticed:
    known = case.order.member
    told = Order(
        order_id="told",
        document_id="n1",
        channel="hl7v2",
        action="update",
        member=Member(name=known.name, dob=known.dob, identifiers=(MRN,), address=HOME, phone="9375550199"),
        contact_phone="9375550199",
        delivery_address=HOME,
    )
    values: dict[str, Any] = {"document_id": "n1", "kind": kind, "event": "ADT^A08", "told": told}
    return PatientNoticed(**{**values, "received_at": NOW, "reply_to": HOSPITAL, **changes})


def reviews(hub: MemoryHub) -> list[ReviewRequested]:
    return [e.data for e in hub.unit.events if isinstance(e.data, ReviewRequested)]


def test_a_new_home_and_telephone_are_the_cases_before_a_provider_has_accepted() -> None:
    hub, case = opened(lines=())
    assert hub.unit.cases[case.case_id].state is CaseState.INCOMPLETE
    hub.send(notice(case))
    changed = hub.unit.cases[case.case_id].order
    assert changed.contact_phone == "9375550199"
    assert changed.delivery_address == HOME
    assert "n1" in hub.unit.cases[case.case_id].document_ids
    assert hub.unit.receipts["n1"][2] == case.case_id


def test_nothing_new_changes_nothing() -> None:
    hub, case = opened()
    before = hub.unit.cases[case.case_id].order
    told = notice(case).told.model_copy(
        update={"member": before.member, "contact_phone": None, "delivery_address": None}
    )
    hub.send(notice(case, told=told))
    assert hub.unit.cases[case.case_id].order == before
    assert not reviews(hub)


def test_the_same_notice_twice_has_one_effect() -> None:
    hub, case = opened(lines=())
    hub.send(notice(case))
    state = hub.unit.state()
    hub.send(notice(case))
    assert hub.unit.state() == state


def test_a_namesake_with_another_birth_is_left_alone() -> None:
    hub, case = opened()
    other = notice(case).told
    stranger = other.member.model_copy(update={"dob": other.member.dob.replace(year=1931), "identifiers": ()})  # type: ignore[union-attr]
    before = hub.unit.cases[case.case_id]
    hub.send(notice(case, told=other.model_copy(update={"member": stranger})))
    assert hub.unit.cases[case.case_id] == before
    assert hub.unit.receipts["n1"] == (ReceiptState.ACCEPTED, "no open case of this patient", None)


def test_a_record_number_of_another_person_changes_nothing() -> None:
    hub, case = opened()
    other = notice(case).told
    stranger = other.member.model_copy(update={"name": PersonName(text="Otis Banks", given="Otis", family="Banks")})
    hub.send(notice(case, told=other.model_copy(update={"member": stranger})))
    assert hub.unit.cases[case.case_id].order.delivery_address != HOME


def test_the_same_name_and_birth_without_a_number_is_put_before_a_person() -> None:
    hub, case = opened()
    other = notice(case).told
    unsure = other.model_copy(update={"member": other.member.model_copy(update={"identifiers": ()})})
    hub.send(notice(case, told=unsure))
    assert hub.unit.cases[case.case_id].order.delivery_address != HOME
    (asked,) = reviews(hub)
    assert asked.case_id == case.case_id


def test_a_merged_record_finds_the_case_by_both_numbers() -> None:
    hub, case = opened()
    new = Identifier(system="MERCY", value="900")
    told = notice(case).told
    told = told.model_copy(update={"member": told.member.model_copy(update={"identifiers": (new,)})})
    hub.send(notice(case, NoticeKind.MERGE, told=told, prior=(MRN,), document_id="m1"))
    assert hub.unit.cases[case.case_id].order.member.identifiers == (MRN, new)
    assert not reviews(hub)
    hub.send(notice(case, told=told.model_copy(update={"document_id": "n2"}), document_id="n2", kind=NoticeKind.RESULT))
    assert "n2" in hub.unit.cases[case.case_id].document_ids


@pytest.mark.parametrize("kind", [NoticeKind.DISCHARGE_CANCELLED, NoticeKind.VISIT])
def test_what_changes_plans_elsewhere_is_put_before_a_person(kind: NoticeKind) -> None:
    hub, case = opened()
    hub.send(notice(case, kind))
    (asked,) = reviews(hub)
    assert asked.case_id == case.case_id


def test_a_place_to_deliver_that_the_order_named_stays() -> None:
    place = Address(line1="1 Rehab Way", city="Dayton", state="OH", postal_code="45402")
    hub, case = opened(lines=(), delivery_address=place)
    hub.send(notice(case))
    assert hub.unit.cases[case.case_id].order.delivery_address == place
    assert hub.unit.cases[case.case_id].order.contact_phone == "9375550199"
