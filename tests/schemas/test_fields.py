from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import CodecError
from schemas.fields import FIELD_NAMES, address, fields_of, order_of, person_name, problems_of, with_fields, zone_of
from schemas.order import Address, Coverage, Order
from tests.samples.people import order_truth

TITLES = {"jr", "sr", "ii", "iii", "iv", "md", "do", "np", "pa", "rn", "fnp", "aprn", "dnp", "phd"}
word = (
    st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=9).filter(lambda text: text not in TITLES).map(str.title)
)
text = st.text("ABCDEFGHXYZ0123456789-", min_size=1, max_size=14)
day = st.dates(date(1900, 1, 1), date(2099, 12, 31)).map(str)
phone = st.from_regex(r"[2-9][0-9]{9}", fullmatch=True)
number = st.one_of(st.integers(1, 999), st.integers(1, 999).map(lambda n: n + 0.5))
minutes = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)).filter(lambda at: at.hour > 3)  # noqa: DTZ001 - clear of DST
code = st.from_regex(r"[A-V][0-9]{4}", fullmatch=True)
postal = st.from_regex(r"[0-9]{5}", fullmatch=True)
KINDS = ("oxygen_lpm", "dressings_per_week", "dose_interval_hours", "visits")
FORMS: dict[str, st.SearchStrategy[Any]] = {
    "member_name": st.builds("{} {}".format, word, word),
    "clinician_name": st.builds("{} {} {}".format, word, word, word),
    "payer": st.builds("{} {}".format, word, word),
    "member_id": text,
    "group_no": text,
    "icd10": st.lists(st.from_regex(r"[A-Z][0-9][0-9AB]\.[0-9A-Z]{1,4}", fullmatch=True), min_size=1, unique=True),
    "order_lines": st.lists(
        st.fixed_dictionaries({"code": code, "quantity": st.none() | number}),
        min_size=1,
    ),
    "frequency": st.fixed_dictionaries(
        {
            "kind": st.sampled_from(KINDS),
            "value": number,
        }
    ),
    "ship_address": st.builds(
        "{} {} St, {}, OH {:05d}".format, st.integers(1, 9999), word, word, st.integers(501, 99950)
    ),
    "access_barriers": st.lists(st.sampled_from(["stairs", "gated", "elevator"]), min_size=1, unique=True),
    "signature_present": st.booleans(),
    "discharge_deadline": day | minutes.map(lambda at: at.strftime("%Y-%m-%dT%H:%M")),
    **dict.fromkeys(("dob", "service_start", "service_end", "signature_date"), day),
    **dict.fromkeys(("clinician_npi", "practice_phone", "practice_fax", "contact_phone"), phone),
    **dict.fromkeys(("equipment_brand", "equipment_model", "equipment_serial"), text.filter(lambda t: bool(t.strip()))),
}


def order(fields: dict[str, Any]) -> Order:
    return order_of(fields, order_id="o", document_id="d", channel="fax")


def test_every_field_of_the_outside_form_is_tried_here() -> None:
    assert set(FORMS) == set(FIELD_NAMES)


@given(st.fixed_dictionaries({}, optional=FORMS))
def test_fields_survive_the_way_through_the_order_and_through_json(fields: dict[str, Any]) -> None:
    made = order(fields)
    assert fields_of(made) == fields
    assert Order.model_validate_json(made.model_dump_json()) == made
    assert order(fields_of(made)) == made


@pytest.mark.parametrize("order_type", ["dme", "home_health", "infusion"])
@pytest.mark.parametrize("seed", range(8))
def test_the_sample_people_survive_it_too(order_type: str, seed: int) -> None:
    truth = order_truth(seed, order_type, discharge_deadline="2026-11-24T15:30").fields()
    assert fields_of(order(truth)) == truth


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("dob", "1950-02-30"),
        ("dob", "02/03/1950"),
        ("dob", 19500203),
        ("dob", "19500203"),
        ("clinician_npi", "123"),
        ("clinician_npi", "١٢٣٤٥٦٧٨٩٠"),
        ("contact_phone", "555-0100"),
        ("icd10", []),
        ("icd10", "J44.9"),
        ("icd10", ["J449X99"]),
        ("order_lines", [{"code": ""}]),
        ("order_lines", [{"code": "E1390", "quantity": -1}]),
        ("order_lines", [{"code": "E1390", "quantity": float("nan")}]),
        ("order_lines", [{"code": "E1390", "quantity": True}]),
        ("order_lines", [{"code": "E1390", "colour": "red"}]),
        ("frequency", {"kind": "often", "value": 2}),
        ("frequency", {"kind": "visits"}),
        ("access_barriers", ["moat"]),
        ("access_barriers", "stairs"),
        ("signature_present", "yes"),
        ("discharge_deadline", "tomorrow"),
        ("discharge_deadline", "2026-13-01T10:00"),
        ("member_name", "   "),
        ("member_name", None),
        ("shoe_size", 44),
    ],
)
def test_a_value_in_another_form_is_refused_by_name_and_never_quoted(field: str, value: Any) -> None:
    with pytest.raises(CodecError) as caught:
        order({field: value})
    assert caught.value.location == field
    assert field == "access_barriers" or not str(value).strip() or str(value) not in caught.value.message
    assert list(problems_of({field: value, "member_id": "X1"})) == [field]


@pytest.mark.parametrize(
    ("written", "text", "given", "family"),
    [
        ("Alma Abbott", "Alma Abbott", "Alma", "Abbott"),
        ("Abbott, Alma J", "Alma J Abbott", "Alma J", "Abbott"),
        ("Alma  J.   Abbott, MD", "Alma J. Abbott, MD", "Alma J.", "Abbott"),
        ("Hugo Becker Jr.", "Hugo Becker Jr.", "Hugo", "Becker"),
        ("Madonna", "Madonna", None, "Madonna"),
        ("de la Cruz, Maria", "Maria de la Cruz", "Maria", "de la Cruz"),
    ],
)
def test_names_are_split_however_they_are_written(written: str, text: str, given: str | None, family: str) -> None:
    name = person_name(written)
    assert (name.text, name.given, name.family) == (text, given, family)


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("12 Oak St, Dayton, OH 45402", ("12 Oak St", None, "Dayton", "OH", "45402")),
        ("12 Oak St Apt 4B, Dayton, oh 45402-1234", ("12 Oak St", "Apt 4B", "Dayton", "OH", "45402-1234")),
        ("12 Oak St, Unit 7, Dayton, OH 45402", ("12 Oak St", "Unit 7", "Dayton", "OH", "45402")),
        ("12 Oak St #9, Dayton, OH 45402", ("12 Oak St", "#9", "Dayton", "OH", "45402")),
        ("PO Box 7", ("PO Box 7", None, None, None, None)),
        ("12 Oak St, Dayton OH 45402", ("12 Oak St, Dayton OH 45402", None, None, None, None)),
        (", , OH 45402", (", , OH 45402", None, None, None, None)),
    ],
)
def test_addresses_are_parted_or_kept_whole(written: str, parts: tuple[str | None, ...]) -> None:
    found = address(written)
    assert (found.line1, found.line2, found.city, found.state, found.postal_code) == parts


def test_a_deadline_is_the_wall_clock_of_the_address_and_utc_inside() -> None:
    made = order({"ship_address": "1 Oak St, Reno, NV 89501", "discharge_deadline": "2026-11-24T15:30"})
    assert made.discharge_deadline == datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    assert str(zone_of(None)) == "America/New_York"


def test_the_primary_coverage_is_the_one_that_is_shown_and_changed() -> None:
    two = Order(
        order_id="o",
        document_id="d",
        channel="fax",
        coverage=(Coverage(payer="Second", rank=2), Coverage(payer="First", rank=1)),
    )
    assert fields_of(two)["payer"] == "First"
    assert fields_of(with_fields(two, {"payer": "Other"}))["payer"] == "Other"
    assert {c.payer for c in with_fields(two, {"payer": "Other"}).coverage} == {"Other", "Second"}


def test_the_home_stands_in_for_a_delivery_address_that_was_not_given() -> None:
    made = order({})
    home = Address(line1="1 Oak St", city="Dayton", state="OH", postal_code="45402")
    lived = made.model_copy(update={"member": made.member.model_copy(update={"address": home, "phone": "9375550100"})})
    assert fields_of(lived) == {"ship_address": "1 Oak St, Dayton, OH 45402", "contact_phone": "9375550100"}


def test_quantities_are_whole_numbers_where_they_are_whole() -> None:
    made = order({"order_lines": [{"code": "e1390", "quantity": 2.0}]})
    assert made.lines[0].quantity == Decimal("2.0")
    assert fields_of(made) == {"order_lines": [{"code": "E1390", "quantity": 2}]}
