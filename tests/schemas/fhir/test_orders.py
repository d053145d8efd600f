"""Orders out of Bundles: every sample to its truth, and what a sender may do differently."""

from __future__ import annotations

import copy
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import CodecError
from schemas.fhir import loads, orders_of, validate
from schemas.fields import fields_of
from schemas.order import Order, OrderType
from tests.samples import make_fhir
from tests.samples.make_fhir import HCPCS, ICD10, NPI, bundle, contained
from tests.samples.people import order_truth
from tests.schemas.fhir.strategies import JSON

SAMPLES = [sample for sample in make_fhir.samples() if sample.truth is not None]
TRUTH = order_truth(802, order_lines=({"code": "E0260", "quantity": 1},), frequency=None)


def one(resource: dict[str, Any]) -> Order:
    (order,) = orders_of(resource, "document")
    return order


def order(**changes: Any) -> Order:
    return one({key: v for key, v in {**contained(TRUTH, "ServiceRequest"), **changes}.items() if v is not ...})


def patient_with(**changes: Any) -> list[dict[str, Any]]:
    inside = contained(TRUTH, "ServiceRequest")["contained"]
    return [{**r, **changes} if r["resourceType"] == "Patient" else r for r in inside]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_every_sample_becomes_its_truth(sample: make_fhir.Sample) -> None:
    assert sample.truth is not None
    found = one(loads(sample.body.encode(), max_bytes=10**6))
    assert fields_of(found) == sample.truth.fields()
    assert found.unreadable == {}
    assert found.conflicting == {}
    actions = {"cancelled": "cancel", "updated": "update"}
    assert found.action == actions.get(sample.outcome, "new")
    assert found.order_type.value == sample.truth.order_type


def test_the_samples_on_disk_are_what_the_generator_writes() -> None:
    for sample in make_fhir.samples():
        assert (make_fhir.FOLDER / f"{sample.name}.json").read_text("utf-8") == sample.body
        beside: Path = make_fhir.FOLDER / f"{sample.name}.expected.json"
        assert json.loads(beside.read_text("utf-8")) == json.loads(json.dumps(sample.expected()))


def test_ids_are_the_same_each_time_and_differ_by_document() -> None:
    made = contained(TRUTH, "ServiceRequest")
    assert one(made) == one(copy.deepcopy(made))
    assert orders_of(made, "a")[0].order_id != orders_of(made, "b")[0].order_id


def test_two_requests_of_one_patient_and_kind_are_one_order_with_two_lines() -> None:
    sample = next(s for s in SAMPLES if s.name == "transaction_two_lines")
    found = one(json.loads(sample.body))
    assert [line.code for line in found.lines] == ["K0001", "E0260"]
    assert found.placer_number == f"R-{sample.truth.order_number}"  # type: ignore[union-attr]
    assert found.lines[1].placer_number == f"{sample.truth.order_number}-2"  # type: ignore[union-attr]


def test_two_patients_are_two_orders_and_no_value_crosses_over() -> None:
    first, second = order_truth(803), order_truth(804)
    both = bundle(first, "DeviceRequest")
    both["entry"] += bundle(second, "DeviceRequest")["entry"]
    found = orders_of(both, "document")
    assert [fields_of(o) for o in found] == [first.fields(), second.fields()]
    assert found[0].order_id != found[1].order_id


def two_patients(**changes: Any) -> dict[str, Any]:
    """Return a Bundle with the orders of two people whose Patients carry one and the same identifier."""
    both = bundle(order_truth(803), "DeviceRequest")
    both["entry"] += bundle(order_truth(804), "DeviceRequest")["entry"]
    first, second = (e["resource"] for e in both["entry"] if e["resource"]["resourceType"] == "Patient")
    second["identifier"] = first["identifier"]
    second.update({key: first[key] if value is ... else value for key, value in changes.items()})
    return both


@pytest.mark.parametrize("changes", [{}, {"birthDate": ...}, {"name": ...}, {"name": ..., "birthDate": "1950"}])
def test_one_identifier_does_not_make_two_patients_one(changes: dict[str, Any]) -> None:
    found = orders_of(two_patients(**changes), "document")
    alone = [one(bundle(order_truth(number), "DeviceRequest")) for number in (803, 804)]
    assert [(o.member.phone, o.coverage) for o in found] == [(o.member.phone, o.coverage) for o in alone]
    assert [len(o.lines) for o in found] == [1, 1]


def test_two_patient_resources_that_agree_are_one_member() -> None:
    (found,) = orders_of(two_patients(name=..., birthDate=...), "document")
    assert len(found.lines) == 2


def test_a_subject_that_fits_two_different_patients_is_neither() -> None:
    made = two_patients()
    shared = made["entry"][1]["resource"]["identifier"][0]
    named = {"type": "Patient", "identifier": {"system": shared["system"], "value": shared["value"]}}
    made["entry"][0]["resource"]["subject"] = named
    found = orders_of(made, "document")[0]
    assert (found.member.name, found.member.dob) == (None, None)
    assert "several patients" in found.conflicting["member_name"]


def test_the_coverage_of_another_patient_is_left_out_with_the_reason() -> None:
    made = bundle(order_truth(803), "ServiceRequest")
    made["entry"] += bundle(order_truth(804), "ServiceRequest")["entry"]
    made["entry"][0]["resource"]["insurance"] = made["entry"][7]["resource"]["insurance"]
    first, second = orders_of(made, "document")
    assert first.coverage == ()
    assert all("another patient" in first.conflicting[name] for name in ("payer", "member_id"))
    assert fields_of(second) == order_truth(804).fields()
    assert second.conflicting == {}


@pytest.mark.parametrize(
    ("beneficiary", "used"),
    [
        ({"reference": "Patient/elsewhere"}, True),
        ({"identifier": {"system": "urn:other", "value": "1"}}, True),
        ({"display": "the patient"}, True),
    ],
)
def test_a_named_coverage_whose_beneficiary_cannot_be_compared_is_used(beneficiary: Any, used: bool) -> None:
    inside = contained(TRUTH, "ServiceRequest")["contained"]
    changed = [{**r, "beneficiary": beneficiary} if r["resourceType"] == "Coverage" else r for r in inside]
    assert bool(order(contained=changed).coverage) is used


def test_a_beneficiary_by_another_number_of_the_same_kind_is_another_patient() -> None:
    inside = contained(TRUTH, "ServiceRequest")["contained"]
    mine = next(r for r in inside if r["resourceType"] == "Patient")["identifier"][0]
    other = {"identifier": {"system": mine["system"], "value": mine["value"] + "9"}}
    changed = [{**r, "beneficiary": other} if r["resourceType"] == "Coverage" else r for r in inside]
    found = order(contained=changed)
    assert found.coverage == ()
    assert "payer" in found.conflicting


def test_a_prescription_that_is_only_reported_is_not_signed() -> None:
    made = contained(TRUTH, "MedicationRequest")
    assert one(made).signature_present
    for reported in ({"reportedBoolean": True}, {"reportedReference": {"display": "the daughter"}}):
        found = one({**made, **reported})
        assert (found.signature_present, found.signature_date) == (None, None)


def test_a_dme_and_a_home_health_request_are_two_orders() -> None:
    made = bundle(TRUTH, "ServiceRequest")
    other = copy.deepcopy(made["entry"][0])
    other["fullUrl"] = "urn:uuid:7b0f5a4e-52cf-4f7d-9a54-7b8f3f6a7f10"
    other["resource"]["code"] = {"coding": [{"system": HCPCS, "code": "G0299"}]}
    made["entry"].insert(1, other)
    assert [o.order_type for o in orders_of(made, "d")] == [OrderType.DME, OrderType.HOME_HEALTH]


@pytest.mark.parametrize(
    ("coding", "code", "modifiers"),
    [
        ({"system": "http://www.ama-assn.org/go/cpt", "code": "E1390"}, "E1390", ()),
        ({"code": "e1390"}, "E1390", ()),
        ({"system": HCPCS, "code": "E1390-RR"}, "E1390", ("RR",)),
        ({"system": "https://local.example/codes", "code": "K0001"}, "K0001", ()),
        ({"system": "http://www.ama-assn.org/go/cpt", "code": "97110"}, "97110", ()),
        ({"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "11124"}, None, ()),
        ({"system": "http://snomed.info/sct", "code": "E1390"}, None, ()),
        ({"system": "https://local.example/codes", "code": "97110"}, None, ()),
        ({"system": ICD10, "code": "E1165"}, None, ()),
    ],
)
def test_a_billing_code_is_known_by_its_shape(coding: dict[str, str], code: str | None, modifiers: tuple[str]) -> None:
    line = order(code={"coding": [coding]}).lines[0]
    assert (line.code, line.modifiers) == (code, modifiers)


def test_a_code_in_the_text_counts_when_it_is_the_only_one() -> None:
    assert order(code={"text": "E1390 oxygen concentrator"}).lines[0].code == "E1390"
    assert order(code={"text": "E1390 or E0431"}).lines[0].code is None


def test_two_different_codes_of_one_line_are_a_conflict_not_a_choice() -> None:
    found = order(code={"coding": [{"system": HCPCS, "code": "E1390"}, {"system": HCPCS, "code": "E0431"}]})
    assert found.lines[0].code is None
    assert "order_lines" in found.conflicting


def test_the_descriptor_of_a_cpt_code_is_not_kept() -> None:
    coding = {"system": "http://www.ama-assn.org/go/cpt", "code": "97110", "display": "Somebody's words"}
    assert order(code={"coding": [coding]}).lines[0].description is None


def test_an_npi_that_fails_its_check_is_unreadable_and_not_used() -> None:
    wrong = str((int(TRUTH.clinician_npi[-1]) + 1) % 10)
    bad = {"system": NPI, "value": TRUTH.clinician_npi[:-1] + wrong}
    found = order(requester={"display": "Greta Holloway, MD", "identifier": bad})
    assert found.clinician.npi is None
    assert "clinician_npi" in found.unreadable
    assert found.clinician.name is not None
    assert found.clinician.name.text == "Greta Holloway"


@pytest.mark.parametrize(
    ("change", "signed"),
    [
        ({}, True),
        ({"requester": ...}, None),
        ({"intent": "proposal"}, None),
        ({"intent": "plan"}, None),
        ({"status": "draft"}, None),
    ],
)
def test_only_an_order_that_names_its_clinician_counts_as_signed(change: dict[str, Any], signed: bool | None) -> None:
    found = order(**change)
    assert found.signature_present is signed
    assert (found.signature_date is not None) is bool(signed)


def test_a_request_that_is_done_or_not_to_be_done_is_no_order() -> None:
    assert orders_of({**contained(TRUTH, "ServiceRequest"), "status": "completed"}, "d") == ()
    assert orders_of({**contained(TRUTH, "ServiceRequest"), "doNotPerform": True}, "d") == ()
    assert orders_of({"resourceType": "Bundle", "type": "collection"}, "d") == ()


def test_what_is_no_bundle_and_no_request_is_refused() -> None:
    with pytest.raises(CodecError):
        orders_of({"resourceType": "Patient"}, "d")


@pytest.mark.parametrize(
    ("status", "action"), [("revoked", "cancel"), ("entered-in-error", "cancel"), ("on-hold", "new")]
)
def test_the_status_decides_the_action(status: str, action: str) -> None:
    assert order(status=status).action == action


def test_a_later_version_is_an_update() -> None:
    assert order(meta={"versionId": "3"}).action == "update"
    assert order(replaces=[{"reference": "ServiceRequest/1"}]).action == "update"


def test_a_part_of_a_birth_date_is_unreadable() -> None:
    found = order(contained=patient_with(birthDate="1950-03"))
    assert found.member.dob is None
    assert "dob" in found.unreadable


def test_two_homes_are_a_conflict_and_a_named_delivery_address_settles_it() -> None:
    homes = [
        {"use": "home", "line": [f"{n} Oak St"], "city": "Dayton", "state": "OH", "postalCode": "45402"} for n in (1, 2)
    ]
    found = order(contained=patient_with(address=homes))
    assert found.delivery_address is None
    assert "ship_address" in found.conflicting
    told = order(contained=patient_with(address=homes), note=[{"text": "Ship to: 9 Elm St, Apt 4, Akron, OH 44308"}])
    assert fields_of(told)["ship_address"] == "9 Elm St Apt 4, Akron, OH 44308"
    assert told.conflicting == {}


def test_an_extension_names_the_delivery_address() -> None:
    value = {"line": ["5 Quay Rd"], "city": "Toledo", "state": "OH", "postalCode": "43604"}
    found = order(extension=[{"url": "urn:doorstep:shipping-address", "valueAddress": value}])
    assert fields_of(found)["ship_address"] == "5 Quay Rd, Toledo, OH 43604"


def test_barriers_contact_and_deadline_are_read_from_note_lines() -> None:
    text = "Access: gated, no stairs\nContact phone: 419-555-0133\nDischarge by: 2026-11-24 16:00\nLeave at door"
    found = order(note=[{"text": text}])
    assert found.access_barriers == ("gated",)
    assert found.contact_phone == "4195550133"
    assert found.discharge_deadline == datetime(2026, 11, 24, 21, 0, tzinfo=UTC)
    assert found.notes == (text,)


def test_the_end_of_the_encounter_is_the_discharge() -> None:
    stay = {
        "resourceType": "Encounter",
        "id": "stay",
        "status": "in-progress",
        "class": {"code": "IMP"},
        "period": {"end": "2026-11-30"},
    }
    found = order(encounter={"reference": "#stay"}, contained=[*contained(TRUTH, "ServiceRequest")["contained"], stay])
    assert found.discharge_deadline == date(2026, 11, 30)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 L/min by cannula", Decimal(2)),
        ("Flow 2.5 lpm, call 937-555-0101", Decimal("2.5")),
        ("at 3 liters per minute", Decimal(3)),
    ],
)
def test_a_flow_is_read_from_a_note(text: str, value: Decimal) -> None:
    found = order(note=[{"text": text}])
    assert found.frequency is not None
    assert found.frequency.value == value


@pytest.mark.parametrize("text", ["2-4 L/min", "2 to 4 lpm", "2 L/min at rest, 4 L/min in sleep"])
def test_a_range_of_flows_is_a_conflict(text: str) -> None:
    found = order(note=[{"text": text}])
    assert found.frequency is None
    assert "frequency" in found.conflicting


@pytest.mark.parametrize(
    ("repeat", "code", "hours"),
    [
        ({"frequency": 2, "period": 1, "periodUnit": "d"}, None, 12),
        ({"frequency": 1, "period": 6, "periodUnit": "h"}, None, 6),
        (None, "TID", 8),
        (None, "Q12H", 12),
    ],
)
def test_a_dose_interval_comes_from_timing(repeat: dict[str, Any] | None, code: str | None, hours: int) -> None:
    timing: dict[str, Any] = {"repeat": repeat} if repeat else {"code": {"coding": [{"code": code}]}}
    made = {**contained(order_truth(805, "infusion"), "MedicationRequest"), "dosageInstruction": [{"timing": timing}]}
    found = one(made).frequency
    assert found is not None
    assert (found.kind, found.value) == ("dose_interval_hours", hours)


def test_a_refuted_condition_is_no_diagnosis_and_icd_is_written_with_its_dot() -> None:
    refuted = {"coding": [{"code": "refuted"}]}
    conditions = [
        {
            "resourceType": "Condition",
            "id": "a",
            "code": {"coding": [{"system": ICD10, "code": "J449"}]},
            "subject": {},
        },
        {
            "resourceType": "Condition",
            "id": "b",
            "code": {"coding": [{"system": ICD10, "code": "I10"}]},
            "verificationStatus": refuted,
        },
    ]
    inside = contained(TRUTH, "ServiceRequest")["contained"] + conditions
    found = order(contained=inside, reasonCode=..., reasonReference=[{"reference": "#a"}, {"reference": "#b"}])
    assert [d.code for d in found.diagnoses] == ["J44.9"]


def test_the_payer_is_the_insurer_and_cancelled_coverage_does_not_count() -> None:
    made = contained(TRUTH, "ServiceRequest")
    second = {**made["contained"][1], "id": "old", "status": "cancelled", "subscriberId": "OLD"}
    del made["insurance"]
    found = one({**made, "contained": [second, *made["contained"]]})
    assert [c.member_id for c in found.coverage] == [TRUTH.member_id]


def test_what_has_no_place_is_kept_as_received() -> None:
    site = [{"text": "left hip"}]
    made = bundle(TRUTH, "ServiceRequest")
    made["entry"][0]["resource"]["bodySite"] = site
    made["entry"].append({"resource": {"resourceType": "Observation", "status": "final", "code": {"text": "SpO2"}}})
    found = one(made)
    assert json.loads(found.unmapped["ServiceRequest[0].bodySite"]) == site
    assert any(name.startswith("Observation") for name in found.unmapped)


def test_an_absolute_reference_to_another_server_is_not_taken_for_a_neighbour() -> None:
    made = bundle(TRUTH, "ServiceRequest")
    made["entry"][1]["resource"]["id"] = "7"
    made["entry"][0]["resource"]["subject"] = {"reference": "https://other.example/fhir/Patient/7"}
    assert one(made).member.name is None


NAMES = [
    *contained(TRUTH, "ServiceRequest"),
    "occurrenceTiming",
    "extension",
    "supportingInfo",
    "encounter",
    "replaces",
]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(NAMES), JSON)
def test_whatever_passes_validation_becomes_orders(name: str, value: Any) -> None:
    resource = {**contained(TRUTH, "ServiceRequest"), name: value}
    if not validate(resource):
        assert isinstance(orders_of(resource, "d"), tuple)


HUGE = ["1" * 900_000, "Access: x" + " " * 900_000 + "y", "a:b\n" * 200_000, "no " * 300_000, "q" * 900_000]


@pytest.mark.timeout(10)
@pytest.mark.parametrize("text", HUGE)
def test_a_huge_note_takes_no_long_time(text: str) -> None:
    assert order(note=[{"text": text}], authoredOn="2026-11-05").notes == (text.strip(),)


@pytest.mark.parametrize("period", [Decimal("1E+30"), Decimal("1E-30"), 0, -1])
def test_a_timing_out_of_all_bounds_is_no_frequency(period: Any) -> None:
    timing = {"repeat": {"frequency": 1, "period": period, "periodUnit": "h"}}
    made = {**contained(order_truth(806, "infusion"), "MedicationRequest"), "dosageInstruction": [{"timing": timing}]}
    assert one(made).frequency is None


@pytest.mark.parametrize("value", [-1, 0, Decimal("1E+200")])
def test_a_quantity_out_of_all_bounds_is_none(value: Any) -> None:
    assert order(quantityQuantity={"value": value}).lines[0].quantity is None


def test_the_last_moment_of_the_calendar_is_a_day() -> None:
    assert order(note=[{"text": "Discharge: 9999-12-31T23:59:59-05:00"}]).discharge_deadline == date(9999, 12, 31)


def nutrition(**changes: Any) -> dict[str, Any]:
    formula = {
        "baseFormulaType": {"coding": [{"system": "https://www.cms.gov/hcpcs", "code": "B4152"}]},
        "baseFormulaProductName": "High calorie formula",
        "administration": [
            {
                "schedule": {"repeat": {"boundsPeriod": {"start": "2026-12-01"}}},
                "rateQuantity": {"value": 60, "unit": "mL/h"},
            }
        ],
    }
    return {
        "resourceType": "NutritionOrder",
        "id": "n1",
        "status": "active",
        "intent": "order",
        "identifier": [{"value": "N-1"}],
        "patient": {"display": "Ada Byron"},
        "dateTime": "2026-11-20",
        "orderer": {"display": "Grace Hopper, MD"},
        "enteralFormula": formula,
        **changes,
    }


def test_an_enteral_formula_is_an_order_of_equipment() -> None:
    (made,) = orders_of(nutrition(), "d")
    assert (made.order_type, made.placer_number, made.signature_present) == (OrderType.DME, "N-1", True)
    assert [(line.code, line.description, line.quantity) for line in made.lines] == [
        ("B4152", "High calorie formula", None)
    ]
    assert str(made.service_start) == "2026-12-01"
    assert str(made.authored_on) == "2026-11-20"
    assert made.member.name is not None
    assert "60 mL/h" in made.notes
    assert "NutritionOrder[0].enteralFormula" in made.unmapped


def test_a_formula_in_words_is_asked_about_and_its_words_are_kept() -> None:
    formula = {"baseFormulaType": {"text": "diabetic formula"}, "additiveType": {"coding": [{"code": "B4155"}]}}
    (made,) = orders_of(nutrition(enteralFormula=formula), "d")
    assert made.lines == ()
    assert "order_lines" in made.unreadable
    assert "diabetic formula" in made.notes


def test_additives_and_supplements_with_a_code_are_lines_and_a_diet_is_no_order() -> None:
    supplement = [{"type": {"coding": [{"code": "B4150"}]}}, {"productName": "pudding"}]
    (made,) = orders_of(nutrition(supplement=supplement), "d")
    assert [line.code for line in made.lines] == ["B4152", "B4150"]
    diet = nutrition(oralDiet={"instruction": "soft"}, supplement=supplement[1:])
    del diet["enteralFormula"]
    assert orders_of(diet, "d") == ()


def test_parenteral_nutrition_is_infusion() -> None:
    formula = {"baseFormulaType": {"coding": [{"code": "B4185"}]}}
    (made,) = orders_of(nutrition(enteralFormula=formula), "d")
    assert made.order_type is OrderType.INFUSION


def test_a_referral_in_general_words_has_its_services_as_the_detail() -> None:
    detail = [{"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "97110"}]}]
    code = {"coding": [{"system": "http://snomed.info/sct", "code": "417153003", "display": "Referral to home care"}]}
    made = order(code=code, orderDetail=detail)
    assert [line.code for line in made.lines] == ["97110"]
    assert made.order_type is OrderType.HOME_HEALTH
    detail[0]["coding"].append({"system": "http://www.ama-assn.org/go/cpt", "code": "92507"})
    made = order(code=code, orderDetail=detail)
    assert [line.code for line in made.lines] == [None]
    assert "order_lines" in made.conflicting


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"dosageInstruction": [{"text": "one tablet by mouth daily"}]}, OrderType.UNKNOWN),
        ({"dosageInstruction": [{"text": "1 g IV every 8 hours"}]}, OrderType.INFUSION),
        ({"dosageInstruction": [{"route": {"coding": [{"code": "47625008", "display": "?"}]}}]}, OrderType.INFUSION),
        ({"medicationCodeableConcept": {"text": "ceftriaxone 1 g injection"}}, OrderType.INFUSION),
        ({"medicationCodeableConcept": {"text": "nizatidine oral solution"}}, OrderType.UNKNOWN),
        ({"category": [{"text": "home infusion"}]}, OrderType.INFUSION),
    ],
)
def test_a_drug_is_an_infusion_only_where_something_says_so(changes: dict[str, Any], kind: OrderType) -> None:
    bare = {
        "resourceType": "MedicationRequest",
        "id": "m",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"text": "a drug"},
        "subject": {"display": "Ada Byron"},
    }
    assert one({**bare, **changes}).order_type is kind


def test_what_is_asked_for_in_general_words_is_described_by_them_and_its_several_codes_are_kept() -> None:
    """As HL7's post-acute order example has it: a home nurse visit, with therapies as the detail."""
    visit = {"system": "http://snomed.info/sct", "code": "417153003", "display": "Referral for home nurse visit"}
    cpt = [{"system": "http://www.ama-assn.org/go/cpt", "code": code, "display": "x"} for code in ("97039", "92507")]
    made = order(code={"coding": [visit]}, orderDetail=[{"coding": cpt}])
    assert [(line.code, line.description) for line in made.lines] == [(None, "Referral for home nurse visit")]
    assert "order_lines" in made.conflicting
    assert {"97039", "92507"} <= {
        c["code"] for c in json.loads(made.unmapped["ServiceRequest[0].orderDetail"])[0]["coding"]
    }
