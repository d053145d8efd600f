"""What a Bundle tells of patients whose orders are here already: each Patient with the requests that are about it."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from schemas.fhir.elements import is_request
from schemas.fhir.graph import part, parts
from schemas.fhir.party import member_of
from schemas.order import Order


def patients_told(bundle: dict[str, Any], document_id: str) -> tuple[tuple[Order, tuple[str, ...]], ...]:
    """Return for each Patient that requests of the Bundle are about what it says, as an order in form, and them."""
    resources = [part(entry.get("resource")) for entry in parts(bundle.get("entry"))]
    about: dict[str, list[str]] = {}
    for one in resources:
        if is_request(str(one.get("resourceType"))):
            subject = part(one.get("subject") or one.get("patient")).get("reference")
            about.setdefault(str(subject), []).append(f"{one['resourceType']}/{one['id']}")
    found = []
    for one in resources:
        requests = about.get(f"Patient/{one.get('id')}")
        if one.get("resourceType") == "Patient" and requests:
            member, _ = member_of(one, {})
            told = Order(
                order_id=str(uuid5(NAMESPACE_URL, f"doorstep:fhir:notice:{document_id}:{one['id']}")),
                document_id=document_id,
                channel="fhir",
                action="update",
                member=member,
                contact_phone=member.phone,
                delivery_address=member.address,
            )
            found.append((told, tuple(requests)))
    return tuple(found)
