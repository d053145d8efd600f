"""The picture of a value: cut from the page as it was read, the same each time, told apart by its digest."""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from PIL import Image, ImageDraw, ImageFont

from doorstep.ocr import crop_of, digest_of, engines, images_as_read, read_document
from doorstep.ocr.prepare import is_blank
from handlers.extract.crops import with_crops
from handlers.read import read_mail
from schemas.document import ExtractedField
from schemas.order import Evidence
from schemas.reading import Page, Word


@pytest.fixture(autouse=True)
def tesseract_alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Which engine read the words does not matter here, and one is much faster."""
    monkeypatch.setenv(engines.ENV_RAPIDOCR, "off")
    engines.choose_lead.cache_clear()
    yield
    engines.choose_lead.cache_clear()


def sheet(*lines: str) -> Image.Image:
    image = Image.new("L", (1728, 2156), 255)
    draw = ImageDraw.Draw(image)
    for row, line in enumerate(lines):
        draw.text((150, 300 + 120 * row), line, font=ImageFont.load_default(44), fill=0)
    return image


PAGES = (
    sheet("Progress note for the chart", "Nothing is ordered on this page", "Please see the next page for orders"),
    sheet("Patient name Alma Becker", "Ordering physician Victor Norwood", "Hospital bed with mattress please"),
)


def fax(pages: tuple[Image.Image, ...] = PAGES) -> bytes:
    out = io.BytesIO()
    first, *rest = (page.convert("1") for page in pages)
    first.save(out, "TIFF", compression="group4", dpi=(204, 196), save_all=True, append_images=rest)
    return out.getvalue()


def field(page: Page, text: str) -> tuple[Word, dict[str, ExtractedField]]:
    word = next(w for w in page.words if w.text == text)
    return word, {"member_name": ExtractedField(value=text, evidence=Evidence(page=page.number, box=word.box))}


@pytest.mark.ocr
@pytest.mark.parametrize("turn", [None, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_90])
def test_the_crop_is_cut_from_the_page_as_it_was_read(turn: Image.Transpose | None) -> None:
    second = PAGES[1] if turn is None else PAGES[1].transpose(turn)
    data = fax((PAGES[0], second))
    reading = read_document(data)
    word, fields = field(reading.pages[1], "Becker")
    digest = with_crops(fields, reading, data, "fax")["member_name"].evidence.crop_sha256
    crop = crop_of(images_as_read(data, [reading.pages[1]])[2], word.box)
    assert crop is not None
    assert digest == digest_of(crop) == hashlib.sha256(struct.pack(">II", *crop.size) + crop.tobytes()).hexdigest()
    assert "Becker" in " ".join(w.text for w in engines.choose_engine().read_line(crop))
    assert with_crops(fields, reading, data, "fax")["member_name"].evidence.crop_sha256 == digest


@pytest.mark.ocr
def test_a_mails_attachment_is_found_again_by_its_part() -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.org", "b@example.org", "Order"
    mail.set_content("See the attachments.")
    mail.add_attachment(fax((PAGES[0],)), maintype="image", subtype="tiff", filename="a.tif")
    mail.add_attachment(fax(PAGES), maintype="image", subtype="tiff", filename="b.tif")
    whole = mail.as_bytes()
    reading = read_mail(whole)
    last = reading.pages[-1]
    _, fields = field(last, "Becker")
    alone = read_document(fax(PAGES))
    _, same = field(alone.pages[1], "Becker")
    assert (
        with_crops(fields, reading, whole, "email")["member_name"].evidence.crop_sha256
        == with_crops(same, alone, fax(PAGES), "fax")["member_name"].evidence.crop_sha256
        is not None
    )


def test_another_picture_has_another_digest_and_no_picture_none() -> None:
    crop = Image.new("L", (4, 6), 255)
    other = crop.copy()
    other.putpixel((1, 1), 0)
    assert len({digest_of(crop), digest_of(other), digest_of(Image.new("L", (6, 4), 255))}) == 3
    assert crop_of(crop, (10, 10, 20, 12)) is None
    body = Page(number=1, width=9, height=9, source="body", words=())
    assert images_as_read(b"no picture at all", [body]) == {}


@pytest.mark.parametrize("words", ["", "OK"])
def test_a_page_is_blank_in_spite_of_its_header_and_dirt_and_not_with_a_line_on_it(words: str) -> None:
    page = sheet()
    draw = ImageDraw.Draw(page)
    draw.text((20, 8), "11/21/2026 08:12  FROM 6145550142  P. 3/3", font=ImageFont.load_default(30), fill=0)
    for n in range(3000):
        draw.point(((n * 613) % 1728, (n * 911) % 2156), fill=0)
    assert is_blank(page)
    draw.text((300, 900), words, font=ImageFont.load_default(44), fill=0)
    assert is_blank(page) == (not words)
