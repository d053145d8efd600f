"""Reads a fax or a mail: its bytes in, words with boxes out; what cannot be read goes to a person with the reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from doorstep.errors import Refused
from doorstep.handler import Tools, Unit, on
from doorstep.ocr import READABLE, read_document
from handlers.casework import hold
from handlers.translate import is_paper
from schemas import mail
from schemas.codec import CodecError
from schemas.document import DocumentRead, PageSummary
from schemas.event import Event, Payload
from schemas.outbound import confirmation_of
from schemas.reading import Page, Reading, Word
from schemas.transmission import Content, ReceiptState, TransmissionReceived

CHANNELS = frozenset({"fax", "email"})
SECONDS = 600.0
READING_TYPE = "application/vnd.doorstep.reading+json"
MAX_BODY_CHARACTERS = 60_000
_LINE, _LETTER, _MARGIN = 30, 12, 40


@dataclass(frozen=True, slots=True)
class Read:
    """What `prepare` hands over: a reading that is kept, or the reason why there is none."""

    reading: Reading | None
    kept: Content | None
    documents: tuple[Content, ...]
    reason: str | None = None


def read_fax(data: bytes) -> Reading:
    """Read a fax or document (in a worker process)."""
    return read_document(data)


def read_mail(data: bytes) -> Reading:
    """Read a mail's text and its attachments (in a worker process); each attachment is a part of its own."""
    message = mail.parse(data)
    pages: list[Page] = []
    engines: list[str] = []
    problems = list(message.problems)
    for number, part in enumerate((p for p in message.parts if not p.inline), start=2):
        where = f"part {part.location}"
        if part.content_type not in READABLE:
            problems.append(f"unsupported: {part.content_type} is not read from a mail at {where}")
            continue
        try:
            reading = read_document(part.data)
        except CodecError as error:
            problems.append(f"{error.code}: {error.message} at {where}")
            continue
        engines.append(reading.engine)
        problems += [f"{problem} of {where}" for problem in reading.problems]
        pages += [page.model_copy(update={"part": number, "leaf": page.number}) for page in reading.pages]
    body = body_page(f"{message.subject}\n\n{message.body}" if message.body.strip() else "")
    if body is not None:
        pages.insert(0, body)
    if not pages:
        raise CodecError("empty", problems[0] if problems else "the mail has no text and no attachment")
    numbered = tuple(page.model_copy(update={"number": n}) for n, page in enumerate(pages, start=1))
    return Reading(engine=engines[0] if engines else "text", pages=numbered, problems=tuple(problems))


def body_page(text: str) -> Page | None:
    """Set a mail's text as a page of evenly spaced letters, so that the same layout reading serves it."""
    words: list[Word] = []
    lines = text[:MAX_BODY_CHARACTERS].expandtabs(8).splitlines()
    width = max((len(line) for line in lines), default=0)
    for number, line in enumerate(lines, start=1):
        column = 0
        for piece in line.split(" "):
            if piece:
                x, y = _MARGIN + column * _LETTER, _MARGIN + number * _LINE
                box = (x, y, x + len(piece) * _LETTER, y + 20)
                words.append(Word(text=piece, box=box, confidence=1.0, line=number))
            column += len(piece) + 1
    if not words:
        return None
    return Page(
        number=1,
        width=2 * _MARGIN + width * _LETTER,
        height=2 * _MARGIN + (len(lines) + 1) * _LINE,
        source="body",
        words=tuple(words),
    )


async def _prepare(event: Event[TransmissionReceived], tools: Tools) -> Read:
    data = event.data
    whole = data.contents[0]
    try:
        content = await tools.content(whole)
        reading: Reading = await tools.run(read_mail if data.channel == "email" else read_fax, content, timeout=SECONDS)
    except (CodecError, Refused) as error:
        return Read(None, None, data.contents, f"{error.code}: {error.message}")
    kept = await tools.keep(reading.model_dump_json().encode("utf-8"), READING_TYPE)
    return Read(reading, kept, data.contents)


@on(TransmissionReceived, where=lambda data: data.channel in CHANNELS or is_paper(data), prepare=_prepare)
def read(event: Event[TransmissionReceived], unit: Unit, result: Read) -> Iterable[Payload]:
    data = event.data
    if result.reading is None or result.kept is None:
        reason = result.reason or "it could not be read"
        return hold(unit, data.document_id, data.reply_to, stage="read", reason=reason, documents=result.documents)
    about = data.details.get("about")
    if about is None and not any(page.words for page in result.reading.pages):
        return hold(
            unit, data.document_id, data.reply_to, stage="read", reason="no words could be read",
            documents=result.documents,
        )  # fmt: skip
    unit.settle_receipt(data.document_id, ReceiptState.ACCEPTED)
    return [
        DocumentRead(
            document_id=data.document_id,
            channel=data.channel,
            received_at=data.received_at,
            reply_to=data.reply_to,
            documents=result.documents,
            returned=returned_sheet(result.reading),
            about=about,
            reading=result.kept,
            pages=tuple(summary_of(page) for page in result.reading.pages),
            engine=result.reading.engine,
            problems=result.reading.problems,
        )
    ]


def returned_sheet(reading: Reading) -> str | None:
    """Return the confirmation whose sheet is among the pages; None when there is none, or the sheets differ."""
    codes = (confirmation_of(code) for page in reading.pages for code in page.barcodes)
    found = {code for code in codes if code is not None}
    return found.pop() if len(found) == 1 else None


def summary_of(page: Page) -> PageSummary:
    """Return what an event says of a page."""
    sure = [word.confidence for word in page.words]
    return PageSummary(
        number=page.number,
        words=len(sure),
        mean_confidence=round(sum(sure) / len(sure), 4) if sure else 0.0,
        rotation=page.rotation,
        source=page.source,
    )
