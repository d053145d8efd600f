"""Rows of boxes with one character in each are found by their lines and read as words without them."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFont

from doorstep.ocr.cells import DOUBTED, Comb, find_combs, outside, read_combs, without
from schemas.reading import Word

WIDE, HIGH = 38, 44
FACE = ImageFont.load_default(30)


class Says:
    """An engine of which the test says what it reads, a line at a time; counts the lines that it was shown."""

    name = "says"

    def __init__(self, *texts: str) -> None:
        self.texts, self.shown = list(texts), 0

    def read(self, image: Image.Image) -> list[Word]:
        return self.read_line(image)

    def read_line(self, image: Image.Image) -> list[Word]:
        self.shown += 1
        return [Word(text=part, box=(0, 0, 9, 9), confidence=0.9) for part in self.texts.pop(0).split()]


def page_with(*rows: tuple[int, int, str], boxes: bool = True) -> Image.Image:
    page = Image.new("L", (1728, 400), 255)
    draw = ImageDraw.Draw(page)
    for x, y, text in rows:
        for n, letter in enumerate(text):
            if boxes:
                draw.rectangle((x + n * WIDE, y, x + (n + 1) * WIDE, y + HIGH), outline=0, width=2)
            draw.text((x + (n + 0.5) * WIDE, y + HIGH * 0.8), letter.strip(), font=FACE, fill=0, anchor="ms")
    return page


def combs_of(page: Image.Image) -> list[Comb]:
    return find_combs(page)


def test_a_row_is_read_as_the_words_between_its_blank_boxes() -> None:
    page = page_with((100, 100, "BEAUMONT, LORRAINE  "))
    (comb,) = combs_of(page)
    assert len(comb.lines) == 21
    words = read_combs(page, [comb], Says("BEAUMONT, LORRAINE"))
    assert [(w.text, w.confidence) for w in words] == [("BEAUMONT,", 0.9), ("LORRAINE", 0.9)]
    assert words[0].box[2] < words[1].box[0] < words[0].box[2] + 8


def test_a_reading_of_another_length_is_tried_word_by_word_and_then_doubted() -> None:
    page = page_with((100, 100, "FLORIDA BLUE"))
    engine = Says("FLORDA BLUE", "FLORDA", "BLUE")
    words = read_combs(page, combs_of(page), engine)
    assert [(w.text, w.confidence) for w in words] == [("FLORDA", round(DOUBTED * 0.9, 4)), ("BLUE", 0.9)]
    assert engine.shown == 3


def test_two_rows_one_box_apart_are_two() -> None:
    page = page_with((100, 100, "A4239"), (100 + 6 * WIDE, 100, "3  "))
    assert [len(comb.lines) - 1 for comb in combs_of(page)] == [5, 3]


def test_two_boxes_are_a_row_only_beside_a_longer_one_of_their_kind() -> None:
    assert combs_of(page_with((100, 100, "ND"))) == []
    assert len(combs_of(page_with((100, 100, "FARGO"), (100, 200, "ND")))) == 2


def test_letters_without_boxes_and_a_single_box_are_no_rows() -> None:
    assert combs_of(page_with((100, 100, "HILLIHILLI"), boxes=False)) == []
    assert combs_of(page_with((100, 100, "X"))) == []


def test_blank_boxes_say_nothing_and_no_engine_is_asked() -> None:
    page = page_with((100, 100, "      "))
    assert read_combs(page, combs_of(page), Says()) == []


def test_words_of_a_row_and_its_lines_are_taken_off_the_page() -> None:
    page = page_with((100, 100, "FARGO"))
    combs = combs_of(page)
    mine, other = (Word(text="F", box=box, confidence=0.9) for box in ((105, 105, 130, 140), (20, 105, 90, 140)))
    assert outside([mine, other], combs) == [other]
    assert without(page, combs).getextrema() == (255, 255)


def test_a_first_box_with_broken_lines_belongs_to_its_row() -> None:
    page = page_with((100, 100, "U48221  "))
    for x in range(104, 136, 8):
        for y in (100, 100 + HIGH):
            page.paste(255, (x, y - 3, x + 2, y + 4))
    (comb,) = combs_of(page)
    assert len(comb.lines) - 1 == 8


def test_what_stands_one_box_beside_a_row_is_not_taken_into_it() -> None:
    page = page_with((200, 100, "FARGO"))
    ImageDraw.Draw(page).line((200 - WIDE, 100, 200 - WIDE, 100 + HIGH), fill=0, width=2)
    (comb,) = combs_of(page)
    assert len(comb.lines) - 1 == 5
