"""What persons vouched for in a case: a signature, confirmed values, waivers, proof; and who said each thing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from schemas.case import Case, OfferAccepted, OfferDeclined
from schemas.document import ReviewDecided
from schemas.event import Event
from schemas.order import Evidence
from schemas.service import OfferWithdrawn, ServiceCompleted, ServiceMissed, ServiceScheduled
from schemas.transmission import TransmissionReceived

Attested = tuple[datetime, str, str, str]
"""When, what, its words, and the document that it is about (empty for none)."""
_CHECKED = {
    "npi-luhn": "check digit of the NPI",
    "icd10-leaf": "a code of ICD-10-CM",
    "hcpcs-table": "a code of HCPCS",
    "hcpcs-shape": "shape of a HCPCS code",
    "cpt-shape": "shape of a CPT code",
    "zip-state": "ZIP code lies in the state",
    "mbi-pattern": "pattern of a Medicare number",
    "id-shape": "shape of a number",
    "payer-list": "a known payer",
    "calendar": "a day of the calendar",
    "nanp": "a telephone number",
    "name-shape": "shape of a name",
    "pattern": "a usual form",
    "pixels": "ink on the page",
    "text": "",
    "folded": "look-alike letters put right",
    "engines-agree": "two engines read the same",
    "one-engine": "one engine read it",
}
"""What the checks of a read value are called here."""
_FROM = {"dispatch": "provider", "desk": "desk", "payer": "payer"}
_OF_PROVIDER = (OfferAccepted, OfferDeclined, OfferWithdrawn, ServiceScheduled, ServiceMissed, ServiceCompleted)


def checked(evidence: Evidence | None) -> str:
    """Say where a value was read and what was checked of it; a value of a message is as it was sent."""
    if evidence is None:
        return "as sent"
    place = [f"page {evidence.page}"] if evidence.page is not None else []
    return "; ".join([*place, *filter(None, (_CHECKED.get(c, c.replace("-", " ")) for c in evidence.validators))])


def source_of(event: Event[Any]) -> str:
    """Say in a word or two who told what an event says."""
    data = event.data
    if isinstance(data, TransmissionReceived):
        return _FROM.get(data.channel, f"sender, by {data.channel}")
    for name in ("reviewer", "agent", "by"):
        value = getattr(data, name, None)
        if isinstance(value, str) and value:
            return value if value in {"payer", "hub", "provider"} else f"desk, {value}"
    if isinstance(data, _OF_PROVIDER):
        return str(getattr(data, "provider_name", "") or "provider")
    return "hub"


def attested(case: Case, timeline: Sequence[Event[Any]], *, full: bool) -> Iterator[Attested]:
    """Yield what persons vouched for; people outside of the desk are named in the full edition only."""
    order = case.order
    if order.signature_present:
        name = order.clinician.name.text if order.clinician.name and full else "the ordering clinician"
        number = f" (NPI {order.clinician.npi})" if order.clinician.npi else ""
        day = f", dated {order.signature_date}" if order.signature_date else ""
        how = checked(order.evidence.get("signature_present"))
        yield case.received_at, "Order signed", f"by {name}{number}{day}; {how}", order.document_id
    else:
        yield case.received_at, "Order", "no signature of the ordering clinician is on record", order.document_id
    for waived, waiver in sorted(case.waived.items()):
        yield waiver.at, "Requirement waived", f"{waived.replace('_', ' ')}: {waiver.reason}; by {waiver.by}", ""
    for event in timeline:
        data = event.data
        if isinstance(data, ReviewDecided) and data.decision == "accept":
            names = ", ".join(name.replace("_", " ") for name in data.fields) or "the document as it was read"
            yield event.time, "Confirmed by a person", f"{names}; by {data.reviewer}", data.document_id
        elif isinstance(data, ServiceCompleted):
            proof = data.proof
            who = f"signed by {proof.signed_by}" if full else "signed"
            relation = f" ({proof.relation})" if proof.relation else ""
            says = f"{who}{relation}, recorded by {proof.recorded_by}; {data.provider_name}"
            yield proof.completed_at, "Proof of service", says, ""


_SHOWN = {
    "called_number": "Called number",
    "tsid": "Station (TSID)",
    "csid": "Station (CSID)",
    "caller_name": "Caller's name",
    "pages": "Pages sent",
    "pages_with_errors": "Pages with errors",
    "duration": "Duration",
    "gateway": "Gateway",
    "fax_id": "Gateway's number",
    "commid": "HylaFAX number",
    "error": "Fault",
    "message_type": "Message type",
    "version": "Version",
    "peer": "From address",
    "recipients": "Recipients",
    "tls": "TLS",
    "interaction": "Interaction",
}


def header_of(data: TransmissionReceived) -> tuple[tuple[str, str], ...]:
    """Return what is known of how an input came: its own header, apart from what it says."""
    numbers = (
        ("Control id (MSH-10)", data.control_id),
        ("Message-ID", data.message_id),
        ("Identifier", data.identifier),
        ("Answered at", data.reply_to.address if data.reply_to else None),
    )
    told = [(name, value) for name, value in numbers if value]
    rest = sorted(set(data.details) - set(_SHOWN) - {"size"})
    told += [(_SHOWN[name], data.details[name]) for name in _SHOWN if data.details.get(name)]
    told += [(name.replace("_", " ").capitalize(), data.details[name]) for name in rest if data.details[name]]
    return tuple(told)
