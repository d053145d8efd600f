"""What counts as another value in a second sending, and what is only another form of the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.difference import differences
from schemas.fields import fields_of
from tests.factories import order

USUAL: dict[str, Any] = {
    "ship_address": "12 Oak Street, Apt 4, Dayton, OH 45402",
    "clinician_name": "Alma B. Carver",
    "payer": "Blue Cross Blue Shield",
    "member_id": "A123-456",
    "frequency": {"kind": "visits", "value": 3},
    "discharge_deadline": "2026-11-24T17:00",
}


def found(channel: str = "hl7v2", without: tuple[str, ...] = (), **second: Any) -> tuple[str, ...]:
    one, two = order(channel="hl7v2", **USUAL), order(channel=channel, without=without, **(USUAL | second))
    assert differences(two, one, str) == differences(one, two, str)
    return differences(two, one, str)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ship_address", "12 OAK ST APT 4, Dayton, OH 45402-1234"),
        ("clinician_name", "Dr. Alma Carver, MD"),
        ("clinician_name", "CARVER, ALMA"),
        ("member_id", "a123456"),
        (
            "contact_phone",
            "+1 (" + str(fields_of(order())["contact_phone"])[:3] + ") " + str(fields_of(order())["contact_phone"])[3:],
        ),
        ("frequency", {"kind": "visits", "value": 3.0}),
        ("discharge_deadline", "2026-11-24"),
        ("icd10", list(order().diagnoses and [d.code for d in order().diagnoses][::-1])),
        ("signature_date", "2026-11-01"),
    ],
)
def test_another_form_is_no_other_value(name: str, value: Any) -> None:
    assert found(without=("clinician_npi",), **{name: value}) == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ship_address", "14 Oak Street, Apt 4, Dayton, OH 45402"),
        ("ship_address", "12 Oak Street, Apt 5, Dayton, OH 45402"),
        ("ship_address", "12 Oak Street, Apt 4, Dayton, OH 45403"),
        ("clinician_name", "Bruno Carver"),
        ("clinician_npi", "1234567893"),
        ("member_id", "A123457"),
        ("payer", "Aetna"),
        ("frequency", {"kind": "visits", "value": 4}),
        ("service_end", "2027-05-01"),
        ("discharge_deadline", "2026-11-25"),
    ],
)
@pytest.mark.parametrize("channel", ["fax", "email", "fhir", "hl7v2"])
def test_another_value_counts_on_every_channel(channel: str, name: str, value: Any) -> None:
    lost = ("clinician_npi",) if name == "clinician_name" else ()
    assert found(channel, without=lost, **{name: value}) == (name,)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("equipment_serial", "SN0"),
        ("group_no", "1"),
        ("access_barriers", ["gated", "elevator", "stairs"]),
        ("practice_phone", "9375550188"),
        ("signature_present", False),
    ],
)
def test_what_a_page_may_be_read_to_say_otherwise_counts_only_where_both_were_typed(name: str, value: Any) -> None:
    assert found("fhir", **{name: value}) == (name,)
    assert found("fax", **{name: value}) == ()


def test_a_misread_letter_in_a_street_is_no_other_address_on_a_fax() -> None:
    misread = "12 0ak Street, Apt 4, Dayton, OH 45402".replace("0ak", "Oek")
    assert found("fax", ship_address=misread) == ()
    assert found("fhir", ship_address=misread) == ("ship_address",)


@given(st.sets(st.sampled_from(sorted(fields_of(order()))), max_size=8))
def test_what_one_of_the_two_does_not_say_is_no_difference(lost: set[str]) -> None:
    assert differences(order(without=tuple(lost)), order(), str) == ()
