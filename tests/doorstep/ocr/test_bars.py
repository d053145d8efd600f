"""White headings on dark bars become black on white; dark letters in a frame stay as they are."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFont

from doorstep.ocr.bars import plain_bars
from doorstep.ocr.prepare import drop_edges

FACE = ImageFont.load_default(26)
BAR = (60, 100, 1660, 138)


def form(*, reversed_heading: bool, right: int = BAR[2]) -> Image.Image:
    page = Image.new("L", (1728, 2200), 255)
    draw = ImageDraw.Draw(page)
    place = (*BAR[:2], right, BAR[3])
    draw.rectangle(place, fill=0 if reversed_heading else 255, outline=0, width=3)
    draw.text((80, 104), "PATIENT INFORMATION", font=FACE, fill=255 if reversed_heading else 0)
    draw.text((80, 160), "Name Carlos Lim", font=FACE, fill=0)
    return page


def ink(page: Image.Image) -> float:
    inside = page.crop(BAR)
    return 1 - sum(inside.tobytes()) / 255 / (inside.width * inside.height)


def test_a_heading_in_white_on_a_dark_bar_becomes_black_on_white() -> None:
    page = plain_bars(form(reversed_heading=True))
    assert 0.02 < ink(page) < 0.2
    assert page.crop((0, 145, 1728, 300)).tobytes() == form(reversed_heading=True).crop((0, 145, 1728, 300)).tobytes()


def test_a_bar_as_long_as_its_heading_is_one_too() -> None:
    assert ink(plain_bars(form(reversed_heading=True, right=390))) < 0.1


def test_dark_letters_in_a_frame_stay_as_they_are() -> None:
    page = form(reversed_heading=False)
    assert plain_bars(page) is page


def test_a_bar_across_the_page_is_no_streak() -> None:
    page = form(reversed_heading=True)
    assert drop_edges(page).tobytes() == page.tobytes()
