"""A sender changed a Patient that it keeps here (FHIR): the cases of that Patient's orders hear of it as of an ADT."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from doorstep.handler import Tools, Unit, on
from schemas.event import Event, Payload
from schemas.fhir import loads, patients_told
from schemas.order import Order
from schemas.patient import NoticeKind, PatientNoticed
from schemas.transmission import ReplyTo, TransmissionReceived

Told = tuple[tuple[Order, tuple[str, ...]], ...]


def is_record(data: TransmissionReceived) -> bool:
    """Say whether an input changes Patients and orders nothing."""
    return data.channel == "fhir" and "patients" in data.details


async def _prepare(event: Event[TransmissionReceived], tools: Tools) -> Told:
    body = await tools.content(event.data.contents[1])
    return await asyncio.to_thread(_read, body, event.data.document_id)


def _read(body: bytes, document_id: str) -> Told:
    return patients_told(loads(body, max_bytes=len(body)), document_id)


@on(TransmissionReceived, where=is_record, prepare=_prepare)
def record(event: Event[TransmissionReceived], unit: Unit, told: Told) -> Iterable[Payload]:
    """Tell of each Patient; which orders are about it is known by the sender's own references, so nobody is sought."""
    del unit
    data = event.data
    return [
        PatientNoticed(
            document_id=data.document_id,
            kind=NoticeKind.DEMOGRAPHICS,
            event="an update of Patient",
            told=one,
            requests=requests,
            received_at=data.received_at,
            reply_to=ReplyTo(channel="fhir", address=data.sender or ""),
        )
        for one, requests in told
    ]
