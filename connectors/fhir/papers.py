"""What becomes an input of its own: a document out of a resource, which goes the way of a fax; a changed Patient."""

from __future__ import annotations

import hashlib

from pydantic import JsonValue

from connectors.fhir.bundles import Placed, subject_of
from connectors.fhir.collecting import Collected
from connectors.fhir.enclosed import Enclosed
from connectors.fhir.tasks import TASK_OF_TYPE, index_id
from connectors.fhir.wire import MEDIA_TYPE
from doorstep import clock
from doorstep.connector import Blob, StoredResource, Transmission
from schemas.fhir import dumps, task_id
from schemas.fhir.following import TASK_TYPE
from schemas.fhir.graph import RELATIVE
from schemas.fhir.search import index_of
from schemas.transmission import ReplyTo


def papers_of(
    came: Transmission, placed: list[Placed], enclosed: list[Enclosed], about: dict[int, tuple[str, str]]
) -> list[Transmission]:
    """Return each document of an input; one that belongs to no order is an order on paper and has its own Task."""
    return [_paper(came, placed[one.entry], one, number, about.get(one.entry)) for number, one in enumerate(enclosed)]


def _paper(
    came: Transmission, holder: Placed, one: Enclosed, number: int, about: tuple[str, str] | None
) -> Transmission:
    digest = hashlib.sha256(one.data).hexdigest()
    focus, task = about or (holder.reference, task_id(f"{holder.reference}#{number}"))
    kept: list[StoredResource] = []
    if about is None:
        subject = subject_of(holder.resource)
        kept_as = subject if isinstance(subject, str) and RELATIVE.fullmatch(subject) else None
        facts: dict[str, JsonValue] = {"sha256": digest, "focus": focus, "basedOn": [focus], "subject": kept_as}
        kept.append(StoredResource(TASK_TYPE, task, facts, search=_patient(holder), words=""))
        kept.append(StoredResource(TASK_OF_TYPE, index_id(focus), {"task": task}))
    details = {"interaction": "document", "type": holder.kind, "whole": came.idempotency_key}
    return Transmission(
        channel="fhir",
        idempotency_key=f"document:{hashlib.sha256(f'{came.idempotency_key}:{digest}'.encode()).hexdigest()}",
        blobs=(Blob(one.content_type, one.data, title=one.title),),
        received_at=came.received_at,
        reply_to=ReplyTo(channel="fhir", address=came.sender or "", context={"focus": focus, "task": f"Task/{task}"}),
        identifier=came.identifier,
        sender=came.sender,
        tenant=came.tenant,
        details=details | ({"about": about[0]} if about else {}),
        resources=tuple(kept),
    )


def _patient(holder: Placed) -> tuple[tuple[str, str], ...]:
    """Return what the Task of an order on paper is found by: the patient that the paper says it is about."""
    found = [value for param, value in index_of(holder.resource) if param == "patient"]
    return tuple((param, value) for param in ("patient", "subject") for value in found)


def news_of_patients(found: Collected, patients: list[Placed], partner: str) -> Transmission:
    """Return what tells the orders of changed Patients; the same versions are told once."""
    versions = sorted(f"{one.reference}:{one.version}" for one in patients)
    told = {**found.bundle, "entry": found.bundle["entry"][: len(patients)]}
    return Transmission(
        channel="fhir",
        idempotency_key=f"patients:{hashlib.sha256(chr(31).join([partner, *versions]).encode()).hexdigest()}",
        blobs=(Blob(MEDIA_TYPE, dumps(told)), Blob(MEDIA_TYPE, dumps(found.bundle))),
        received_at=clock.now(),
        sender=partner,
        tenant=partner,
        details={"interaction": "update", "type": "Patient", "orders": "0", "patients": str(found.patients)},
    )
