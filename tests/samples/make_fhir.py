"""Writes the FHIR samples: python -m tests.samples.make_fhir rewrites tests/samples/fhir, the same bytes each time."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from tests.samples.people import OrderTruth, order_truth

FOLDER = Path(__file__).parent / "fhir"
CLASSES = {"dme": "dme_order", "home_health": "home_health_referral", "infusion": "infusion_order"}
SERVICE, DEVICE = "/fhir/ServiceRequest", "/fhir/DeviceRequest"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
CPT = "http://www.ama-assn.org/go/cpt"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
NPI = "http://hl7.org/fhir/sid/us-npi"
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition"
PAO_EVENTS = "http://hl7.org/fhir/us/dme-orders/CodeSystem/paox-message-event"
ORDERS = "https://ehr.example/orders"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sample:
    """One input: its text, where it is posted, the HTTP status it gets and what the hub makes of it."""

    name: str
    body: str
    post_to: str
    status: int
    outcome: str
    truth: OrderTruth | None = None
    missing: tuple[str, ...] = ()
    extra: Json = field(default_factory=dict)

    def expected(self) -> Json:
        found: Json = {"channel": "fhir", "outcome": self.outcome, "post_to": self.post_to, "http_status": self.status}
        found["document_class"] = CLASSES[self.truth.order_type] if self.truth else None
        found["missing"] = list(self.missing)
        found["fields"] = self.truth.fields() if self.truth else {}
        return found | self.extra


def text(value: Json) -> str:
    return json.dumps(value, indent=2) + "\n"


def patient(t: OrderTruth) -> Json:
    given, family = t.member_name.split(" ", 1)
    street, city, state, postal = t.address_parts
    found: Json = {
        "resourceType": "Patient",
        "identifier": [{"system": "https://ehr.example/mrn", "value": f"MRN{t.seed:06d}"}],
        "name": [
            {"use": "maiden", "family": "Formerly", "given": [given]},
            {"use": "official", "family": family, "given": [given]},
        ],
        "gender": t.sex,
        "birthDate": t.dob,
        "telecom": [
            {"system": "email", "value": "nobody@mail.example"},
            {"system": "phone", "value": f"({t.contact_phone[:3]}) {t.contact_phone[3:6]}-{t.contact_phone[6:]}"},
        ],
        "address": [
            {"use": "old", "line": ["1 Former St"], "city": "Elsewhere", "state": "KY", "postalCode": "40018"},
            {"use": "home", "line": [street], "city": city, "state": state, "postalCode": postal},
        ],
    }
    if "ship_address" in t.omitted:
        del found["address"]
    return found


def coverage(t: OrderTruth, member: str, payor: str) -> Json:
    return {
        "resourceType": "Coverage",
        "status": "active",
        "subscriberId": t.member_id,
        "beneficiary": {"reference": member},
        "payor": [{"reference": payor}],
        "class": [
            {"type": {"coding": [{"code": "plan"}]}, "value": "PLAN-A"},
            {"type": {"coding": [{"code": "group"}]}, "value": t.group_no},
        ],
    }


def practitioner(t: OrderTruth) -> Json:
    given, family = t.clinician_name.split(" ", 1)
    found: Json = {"resourceType": "Practitioner", "name": [{"family": family, "given": [given]}]}
    if "clinician_npi" not in t.omitted:
        found["identifier"] = [{"system": NPI, "value": t.clinician_npi}]
    return found


def practice(t: OrderTruth) -> Json:
    points = [{"system": "phone", "value": t.practice_phone}, {"system": "fax", "value": f"+1 {t.practice_fax}"}]
    return {"resourceType": "Organization", "name": t.practice, "telecom": points}


def role(person: str, organization: str) -> Json:
    return {
        "resourceType": "PractitionerRole",
        "practitioner": {"reference": person},
        "organization": {"reference": organization},
    }


def reasons(t: OrderTruth) -> list[Json]:
    return [{"coding": [{"system": ICD10, "code": code}]} for code in t.icd10]


def notes(t: OrderTruth) -> list[Json]:
    said = [f"Access: {', '.join(t.access_barriers)}"] if t.access_barriers else []
    if t.equipment_brand:
        said += [f"Brand: {t.equipment_brand}", f"Model: {t.equipment_model}", f"Serial: {t.equipment_serial}"]
    if t.frequency and t.frequency["kind"] == "oxygen_lpm":
        said.append(f"Flow rate: {t.frequency['value']} L/min")
    return [{"text": "\n".join(said)}] if said else []


def request(t: OrderTruth, kind: str, refs: dict[str, str], system: str = HCPCS) -> Json:
    """Return the order itself, its references as `refs` names them."""
    line = t.order_lines[0]
    concept = {"coding": [{"system": system, "code": line["code"]}], "text": t.item_text}
    period = {"start": t.service_start, "end": t.service_end}
    found: Json = {
        "resourceType": kind,
        "identifier": [{"system": ORDERS, "value": t.order_number}],
        "status": "active",
        "intent": "order",
        "subject": {"reference": refs["patient"]},
        "authoredOn": f"{t.signature_date}T09:30:00-05:00",
        "requester": {"reference": refs["requester"]},
        "insurance": [{"reference": refs["coverage"]}],
        "reasonCode": reasons(t),
    }
    if notes(t):
        found["note"] = notes(t)
    repeat: Json = {"boundsPeriod": period}
    if t.frequency and t.frequency["kind"] == "visits":
        repeat["count"] = t.frequency["value"]
    elif t.frequency and t.frequency["kind"] == "dressings_per_week":
        repeat |= {"frequency": t.frequency["value"], "period": 1, "periodUnit": "wk"}
    elif t.frequency and t.frequency["kind"] == "dose_interval_hours":
        repeat |= {"frequency": 1, "period": t.frequency["value"], "periodUnit": "h"}
    if kind == "MedicationRequest":
        found["medicationCodeableConcept"] = concept
        found["dosageInstruction"] = [{"text": "As ordered", "timing": {"repeat": repeat}}]
        found["dispenseRequest"] = {"quantity": {"value": line["quantity"], "unit": "dose"}}
        return found
    found |= {"occurrenceTiming": {"repeat": repeat}} if len(repeat) > 1 else {"occurrencePeriod": period}
    if kind == "ServiceRequest":
        return found | {"code": concept, "quantityQuantity": {"value": line["quantity"]}}
    quantity = {"code": {"text": "Quantity"}, "valueQuantity": {"value": line["quantity"]}}
    return found | {"codeCodeableConcept": concept, "parameter": [quantity]}


def contained(t: OrderTruth, kind: str) -> Json:
    """Return one request that carries all it needs."""
    refs = {"patient": "#member", "requester": "#role", "coverage": "#coverage"}
    inside = [
        {**patient(t), "id": "member"},
        {**coverage(t, "#member", "#payer"), "id": "coverage"},
        {"resourceType": "Organization", "id": "payer", "name": t.payer},
        {**practitioner(t), "id": "person"},
        {**practice(t), "id": "practice"},
        {**role("#person", "#practice"), "id": "role"},
    ]
    return {**request(t, kind, refs), "contained": inside}


def bundle(t: OrderTruth, kind: str, *, type_: str = "transaction", system: str = HCPCS) -> Json:
    """Return a Bundle of separate resources tied by urn:uuid, in an order that refers forward as well as back."""
    names = ("order", "patient", "coverage", "payer", "person", "practice", "role")
    url = {name: f"urn:uuid:{uuid5(NAMESPACE_URL, f'{t.order_number}:{name}')}" for name in names}
    refs = {"patient": url["patient"], "requester": url["role"], "coverage": url["coverage"]}
    resources = {
        "order": request(t, kind, refs, system),
        "patient": {**patient(t), "meta": {"profile": [f"{US_CORE}/us-core-patient"]}},
        "coverage": coverage(t, url["patient"], url["payer"]),
        "payer": {"resourceType": "Organization", "active": True, "name": t.payer},
        "person": {**practitioner(t), "meta": {"profile": [f"{US_CORE}/us-core-practitioner"]}},
        "practice": practice(t),
        "role": role(url["person"], url["practice"]),
    }
    entries = [_entry(url[name], resource, type_) for name, resource in resources.items()]
    return {"resourceType": "Bundle", "type": type_, "entry": entries}


def _entry(url: str, resource: Json, type_: str) -> Json:
    found: Json = {"fullUrl": url, "resource": resource}
    return found | ({"request": {"method": "POST", "url": resource["resourceType"]}} if type_ != "message" else {})


def with_task(made: Json, t: OrderTruth) -> Json:
    order, member = made["entry"][0]["fullUrl"], made["entry"][1]["fullUrl"]
    task = {
        "resourceType": "Task",
        "identifier": [{"system": "https://ehr.example/tasks", "value": f"T-{t.order_number}"}],
        "status": "requested",
        "intent": "order",
        "code": {"coding": [{"system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill"}]},
        "basedOn": [{"reference": order}],
        "focus": {"reference": order},
        "for": {"reference": member},
        "requester": {"reference": made["entry"][6]["fullUrl"]},
    }
    entry = _entry(f"urn:uuid:{uuid5(NAMESPACE_URL, t.order_number + ':task')}", task, made["type"])
    return {**made, "identifier": {"system": ORDERS, "value": f"B-{t.order_number}"}, "entry": [*made["entry"], entry]}


def with_conditions(made: Json, t: OrderTruth) -> Json:
    order = dict(made["entry"][0]["resource"])
    del order["reasonCode"]
    entries = []
    for code in t.icd10:
        url = f"urn:uuid:{uuid5(NAMESPACE_URL, t.order_number + code)}"
        coding = {"coding": [{"system": ICD10, "code": code.replace(".", "")}]}
        subject = {"reference": made["entry"][1]["fullUrl"]}
        entries.append(_entry(url, {"resourceType": "Condition", "code": coding, "subject": subject}, made["type"]))
    order["reasonReference"] = [{"reference": entry["fullUrl"]} for entry in entries]
    first = {**made["entry"][0], "resource": order}
    return {**made, "entry": [*entries, first, *made["entry"][1:]]}


def message(t: OrderTruth) -> Json:
    made = bundle(t, "DeviceRequest", type_="message", system=CPT)
    header = {
        "resourceType": "MessageHeader",
        "eventCoding": {"system": PAO_EVENTS, "code": "InitialOrder"},
        "source": {"endpoint": "https://ehr.example/fhir"},
        "focus": [{"reference": made["entry"][0]["fullUrl"]}],
    }
    entry = {"fullUrl": f"urn:uuid:{uuid5(NAMESPACE_URL, t.order_number + ':header')}", "resource": header}
    identifier = {"system": ORDERS, "value": f"M-{t.order_number}"}
    stamp = f"{t.signature_date}T15:00:00Z"
    return {**made, "identifier": identifier, "timestamp": stamp, "entry": [entry, *made["entry"]]}


def two_lines(t: OrderTruth) -> Json:
    """Return a transaction with two requests of one order."""
    made = bundle(t, "ServiceRequest")
    first = made["entry"][0]
    requisition = {"system": ORDERS, "value": f"R-{t.order_number}"}
    resource = {**first["resource"], "requisition": requisition}
    coding = {"coding": [{"system": HCPCS, "code": t.order_lines[1]["code"]}]}
    second = {**resource, "code": coding, "quantityQuantity": {"value": t.order_lines[1]["quantity"]}}
    second["identifier"] = [{"system": ORDERS, "value": f"{t.order_number}-2"}]
    del second["note"]
    other = _entry(f"urn:uuid:{uuid5(NAMESPACE_URL, t.order_number + ':second')}", second, "transaction")
    return {**made, "entry": [{**first, "resource": resource}, other, *made["entry"][1:]]}


def deep(levels: int) -> str:
    inner = '{"url":"urn:x","extension":[' * levels + "]}" * levels
    return f'{{"resourceType":"ServiceRequest","extension":[{inner}]}}\n'


def samples() -> list[Sample]:
    """Return every sample; those with `after` are sent after the one they name."""
    service, device, medication = order_truth(701, "home_health"), order_truth(702), order_truth(703, "infusion")
    core, task, message_ = order_truth(704), order_truth(705, "home_health"), order_truth(709)
    conditions, few = order_truth(706), order_truth(707, omitted=("clinician_npi", "ship_address"))
    both = order_truth(708, order_lines=({"code": "K0001", "quantity": 1}, {"code": "E0260", "quantity": 2}))
    bed = ({"code": "E0260", "quantity": 1},)
    payers = order_truth(710, payer="Sample Health Plan", member_id="SHP204518", order_lines=bed)
    tasked = bundle(task, "ServiceRequest")
    updated = order_truth(702, service_end="2027-03-31")
    ordered = contained(device, "DeviceRequest")
    changed = {**contained(updated, "DeviceRequest"), "meta": {"lastUpdated": "2026-11-22T08:00:00Z", "versionId": "2"}}
    other = {**ordered, "reasonCode": [{"coding": [{"system": ICD10, "code": "R26.89"}]}]}
    revoked = {**contained(service, "ServiceRequest"), "status": "revoked"}
    unfinished = {key: v for key, v in contained(core, "ServiceRequest").items() if key not in {"status", "subject"}}
    lax = {**contained(core, "ServiceRequest"), "doNotPerform": "false", "quantityQuantity": {"value": "1"}}
    whole_order = text(contained(core, "ServiceRequest"))
    twice = whole_order.replace('"status": "active"', '"status": "active", "status": "draft"', 1)
    drug, by_reference = contained(medication, "MedicationRequest"), bundle(conditions, "DeviceRequest")
    linked = with_conditions(by_reference, conditions)
    sent, again = {"after": "device_request"}, json.dumps(ordered, sort_keys=True)
    return [
        Sample("service_request", text(contained(service, "ServiceRequest")), SERVICE, 201, "scheduled", service),
        Sample("device_request", text(ordered), DEVICE, 201, "scheduled", device),
        Sample("medication_request", text(drug), "/fhir/MedicationRequest", 201, "scheduled", medication),
        Sample("transaction", text(bundle(core, "ServiceRequest", system=CPT)), "/fhir", 200, "scheduled", core),
        Sample("authorization", text(bundle(payers, "DeviceRequest")), "/fhir", 200, "scheduled", payers),
        Sample("transaction_task", text(with_task(tasked, task)), "/fhir", 200, "scheduled", task),
        Sample("transaction_conditions", text(linked), "/fhir", 200, "scheduled", conditions),
        Sample("transaction_two_lines", text(two_lines(both)), "/fhir", 200, "scheduled", both),
        Sample("message", text(message(message_)), "/fhir/$process-message", 200, "scheduled", message_),
        Sample("incomplete", text(contained(few, "DeviceRequest")), DEVICE, 201, "incomplete", few, few.omitted),
        Sample("duplicate", again, DEVICE, 201, "duplicate", device, extra=sent),
        Sample("update", text(changed), DEVICE, 201, "updated", updated, extra=sent),
        _refused("conflict", text(other), DEVICE, 409, "DeviceRequest.identifier", **sent),
        Sample("revoked", text(revoked), SERVICE, 201, "cancelled", service, extra={"after": "service_request"}),
        _refused("broken", whole_order[: len(whole_order) // 2], SERVICE, 400),
        _refused("wrong_type", text(patient(core)), SERVICE, 422, "resourceType"),
        _refused("missing_required", text(unfinished), SERVICE, 422, "ServiceRequest.status"),
        _refused("lax_types", text(lax), SERVICE, 422, "ServiceRequest.doNotPerform"),
        _refused("duplicate_keys", twice, SERVICE, 400),
        _refused("deep", deep(300), SERVICE, 400),
    ]


def _refused(name: str, body: str, post_to: str, status: int, expression: str = "", **extra: str) -> Sample:
    return Sample(name, body, post_to, status, "rejected", extra={"expression": expression, **extra})


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.json"):
        old.unlink()
    for sample in samples():
        (FOLDER / f"{sample.name}.json").write_text(sample.body, encoding="utf-8")
        expected = json.dumps(sample.expected(), indent=2) + "\n"
        (FOLDER / f"{sample.name}.expected.json").write_text(expected, encoding="utf-8")


if __name__ == "__main__":
    main()
