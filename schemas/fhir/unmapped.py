"""What a sender told us that the canonical order has no place for, kept as it was received."""

from __future__ import annotations

from schemas.fhir.graph import RELATIVE, Graph, Resource, part, parts
from schemas.fhir.lines import CONCEPTS, billing_codes, line_of
from schemas.fhir.strict import dumps
from schemas.fhir.words import text_of

ENVELOPE = frozenset({"resourceType", "id", "meta", "text", "implicitRules", "language", "contained", "extension"})
COMMON = """
    identifier status intent priority subject encounter authoredOn requester reasonCode reasonReference insurance
    supportingInfo note
"""
OWN = {
    "ServiceRequest": """
        requisition code orderDetail quantityQuantity quantityRatio occurrenceDateTime occurrencePeriod occurrenceTiming
        patientInstruction category doNotPerform locationReference replaces
    """,
    "DeviceRequest": """
        groupIdentifier codeCodeableConcept codeReference parameter occurrenceDateTime occurrencePeriod occurrenceTiming
    """,
    "NutritionOrder": """
        patient dateTime orderer codeCodeableConcept dosageInstruction
    """,
    "MedicationRequest": """
        groupIdentifier medicationCodeableConcept medicationReference dosageInstruction dispenseRequest category
        doNotPerform
    """,
}
PLACED: dict[str, frozenset[str]] = {kind: frozenset((COMMON + own).split()) for kind, own in OWN.items()}
READ_WHOLE = """
    Patient Coverage Practitioner PractitionerRole Organization Condition Encounter Location Device Medication
    Task MessageHeader ServiceRequest DeviceRequest MedicationRequest NutritionOrder
"""
READ = frozenset(READ_WHOLE.split())
FOCUS = "focus"
"""Where the order's own FHIR resource stands (`ServiceRequest/ID`), so that its Task can point at it."""
REQUESTS = "requests"
"""Where all of its FHIR resources stand, apart by blanks: a later version of any of them is of the same case."""


def unmapped_of(graph: Graph, requests: list[Resource]) -> dict[str, str]:
    """Return element path -> JSON as received, for requests first, then for whole resources that nothing read."""
    found: dict[str, str] = {}
    first = requests[0]
    if first.get("id"):
        found[FOCUS] = f"{first['resourceType']}/{first['id']}"
    requests = list({id(r) if not r.get("id") else (r["resourceType"], r["id"]): r for r in requests}.values())
    listed = [f"{request['resourceType']}/{request['id']}" for request in requests if request.get("id")]
    if listed:
        found[REQUESTS] = " ".join(listed)
    reference = part(first.get("subject")).get("reference")
    if isinstance(reference, str) and RELATIVE.fullmatch(reference):
        found["subject"] = reference
    for number, request in enumerate(requests):
        kind = str(request["resourceType"])
        for name, value in request.items():
            if name not in ENVELOPE and (name not in PLACED[kind] or _undecided(name, value, request, graph)):
                found[f"{kind}[{number}].{name}"] = dumps(value).decode()
        if request.get("extension"):
            found[f"{kind}[{number}].extension"] = dumps(request["extension"]).decode()
    for number, resource in enumerate(graph.resources):
        if resource.get("resourceType") not in READ:
            found[f"{resource['resourceType']}[{number}]"] = dumps(resource).decode()
    return found


def _undecided(name: str, value: object, request: Resource, graph: Graph) -> bool:
    """Say whether codes stand in this element of which the order's line holds none."""
    if name == "orderDetail":
        line = line_of(request, graph)
        said = [c for detail in parts(value) for c in parts(detail.get("coding"))]
        told = {line.code, *line.modifiers}
        return any(str(c.get("code") or "").upper() not in told for c in said) or any(
            text_of(detail.get("text")) for detail in parts(value) if not detail.get("coding")
        )
    return name in CONCEPTS and len(billing_codes(request, graph)) > 1
