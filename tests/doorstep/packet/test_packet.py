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
from doorstep.packet.attest import attested, checked, source_of
from doorstep.packet.leaves import COLUMNS, LINES, MOST_TEXT_LEAVES, ImageLeaf, TextLeaf, leaves
from doorstep.packet.paper import printable
from doorstep.packet.story import Exhibit, Row, Said
from schemas.case import CaseState, CaseStateChanged, CompletenessEvaluated, OfferAccepted
from schemas.document import ReviewDecided
from schemas.element import ElementResult, ElementStatus, Waiver
from schemas.event import Event
from schemas.order import Coverage, Evidence
from schemas.outbound import ConfirmationKind, ConfirmationSent
from schemas.payer import AppealDecided
from schemas.reading import Page, Reading, Word
from schemas.service import Proof, ServiceCompleted
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
        "timeline": (Row(1, NOW, "received by fax", "sender, by fax", "doc-1", "intake.transmission.received", "e-1"),),
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
    for title in ("Timeline", "Order", "Required elements", "Attestations", "Documents", "Exhibit 1"):
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
    assert [(row["says"], row["event"]) for row in manifest["timeline"]] == [("received by fax", "e-1")]
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


def test_a_fax_begins_with_how_it_was_received_and_the_regulators_edition_leaves_that_out() -> None:
    fax = exhibit(TIFF, "image/tiff", header=(("Station (TSID)", "RIVERSIDE"), ("Called number", "6145550100")))
    *_, head, page = texts(typeset(packet(fax)))
    assert "How it was received" in head
    assert "Station (TSID) RIVERSIDE" in " ".join(head.split())
    assert "How it was received" not in page
    assert "RIVERSIDE" not in "".join(texts(typeset(packet(fax, edition=Edition.REGULATOR))))


def test_a_value_is_said_to_be_checked_and_not_to_be_sure() -> None:
    seen = Evidence(page=2, confidence=0.9999, validators=("npi-luhn", "engines-agree", "odd-check"))
    text = " ".join("\n".join(texts(typeset(packet(fields=(("clinician_npi", "1234567893", seen),))))).split())
    assert "page 2; check digit of the NPI; two engines read the same; odd check" in text
    assert "sure" not in text
    assert checked(None) == "as sent"


def test_elements_stand_by_gate_and_those_that_do_not_apply_are_counted() -> None:
    base = packet().elements[0]
    late = base.model_copy(update={"label": "Encounter", "gate": "claim", "status": ElementStatus.MISSING})
    other = base.model_copy(update={"label": "Weight", "status": ElementStatus.NOT_APPLICABLE})
    page = next(t for t in texts(typeset(packet(elements=(late, other, base)))) if "Judged by" in t)
    assert page.index("Date of birth") < page.index("Encounter")
    assert "Weight" not in page
    assert "1 further elements" in page


def test_what_only_repeats_an_entry_for_machines_is_in_the_manifest_and_not_on_paper() -> None:
    rows = tuple(
        Row(n, NOW, f"row {n}", "hub", "", topic) for n, topic in ((1, "case.state.changed"), (2, "fhir.message"))
    )
    pdf = typeset(packet(timeline=rows))
    assert "row 1" in "".join(texts(pdf))
    assert "row 2" not in "".join(texts(pdf))
    with pdfium.PdfDocument(pdf) as document:
        assert b"row 2" in bytes(document.get_attachment(0).get_data())


def happened(data: Any) -> Event[Any]:
    return Event(id="e", source="test", time=NOW, data=data, seq=1)


def test_who_vouched_for_what_is_told_and_the_custodian_signs_for_the_record() -> None:
    proof = Proof(completed_at=NOW, signed_by="Ida Sommer", relation="sister", recorded_by="provider")
    who = {"document_id": "doc-1", "reviewer": "R. Viewer"}
    told = [
        ReviewDecided(review_id="r", decision="accept", fields={"dob": "1950-01-02"}, **who),
        ReviewDecided(review_id="q", decision="reject", **who),
        ServiceCompleted(
            case_id="c", offer_id="o", npi="1", provider_name="P", proof=proof, committed_start=NOW, late=False
        ),
    ]
    waived = {"contact_phone": Waiver(reason="no phone", by="R. Viewer", at=NOW)}
    made = case(order(), waived=waived)
    said = [(what, says) for _, what, says, _ in attested(made, [happened(one) for one in told], full=True)]
    assert [what for what, _ in said] == [
        *("Order signed", "Requirement waived", "Confirmed by a person", "Proof of service"),
    ]
    assert said[2][1] == "dob; by R. Viewer"
    assert "signed by Ida Sommer (sister)" in said[3][1]
    bare = " ".join(says for _, _, says, _ in attested(made, [happened(one) for one in told], full=False))
    name = made.order.clinician.name
    assert name is not None
    assert "Ida Sommer" not in bare
    assert name.text not in bare
    page = next(t for t in texts(typeset(packet(attested=(Said(NOW, *said[2], ""),)))) if "Custodian" in t)
    assert "dob; by R. Viewer" in page
    assert "journal as of position 7" in " ".join(page.split())


@pytest.mark.parametrize(
    ("data", "source"),
    [
        (ReviewDecided(review_id="r", document_id="d", decision="accept", reviewer="R. Viewer"), "desk, R. Viewer"),
        (OfferAccepted(case_id="c", offer_id="o", npi="1", provider_name="Front Door", start=NOW), "Front Door"),
        (AppealDecided(case_id="c", level=1, outcome="upheld", by="payer", document_id="d"), "payer"),
        (CaseStateChanged(case_id="c", from_state=None, to_state=CaseState.OPEN, cause="x"), "hub"),
    ],
)
def test_the_source_of_an_entry_is_who_told_it(data: Any, source: str) -> None:
    assert source_of(happened(data)) == source
