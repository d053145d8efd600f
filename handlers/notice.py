"""Reads what a message tells of a patient outside of orders (ADT, SIU, ORU, MDM), and the documents inside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from pydantic import ValidationError

from doorstep.errors import Refused
from doorstep.handler import Tools, Unit, on
from doorstep.ocr import READABLE, sniff
from handlers.apart import read_apart
from handlers.casework import hold
from handlers.read import READING_TYPE, SECONDS, body_page, read_fax, returned_sheet, summary_of
from handlers.translate import NOTICE_TYPES
from schemas import rtf
from schemas.codec import CodecError
from schemas.document import DocumentRead
from schemas.event import Event, Payload
from schemas.hl7v2 import Notices, Options, notices_of
from schemas.mail.html import html_to_text
from schemas.patient import PatientNoticed
from schemas.reading import Page, Reading
from schemas.transmission import Content, ReceiptState, TransmissionReceived

_CDA_BLOCKS = re.compile(r"<(/?)(?:title|paragraph|item|list|caption)\b")
"""What CDA's narrative calls its paragraphs."""


@dataclass(frozen=True, slots=True)
class Told:
    """What `prepare` hands over: the notices, and the reading of the documents that came with them."""

    notices: Notices | None
    reason: str | None = None
    reading: Reading | None = None
    kept: Content | None = None
    documents: tuple[Content, ...] = ()


def is_notice(data: TransmissionReceived) -> bool:
    """Say whether a message tells of a patient and orders nothing."""
    return data.channel == "hl7v2" and data.details.get("message_type", "").partition("^")[0] in NOTICE_TYPES


async def _prepare(event: Event[TransmissionReceived], tools: Tools) -> Told:
    data = event.data
    message = await tools.content(data.contents[0])
    try:
        notices = await read_apart(tools, len(message), notices_of, message, data.document_id, Options.of(data.details))
    except CodecError as error:
        return Told(None, f"{error.message}" + (f" at {error.location}" if error.location else ""))
    except ValidationError:
        return Told(None, "a value does not fit")
    if not notices.documents:
        return Told(notices)
    pages: list[Page] = []
    kept: list[Content] = []
    problems = list(notices.problems)
    engine = "text"
    for part, enclosed in enumerate(notices.documents, start=1):
        kind = sniff(enclosed.data)
        kept.append(await tools.keep(enclosed.data, kind or enclosed.content_type))
        if kind is None and (enclosed.content_type.startswith("text/") or enclosed.data.startswith(rtf.START)):
            read_it: Callable[..., Reading] = partial(read_text, content_type=enclosed.content_type)
        elif kind in READABLE:
            read_it = read_fax
        else:
            problems.append(f"unsupported: {enclosed.content_type} is not read at {enclosed.place}")
            continue
        try:
            reading: Reading = await tools.run(read_it, enclosed.data, timeout=SECONDS)
        except (CodecError, Refused) as error:
            problems.append(f"{error.code}: {error.message} at {enclosed.place}")
            continue
        engine = engine if reading.engine == "text" else reading.engine
        problems += [f"{problem} of {enclosed.place}" for problem in reading.problems]
        pages += [page.model_copy(update={"part": part}) for page in reading.pages]
    numbered = tuple(page.model_copy(update={"number": n}) for n, page in enumerate(pages, start=1))
    whole = Reading(engine=engine, pages=numbered, problems=tuple(problems))
    stored = await tools.keep(whole.model_dump_json().encode("utf-8"), READING_TYPE)
    return Told(notices, reading=whole, kept=stored, documents=tuple(kept))


def read_text(data: bytes, content_type: str) -> Reading:
    """Read a document that is text, RTF, HTML or CDA (in a worker process: markup of megabytes takes its time)."""
    page = body_page(_text_of(data, content_type))
    return Reading(engine="text", pages=(page,) if page else ())


def _text_of(data: bytes, content_type: str) -> str:
    """Return the text of a document; nothing that it refers to is fetched."""
    if data.lstrip().startswith(rtf.START):
        return rtf.rtf_text(data.lstrip())
    text = data.decode("utf-8", "replace")
    if content_type == "text/plain" and not text.lstrip().startswith("<"):
        return text
    return html_to_text(_CDA_BLOCKS.sub(r"<\1p", text))


@on(TransmissionReceived, where=is_notice, prepare=_prepare)
def notice(event: Event[TransmissionReceived], unit: Unit, told: Told) -> Iterable[Payload]:
    data = event.data
    if told.notices is None:
        reason = told.reason or "it could not be read"
        return hold(unit, data.document_id, None, stage="notice", reason=reason, documents=data.contents)
    unit.settle_receipt(data.document_id, ReceiptState.ACCEPTED)
    found: list[Payload] = [
        PatientNoticed(
            document_id=data.document_id,
            kind=one.kind,
            event=told.notices.event,
            told=one.told,
            prior=one.prior,
            visit_start=one.visit_start,
            visit_status=one.visit_status,
            documents=len(told.documents),
            received_at=data.received_at,
            reply_to=data.reply_to,
        )
        for one in told.notices.patients
    ]
    return [*found, *_document(data, told, unit)]


def _document(data: TransmissionReceived, told: Told, unit: Unit) -> list[Payload]:
    if told.notices is not None and told.notices.problems and not told.documents:
        reason = f"a document in it cannot be taken out: {told.notices.problems[0]}"
        return hold(unit, data.document_id, None, stage="notice", reason=reason, documents=data.contents)
    if told.reading is None or told.kept is None:
        return []
    if not any(page.words for page in told.reading.pages):
        reason = told.reading.problems[0] if told.reading.problems else "no words could be read"
        return hold(unit, data.document_id, None, stage="notice", reason=reason, documents=told.documents)
    read = DocumentRead(
        document_id=data.document_id,
        channel=data.channel,
        received_at=data.received_at,
        reply_to=data.reply_to,
        documents=told.documents,
        returned=returned_sheet(told.reading),
        reading=told.kept,
        pages=tuple(summary_of(page) for page in told.reading.pages),
        engine=told.reading.engine,
        problems=told.reading.problems,
    )
    return [read]
