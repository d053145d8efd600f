"""A fax as a perfect reader sees it: every word as drawn, upright and without noise, so that layouts need no OCR."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.faxes.page import Page
from doorstep.ocr.document import number_lines
from doorstep.ocr.marks import find_marks
from schemas.reading import Page as ReadPage
from schemas.reading import Reading, Word


def reading(sheets: Sequence[Page]) -> dict[str, Any]:
    """Return the pages in the form that `doorstep bench fax` keeps readings in; boxes are those of the upright page."""
    pages = []
    for number, sheet in enumerate(sheets, start=1):
        words = number_lines(tuple(_word(text, box) for text, box in sheet.words))
        width, height = sheet.image.size
        marks = find_marks(sheet.image, words)
        pages.append(
            ReadPage(number=number, width=width, height=height, source="ocr", words=words, second=words, marks=marks)
        )
    return {"seconds": 0.0, "reading": Reading(engine="drawn", pages=tuple(pages)).model_dump(mode="json")}


def _word(text: str, box: tuple[int, int, int, int]) -> Word:
    return Word(text=text, box=box, confidence=1.0, second=text, agrees=True)
