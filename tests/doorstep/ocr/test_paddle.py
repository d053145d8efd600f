"""The second engine: words with boxes and confidences, on its own and together with Tesseract."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PIL import Image, ImageDraw, ImageFont

from doorstep.errors import Unavailable
from doorstep.ocr import engines, read_document
from tests.doorstep.ocr.test_document import page, saved

pytest.importorskip("onnxruntime", reason="rapidocr is not installed on this system")


@pytest.fixture(autouse=True)
def fresh_choice() -> Iterator[None]:
    engines.choose_lead.cache_clear()
    yield
    engines.choose_lead.cache_clear()


def lead() -> engines.Engine:
    chosen = engines.choose_lead()
    assert chosen is not None
    return chosen


def small_page() -> Image.Image:
    image = Image.new("L", (900, 300), 255)
    draw = ImageDraw.Draw(image)
    draw.text((60, 40), "NPI: 1234567893   J44.9", font=ImageFont.load_default(32), fill=0)
    draw.text((60, 140), "Qty 1", font=ImageFont.load_default(32), fill=0)
    return image


def test_words_have_tight_boxes_and_confidences() -> None:
    words = lead().read(small_page())
    assert sorted(w.text for w in words) == ["1", "1234567893", "J44.9", "NPI:", "Qty"]
    number = next(w for w in words if w.text == "1234567893")
    left = 60 + ImageFont.load_default(32).getlength("NPI: ")
    right = left + ImageFont.load_default(32).getlength("1234567893")
    assert abs(number.box[0] - left) < 12
    assert abs(number.box[2] - right) < 12
    assert number.confidence > 0.9


def test_tilted_lines_are_read_and_boxed_where_they_stand() -> None:
    words = lead().read(small_page().rotate(-4, fillcolor=255, expand=True))
    assert "1234567893" in {w.text for w in words}


def test_a_page_without_text_has_no_words() -> None:
    assert lead().read(Image.new("L", (400, 300), 255)) == []


@pytest.mark.ocr
def test_a_document_is_read_by_both_engines_and_words_say_whether_they_agree() -> None:
    reading = read_document(saved(page(), "PNG"))
    assert reading.engine.startswith("rapidocr+")
    (first,) = reading.pages
    assert "Ordering physician Victor Norwood" in first.text
    assert all(w.agrees for w in first.words)
    assert {w.text for w in first.second} >= {"Ordering", "physician"}


@pytest.mark.ocr
def test_tesseract_reads_alone_where_the_lead_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(engines.ENV_RAPIDOCR, "off")
    reading = read_document(saved(page(), "PNG"))
    assert "rapidocr" not in reading.engine
    assert all(w.agrees is None and w.second is None for w in reading.pages[0].words)
    engines.choose_lead.cache_clear()


def test_a_setting_that_means_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(engines.ENV_RAPIDOCR, "perhaps")
    with pytest.raises(Unavailable):
        engines.choose_lead()
