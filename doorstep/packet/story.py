"""What a packet says: gathered from the journal in one read, so that every part of it is of the same moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import JsonValue

from doorstep.console import views
from doorstep.journal import Reader
from doorstep.packet.attest import attested, header_of, source_of
from doorstep.packet.payer import Line, desk_lines, payer_lines
from schemas.case import (
    Case,
    CompletenessEvaluated,
    Offer,
)
from schemas.document import DocumentRead
from schemas.element import (
    ElementResult,
)
from schemas.event import Event
from schemas.fields import fields_of
from schemas.order import Evidence, PersonName
from schemas.outbound import ConfirmationDelivered, ConfirmationFailed, ConfirmationSent
from schemas.reading import Reading
from schemas.transmission import Content, TransmissionReceived


class Edition(StrEnum):
    """Who the packet is for: a payer gets all of it, a regulator what is necessary (45 CFR 164.502(b))."""

    PAYER = "payer"
    REGULATOR = "regulator"


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One received document: its receipt, its bytes and what was read of it."""

    document_id: str
    channel: str
    sender: str | None
    received_at: datetime
    content: Content
    data: bytes
    reading: Reading | None
    header: tuple[tuple[str, str], ...] = ()
    """How it came: station, numbers, identifiers; of the first content of an input."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the timeline; `document_id` is the exhibit it speaks of, empty for none."""

    seq: int
    time: datetime
    says: str
    source: str
    document_id: str
    topic: str = ""
    event_id: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """One try to tell somebody something, and what the far end said of it."""

    time: datetime
    what: str
    far_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Said:
    """One line of what a payer said, of what the desk did about it, or of what a person vouched for."""

    time: datetime
    what: str
    says: str
    document_id: str


@dataclass(frozen=True, slots=True)
class Packet:
    """Everything that one packet prints. `position` is the journal's sequence of the case's last event."""

    case: Case
    edition: Edition
    position: int
    as_of: datetime
    fields: tuple[tuple[str, JsonValue, Evidence | None], ...]
    rulesets: tuple[str, ...]
    elements: tuple[ElementResult, ...]
    offers: tuple[Offer, ...]
    payer: tuple[Said, ...]
    desk: tuple[Said, ...]
    timeline: tuple[Row, ...]
    sent: tuple[Sent, ...]
    exhibits: tuple[Exhibit, ...]
    attested: tuple[Said, ...] = ()


_PERSONAL = {"member_id", "group_no", "phone", "contact_phone", "address", "delivery_address", "member_address"}


def gather(reader: Reader, case_id: str, edition: Edition = Edition.PAYER) -> Packet | None:
    """Return what the packet of a case says, None when there is no such case."""
    case = reader.case(case_id)
    if case is None:
        return None
    timeline = reader.timeline(case_id)
    verdict = next((e.data for e in reversed(timeline) if isinstance(e.data, CompletenessEvaluated)), None)
    exhibits = tuple(_exhibits(reader, timeline))
    full = edition is Edition.PAYER
    return Packet(
        case=case,
        edition=edition,
        position=timeline[-1].seq,
        as_of=timeline[-1].time,
        fields=tuple(_fields(case, full=full)),
        rulesets=verdict.rulesets if verdict else (),
        elements=verdict.results if verdict else (),
        offers=tuple(reader.offers(case_id=case_id)),
        payer=tuple(_said(payer_lines(timeline), exhibits)),
        desk=tuple(_said(desk_lines(timeline, full=full), exhibits)),
        timeline=tuple(_rows(timeline, {e.document_id for e in exhibits})),
        sent=tuple(_sent(timeline)),
        exhibits=exhibits,
        attested=tuple(_attested(case, timeline, exhibits, full=full)),
    )


def _attested(case: Case, timeline: Sequence[Event[Any]], exhibits: Sequence[Exhibit], *, full: bool) -> Iterator[Said]:
    known = {exhibit.document_id for exhibit in exhibits}
    for time, what, says, of in attested(case, timeline, full=full):
        yield Said(time, what, says, of if of in known else "")


def _fields(case: Case, *, full: bool) -> Iterator[tuple[str, JsonValue, Evidence | None]]:
    for name, value in fields_of(case.order).items():
        if full:
            yield name, value, case.order.evidence.get(name)
        elif name == "member_name":
            yield name, initials(case.order.member.name), None
        elif name == "dob":
            yield "year_of_birth", str(value)[:4], None
        elif name not in _PERSONAL and "phone" not in name and "address" not in name:
            yield name, value, None


def initials(name: PersonName | None) -> str:
    """Return the first letters of a name's words."""
    return " ".join(f"{word[0].upper()}." for word in name.text.split()) if name else ""


def _rows(timeline: Sequence[Event[Any]], documents: Iterable[str]) -> Iterator[Row]:
    known = set(documents)
    for event in timeline:
        of = getattr(event.data, "document_id", "")
        where = of if of in known else ""
        yield Row(event.seq, event.time, views.told(event), source_of(event), where, event.topic, event.id)


def _said(lines: Iterable[Line], exhibits: Iterable[Exhibit]) -> Iterator[Said]:
    known = {exhibit.document_id for exhibit in exhibits}
    for event, what, says in lines:
        denial = getattr(event.data, "denial", None)
        of = getattr(denial, "document_id", None) or getattr(event.data, "document_id", "")
        yield Said(event.time, what, says, of if of in known else "")


def _sent(timeline: Sequence[Event[Any]]) -> Iterator[Sent]:
    for event in timeline:
        data = event.data
        if isinstance(data, (ConfirmationSent, ConfirmationDelivered, ConfirmationFailed)):
            yield Sent(event.time, views.told(event), data.provider_id, data.attempt)


def _exhibits(reader: Reader, timeline: Sequence[Event[Any]]) -> Iterator[Exhibit]:
    """Yield each received content once, in the order of receipt; only the first of a transmission was read."""
    readings = {e.data.document_id: e.data.reading for e in timeline if isinstance(e.data, DocumentRead)}
    seen: set[str] = set()
    for event in timeline:
        data = event.data
        if not isinstance(data, TransmissionReceived):
            continue
        for number, content in enumerate(data.contents):
            if content.sha256 in seen:
                continue
            seen.add(content.sha256)
            kept = readings.get(data.document_id) if number == 0 else None
            yield Exhibit(
                document_id=data.document_id,
                channel=data.channel,
                sender=data.sender,
                received_at=data.received_at,
                content=content,
                data=reader.content(content),
                reading=Reading.model_validate_json(reader.content(kept)) if kept else None,
                header=header_of(data) if number == 0 else (),
            )
