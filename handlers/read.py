"""Reads a fax or a mail: its bytes in, words with boxes out; what cannot be read goes to a person with the reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from doorstep.errors import Refused
from doorstep.handler import Tools, Unit, on
from doorstep.ocr import READABLE, read_document
from handlers.casework import derived_id, hold
from handlers.escalation_mail import answered
from handlers.finding import escalated_case
from handlers.translate import is_paper
from schemas import mail
from schemas.codec import CodecError
from schemas.document import DocumentRead, PageSummary
from schemas.event import Event, Payload
from schemas.outbound import (
    TO_PROVIDERS,
    ConfirmationKind,
    ConfirmationRequested,
    ProviderReplied,
    confirmation_of,
)
from schemas.reading import Page, Reading, Word
from schemas.transmission import Content, ReceiptState, TransmissionReceived

CHANNELS = frozenset({"fax", "email"})
SECONDS = 600.0
READING_TYPE = "application/vnd.doorstep.reading+json"
MAX_BODY_CHARACTERS = 60_000
MAX_BODY_WORDS = 12_000
"""As many as so many letters of real text make; a page of single letters costs its readers several times that."""
MOST_TEXT = 4000
"""So much of a manager's own words stands on the case; the mail itself is kept whole."""
_LINE, _LETTER, _MARGIN = 30, 12, 40


@dataclass(frozen=True, slots=True)
class Read:
    """What `prepare` hands over: a reading that is kept, or the reason why there is none."""

    reading: Reading | None
    kept: Content | None
    documents: tuple[Content, ...]
    reason: str | None = None
    text: str = ""
    """A mail's own words, without what it quotes."""
    author: str | None = None
    """Who says to have written it (From)."""


def read_fax(data: bytes) -> Reading:
    """Read a fax or document (in a worker process)."""
    return read_document(data)


def read_answer(data: bytes) -> tuple[Reading, str, str | None]:
    """Read a mail that answers one of ours, its own words (what it quotes of ours is no answer), and its author."""
    message = mail.parse(data)
    own = mail.unquoted(message.body)
    return _read_mail(replace(message, subject="", body=own or " ")), own[:MAX_BODY_CHARACTERS], message.from_address


def read_mail(data: bytes) -> Reading:
    """Read a mail's text and its attachments (in a worker process); each attachment is a part of its own."""
    return _read_mail(mail.parse(data))


def _read_mail(message: mail.Mail) -> Reading:
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
            if piece and len(words) < MAX_BODY_WORDS:
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
        text, author, reading = "", None, None
        if data.channel == "email" and answers(data):
            reading, text, author = await tools.run(read_answer, content, timeout=SECONDS)
        else:
            read_it = read_mail if data.channel == "email" else read_fax
            reading = await tools.run(read_it, content, timeout=SECONDS)
    except (CodecError, Refused) as error:
        return Read(None, None, data.contents, f"{error.code}: {error.message}")
    kept = await tools.keep(reading.model_dump_json().encode("utf-8"), READING_TYPE)
    return Read(reading, kept, data.contents, text=text, author=author)


def answers(data: TransmissionReceived) -> bool:
    """Say whether a mail answers something of ours, by its In-Reply-To, its subject's token or a case number."""
    return any(data.details.get(name) for name in ("answers", "case_number"))


def answered_by(data: TransmissionReceived, unit: Unit) -> str | None:
    """Return the confirmation that a mail answers: the one it names, or the one last asked of its own sender's case.

    A case number alone is known to many, so it counts only from the address that the case's order came from.
    """
    named = data.details.get("answers")
    if named and unit.latest(ConfirmationRequested, named) is not None:
        return named
    case = unit.case(data.details.get("case_number", ""))
    if case is None or case.reply_to is None or data.reply_to is None or case.reply_to.channel != "email":
        return None
    if case.reply_to.address.lower() != data.reply_to.address.lower():
        return None
    asked = derived_id(case.document_ids[0], ConfirmationKind.INFORMATION_REQUESTED, case.case_id)
    return asked if unit.latest(ConfirmationRequested, asked) is not None else None


@on(TransmissionReceived, where=lambda data: data.channel in CHANNELS or is_paper(data), prepare=_prepare)
def read(event: Event[TransmissionReceived], unit: Unit, result: Read) -> Iterable[Payload]:
    data = event.data
    if result.reading is None or result.kept is None:
        reason = result.reason or "it could not be read"
        return hold(unit, data.document_id, data.reply_to, stage="read", reason=reason, documents=result.documents)
    returned = returned_sheet(result.reading) or answered_by(data, unit)
    asked = unit.latest(ConfirmationRequested, returned) if returned else None
    if asked is not None and asked.data.kind in TO_PROVIDERS:
        return [_provider_said(data, asked.data.confirmation_id, result)]
    about, escalated = data.details.get("about"), escalated_case(returned, unit)
    if about is None and escalated is None and not any(page.words for page in result.reading.pages):
        return hold(
            unit, data.document_id, data.reply_to, stage="read", reason="no words could be read",
            documents=result.documents,
        )  # fmt: skip
    if escalated is None:
        unit.settle_receipt(data.document_id, ReceiptState.ACCEPTED)
    said = DocumentRead(
        document_id=data.document_id,
        channel=data.channel,
        received_at=data.received_at,
        reply_to=data.reply_to,
        documents=result.documents,
        returned=returned,
        about=about,
        reading=result.kept,
        pages=tuple(summary_of(page) for page in result.reading.pages),
        engine=result.reading.engine,
        problems=result.reading.problems,
        author=result.author,
        text=result.text[:MOST_TEXT],
    )
    return [said, *(answered(escalated, data, said, unit) if escalated is not None else [])]


def _provider_said(data: TransmissionReceived, confirmation_id: str, result: Read) -> ProviderReplied:
    assert result.reading is not None
    ticks: dict[str, bool] = {}
    for page in result.reading.pages:
        if any(confirmation_of(code) == confirmation_id for code in page.barcodes):
            boxes = {n.partition(":")[2]: filled for n, filled in page.marks.items() if n.startswith("checkbox:")}
            ticks |= {label[:40]: filled for label, filled in list(boxes.items())[:40]}
    return ProviderReplied(
        document_id=data.document_id,
        confirmation_id=confirmation_id,
        channel=data.channel,
        address=data.reply_to.address if data.reply_to else None,
        text="\n".join([line for line in result.text.splitlines() if line.strip()][:5])[:1000],
        ticks=ticks,
        documents=result.documents,
    )


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
