"""Papers written by hand in evenly spaced letters, as a scanner and two engines that agree would give them.

`☒` and `☐` are boxes before their words: no letters, only what the pixels say. `✍` is ink at a signature's label.
"""

from __future__ import annotations

import re

from schemas.reading import Page, Reading, Word

LETTER, LINE, TALL, MARGIN = 11, 34, 20, 60


def page(text: str, number: int = 1) -> Page:
    """Return one page as two engines read it alike."""
    words: list[Word] = []
    marks: dict[str, bool] = {}
    lines = text.strip("\n").split("\n")
    for row, line in enumerate(lines, start=1):
        for box in re.finditer(r"[☒☐]", line):
            label = re.split(r"\s{2,}|[☒☐]", line[box.end() :].strip())[0].split()[:4]
            marks[f"checkbox:{re.sub(r'[^a-z0-9 /-]', '', ' '.join(label).lower()).strip()}"] = box[0] == "☒"
        for found in re.finditer(r"\S+", re.sub(r"[☒☐✍]", " ", line)):
            x, y = MARGIN + found.start() * LETTER, MARGIN + row * LINE
            box_of = (x, y, x + len(found[0]) * LETTER, y + TALL)
            words.append(Word(text=found[0], box=box_of, confidence=0.99, line=row, second=found[0], agrees=True))
    if "signature" in text.lower() or "✍" in text:
        marks["signature"] = "✍" in text
    wide = 2 * MARGIN + max(len(line) for line in lines) * LETTER
    high = 2 * MARGIN + (len(lines) + 2) * LINE
    return Page(
        number=number, width=wide, height=high, source="ocr", words=tuple(words), second=tuple(words), marks=marks
    )


def paper(*texts: str) -> Reading:
    """Return the pages of one fax."""
    return Reading(engine="x+y", pages=tuple(page(text, n) for n, text in enumerate(texts, start=1)))
