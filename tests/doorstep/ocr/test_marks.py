"""Checkboxes and signatures from pixels: whichever side of its label a box stands on."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw, ImageFont

from doorstep.ocr.marks import find_marks
from schemas.reading import Word

SIZE, BOX, LABELS = 30, 26, ("Stairs", "Gated", "Elevator")


def form(filled: set[str], fill: str, *, before: bool) -> tuple[Image.Image, list[Word]]:
    """A row of three labels with boxes, and a row of plain words below it."""
    image = Image.new("L", (1200, 300), 255)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(SIZE)
    words: list[Word] = []

    def write(text: str, x: int, y: int) -> int:
        draw.text((x, y), text, font=font, fill=0)
        end = x + round(font.getlength(text))
        words.append(Word(text=text, box=(x, y + 6, end, y + 32), confidence=0.99, line=1))
        return end

    def box(x: int, label: str) -> int:
        draw.rectangle((x, 60, x + BOX, 60 + BOX), outline=0, width=2)
        if label in filled and fill == "cross":
            draw.line((x + 3, 63, x + BOX - 3, 57 + BOX), fill=0, width=4)
            draw.line((x + 3, 57 + BOX, x + BOX - 3, 63), fill=0, width=4)
        elif label in filled and fill == "tick":
            draw.line((x + 5, 72, x + 11, 82, x + BOX + 6, 54), fill=0, width=5)
        elif label in filled:
            draw.rectangle((x + 3, 63, x + BOX - 3, 57 + BOX), fill=0)
        return x + BOX

    x = 80
    for label in LABELS:
        x = write(label, box(x, label) + 12, 56) if before else box(write(label, x, 56) + 12, label)
        x += 70
    write("Delivery", 80, 200)
    write("address", 260, 200)
    return image, words


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("fill", ["cross", "tick", "solid"])
@pytest.mark.parametrize("filled", [set(), {"Stairs"}, {"Gated", "Elevator"}, set(LABELS)])
def test_boxes_belong_to_their_labels_on_either_side(filled: set[str], fill: str, before: bool) -> None:
    marks = find_marks(*form(filled, fill, before=before))
    assert marks == {f"checkbox:{label.lower()}": label in filled for label in LABELS}


def test_words_without_boxes_have_no_marks() -> None:
    image, words = form(set(), "cross", before=True)
    image.paste(255, (0, 0, 1200, 150))
    assert find_marks(image, words) == {}


def signed_line(*, ink_at: int | None, date_ink: bool = False) -> dict[str, bool]:
    """A line `X ____ Date Signed:` with ink on the rule, behind the date's label, or nowhere."""
    image = Image.new("L", (1728, 400), 255)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(SIZE)
    words = []
    for text, x in (("X", 110), ("Date", 1000), ("Signed:", 1075), ("11/20/2026", 1250)):
        if text[0].isdigit() and date_ink:
            continue
        draw.text((x, 200), text, font=font, fill=0)
        end = x + round(font.getlength(text))
        words.append(Word(text=text, box=(x, 206, end, 232), confidence=0.99, line=1))
    draw.line((150, 236, 800, 236), fill=0, width=2)
    for start in [] if ink_at is None else [ink_at]:
        draw.line([(start + 6 * n, 224 - (n * 17) % 40) for n in range(45)], fill=0, width=4)
    return find_marks(image, words)


def test_a_label_of_both_signature_and_day_has_its_ink_behind_it() -> None:
    image = Image.new("L", (1728, 400), 255)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(SIZE)
    words, x = [], 110
    for text in ("Physician", "Signature", "and", "Date", "Signed"):
        draw.text((x, 200), text, font=font, fill=0)
        end = x + round(font.getlength(text))
        words.append(Word(text=text, box=(x, 206, end, 232), confidence=0.99, line=1))
        x = end + 10
    assert find_marks(image, words)["signature"] is False
    draw.line([(x + 60 + 6 * n, 224 - (n * 17) % 40) for n in range(45)], fill=0, width=4)
    assert find_marks(image, words)["signature"] is True


def test_ink_left_of_the_day_of_signing_is_the_signature_and_behind_it_a_day_written_by_hand() -> None:
    assert signed_line(ink_at=500)["signature"] is True
    assert signed_line(ink_at=None)["signature"] is False
    assert signed_line(ink_at=1250, date_ink=True)["signature"] is False


def closing(text: str, *, ink: bool, at: int = 700) -> dict[str, bool]:
    """A paper without a signature's label: ink, and under it a line of print."""
    image = Image.new("L", (1200, 1000), 255)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(SIZE)
    words: list[Word] = []
    x = 100
    for part in text.split():
        draw.text((x, at), part, font=font, fill=0)
        end = x + round(font.getlength(part))
        words.append(Word(text=part, box=(x, at + 6, end, at + 32), confidence=0.99, line=1))
        x = end + (260 if part == "X" else 10)
    if ink:
        left, middle = (150, at + 18) if text.startswith("X") else (110, at - 30)
        stroke = [(left + n * 12, middle + (18 if n % 2 else -18)) for n in range(15)]
        draw.line(stroke, fill=0, width=4)
    return find_marks(image, words)


@pytest.mark.parametrize("line", ["Nora Silva, MD", "Dr. Nora Silva, FNP-C 10/28/2026", "X 10/28/2026"])
def test_ink_over_a_name_with_credentials_or_behind_an_x_is_a_signature_that_has_no_label(line: str) -> None:
    assert closing(line, ink=True) == {"signature:unlabelled": True}
    assert closing(line, ink=False) == {}


@pytest.mark.parametrize(("line", "at"), [("Nora Silva, MD", 120), ("Nora Silva", 700), ("PCP: Nora Silva, MD", 700)])
def test_ink_at_the_head_of_a_page_or_over_another_line_is_no_signature(line: str, at: int) -> None:
    assert closing(line, ink=True, at=at) == {}


def test_boxes_whose_first_words_are_the_same_are_told_apart_by_the_next_ones() -> None:
    image = Image.new("L", (1200, 300), 255)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(SIZE)
    words: list[Word] = []
    for y, text in (
        (56, "Respiratory assist device BiPAP with backup"),
        (140, "Respiratory assist device BiPAP without"),
    ):
        draw.rectangle((80, y + 4, 80 + BOX, y + 4 + BOX), outline=0, width=2)
        if text.endswith("backup"):
            draw.rectangle((83, y + 7, 77 + BOX, y + 1 + BOX), fill=0)
        x = 120
        for part in text.split():
            draw.text((x, y), part, font=font, fill=0)
            end = x + round(font.getlength(part))
            words.append(Word(text=part, box=(x, y + 6, end, y + 32), confidence=0.99, line=1))
            x = end + 10
    assert find_marks(image, words) == {
        "checkbox:respiratory assist device bipap with backup": True,
        "checkbox:respiratory assist device bipap without": False,
    }
