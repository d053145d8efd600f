"""The picture of a value is cut from its document again: the place and a little around it, or nothing."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

from doorstep.pictures import picture_of
from schemas.reading import Page, Reading

BOX = (300, 200, 420, 240)


def fax() -> bytes:
    page = Image.new("1", (1728, 2200), 1)
    ImageDraw.Draw(page).rectangle(BOX, fill=0)
    out = io.BytesIO()
    page.save(out, "TIFF", compression="group4", dpi=(200, 200))
    return out.getvalue()


def reading(width: int = 1728, source: str = "ocr") -> bytes:
    page = Page(number=1, width=width, height=2200, source=source, words=())
    return Reading(engine="t", pages=(page,)).model_dump_json().encode()


def test_the_picture_shows_the_place_and_a_little_around_it() -> None:
    picture = Image.open(io.BytesIO(picture_of(fax(), "fax", reading(), 1, BOX)))
    assert picture.format == "PNG"
    assert picture.size == (144, 52)
    assert (picture.getpixel((72, 26)), picture.getpixel((3, 3))) == (0, 255)


def test_there_is_none_of_a_mails_text_of_another_page_or_of_what_cannot_be_decoded() -> None:
    assert picture_of(b"Subject: x\r\n\r\ntext", "email", reading(source="body"), 1, BOX) == b""
    assert picture_of(fax(), "fax", reading(), 2, BOX) == b""
    assert picture_of(fax(), "fax", reading(width=999), 1, BOX) == b""
    assert picture_of(fax()[:40], "fax", reading(), 1, BOX) == b""
