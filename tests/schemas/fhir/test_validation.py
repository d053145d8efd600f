"""Validation: lax types, missing and unknown elements, each with its path and without a value of the input."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.fhir import Issue, operation_outcome, validate
from tests.samples.make_fhir import bundle, contained
from tests.samples.people import order_truth
from tests.schemas.fhir.strategies import JSON

TRUTH = order_truth(801)
INSIDE = "ServiceRequest.contained[0].ofType(Patient)"


def order(**changes: Any) -> dict[str, Any]:
    found = {**contained(TRUTH, "ServiceRequest"), **changes}
    return {key: value for key, value in found.items() if value is not ...}


def findings(resource: dict[str, Any]) -> list[tuple[str, str]]:
    return [(issue.code, issue.expression) for issue in validate(resource)]


@pytest.mark.parametrize("kind", ["ServiceRequest", "DeviceRequest", "MedicationRequest"])
def test_good_orders_have_no_issue(kind: str) -> None:
    assert validate(contained(TRUTH, kind)) == []
    assert validate(bundle(TRUTH, kind)) == []


@pytest.mark.parametrize(
    ("changes", "code", "expression"),
    [
        ({"status": ...}, "required", "ServiceRequest.status"),
        ({"subject": ...}, "required", "ServiceRequest.subject"),
        ({"status": "Active"}, "code-invalid", "ServiceRequest.status"),
        ({"doNotPerform": "true"}, "structure", "ServiceRequest.doNotPerform"),
        ({"doNotPerform": 0}, "structure", "ServiceRequest.doNotPerform"),
        ({"authoredOn": "2026-02-30"}, "value", "ServiceRequest.authoredOn"),
        ({"authoredOn": "2026-02-03T10:00"}, "value", "ServiceRequest.authoredOn"),
        ({"authoredOn": "0000-01-01"}, "value", "ServiceRequest.authoredOn"),
        ({"note": []}, "structure", "ServiceRequest.note"),
        ({"note": {"text": "x"}}, "structure", "ServiceRequest.note"),
        ({"note": [{}]}, "structure", "ServiceRequest.note[0]"),
        ({"note": [None]}, "structure", "ServiceRequest.note[0]"),
        ({"patientInstruction": ""}, "value", "ServiceRequest.patientInstruction"),
        ({"patientInstruction": None}, "structure", "ServiceRequest.patientInstruction"),
        ({"quantityQuantity": {"value": "2"}}, "structure", "ServiceRequest.quantity.ofType(Quantity).value"),
        ({"occurrenceDateTime": "2026-11-05"}, "structure", "ServiceRequest.occurrence"),
        ({"invented": 1}, "structure", "ServiceRequest.invented"),
        ({"subject": {"resourceType": "Patient"}}, "structure", "ServiceRequest.subject.resourceType"),
        ({"contained": [{"resourceType": "Foo"}]}, "structure", "ServiceRequest.contained[0]"),
        ({"contained": [{"resourceType": "HumanName"}]}, "structure", "ServiceRequest.contained[0]"),
        ({"contained": [{"id": "x"}]}, "required", "ServiceRequest.contained[0]"),
        ({"contained": [{"resourceType": "Patient", "active": "yes"}]}, "structure", f"{INSIDE}.active"),
        ({"_status": {"extension": "x"}}, "structure", "ServiceRequest.status.extension"),
    ],
)
def test_each_fault_is_named_with_its_place(changes: dict[str, Any], code: str, expression: str) -> None:
    resource = order(**({"occurrencePeriod": {"start": "2026-11-05"}} | changes))
    resource.pop("occurrenceTiming", None)
    assert (code, expression) in findings(resource)


def test_a_fault_inside_a_bundle_is_named_from_the_bundle() -> None:
    made = bundle(TRUTH, "ServiceRequest")
    del made["entry"][0]["resource"]["intent"]
    assert findings(made) == [("required", "Bundle.entry[0].resource.ofType(ServiceRequest).intent")]


def test_a_missing_primitive_with_an_extension_is_there() -> None:
    absent = {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}
    assert findings(order(intent=..., _intent={"extension": [absent]})) == []


def test_statuses_that_the_library_lists_in_part_are_known_in_full() -> None:
    task = {"resourceType": "Task", "status": "on-hold", "intent": "order"}
    assert findings(task) == []
    assert findings({**task, "status": "paused"}) == [("code-invalid", "Task.status")]
    trigger = {"resourceType": "Expression"}
    assert findings(trigger) == [("structure", "")]


def test_at_most_fifty_issues_are_listed() -> None:
    assert len(validate(order(note=[{"text": ""}] * 500))) == 50


def test_diagnostics_hold_no_value_of_the_input() -> None:
    secret = "Zebulon-Quagmire"
    faults = order(status=secret, authoredOn=secret, note=[{"text": 5, secret: secret}], identifier=[{"use": secret}])
    assert len(validate(faults)) >= 4
    assert secret not in json.dumps(operation_outcome(validate(faults)))


def test_an_outcome_is_itself_valid() -> None:
    assert validate(operation_outcome(validate(order(status="x")))) == []
    assert validate(operation_outcome([])) == []
    assert validate(operation_outcome([Issue("error", "invalid", "x")])) == []


NAMES = [*contained(TRUTH, "ServiceRequest"), "extension", "contained", "_status", "occurrenceTiming"]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(NAMES), JSON)
def test_any_json_at_any_element_gets_an_answer(name: str, value: Any) -> None:
    assert all(issue.severity == "error" for issue in validate(order(**{name: value})))


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(["resourceType", "entry", "type", "id", "meta", "x"]), JSON, max_size=5))
def test_any_object_gets_an_answer(value: dict[str, Any]) -> None:
    assert isinstance(validate(value), list)
    assert isinstance(validate({"resourceType": "Bundle", "type": "batch", "entry": [{"resource": value}]}), list)


def test_the_value_of_an_extension_may_be_extended_itself() -> None:
    said = {"url": "urn:a", "_valueString": {"extension": [{"url": "urn:b", "valueCode": "unknown"}]}}
    assert validate(order(extension=[said, {"url": "urn:c", "valueString": "x", "_valueString": {"id": "i"}}])) == []
    assert findings(order(extension=[{"url": "urn:a", "_valueString": "x"}])) == [
        ("structure", "ServiceRequest.extension[0].valueString")
    ]
