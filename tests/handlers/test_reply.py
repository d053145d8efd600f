"""A provider answers the mail or the faxed offer; what is not certain, or comes from elsewhere, is the desk's."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pypdfium2 as pdfium
import pytest
from PIL import Image, ImageDraw

from connectors.fax import FaxSettings
from connectors.fax.page import render
from doorstep.rules import load
from handlers.read import Read, _provider_said, read_fax
from handlers.reply import of_text, of_ticks
from schemas.case import CaseState, OfferDeclined
from schemas.document import ReviewRequested
from schemas.network import Reasons
from schemas.outbound import Choice, ConfirmationKind, ConfirmationRequested, ProviderReplied, sheet_code, ticks_of
from schemas.transmission import ReceiptState, ReplyTo
from tests.factories import NOW, content, referral, transmission
from tests.handlers.memory import OURS, MemoryHub

OURS.add("reply")
REASONS = Reasons.model_validate(load("network/reasons"))
LISTED = [(reason.code, reason.label) for reason in REASONS.decline]


def offered(channel: str = "email") -> tuple[MemoryHub, ConfirmationRequested]:
    hub = MemoryHub()
    if channel == "fax":
        providers = [
            {**one, "offers_by": "fax", "fax": f"419555{n:04d}"}
            for n, one in enumerate(load("network/sample")["providers"])
        ]
        hub.unit.network = {"version": NOW.date(), "providers": providers}
    hub.send(referral())
    return hub, next(c for c in hub.seen(ConfirmationRequested) if c.kind is ConfirmationKind.OFFER)


def answered(hub: MemoryHub, asked: ConfirmationRequested, document: str = "back", **said: Any) -> None:
    values: dict[str, Any] = {"channel": asked.recipient.channel, "address": asked.recipient.address, **said}
    hub.send(ProviderReplied(document_id=document, confirmation_id=asked.confirmation_id, **values))


def test_a_mail_accepts_a_proposed_window() -> None:
    hub, asked = offered()
    assert len(asked.choices) == 4
    answered(hub, asked, text="Accept 2.\n\nThanks, Buckeye")
    case = hub.only_case()
    assert (case.state, case.scheduled_start, case.scheduled_end) == (
        CaseState.SCHEDULED, asked.choices[1].start, asked.choices[1].end,
    )  # fmt: skip
    assert hub.unit.receipts["back"][0] is ReceiptState.ACCEPTED


def test_a_mail_declines_with_its_reason() -> None:
    hub, asked = offered()
    answered(hub, asked, text="We decline: no staff this week")
    (declined,) = hub.seen(OfferDeclined)
    assert declined.reason == "no staff this week"


@pytest.mark.parametrize(
    "text",
    [
        "", "Thanks!", "accept", "Accept 9", "accept tomorrow at nine", "ACCEPT 1\nACCEPT 2", "accept 1\ndecline",
        "Can you accept 1 more patient?", "ACCEPT 2026-11-24T09:00", "I would not decline",
    ],
)  # fmt: skip
def test_a_mail_that_is_not_certain_is_the_desks(text: str) -> None:
    hub, asked = offered()
    answered(hub, asked, text=text)
    assert hub.only_case().state is CaseState.DISPATCHING
    assert hub.unit.receipts["back"][0] is ReceiptState.PENDING
    assert hub.seen(ReviewRequested)[-1].case_id == hub.only_case().case_id


def test_an_instant_with_its_offset_is_a_window_too() -> None:
    _, asked = offered()
    said = of_text("ACCEPT 2026-11-24T09:00-05:00", asked)
    assert said == {"answer": "accept", "start": "2026-11-24T09:00-05:00"}


@pytest.mark.parametrize("address", ["someone@elsewhere.example", None, "offers@buckeye-medical.example.evil"])
def test_an_answer_from_elsewhere_is_the_desks(address: str | None) -> None:
    hub, asked = offered()
    answered(hub, asked, text="ACCEPT 1", address=address)
    assert hub.only_case().state is CaseState.DISPATCHING
    assert "does not come from" in hub.seen(ReviewRequested)[-1].reason


def boxes(asked: ConfirmationRequested, *ticked: str) -> dict[str, bool]:
    printed = ticks_of(asked, LISTED)
    assert all(any(tick.value == one for tick in printed) for one in ticked)
    return {f"{tick.label.lower()} some words": tick.value in ticked for tick in printed}


def test_one_tick_is_an_answer_and_anything_else_is_not() -> None:
    _, asked = offered()
    said = of_ticks(boxes(asked, "accept 2"), asked, REASONS)
    assert isinstance(said, dict)
    assert said["start"] == asked.choices[2].start.isoformat()
    assert of_ticks(boxes(asked, "decline out-of-stock"), asked, REASONS) == {
        "answer": "decline", "code": "out-of-stock", "reason": "ticked on the faxed offer",
    }  # fmt: skip
    assert of_ticks(boxes(asked), asked, REASONS) == "no box is ticked"
    assert of_ticks(boxes(asked, "accept 0", "accept 1"), asked, REASONS) == "more than one box is ticked"
    assert of_ticks(boxes(asked, "accept 0", "decline other"), asked, REASONS) == "more than one box is ticked"
    whole = boxes(asked, "accept 0")
    for lost in whole:
        assert isinstance(of_ticks({k: v for k, v in whole.items() if k != lost}, asked, REASONS), str)
    misread = {label.replace("i", "l").replace("o", "0"): filled for label, filled in whole.items()}
    assert isinstance(of_ticks(misread, asked, REASONS), dict)
    assert isinstance(of_ticks({}, asked, REASONS), str)


def drawn(asked: ConfirmationRequested, scale: float = 204 / 72) -> Image.Image:
    pdf = render(asked, FaxSettings(timezone="America/New_York"), datetime(2026, 11, 23, tzinfo=UTC)).pdf
    with pdfium.PdfDocument(pdf) as document:
        assert len(document) == 1, "a faxed offer is one page"
        return document[0].render(scale=scale, grayscale=True).to_pil().convert("L")


def box_of(page: Image.Image, number: int) -> tuple[int, int]:
    """Return the middle of the box of that number, found by its frame at the left margin."""
    scale = page.width / 612
    left, side = round((54 + 8) * scale), round(13 * scale)
    columns = page.crop((left, 0, left + side, page.height)).point(lambda v: 255 if v < 128 else 0)
    level = [y for y, mean in enumerate(columns.resize((1, page.height)).tobytes()) if mean > 200]
    tops = [y for y in level if y + side + 1 in level or y + side in level or y + side - 1 in level]
    starts = [y for n, y in enumerate(tops) if not n or y - tops[n - 1] > 3]
    return left + side // 2, starts[number] + side // 2


@pytest.mark.ocr
@pytest.mark.parametrize(("number", "value", "stroke"), [(1, "accept 1", "cross"), (5, "decline out-of-stock", "tick")])
def test_a_ticked_page_that_is_faxed_back_is_read_from_its_pixels(number: int, value: str, stroke: str) -> None:
    hub, asked = offered("fax")
    page = drawn(asked)
    x, y = box_of(page, number)
    lines = {
        "cross": [(x - 14, y - 14, x + 14, y + 14), (x - 14, y + 14, x + 14, y - 14)],
        "tick": [(x - 12, y, x - 2, y + 12), (x - 2, y + 12, x + 22, y - 22)],
    }
    pen = ImageDraw.Draw(page)
    for line in lines[stroke]:
        pen.line(line, fill=0, width=5)
    out = io.BytesIO()
    page.convert("1").save(out, "TIFF", compression="group4", dpi=(204, 204))
    reading = read_fax(out.getvalue())
    assert sheet_code(asked.confirmation_id) in reading.pages[0].barcodes
    sent = transmission("fax", document_id="back", body=b"x", reply_to=ReplyTo(**asked.recipient.model_dump()))
    said = _provider_said(sent, asked.confirmation_id, Read(reading, content(b"{}"), ()))
    found = of_ticks(said.ticks, asked, REASONS)
    assert isinstance(found, dict), (found, said.ticks)
    hub.send(said)
    state = hub.only_case().state
    assert state is (CaseState.SCHEDULED if value.startswith("accept") else CaseState.DISPATCHING)


def test_the_windows_of_an_offer_are_told_to_no_other_than_providers() -> None:
    hub, _ = offered()
    assert all(not c.choices for c in hub.seen(ConfirmationRequested) if c.kind is not ConfirmationKind.OFFER)
    assert Choice.model_fields.keys() == {"start", "end"}
