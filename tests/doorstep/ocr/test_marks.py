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
