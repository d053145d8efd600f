"""Values as senders write them: each to its form, or to none."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from schemas.fhir import orders_of
from schemas.fhir.party import address_of, name_of, written_name
from schemas.fhir.places import written_address
from schemas.fhir.validation import expression
from schemas.fhir.words import barriers, billing_code, icd10, moment, order_type, phone
from schemas.order import Order, OrderType
from tests.samples.make_fhir import HCPCS, ICD10, bundle, contained
from tests.samples.people import order_truth

TRUTH = order_truth(830)


def one(resource: dict[str, Any]) -> Order:
    (order,) = orders_of(resource, "document")
    return order


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("(937) 555-0123", "9375550123"),
        ("+1 937.555.0123", "9375550123"),
        ("tel:+1-937-555-0123;ext=4", "9375550123"),
        ("937-555-0123 ext 12", "9375550123"),
        ("937 555 0123 x12", "9375550123"),
        ("555-0123", None),
        ("137-555-0123", None),
        ("+44 20 7946 0958", None),
        ("call me", None),
        (5, None),
    ],
)
def test_a_phone_number_has_ten_digits_or_is_none(text: object, digits: str | None) -> None:
    assert phone(text) == digits


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-24", date(2026, 11, 24)),
        ("by 11/24/2026 at noon", date(2026, 11, 24)),
        ("2026-11-24 or 2026-11-25", None),
        ("2026-02-30", None),
        ("13/45/2026", None),
        ("soon", None),
    ],
)
def test_a_day_is_read_only_when_there_is_one(text: str, day: date | None) -> None:
    assert moment(text) == day


def test_a_time_of_day_is_kept_unless_it_is_none() -> None:
    found = moment("on 2026-11-24 14:30 sharp")
    assert (found is not None, str(found)) == (True, "2026-11-24 14:30:00")
    assert moment("on 2026-11-24 99:30 sharp") == date(2026, 11, 24)


@pytest.mark.parametrize(
    ("system", "code", "found"),
    [
        (ICD10, "j449", "J44.9"),
        (ICD10, "I10", "I10"),
        (ICD10, "U07.1", "U07.1"),
        ("urn:oid:2.16.840.1.113883.6.90", "E11621", "E11.621"),
        (None, "J44.9", "J44.9"),
        (None, "J449", None),
        ("http://snomed.info/sct", "J44.9", None),
        (ICD10, "not a code", None),
    ],
)
def test_a_diagnosis_code(system: str | None, code: str, found: str | None) -> None:
    assert icd10(system, code) == found


def test_several_modifiers_and_cpt_categories() -> None:
    assert billing_code(HCPCS, "E1390-RR-KX") == ("E1390", ("RR", "KX"))
    assert billing_code("urn:oid:2.16.840.1.113883.6.12", "0042T") == ("0042T", ())
    assert billing_code(HCPCS, "E13901") is None


def test_barriers_that_are_denied_do_not_count() -> None:
    assert barriers("Gate code 12, no elevator; three steps") == {"gated", "stairs"}
    assert barriers("without stairs") == set()


@pytest.mark.parametrize(
    ("codes", "category", "kind"),
    [
        (["E0781"], "", OrderType.INFUSION),
        (["S9500"], "", OrderType.INFUSION),
        (["97110"], "", OrderType.HOME_HEALTH),
        (["E1390", "G0299"], "Home health", OrderType.HOME_HEALTH),
        ([], "Durable medical equipment", OrderType.DME),
        ([], "Home infusion", OrderType.INFUSION),
        ([], "", OrderType.UNKNOWN),
    ],
)
def test_the_kind_of_an_order(codes: list[str], category: str, kind: OrderType) -> None:
    assert order_type("ServiceRequest", codes, category) is kind


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Becker, Alma", "Alma Becker"),
        ("Alma Becker, MD", "Alma Becker"),
        ("Becker, Alma, NP", "Alma Becker"),
        ("Alma Becker", "Alma Becker"),
    ],
)
def test_a_written_name(text: str, name: str) -> None:
    assert written_name(text).text == name


def test_names_and_addresses_that_are_none() -> None:
    assert name_of({"name": [{"use": "old", "text": "Formerly"}]}) is None
    assert name_of({"name": "  "}) is None
    assert address_of({"city": "Dayton"}) is None
    assert written_address("somewhere in Dayton") is None


def test_a_location_a_device_and_a_medication_are_followed() -> None:
    home = {"line": ["7 Mill Rd"], "city": "Akron", "state": "OH", "postalCode": "44308"}
    place = {"resourceType": "Location", "id": "place", "address": home}
    made = contained(TRUTH, "ServiceRequest")
    found = one({**made, "locationReference": [{"reference": "#place"}], "contained": [*made["contained"], place]})
    assert found.delivery_address is not None
    assert found.delivery_address.line1 == "7 Mill Rd"

    coding = {"coding": [{"system": HCPCS, "code": "E1390"}]}
    device = {"resourceType": "Device", "id": "device", "type": coding, "manufacturer": "Inogen", "serialNumber": "SN1"}
    made = {k: v for k, v in contained(TRUTH, "DeviceRequest").items() if k not in {"codeCodeableConcept", "note"}}
    found = one({**made, "codeReference": {"reference": "#device"}, "contained": [*made["contained"], device]})
    assert (found.lines[0].code, found.equipment.brand, found.equipment.serial) == ("E1390", "Inogen", "SN1")

    drug = {"resourceType": "Medication", "id": "drug", "code": {"coding": [{"system": HCPCS, "code": "J0696"}]}}
    made = contained(order_truth(831, "infusion"), "MedicationRequest")
    del made["medicationCodeableConcept"]
    found = one({**made, "medicationReference": {"reference": "#drug"}, "contained": [*made["contained"], drug]})
    assert found.lines[0].code == "J0696"


def test_a_requester_that_is_a_practitioner_brings_its_role_and_practice() -> None:
    made = bundle(TRUTH, "ServiceRequest")
    made["entry"][0]["resource"]["requester"] = {"reference": made["entry"][4]["fullUrl"]}
    found = one(made).clinician
    assert (found.npi, found.practice_fax) == (TRUTH.clinician_npi, TRUTH.practice_fax)


def test_a_message_may_change_or_cancel() -> None:
    made = bundle(TRUTH, "DeviceRequest", type_="message")
    for code, action in (("OrderUpdate", "update"), ("OrderCancel", "cancel"), ("InitialOrder", "new")):
        header = {"resourceType": "MessageHeader", "eventCoding": {"code": code}, "source": {"endpoint": "urn:x"}}
        assert one({**made, "entry": [{"resource": header}, *made["entry"]]}).action == action


def test_equipment_told_twice_in_different_words_is_a_conflict() -> None:
    made = contained(TRUTH, "DeviceRequest")
    found = one({**made, "note": [{"text": "Brand: Inogen"}, {"text": "Brand: Drive"}]})
    assert found.equipment.brand is None
    assert "equipment_brand" in found.conflicting


def test_a_patient_that_is_only_named_is_still_named() -> None:
    made = {**contained(TRUTH, "ServiceRequest"), "subject": {"display": "Becker, Alma", "identifier": {"value": "7"}}}
    member = one(made).member
    assert member.name is not None
    assert (member.name.text, member.identifiers[0].value) == ("Alma Becker", "7")


def test_a_place_in_the_library_s_words_becomes_a_path() -> None:
    made = bundle(TRUTH, "ServiceRequest")
    at = expression(made, ("entry", 1, "resource", "birthDate"))
    assert at == "Bundle.entry[1].resource.ofType(Patient).birthDate"
    assert expression(made, ("entry", 99, "x y", 3)) == "Bundle.entry[99][3]"
