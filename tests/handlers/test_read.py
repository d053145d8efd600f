"""Reading: every page and part of a fax or mail, or a review with the reason."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from doorstep.handler import SUBSCRIPTIONS
from handlers.read import MAX_BODY_WORDS, body_page, read, read_mail
from schemas.codec import CodecError
from schemas.document import DocumentRead, ReviewRequested
from schemas.event import Event
from schemas.reading import Reading
from schemas.transmission import ReceiptState, TransmissionReceived
from tests.factories import NOW
from tests.handlers.memory import MemoryUnit
from tests.handlers.pages import ORDER, HandTools

FAXES = Path(__file__).resolve().parents[1] / "samples" / "fax"


async def received(unit: MemoryUnit, data: bytes, channel: str = "fax") -> tuple[list[Any], HandTools]:
    tools = HandTools(data)
    payload = TransmissionReceived(document_id="d1", channel=channel, received_at=NOW, contents=tuple(tools.refs))
    event = Event(id="e1", source="test", time=NOW, data=payload)
    subscription = next(s for s in SUBSCRIPTIONS if s.handle is read)
    assert subscription.prepare is not None
    return list(read(event, unit, await subscription.prepare(event, tools))), tools


@pytest.mark.ocr
async def test_a_fax_is_read_and_its_reading_kept() -> None:
    unit = MemoryUnit()
    [event], tools = await received(unit, (FAXES / "order-01-boxes.tif").read_bytes())
    assert isinstance(event, DocumentRead)
    assert event.pages[0].source == "ocr"
    assert event.pages[0].words > 50
    kept = Reading.model_validate_json(await tools.content(event.reading))
    assert "ORDER" in kept.pages[0].text
    assert unit.receipts["d1"][0] is ReceiptState.ACCEPTED


@pytest.mark.parametrize("name", ["bad-truncated.tif", "bad-empty.tif", "bad-text.tif", "bad-encrypted.pdf"])
async def test_what_cannot_be_read_goes_to_a_person_and_is_not_rejected(name: str) -> None:
    unit = MemoryUnit()
    events, _ = await received(unit, (FAXES / name).read_bytes())
    assert [type(event) for event in events] == [ReviewRequested]
    assert unit.receipts["d1"][0] is not ReceiptState.REJECTED
    assert unit.receipts["d1"][1]


@pytest.mark.ocr
async def test_a_blank_fax_goes_to_a_person() -> None:
    events, _ = await received(MemoryUnit(), (FAXES / "other-blank.tif").read_bytes())
    assert [type(event) for event in events] == [ReviewRequested]


async def test_a_mail_is_read_with_its_text_as_a_page() -> None:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "New order", "a@example.org", "b@example.org"
    mail.set_content(ORDER)
    [event], _ = await received(MemoryUnit(), mail.as_bytes(), channel="email")
    assert event.pages[0].source == "body"


@pytest.mark.ocr
def test_attachments_of_a_mail_are_parts_and_foreign_ones_problems() -> None:
    mail = EmailMessage()
    mail["Subject"], mail["From"] = "Order", "a@example.org"
    mail.set_content("See attached.")
    pdf = (FAXES / "order-30-two-column.pdf").read_bytes()
    mail.add_attachment(pdf, maintype="application", subtype="pdf", filename="order.pdf")
    mail.add_attachment(
        b"MSH|^~\\&|A|B|C|D|20261101||ORM^O01|1|P|2.5.1\r", maintype="text", subtype="x-hl7", filename="o.hl7"
    )
    mail.add_attachment(b"%PDF-1.4 broken", maintype="application", subtype="pdf", filename="broken.pdf")
    reading = read_mail(mail.as_bytes())
    assert [(page.source, page.part) for page in reading.pages] == [("body", 1), ("text-layer", 2)]
    assert [page.number for page in reading.pages] == [1, 2]
    assert any(problem.startswith("unsupported") for problem in reading.problems)
    assert any(problem.startswith("damaged") for problem in reading.problems)


def test_an_empty_mail_has_a_reason() -> None:
    for data in (b"", b"Subject: hello\r\n\r\n", b"Subject: x\r\n\r\n   \r\n"):
        with pytest.raises(CodecError):
            read_mail(data)


def test_a_mails_text_keeps_its_columns() -> None:
    page = body_page("Name:   Alma\nDOB:    x\n")
    assert page is not None
    assert page.words[1].box[0] == page.words[3].box[0]
    assert page.words[0].box[1] < page.words[2].box[1]
    assert body_page(" \n\t\n") is None
    for text in ("word " * 100_000, "a\n" * 100_000):
        huge = body_page(text)
        assert huge is not None
        assert len(huge.words) == MAX_BODY_WORDS
