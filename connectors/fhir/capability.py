"""The CapabilityStatement: what this FHIR endpoint does, no more."""

from __future__ import annotations

from typing import Any

from connectors.fhir.subscriptions.criteria import TOPICS
from connectors.fhir.subscriptions.notification import OPERATIONS
from connectors.fhir.subscriptions.reading import BACKPORT
from doorstep import __version__
from schemas.fhir.search import table_of

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
VALIDATE = {"name": "validate", "definition": "http://hl7.org/fhir/OperationDefinition/Resource-validate"}


def capability_statement(base: str, security: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the statement for the server at `base`; `security` says how callers prove themselves."""
    resources = [*(_created(kind) for kind in CREATED), _task(), _questionnaire(), _subscription()]
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
                    },
                    VALIDATE,
                ],
            }
        ],
    }


def _created(kind: str) -> dict[str, Any]:
    interactions = (
        "create", "read", "vread", "update", "patch", "history-instance", "history-type", "search-type"
    )  # fmt: skip
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
        **_searched(kind),
        "operation": [VALIDATE],
    }


def _task() -> dict[str, Any]:
    interactions = ("read", "vread", "history-instance", "search-type", "update", "create")
    return {
        "type": "Task",
        "interaction": [{"code": code} for code in interactions],
        "versioning": "versioned",
        "readHistory": True,
        "updateCreate": False,
        "conditionalRead": "full-support",
        "documentation": "A sender may set the status to cancelled; the other states follow from the case. "
        "A provider of the network finds the offers made to it and answers them by the status (docs/fhir.md); "
        "it sees each as it stands now.",
        **_searched("Task"),
        "operation": [VALIDATE],
    }


def _questionnaire() -> dict[str, Any]:
    interactions = ("read", "vread", "history-instance")
    return {
        "type": "Questionnaire",
        "interaction": [{"code": code} for code in interactions],
        "conditionalRead": "full-support",
        "operation": [VALIDATE],
    }


def _subscription() -> dict[str, Any]:
    interactions = ("create", "read", "vread", "history-instance", "update", "delete", "search-type")
    operations = [{"name": name, "definition": f"{OPERATIONS}/{d}"} for name, d in SUBSCRIPTION_OPERATIONS]
    return {
        "type": "Subscription",
        "extension": [{"url": TOPIC_CANONICAL, "valueCanonical": topic} for topic in TOPICS],
        "interaction": [{"code": code} for code in interactions],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": False,
        "conditionalRead": "full-support",
        "searchParam": [
            _search("_id", "token"),
            _search("criteria", "string"),
            _search("status", "token"),
            _search("url", "uri"),
        ],
        "operation": [*operations, VALIDATE],
    }


def _searched(kind: str) -> dict[str, Any]:
    """Return what resources of a type are searched by, and what may come along."""
    own = table_of(kind)
    references = sorted(name for name, (how, _) in own.items() if how == "reference")
    common = [_search("_id", "token"), _search("_lastUpdated", "date")]
    back = sorted(f"{other}:{name}" for other, name in _referring(kind))
    return {
        **({"searchInclude": [f"{kind}:{name}" for name in references]} if references else {}),
        **({"searchRevInclude": back} if back else {}),
        "searchParam": [*common, *(_search(name, how) for name, (how, _) in sorted(own.items()))],
    }


def _referring(kind: str) -> list[tuple[str, str]]:
    """Return (type, parameter) of what is known to refer to a type."""
    if kind in ORDER_TYPES:
        return [("Task", "focus"), ("Task", "based-on")]
    name = {"Patient": "patient", "Encounter": "encounter", "Organization": "organization"}.get(kind, "")
    return [(other, name) for other in (*CREATED, "Task") if table_of(other).get(name, ("",))[0] == "reference"]


def _search(name: str, kind: str) -> dict[str, str]:
    return {"name": name, "type": kind}
