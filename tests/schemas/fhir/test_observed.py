"""What an order's observations say stands in its notes, in words that the rules understand."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.fhir import orders_of
from tests.samples import make_fhir, people

SATURATION = {
    "resourceType": "Observation",
    "id": "sat",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "59408-5", "display": "Oxygen saturation: pulse"}]},
    "effectiveDateTime": "2026-11-02T09:15:00-05:00",
    "performer": [{"display": "Ada Lowe RN"}],
    "valueQuantity": {"value": 86, "unit": "%"},
    "method": {"text": "at rest"},
}


def notes(*more: dict[str, Any], referred: bool = True, **change: Any) -> list[str]:
    """Return the notes of an order with these resources, and the first of them referred to."""
    made = make_fhir.contained(people.order_truth(1, "dme"), "DeviceRequest")
    first = SATURATION | change
    made["contained"] += [{name: value for name, value in first.items() if value is not None}, *more]
    if referred:
        made["supportingInfo"] = [{"reference": "#sat"}]
    (order,) = orders_of(made, "doc-1")
    return [note for note in order.notes if "[" in note or note.startswith("Allergy")]


def test_an_observation_is_a_line_with_its_code_day_and_performer() -> None:
    line = "Oxygen saturation pulse [59408-5]: 86 % (at rest) on 2026-11-02, performed by Ada Lowe RN"
    assert notes() == [line]


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled", "registered"])
def test_what_was_not_observed_is_not_said(status: str) -> None:
    assert notes(status=status) == []


def test_an_observation_of_nobody_in_particular_is_not_the_orders() -> None:
    assert notes(referred=False) == []


def test_the_parts_of_an_observation_are_told_with_its_value_or_each_for_itself() -> None:
    flow = {"code": {"text": "Oxygen flow"}, "valueQuantity": {"value": 2, "unit": "L/min"}}
    assert "86 % (at rest; Oxygen flow 2 L/min) on" in notes(component=[flow])[0]
    weight = {"code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]}, "valueQuantity": {"value": 81}}
    assert notes(component=[weight], valueQuantity=None) == [
        "29463-7 [29463-7]: 81 on 2026-11-02, performed by Ada Lowe RN"
    ]


def test_observations_and_allergies_of_the_patient_in_the_same_bundle_are_the_orders() -> None:
    made = make_fhir.bundle(people.order_truth(1, "dme"), "DeviceRequest")
    who = next(e["fullUrl"] for e in made["entry"] if e["resource"]["resourceType"] == "Patient")
    allergy = {"resourceType": "AllergyIntolerance", "patient": {"reference": who}, "code": {"text": "Penicillin"}}
    stranger = SATURATION | {"id": "other", "subject": {"reference": "Patient/somebody-else"}}
    for one in (SATURATION | {"subject": {"reference": who}}, allergy, stranger):
        made["entry"].append({"fullUrl": f"urn:uuid:{len(made['entry'])}", "resource": one})
    (order,) = orders_of(made, "doc-1")
    assert [note for note in order.notes if "59408-5" in note or "Allergy" in note] == [
        *notes(),
        "Allergy: Penicillin",
    ]
