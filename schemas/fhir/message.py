"""The order of a case as a FHIR R4 message Bundle: the canonical order's way out, the same for every channel.

`schemas.fhir.orders_of` reads from it what the order says: nothing is put in that the order does not state, and what
the order holds back (unreadable, conflicting) is named on the Task, not filled in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from schemas.case import Case, CaseState
from schemas.fhir.task import CASE_SYSTEM, NPI_SYSTEM, task_of
from schemas.order import Address, Coverage, Frequency, Member, Order, OrderLine, OrderType

Resource = dict[str, Any]
EVENT_SYSTEM = "urn:doorstep:event"
MESSAGE_SYSTEM = "urn:doorstep:message"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
CPT = "http://www.ama-assn.org/go/cpt"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
ID_TYPES = "http://terminology.hl7.org/CodeSystem/v2-0203"
CLASSES = "http://terminology.hl7.org/CodeSystem/coverage-class"
CATEGORIES = {
    OrderType.DME: "durable medical equipment",
    OrderType.HOME_HEALTH: "home health",
    OrderType.INFUSION: "home infusion",
}
ABSENT: Resource = {
    "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]
}
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:\S+")


class _Bundle:
    """The entries so far; an id follows from the case and the name of the part."""

    def __init__(self, case_id: str) -> None:
        self.entries: list[Resource] = []
        self._case_id = case_id

    def add(self, kind: str, name: str, body: Resource) -> Resource:
        """Add a resource without its empty elements and return a reference to it."""
        made = body.get("id") or str(uuid5(NAMESPACE_URL, f"doorstep:fhir:message:{self._case_id}|{kind}|{name}"))
        kept = {key: value for key, value in body.items() if value not in (None, [], {}, "")}
        self.entries.append({"fullUrl": f"urn:uuid:{made}", "resource": {**kept, "resourceType": kind, "id": made}})
        return {"reference": f"urn:uuid:{made}"}


def message_of(case: Case, event: str) -> Resource:
    """Return the message that says how the order of a case stands; the same revision gives the same Bundle."""
    order, bundle = case.order, _Bundle(case.case_id)
    patient = bundle.add("Patient", "member", _patient(order.member))
    insurance = [_coverage(bundle, plan, patient, n) for n, plan in enumerate(order.coverage, start=1)]
    requester = _requester(bundle, order)
    reasons = [
        bundle.add("Condition", f"diagnosis{n}", _condition(one.code, one.description, patient, n))
        for n, one in enumerate(order.diagnoses, start=1)
    ]
    documents = [
        bundle.add("DocumentReference", f"document{n}", {"status": "current", "subject": patient, "content": [
            {"attachment": _kept(contentType=d.content_type, url=d.url, size=d.size, title=d.title)}]})
        for n, d in enumerate(order.documents, start=1)
    ]  # fmt: skip
    shared: Resource = {
        "status": "revoked" if case.state is CaseState.CANCELLED or order.action == "cancel" else "active",
        "intent": "order" if order.signature_present else "plan",
        "priority": order.priority,
        "subject": patient,
        "authoredOn": _day(order.signature_date or order.authored_on),
        "requester": requester,
        "reasonReference": reasons,
        "insurance": insurance,
        "extension": list(_extensions(order)),
    }
    lines = order.lines or (OrderLine(),)
    requests = [_request(bundle, order, line, n, shared, documents) for n, line in enumerate(lines, start=1)]
    task = task_of(case)
    focus = {"focus": requests[0], "basedOn": requests, "for": patient}
    told = bundle.add(
        "Task", "task", {**task, **focus, "requester": requester, "insurance": insurance} | _doubts(task, order)
    )
    header = bundle.add("MessageHeader", f"revision{case.revision}", {
        "eventCoding": {"system": EVENT_SYSTEM, "code": event},
        "source": {"name": "Doorstep", "endpoint": "urn:doorstep:hub"},
        "focus": [told, *requests],
    })  # fmt: skip
    return {
        "resourceType": "Bundle",
        "id": header["reference"].removeprefix("urn:uuid:"),
        "meta": {"tag": [{"system": CASE_SYSTEM, "code": case.case_id}]},
        "identifier": {"system": MESSAGE_SYSTEM, "value": f"{case.case_id}.{case.revision}"},
        "type": "message",
        "timestamp": case.updated_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "entry": [bundle.entries[-1], *bundle.entries[:-1]],
    }


def _kept(**parts: Any) -> Resource:
    return {name: value for name, value in parts.items() if value is not None}


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def _patient(member: Member) -> Resource:
    name = member.name
    parts = (
        _kept(use="official", text=name.text, family=name.family, given=[name.given] if name.given else None)
        if name
        else {}
    )
    return {
        "identifier": [_identifier(i.system, i.value) for i in member.identifiers],
        "name": [parts] if parts else [],
        "telecom": [{"system": "phone", "value": member.phone}] if member.phone else [],
        "gender": member.sex,
        "birthDate": _day(member.dob),
        "address": [_address(member.address) | {"use": "home"}] if member.address else [],
    }


def _identifier(system: str | None, value: str) -> Resource:
    """Return an identifier; what is no URI is the name of who gave it."""
    if system and _SCHEME.fullmatch(system):
        return {"system": system, "value": value}
    return {"value": value} | ({"assigner": {"display": system}} if system else {})


def _address(address: Address) -> Resource:
    lines = [line for line in (address.line1, address.line2) if line]
    return _kept(line=lines, city=address.city, state=address.state, postalCode=address.postal_code)


def _coverage(bundle: _Bundle, plan: Coverage, patient: Resource, number: int) -> Resource:
    payor = ABSENT
    if plan.payer or plan.payer_id:
        ids = [{"value": plan.payer_id}] if plan.payer_id else []
        payor = bundle.add("Organization", f"payer{number}", {"identifier": ids, "name": plan.payer})
    group = (
        [{"type": {"coding": [{"system": CLASSES, "code": "group"}]}, "value": plan.group_no}] if plan.group_no else []
    )
    return bundle.add("Coverage", f"plan{number}", {
        "status": "active", "subscriberId": plan.member_id, "beneficiary": patient, "payor": [payor], "class": group,
        "order": plan.rank,
    })  # fmt: skip


def _requester(bundle: _Bundle, order: Order) -> Resource | None:
    """Return the ordering clinician with the practice to answer; None where nobody is named."""
    clinician = order.clinician
    name = clinician.name
    person = practice = None
    if name or clinician.npi:
        npi = [{"system": NPI_SYSTEM, "value": clinician.npi}] if clinician.npi else []
        parts = [_kept(text=name.text, family=name.family, given=[name.given] if name.given else None)] if name else []
        person = bundle.add("Practitioner", "clinician", {"identifier": npi, "name": parts})
    if clinician.organization:
        practice = bundle.add("Organization", "practice", {"name": clinician.organization})
    telecom = [
        {"system": system, "value": value, "use": "work"}
        for system, value in (("phone", clinician.practice_phone), ("fax", clinician.practice_fax))
        if value
    ]
    if not (person or practice or telecom):
        return None
    return bundle.add(
        "PractitionerRole", "role", {"practitioner": person, "organization": practice, "telecom": telecom}
    )


def _condition(code: str, text: str | None, patient: Resource, rank: int) -> Resource:
    category = {"system": "http://terminology.hl7.org/CodeSystem/condition-category", "code": "encounter-diagnosis"}
    return {
        "category": [{"coding": [category]}],
        "code": _kept(coding=[{"system": ICD10, "code": code}], text=text),
        "subject": patient,
        "extension": [{"url": "urn:doorstep:diagnosis-rank", "valueString": str(rank)}],
    }


def _extensions(order: Order) -> Iterator[Resource]:
    """Yield what FHIR has no element for, by the names that our own reader knows (docs/fhir.md)."""
    if order.delivery_address:
        yield {"url": "urn:doorstep:shipping-address", "valueAddress": _address(order.delivery_address)}
    deadline = order.discharge_deadline
    if isinstance(deadline, datetime):
        shown = deadline.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        yield {"url": "urn:doorstep:discharge-deadline", "valueDateTime": shown}
    elif deadline:
        yield {"url": "urn:doorstep:discharge-deadline", "valueDateTime": deadline.isoformat()}
    told = {
        "access-barriers": ", ".join(order.access_barriers),
        "contact-phone": order.contact_phone,
        "equipment-brand": order.equipment.brand,
        "equipment-model": order.equipment.model,
        "equipment-serial": order.equipment.serial,
        "frequency": _frequency(order.frequency),
    }
    yield from ({"url": f"urn:doorstep:{name}", "valueString": text} for name, text in told.items() if text)
    if order.signature_present is not None:
        yield {"url": "urn:doorstep:signature-present", "valueBoolean": order.signature_present}


def _frequency(said: Frequency | None) -> str | None:
    """Return how often in the words that the order reader understands."""
    if said is None:
        return None
    value = format(said.value.normalize(), "f")
    return {
        "oxygen_lpm": f"{value} L/min",
        "dressings_per_week": f"{value} per week",
        "dose_interval_hours": f"every {value} hours",
        "visits": f"{value} visits",
    }[said.kind]


def _request(
    bundle: _Bundle, order: Order, line: OrderLine, number: int, shared: Resource, documents: list[Resource]
) -> Resource:
    """Add the request of one line: a device, a drug, or a service."""
    code = line.code or ""
    system = HCPCS if code[:1].isalpha() else CPT
    concept: Resource = _kept(coding=[{"system": system, "code": code}] if code else None, text=line.description)
    placer = line.placer_number or (order.placer_number if number == 1 else None)
    ids = [_numbered("PLAC", placer)] if placer else []
    ids += [_numbered("FILL", order.filler_number)] if order.filler_number and number == 1 else []
    amount = _kept(value=line.quantity, unit=line.unit) if line.quantity is not None else None
    period = _kept(start=_day(order.service_start), end=_day(order.service_end))
    modifiers = [{"coding": [{"system": HCPCS, "code": modifier}]} for modifier in line.modifiers]
    more: Resource
    body = {**shared, "identifier": ids, "note": [{"text": note} for note in order.notes] if number == 1 else []}
    if order.order_type is OrderType.DME:
        parameter = [{"code": {"text": "quantity"}, "valueQuantity": amount}] if amount else []
        parameter += [{"code": {"text": "modifier"}, "valueCodeableConcept": one} for one in modifiers]
        more = {"codeCodeableConcept": concept or ABSENT, "parameter": parameter, "occurrencePeriod": period}
        return bundle.add("DeviceRequest", f"line{number}", {**body, **more, "supportingInfo": documents})
    body["category"] = [{"text": CATEGORIES[order.order_type]}] if order.order_type in CATEGORIES else []
    if order.order_type is OrderType.INFUSION and code.startswith("J"):
        extra = [{"url": "urn:doorstep:modifier", "valueCodeableConcept": one} for one in modifiers]
        more = {
            "medicationCodeableConcept": concept,
            "dispenseRequest": _kept(validityPeriod=period or None, quantity=amount),
            "supportingInformation": documents,
            "extension": [*shared["extension"], *extra],
            "status": "cancelled" if shared["status"] == "revoked" else shared["status"],
        }
        return bundle.add("MedicationRequest", f"line{number}", {**body, **more})
    more = {"code": concept, "orderDetail": modifiers, "quantityQuantity": amount, "occurrencePeriod": period}
    return bundle.add("ServiceRequest", f"line{number}", {**body, **more, "supportingInfo": documents})


def _numbered(kind: str, value: str) -> Resource:
    return {"type": {"coding": [{"system": ID_TYPES, "code": kind}]}, "value": value}


def _doubts(task: Resource, order: Order) -> Resource:
    """Return the Task's extensions with the fields that were not used and why."""
    found = [
        {"url": f"urn:doorstep:{kind}", "extension": [
            {"url": "field", "valueString": name}, {"url": "reason", "valueString": reason}]}
        for kind, fields in (("unreadable", order.unreadable), ("conflicting", order.conflicting))
        for name, reason in sorted(fields.items())
    ]  # fmt: skip
    return {"extension": [*task["extension"], *found]}
