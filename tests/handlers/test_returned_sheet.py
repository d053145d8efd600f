"""Our own sheet comes back: its barcode finds the case, what stands with it is an answer, another member's is not."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pypdfium2 as pdfium
import pytest
from PIL import Image, ImageDraw, ImageFont

from bench.faxes.fonts import BUNDLED
from connectors.fax import FaxSettings
from connectors.fax.page import render
from doorstep.ocr.barcodes import barcodes
from handlers.classify import Verdict, classify
from handlers.extract import extract_fields
from handlers.read import read_fax, returned_sheet
from schemas.case import CaseState
from schemas.document import DocumentClass, DocumentClassified, DocumentRead, ReviewRequested
from schemas.event import Event
from schemas.outbound import ConfirmationKind, ConfirmationRequested, confirmation_of, sheet_code
from schemas.transmission import ReplyTo
from tests.factories import NOW, content, extraction, order, referral
from tests.handlers.memory import MemoryHub

FAX = ReplyTo(channel="fax", address="4195550100")
NPI = "1234567893"


def waiting() -> tuple[MemoryHub, ConfirmationRequested]:
    """Return a hub with a case that lacks its NPI, and the sheet that asked for it."""
    hub = MemoryHub()
    hub.send(referral(order(channel="fax", without=("clinician_npi",)), reply_to=FAX))
    (asked,) = [e.data for e in hub.unit.events if isinstance(e.data, ConfirmationRequested)]
    assert asked.kind is ConfirmationKind.INFORMATION_REQUESTED
    return hub, asked


def drawn(asked: ConfirmationRequested) -> Image.Image:
    pdf = render(asked, FaxSettings(), datetime(2026, 11, 23, tzinfo=UTC)).pdf
    with pdfium.PdfDocument(pdf) as document:
        return document[0].render(scale=204 / 72, grayscale=True).to_pil().convert("L")


def answer(asked: ConfirmationRequested, **changes: Any) -> Any:
    only = {"clinician_npi": NPI}
    found = extraction(document_id="back", reply_to=FAX, patients=changes.pop("patients", 0), **changes)
    kept = {name: found.fields[name] for name in changes.get("keep", only)}
    return found.model_copy(update={"returned": asked.confirmation_id, "fields": kept})


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_code_on_a_sheet_is_read_whichever_way_the_fax_was_fed(turn: int) -> None:
    _, asked = waiting()
    page = drawn(asked).rotate(turn, expand=True)
    coarse = page.resize((page.width, page.height // 2)).point(lambda v: 255 if v > 128 else 0)  # standard resolution
    assert barcodes(coarse.resize(page.size)) == (sheet_code(asked.confirmation_id),)


def test_a_sheet_that_asks_for_nothing_has_no_code() -> None:
    _, asked = waiting()
    assert barcodes(drawn(asked.model_copy(update={"asks": (), "kind": ConfirmationKind.ACKNOWLEDGED}))) == ()


@pytest.mark.parametrize(
    "code", ["", "DOORSTEP:", "DOORSTEP:1", "https://x", f"x{sheet_code('0' * 36)}", "5012345678900"]
)
def test_other_codes_are_none_of_ours(code: str) -> None:
    assert confirmation_of(code) is None


def test_an_answer_on_the_sheet_completes_the_case_without_naming_the_member_again() -> None:
    hub, asked = waiting()
    hub.send(answer(asked, clinician_npi=NPI))
    (case,) = hub.unit.cases.values()
    assert case.order.clinician.npi == NPI
    assert case.state is not CaseState.INCOMPLETE
    assert "back" in case.document_ids


def test_an_answer_that_is_not_certain_is_put_before_a_person_and_told_to_be_unreadable() -> None:
    hub, asked = waiting()
    hub.send(answer(asked, clinician_npi=NPI, doubtful={"clinician_npi": ()}))
    (case,) = hub.unit.cases.values()
    assert case.state is CaseState.INCOMPLETE
    (review,) = hub.seen(ReviewRequested)
    assert review.fields == {"clinician_npi": "below threshold"}
    sheets = [one for one in hub.seen(ConfirmationRequested) if one.kind is ConfirmationKind.INFORMATION_REQUESTED]
    assert ["could not read it" in one.asks[0] for one in sheets] == [False, True], "the same is not asked again"
    word = {"review_id": review.review_id, "decision": "accept", "reviewer": "Marta", "fields": {"clinician_npi": NPI}}
    hub.say("desk", "d-1", word)
    assert hub.only_case().order.clinician.npi == NPI
    assert hub.only_case().state is not CaseState.INCOMPLETE


def test_another_members_papers_behind_the_sheet_are_never_merged() -> None:
    hub, asked = waiting()
    other = extraction(7, document_id="back", reply_to=FAX).model_copy(update={"returned": asked.confirmation_id})
    hub.send(other)
    (case,) = hub.unit.cases.values()
    assert case.order.clinician.npi is None
    (review,) = [e.data for e in hub.unit.events if isinstance(e.data, ReviewRequested)]
    assert review.case_id == case.case_id
    assert "another member" in review.reason


def test_a_sheet_that_we_never_sent_says_nothing() -> None:
    hub, asked = waiting()
    forged = answer(asked, clinician_npi=NPI).model_copy(update={"returned": "0b9b5f8e-0000-4000-8000-000000000000"})
    hub.send(forged)
    (case,) = hub.unit.cases.values()
    assert case.order.clinician.npi is None


def read_event(returned: str | None) -> Event[DocumentRead]:
    data = DocumentRead(
        document_id="back", channel="fax", received_at=NOW, reply_to=FAX, documents=(), returned=returned,
        reading=content(b"{}"), pages=(), engine="t",
    )  # fmt: skip
    return Event(id="e", source="t", time=NOW, data=data)


def test_what_is_no_order_by_its_words_is_read_as_an_answer_when_our_sheet_is_with_it() -> None:
    hub, asked = waiting()
    unclear = Verdict(DocumentClass.OTHER, 0.5, 0)
    (found,) = classify(read_event(asked.confirmation_id), hub.unit, unclear)
    assert isinstance(found, DocumentClassified)
    assert (found.document_class, found.returned) == (DocumentClass.DME_ORDER, asked.confirmation_id)
    without = list(classify(read_event(None), hub.unit, unclear))
    assert not any(isinstance(p, DocumentClassified) for p in without)


@pytest.mark.ocr
def test_a_filled_in_sheet_is_read_from_the_fax_on() -> None:
    _, asked = waiting()
    page = drawn(asked)
    font = ImageFont.truetype(str(BUNDLED / "Vera.ttf"), 34)
    ImageDraw.Draw(page).text((160, 1500), f"NPI: {NPI}", font=font, fill=0)
    out = io.BytesIO()
    page.convert("1").save(out, "TIFF", compression="group4", dpi=(204, 204))
    reading = read_fax(out.getvalue())
    assert returned_sheet(reading) == asked.confirmation_id
    assert extract_fields(reading, DocumentClass.DME_ORDER)["clinician_npi"].value == NPI
