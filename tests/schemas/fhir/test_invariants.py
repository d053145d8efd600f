"""Invariants of R4 by their keys and paths."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.fhir import validate
from schemas.fhir.invariants import broken
from schemas.order import OrderType
from tests.samples.make_fhir import bundle, contained
from tests.samples.people import order_truth

TRUTH = order_truth(845)


def order(**changes: Any) -> dict[str, Any]:
    return {**contained(TRUTH, "ServiceRequest"), **changes}


def keys(resource: dict[str, Any]) -> list[tuple[str, str]]:
    assert validate(resource) == []
    return [(issue.diagnostics.partition(":")[0], issue.expression) for issue in broken(resource)]


@pytest.mark.parametrize("kind", ["ServiceRequest", "DeviceRequest", "MedicationRequest"])
def test_good_orders_break_none(kind: str) -> None:
    assert keys(contained(TRUTH, kind)) == keys(bundle(TRUTH, kind)) == []


@pytest.mark.parametrize(
    ("changes", "key", "path"),
    [
        ({"occurrencePeriod": {"start": "2026-12-02", "end": "2026-12-01"}}, "per-1", "occurrence.ofType(Period)"),
        ({"occurrencePeriod": {"start": "2026-12", "end": "2026-11-30"}}, "per-1", "occurrence.ofType(Period)"),
        ({"quantityQuantity": {"value": 1, "code": "{each}"}}, "qty-3", "quantity.ofType(Quantity)"),
        ({"extension": [{"url": "urn:a"}]}, "ext-1", "extension[0]"),
        ({"supportingInfo": [{"reference": "#none"}]}, "ref-1", "supportingInfo[0]"),
    ],
)
def test_a_broken_rule_is_named_with_its_place(changes: dict[str, Any], key: str, path: str) -> None:
    resource = order(**changes)
    if "occurrencePeriod" in changes:
        resource.pop("occurrenceDateTime", None)
        resource.pop("occurrenceTiming", None)
    assert (key, f"ServiceRequest.{path}") in keys(resource)


@pytest.mark.parametrize(
    ("period", "fine"),
    [
        ({"start": "2026-12-01", "end": "2026-12-01T10:00:00Z"}, True),
        ({"start": "2026", "end": "2026-01-01"}, True),
        ({"start": "2026-12-01T23:00:00-08:00", "end": "2026-12-02T06:30:00Z"}, True),
        ({"end": "2026-12-01"}, True),
        ({"start": "2027", "end": "2026-12-31"}, False),
    ],
)
def test_dates_are_compared_as_far_as_both_say(period: dict[str, str], fine: bool) -> None:
    found = keys({"resourceType": "Encounter", "status": "planned", "class": {"code": "AMB"}, "period": period})
    assert (found == []) is fine


def test_a_timing_and_a_contact() -> None:
    timing = {"repeat": {"period": 1, "offset": 30, "countMax": 2}}
    resource = order(occurrenceTiming=timing)
    for name in ("occurrencePeriod", "occurrenceDateTime"):
        resource.pop(name, None)
    assert {key for key, _ in keys(resource)} == {"tim-2", "tim-8", "tim-9"}
    person = {"resourceType": "Patient", "contact": [{"gender": "male"}], "telecom": [{"value": "1"}]}
    assert set(keys(person)) == {("cpt-2", "Patient.telecom[0]"), ("pat-1", "Patient.contact[0]")}


def test_an_order_whose_period_ends_before_it_begins_contradicts_itself() -> None:
    from schemas.fhir import orders_of

    resource = order(occurrencePeriod={"start": "2026-12-02", "end": "2026-12-01"})
    resource.pop("occurrenceDateTime", None)
    resource.pop("occurrenceTiming", None)
    (made,) = orders_of(resource, "d")
    assert "service_start" in made.conflicting
    assert made.order_type in set(OrderType)
