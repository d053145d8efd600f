"""The CapabilityStatement: what this FHIR endpoint does, no more."""

from __future__ import annotations

from typing import Any

from doorstep import __version__

ORDER_TYPES = ("ServiceRequest", "DeviceRequest", "MedicationRequest")
SUPPORTING_TYPES = (
    "Patient",
    "Coverage",
    "Practitioner",
    "PractitionerRole",
    "Organization",
    "Condition",
    "DocumentReference",
    "Encounter",
    "Location",
    "Device",
    "Medication",
)
CREATED = (*ORDER_TYPES, *SUPPORTING_TYPES)
STATEMENT_DATE = "2026-11-23"


def capability_statement(base: str) -> dict[str, Any]:
    """Return the statement for the server at `base`."""
    resources = [_created(kind) for kind in CREATED]
    resources.append(
        {
            "type": "Task",
            "interaction": [{"code": "read"}, {"code": "search-type"}],
            "versioning": "versioned",
            "searchParam": [
                _search("focus", "reference"),
                _search("based-on", "reference"),
                _search("identifier", "token"),
            ],
        }
    )
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": STATEMENT_DATE,
        "kind": "instance",
        "software": {"name": "Doorstep", "version": __version__},
        "implementation": {"description": "Intake of post-acute orders", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "documentation": "An order is taken even when it is incomplete; its Task says what is needed.",
                "resource": resources,
                "interaction": [{"code": "transaction"}, {"code": "batch"}],
                "operation": [
                    {
                        "name": "process-message",
                        "definition": "http://hl7.org/fhir/OperationDefinition/MessageHeader-process-message",
                    }
                ],
            }
        ],
    }


def _created(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": kind,
        "interaction": [{"code": "create"}, {"code": "read"}, {"code": "vread"}],
        "versioning": "versioned",
        "conditionalCreate": True,
    }
    if kind in ORDER_TYPES:
        found["interaction"].append({"code": "search-type"})
        found["searchParam"] = [_search("identifier", "token")]
    return found


def _search(name: str, kind: str) -> dict[str, str]:
    return {"name": name, "type": kind}
