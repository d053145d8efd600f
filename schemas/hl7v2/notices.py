"""ADT, SIU, ORU and MDM: what they tell of a patient, and their documents. Pure; raises CodecError only."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from schemas.fields import zone_of
from schemas.hl7v2 import parties, values
from schemas.hl7v2.enclosed import Enclosed, enclosed_in
from schemas.hl7v2.er7 import Message, Segment, split
from schemas.hl7v2.groups import Patient, Segments, patients_of
from schemas.hl7v2.header import kind_of
from schemas.hl7v2.moments import clock_of
from schemas.hl7v2.options import AS_SENT, Options
from schemas.hl7v2.sheet import Sheet, unmapped
from schemas.order import Identifier, Order
from schemas.patient import NoticeKind

KINDS: dict[str, NoticeKind] = {
    **dict.fromkeys(("A01", "A04", "A05", "A08", "A14", "A28", "A31"), NoticeKind.DEMOGRAPHICS),
    "A03": NoticeKind.DISCHARGE,
    "A16": NoticeKind.DISCHARGE,
    "A13": NoticeKind.DISCHARGE_CANCELLED,
    "A25": NoticeKind.DISCHARGE_CANCELLED,
    **dict.fromkeys(("A18", "A30", "A34", "A36", "A39", "A40", "A46", "A47"), NoticeKind.MERGE),
}
"""ADT event (table 0003) -> what it tells; every other event is kept and changes nothing."""
VISITS = {"S12": "booked", "S13": "moved", "S14": "moved", "S15": "cancelled", "S17": "cancelled", "S26": "missed"}


@dataclass(frozen=True, slots=True)
class Notice:
    """What one message tells of one patient; see `schemas.patient.PatientNoticed`."""

    kind: NoticeKind
    told: Order
    prior: tuple[Identifier, ...] = ()
    visit_start: date | datetime | None = None
    visit_status: str | None = None


@dataclass(frozen=True, slots=True)
class Notices:
    """A whole message: its type and event, its patients, its documents and what of them could not be decoded."""

    event: str
    patients: tuple[Notice, ...]
    documents: tuple[Enclosed, ...] = ()
    problems: tuple[str, ...] = ()


def notices_of(message: bytes, document_id: str, options: Options = AS_SENT) -> Notices:
    """Return what a message that is no order tells; CodecError when it cannot be taken apart."""
    parts = split(message, options.charset)
    code, event = _event(parts)
    patients, strange = patients_of(parts)
    kind = NoticeKind.VISIT if code == "SIU" else KINDS.get(event, NoticeKind.OTHER)
    if code in {"ORU", "MDM"}:
        kind = NoticeKind.RESULT
    people = enumerate(_merged(patients))
    found = tuple(_notice(one, kind, event, strange, (document_id, at), options) for at, one in people)
    documents, problems = enclosed_in(parts, text_too=code == "MDM")
    told = f"{code}^{event}" if event else code
    return Notices(told, found, documents, problems)


def _event(message: Message) -> tuple[str, str]:
    """Return message type and event; old senders give the event in EVN-1 alone."""
    head = message.fields[0]
    code, event = kind_of(head[9] if len(head) > 9 else "", message.delimiters)
    return code, event or next((s.get(1).upper() for s in message.segments() if s.name == "EVN"), "")


def _merged(patients: list[Patient]) -> list[Patient]:
    """Return each person once: a result message repeats the PID before each of its groups."""
    seen: dict[str, Patient] = {}
    for patient in patients:
        pid = patient.segments["PID"][-1]
        seen.setdefault(pid.text(3) + pid.text(5), patient)
    return list(seen.values())


def _notice(
    patient: Patient, kind: NoticeKind, event: str, strange: list[Segment], of: tuple[str, int], options: Options
) -> Notice:
    sheet, scope = Sheet(), patient.segments
    document_id, ordinal = of
    found = parties.member_of(sheet, scope)
    deadline = sheet.first("discharge_deadline", scope, ("PV1-45", "PV2-9"), values.moment)
    if isinstance(deadline, datetime) and deadline.tzinfo is None:
        sent = next((s.get(7) for s in scope.get("MSH", ())), "")
        home = options.zone or zone_of(found.member.address)
        deadline = deadline.replace(tzinfo=clock_of(sent, home)).astimezone(UTC)
    told = Order(
        order_id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"doorstep:hl7v2:notice:{document_id}:{ordinal}")),
        document_id=document_id,
        channel="hl7v2",
        action="update",
        member=found.member,
        coverage=parties.coverage_of(sheet, scope, options),
        contact_phone=found.contact,
        delivery_address=found.delivery,
        discharge_deadline=deadline if kind is not NoticeKind.DISCHARGE_CANCELLED else None,
    )
    prior = tuple(_identifiers(sheet, scope, "MRG-1")) if kind is NoticeKind.MERGE else ()
    start = _visit_start(sheet, scope) if kind is NoticeKind.VISIT else None
    everything: list[Segments] = [scope, *(item.segments for item in patient.items)]
    return Notice(
        kind=kind,
        told=told.model_copy(
            update={
                "unreadable": dict(sheet.unreadable),
                "conflicting": dict(sorted(sheet.conflicting.items())),
                "unmapped": unmapped(everything, strange, sheet.used),
            }
        ),
        prior=prior,
        visit_start=start,
        visit_status=VISITS.get(event, "changed") if kind is NoticeKind.VISIT else None,
    )


def _identifiers(sheet: Sheet, scope: Segments, place: str) -> Iterator[Identifier]:
    for rep in sheet.repetitions(scope, place):
        found = sheet.attempt("prior", place, values.identifier, rep)
        if found is not None:
            yield found


def _visit_start(sheet: Sheet, scope: Segments) -> date | datetime | None:
    return sheet.first("visit_start", scope, ("SCH-11.4", "TQ1-7", "AIS-4", "AIG-8", "AIP-6"), values.moment)
