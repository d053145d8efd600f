"""The packet: every page numbered, every word findable, the same bytes for the same log, whatever was received."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pytest
from PIL import Image

from doorstep.packet import Edition, Packet, gather, typeset
from doorstep.packet.leaves import COLUMNS, LINES, MOST_TEXT_LEAVES, ImageLeaf, TextLeaf, leaves
from doorstep.packet.paper import printable
from doorstep.packet.story import Exhibit, Row, Said
from schemas.case import (
    CompletenessEvaluated,
)
from schemas.element import (
    ElementResult,
    ElementStatus,
)
from schemas.order import Coverage
from schemas.outbound import ConfirmationKind, ConfirmationSent
from schemas.reading import Page, Reading, Word
from tests.doorstep.journal.support import opened, transmission
from tests.factories import NOW, case, content, order
from tests.services.verapdf import VeraPdf

TIFF = Path("tests/samples/fax/order-01-boxes.tif").read_bytes()
MAIL = Path("tests/samples/email/order-03-pdf.eml").read_bytes()


def exhibit(data: bytes, content_type: str, **deviations: Any) -> Exhibit:
    values: dict[str, Any] = {"document_id": "doc-1", "channel": "fax", "sender": "4195550100", "received_at": NOW}
    return Exhibit(**{**values, "content": content(data, content_type), "data": data, "reading": None, **deviations})


def packet(*exhibits: Exhibit, **deviations: Any) -> Packet:
    made = order()
    met = ElementResult(element_id="dob", label="Date of birth", status=ElementStatus.MET, severity="required", ask="?")
    values: dict[str, Any] = {
        "case": case(made),
        "edition": Edition.PAYER,
        "position": 7,
        "as_of": NOW,
        "fields": (("member_name", "Rosa Lindgren", None), ("order_lines", [{"code": "E1390", "quantity": 1}], None)),
        "rulesets": ("common.intake@2026-01-01",),
        "elements": (met,),
        "offers": (),
        "payer": (Said(NOW, "Denial", "denied on 2026-11-23: CARC 50", "doc-1"),),
        "desk": (Said(NOW, "Call to the payer", "by Marta Lindgren: status", ""),),
        "timeline": (Row(1, NOW, "received by fax", "intake.transmission.received", "doc-1"),),
        "sent": (),
        "exhibits": exhibits,
    }
    return Packet(**{**values, **deviations})


def texts(pdf: bytes) -> list[str]:
    with pdfium.PdfDocument(pdf) as document:
        return [page.get_textpage().get_text_range() for page in document]


def test_every_page_bears_the_case_number_and_its_own() -> None:
    pages = texts(typeset(packet(exhibit(TIFF, "image/tiff"))))
    assert len(pages) > 8
    for number, text in enumerate(pages, start=1):
        assert f"DS-000001-8-{number:06d}" in text


def test_the_index_names_the_page_on_which_each_part_begins() -> None:
    pages = texts(typeset(packet(exhibit(TIFF, "image/tiff"))))
    index = pages[1].splitlines()
    for title in ("Timeline", "Order", "Required elements", "Documents", "Exhibit 1"):
        line = next(line for line in index if line.startswith(title))
        first = int(line.split("DS-000001-8-")[1].split()[0])
        assert title in pages[first - 1]


def test_parts_and_exhibits_are_bookmarks() -> None:
    with pdfium.PdfDocument(typeset(packet(exhibit(TIFF, "image/tiff"), exhibit(MAIL, "message/rfc822")))) as document:
        titles = [mark.get_title() for mark in document.get_toc()]
    payer = "Payer: coverage, authorization, denials and appeals"
    assert titles[:5] == ["Index", "Timeline", payer, "Calls and escalations", "Order"]
    assert [title.split(":")[0] for title in titles[-2:]] == ["Exhibit 1", "Exhibit 2"]


@pytest.mark.hapi
@pytest.mark.parametrize("edition", Edition)
def test_it_is_a_pdf_for_the_archive(edition: Edition, verapdf: VeraPdf, tmp_path: Path) -> None:
    page = Page(number=1, width=1728, height=2200, source="ocr", words=())
    fax = exhibit(TIFF, "image/tiff", reading=Reading(engine="t", pages=(page,)))
    (tmp_path / "packet.pdf").write_bytes(
        typeset(packet(fax, exhibit(MAIL, "message/rfc822"), exhibit(b"MSH|^~\\&|", "text/plain"), edition=edition))
    )
    assert verapdf.faults(tmp_path / "packet.pdf") == []


@pytest.mark.hapi
def test_the_validator_finds_fault_with_a_plain_pdf(verapdf: VeraPdf, tmp_path: Path) -> None:
    (tmp_path / "plain.pdf").write_bytes(Path("tests/samples/fax/order-31-cms485.pdf").read_bytes())
    assert verapdf.faults(tmp_path / "plain.pdf")


def test_the_same_packet_is_the_same_bytes() -> None:
    made = packet(exhibit(TIFF, "image/tiff"), exhibit(MAIL, "message/rfc822"))
    assert typeset(made) == typeset(made)


def test_the_manifest_holds_the_timeline_and_the_digest_of_each_document() -> None:
    pdf = typeset(packet(exhibit(TIFF, "image/tiff")))
    with pdfium.PdfDocument(pdf) as document:
        assert document.count_attachments() == 1
        manifest = json.loads(bytes(document.get_attachment(0).get_data()))
    assert manifest["documents"][0]["sha256"] == content(TIFF).sha256
    assert [row["says"] for row in manifest["timeline"]] == ["received by fax"]
    assert manifest["position"] == 7


def test_the_words_of_a_scanned_page_are_found_where_they_stand() -> None:
    word = Word(text="OXYGENATOR", box=(200, 300, 500, 340), confidence=0.9)
    page = Page(number=1, width=1728, height=2200, source="ocr", words=(word,))
    found = texts(typeset(packet(exhibit(TIFF, "image/tiff", reading=Reading(engine="t", pages=(page,))))))
    assert "OXYGENATOR" in found[-1]


def test_what_was_received_is_never_read_as_markup() -> None:
    hostile = '#panic("x") *bold* $1/0$ ]]) #read("/etc/passwd") <timeline> @x \\ `raw`'
    row = Row(1, NOW, hostile, hostile, "")
    made = packet(exhibit(hostile.encode(), "text/plain", sender=hostile), timeline=(row,))
    made = replace(made, fields=((hostile, hostile, None),))
    text = " ".join(" ".join(texts(typeset(made))).split())
    assert '#panic("x") *bold* $1/0$' in text


def test_characters_outside_of_the_fonts_are_named() -> None:
    assert printable("Žofia Nguyễn 李\x07") == "Žofia Nguyễn [U+674E][U+0007]"
    everything = "".join(chr(c) for c in range(0x20, 0x2000) if printable(chr(c)) == chr(c)) + "–—‘’“”•…€™"
    made = packet(exhibit(everything.encode(), "text/plain"), fields=(("note", everything, None),))
    assert typeset(made).startswith(b"%PDF-")


def test_a_case_with_nothing_but_its_number_has_a_packet() -> None:
    pages = texts(typeset(packet(elements=(), rulesets=(), fields=(), timeline=())))
    assert "No document has been received." in "\n".join(pages)


def test_the_cover_names_the_payer_that_is_asked_first() -> None:
    plans = (Coverage(payer="Second Plan", rank=2), Coverage(payer="First Plan", rank=1))
    cover = texts(typeset(packet(case=case(order().model_copy(update={"coverage": plans})))))[0]
    assert "First Plan" in cover
    assert "Second Plan" not in cover


def test_the_regulators_edition_shows_no_person_and_no_document() -> None:
    made = packet(exhibit(TIFF, "image/tiff", sender="Rosa Lindgren"), edition=Edition.REGULATOR, fields=())
    name = made.case.order.member.name
    assert name is not None
    text = "\n".join(texts(typeset(made)))
    assert name.text not in text
    assert "Rosa" not in text
    assert "4195550100" not in text
    assert "Left out of this edition." in text
    assert content(TIFF).sha256 in text.replace("\r\n", "")


@pytest.mark.parametrize(
    ("data", "content_type", "says"),
    [
        (TIFF[:400], "image/tiff", "cannot be shown"),
        (b"%PDF-1.4 broken", "application/pdf", "cannot be shown"),
        (b"", "application/octet-stream", ""),
    ],
)
def test_a_document_that_cannot_be_shown_says_so(data: bytes, content_type: str, says: str) -> None:
    assert says in texts(typeset(packet(exhibit(data, content_type))))[-1]


def test_long_text_is_cut_and_says_how_much_is_left_out() -> None:
    text = "\n".join(f"line {n}" for n in range(LINES * MOST_TEXT_LEAVES + 5)).encode()
    found = list(leaves(text, "text/plain", None))
    assert len(found) == MOST_TEXT_LEAVES
    assert isinstance(found[-1], TextLeaf)
    assert found[-1].note.startswith("5 further lines")
    (wide,) = leaves(b"x" * 300, "text/plain", None)
    assert isinstance(wide, TextLeaf)
    assert max(map(len, wide.lines)) <= COLUMNS


def test_a_mails_attachments_follow_its_text() -> None:
    first, *rest = leaves(MAIL, "message/rfc822", None)
    assert isinstance(first, TextLeaf)
    assert first.lines[0].startswith("Subject: ")
    assert [type(leaf) for leaf in rest] == [ImageLeaf]


def test_a_page_that_was_read_turned_is_shown_upright() -> None:
    lying = io.BytesIO()
    Image.new("1", (200, 100), 1).save(lying, "TIFF")
    page = Page(number=1, width=100, height=200, source="ocr", words=(), rotation=90)
    (leaf,) = leaves(lying.getvalue(), "image/tiff", Reading(engine="t", pages=(page,)))
    assert isinstance(leaf, ImageLeaf)
    assert (leaf.width, leaf.height) == (100, 200)


async def test_it_is_gathered_from_the_journal_in_one_read(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path) as journal:
        receipt = await journal.receive(transmission("k1", b"MSH|^~\\&|A"))
        kept = case(order(document_id=receipt.document_id))
        sent = ConfirmationSent(
            confirmation_id="c1", case_id=kept.case_id, kind=ConfirmationKind.ACKNOWLEDGED, channel="hl7v2",
            provider_status="AA", provider_id="X1", attempt=1,
        )  # fmt: skip
        verdict = CompletenessEvaluated(
            case_id=kept.case_id, document_id=receipt.document_id, rulesets=("dme@1",), gate="intake",
            results=packet().elements, complete=True,
        )  # fmt: skip

        def record(unit: Any) -> None:
            unit.save_case(kept)
            for payload in (verdict, sent):
                unit.append(payload, source="test")

        await journal.write(record)
        found = await journal.read(lambda reader: gather(reader, kept.case_id))
        assert await journal.read(lambda reader: gather(reader, "DS-999999-9")) is None
    assert found is not None
    assert [one.data for one in found.exhibits] == [b"MSH|^~\\&|A"]
    assert found.rulesets == ("dme@1",)
    assert [s.far_id for s in found.sent] == ["X1"]
    assert found.position == max(row.seq for row in found.timeline)
    assert found.timeline[0].document_id == receipt.document_id
