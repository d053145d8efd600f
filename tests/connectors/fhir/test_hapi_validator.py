"""HAPI's R4 validator finds no error in what our FHIR server answers: metadata, Tasks, searches, refusals, orders."""

from __future__ import annotations

import json
from typing import Any

import pytest

from schemas.case import CaseState
from schemas.fhir import loads
from tests.connectors.fhir.server import SAMPLES, Served
from tests.connectors.fhir.test_tasks import opened
from tests.samples.make_fhir import contained
from tests.samples.people import order_truth
from tests.services.hapi_fhir import FhirValidator

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.hapi]
TAKEN = ["service_request", "device_request", "medication_request", "transaction", "transaction_two_lines", "message"]


async def get(site: Served, address: str) -> dict[str, Any]:
    answer = await site.client.get(address)
    assert answer.status_code == 200, answer.text
    found = loads(answer.content, max_bytes=10_000_000)
    assert isinstance(found, dict)
    return found


async def test_the_capability_statement_is_valid(site: Served, fhir_validator: FhirValidator) -> None:
    assert fhir_validator.errors(await get(site, "/fhir/metadata")) == []


@pytest.mark.parametrize("name", TAKEN)
async def test_what_a_sample_order_leaves_is_valid(site: Served, fhir_validator: FhirValidator, name: str) -> None:
    sent = loads((SAMPLES / f"{name}.json").read_bytes(), max_bytes=10_000_000)
    assert fhir_validator.errors(sent, of_a_partner=True) == []
    answer = await site.send_sample(name)
    assert answer.status_code in {200, 201}
    assert fhir_validator.errors(answer.json(), of_a_partner=True) == []
    for kind in ("ServiceRequest", "DeviceRequest", "MedicationRequest", "Patient"):
        found = await get(site, f"/fhir/{kind}")
        assert fhir_validator.errors(found, of_a_partner=True) == [], kind


@pytest.mark.parametrize("state", [CaseState.OPEN, CaseState.INCOMPLETE, CaseState.SCHEDULED, CaseState.CANCELLED])
async def test_a_task_is_valid_wherever_the_case_stands(
    site: Served, fhir_validator: FhirValidator, state: CaseState
) -> None:
    made = (await site.post("/fhir/ServiceRequest", contained(order_truth(860), "ServiceRequest"))).json()
    await opened(site, state)
    found = await get(site, f"/fhir/Task?focus=ServiceRequest/{made['id']}")
    (entry,) = found["entry"]
    assert entry["resource"]["businessStatus"]
    assert fhir_validator.errors(entry["resource"]) == []


async def test_a_refusal_is_a_valid_outcome(site: Served, fhir_validator: FhirValidator) -> None:
    answer = await site.post("/fhir/ServiceRequest", json.dumps({"resourceType": "ServiceRequest"}).encode())
    assert answer.status_code == 422
    assert fhir_validator.errors(answer.json()) == []
