"""HAPI's R4 validator finds no error in any Bundle that our mapping makes."""

from __future__ import annotations

import pytest

from tests.schemas.hl7v2.test_bundle import BUNDLES
from tests.services.hapi_fhir import FhirValidator


@pytest.mark.hapi
def test_hapi_finds_no_error_in_the_bundle_of_any_message(fhir_validator: FhirValidator) -> None:
    found = {name: errors for name, bundle in BUNDLES.items() if (errors := fhir_validator.errors(bundle))}
    assert found == {}


@pytest.mark.hapi
def test_hapi_sees_what_is_wrong(fhir_validator: FhirValidator) -> None:
    bundle = BUNDLES["orm_rich"]
    entries = bundle["entry"]
    assert fhir_validator.errors({**bundle, "entry": entries[1:]}), "a message needs its MessageHeader"
    lost = [entry for entry in entries if entry["resource"]["resourceType"] != "Coverage"]
    assert fhir_validator.errors({**bundle, "entry": lost}) == [], "HAPI does not follow every reference"
    request = next(e["resource"] for e in entries if e["resource"]["resourceType"] == "DeviceRequest")
    assert fhir_validator.errors({**request, "status": "revokedd"})
    assert fhir_validator.errors({k: v for k, v in request.items() if k != "subject"})
    assert fhir_validator.errors({**request, "authoredOn": "2026-11-20T10:15:00"})
