"""The CapabilityStatement: what this FHIR endpoint does, no more."""

from __future__ import annotations

from typing import Any

from connectors.fhir.subscriptions.criteria import TOPICS
from connectors.fhir.subscriptions.notification import OPERATIONS
from connectors.fhir.subscriptions.reading import BACKPORT
from doorstep import __version__
from schemas.fhir.search import SEARCH, TASK

ORDER_TYPES = ("ServiceRequest", "DeviceRequest", "MedicationRequest", "NutritionOrder")
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
    "QuestionnaireResponse",
    "Observation",
)
CREATED = (*ORDER_TYPES, *SUPPORTING_TYPES)
STATEMENT_DATE = "2026-11-27"
TOPIC_CANONICAL = f"{BACKPORT}/capabilitystatement-subscriptiontopic-canonical"
SUBSCRIPTION_OPERATIONS = (("status", "backport-subscription-status"), ("events", "backport-subscription-events"))
VALIDATE = "http://hl7.org/fhir/OperationDefinition/Resource-validate"


def capability_statement(base: str, security: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the statement for the server at `base`; `security` says how callers prove themselves."""
    resources = [_created(kind) for kind in CREATED]
    resources.append(
        {
            "type": "Task",
            "interaction": [
                {"code": code} for code in ("read", "vread", "history-instance", "search-type", "update", "create")
            ],
            "versioning": "versioned",
            "readHistory": True,
            "updateCreate": False,
            "documentation": "A sender may set the status to cancelled; the other states follow from the case. "
            "A provider of the network finds the offers made to it and answers them by the status (docs/fhir.md); "
            "it sees each as it stands now.",
            "searchParam": [
                _search("_id", "token"),
                *(_search(name, how) for name, (how, _) in sorted(TASK.items())),
            ],
        }
    )
    resources.append({"type": "Questionnaire", "interaction": [{"code": "read"}]})
    resources.append(
        {
            "type": "Subscription",
            "extension": [{"url": TOPIC_CANONICAL, "valueCanonical": topic} for topic in TOPICS],
            "interaction": [
                {"code": code}
                for code in ("create", "read", "vread", "history-instance", "update", "delete", "search-type")
            ],
            "versioning": "versioned-update",
            "readHistory": True,
            "updateCreate": False,
            "searchParam": [
                _search("_id", "token"),
                _search("criteria", "string"),
                _search("status", "token"),
                _search("url", "uri"),
            ],
            "operation": [{"name": name, "definition": f"{OPERATIONS}/{d}"} for name, d in SUBSCRIPTION_OPERATIONS],
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
        "format": ["application/fhir+json", "application/fhir+xml", "json", "xml"],
        "patchFormat": ["application/json-patch+json"],
        "rest": [
            {
                "mode": "server",
                "documentation": "An order is taken even when it is incomplete; its Task says what is needed.",
                **({"security": security} if security else {}),
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
    interactions = ("create", "read", "vread", "update", "patch", "history-instance", "search-type")
    common = [_search("_id", "token"), _search("_lastUpdated", "date")]
    own = SEARCH.get(kind, {})
    references = sorted(name for name, (how, _) in own.items() if how == "reference")
    return {
        "type": kind,
        "interaction": [{"code": code} for code in interactions],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": False,
        "conditionalCreate": True,
        "conditionalRead": "full-support",
        "conditionalUpdate": True,
        "conditionalDelete": "not-supported",
        **({"searchInclude": [f"{kind}:{name}" for name in references]} if references else {}),
        "searchParam": [*common, *(_search(name, how) for name, (how, _) in sorted(own.items()))],
        "operation": [{"name": "validate", "definition": VALIDATE}],
    }


def _search(name: str, kind: str) -> dict[str, str]:
    return {"name": name, "type": kind}
