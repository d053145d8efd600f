"""A second look: the crop of a word settles some doubts, and never makes certain what one engine read two ways."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFont

from doorstep.ocr.look import WAVERING, look_again, read_crop
from schemas.reading import Word

PAGE = Image.new("L", (600, 200), 255)
ImageDraw.Draw(PAGE).text((100, 80), "1234567893", font=ImageFont.load_default(32), fill=0)
BOX = (100, 86, 285, 112)


class Says:
    """An engine of which the test says what it reads; keeps what it was shown."""

    name = "says"

    def __init__(self, text: str, sure: float = 0.9) -> None:
        self.text, self.sure, self.shown = text, sure, list[Image.Image]()

    def read(self, image: Image.Image) -> list[Word]:
        return self.read_line(image)

    def read_line(self, image: Image.Image) -> list[Word]:
        self.shown.append(image)
        return [Word(text=part, box=(0, 0, 9, 9), confidence=self.sure) for part in self.text.split()]


def word(text: str, second: str | None, agrees: bool | None, confidence: float = 0.55) -> Word:
    return Word(text=text, box=BOX, confidence=confidence, second=second, agrees=agrees)


def test_a_crop_holds_the_ink_of_its_box_and_a_margin() -> None:
    engine = Says("12345 67893")
    assert read_crop(PAGE, BOX, engine) == ("12345 67893", 0.9)
    shown = engine.shown[0]
    assert shown.width < PAGE.width
    assert shown.getextrema()[0] == 0


def test_a_box_outside_the_page_is_empty() -> None:
    assert read_crop(PAGE, (900, 900, 950, 920), Says("x")) == ("", 0.0)


def test_a_word_that_the_second_engine_missed_is_confirmed() -> None:
    (looked,) = look_again(PAGE, [word("1234567893", None, None)], Says("no"), Says("1234567893"))
    assert looked.agrees is True
    assert looked.confidence > 0.9


def test_an_engine_that_read_another_value_before_does_not_make_it_certain() -> None:
    (looked,) = look_again(PAGE, [word("1234567893", "1284567893", False)], Says("no"), Says("1234567893"))
    assert (looked.agrees, looked.confidence) == (True, WAVERING)


def test_a_lasting_difference_stays_one() -> None:
    before = word("1234567893", "1284567893", False)
    assert look_again(PAGE, [before], Says("no"), Says("1284567893")) == [before]


def test_a_word_that_the_lead_missed_is_shown_to_the_lead() -> None:
    (looked,) = look_again(PAGE, [word("1284567893", "1284567893", None)], Says("1234567893"), Says("no"))
    assert (looked.agrees, looked.second) == (False, "1234567893")
    assert looked.confidence < 0.55


def test_agreed_words_and_specks_are_not_looked_at() -> None:
    engine = Says("x")
    words = [word("1234567893", "1234567893", True, 0.99), word("~", None, None), word("123", None, None, 0.1)]
    assert look_again(PAGE, words, engine, engine) == words
    assert engine.shown == []
