"""PDF pages: a sane text layer as words with boxes, and the page as it looks in grey."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from PIL import Image

from doorstep.ocr.decode import LONGEST_SIDE, MAX_PAGES
from doorstep.workers import brief
from schemas.codec import CodecError
from schemas.reading import Word

DPI = 200
MIN_CHARACTERS = 40
MAX_CHARACTERS = 40_000
TEXT_CONFIDENCE = 0.99
PAGE_SECONDS = 15
"""Processor time for drawing one page; a page that draws itself within itself takes for ever."""


@dataclass(frozen=True, slots=True)
class PdfPage:
    """One page: how it looks, its words if its text layer can be believed, or its problem."""

    number: int
    image: Image.Image | None
    words: tuple[Word, ...] = ()
    problem: CodecError | None = None


def pdf_pages(data: bytes, only: Collection[int] | None = None) -> Iterator[PdfPage]:
    """Yield the pages of a PDF, or some of them; CodecError when it is encrypted, damaged or too long."""
    import pypdfium2 as pdfium

    try:
        with brief(PAGE_SECONDS):
            document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if "assword" in str(error) or "ecurity" in str(error):
            raise CodecError("encrypted", "the PDF is locked with a password") from error
        raise CodecError("damaged", "the PDF is damaged") from error
    try:
        count = len(document)
        if count == 0:
            raise CodecError("empty", "the PDF has no pages")
        if count > MAX_PAGES:
            raise CodecError("too-many-pages", f"more than {MAX_PAGES} pages")
        has_form = document.get_formtype() != 0
        if has_form:
            document.init_forms()
        for index in range(count):
            if only is not None and index + 1 not in only:
                continue
            try:
                with brief(PAGE_SECONDS):
                    page = document[index]
                    drawn = _page(page, index + 1, text_layer=not has_form)
                    page.close()
                yield drawn
            except (pdfium.PdfiumError, MemoryError):
                problem = CodecError("damaged", "the page cannot be drawn", f"page {index + 1}")
                yield PdfPage(index + 1, None, problem=problem)
    finally:
        document.close()


def _page(page: Any, number: int, *, text_layer: bool) -> PdfPage:
    width, height = page.get_size()
    if not (1 <= width <= 20_000 and 1 <= height <= 20_000):
        return PdfPage(number, None, problem=CodecError("damaged", "the page has no sensible size", f"page {number}"))
    scale = min(DPI / 72, LONGEST_SIDE / max(width, height))
    image = page.render(scale=scale, grayscale=True, may_draw_forms=True).to_pil().convert("L")
    words = _text_layer(page, scale, image.size) if text_layer and page.get_rotation() == 0 else ()
    return PdfPage(number, image, words)


def _text_layer(page: Any, scale: float, size: tuple[int, int]) -> tuple[Word, ...]:
    """Return the words of the text layer, none if it is thin, garbled or laid over a scan by another program."""
    text = page.get_textpage()
    try:
        count = text.count_chars()
        if not MIN_CHARACTERS <= count <= MAX_CHARACTERS or _is_scan(page):
            return ()
        content = text.get_text_range(0, count, errors="replace")
        readable = sum(c.isprintable() or c.isspace() for c in content) - content.count("\ufffd")
        if readable < 0.97 * len(content) or sum(c.isalnum() for c in content) < 0.5 * len(content.replace(" ", "")):
            return ()
        left, _, _, top = page.get_bbox()
        return _words(text, count, (left, top), scale, size)
    finally:
        text.close()


def _is_scan(page: Any) -> bool:
    """Say whether a picture covers most of the page."""
    left, bottom, right, top = page.get_bbox()
    area = max(1.0, (right - left) * (top - bottom))
    for thing in page.get_objects(filter=[3], max_depth=3):
        x0, y0, x1, y1 = thing.get_bounds()
        if (x1 - x0) * (y1 - y0) > 0.5 * area:
            return True
    return False


def _words(text: Any, count: int, origin: tuple[float, float], scale: float, size: tuple[int, int]) -> tuple[Word, ...]:
    words: list[Word] = []
    letters: list[str] = []
    edges: list[tuple[float, float, float, float]] = []

    def finish() -> None:
        if letters:
            x0, y0 = min(e[0] for e in edges), max(e[3] for e in edges)
            x1, y1 = max(e[2] for e in edges), min(e[1] for e in edges)
            pixels = (x0 - origin[0], origin[1] - y0, x1 - origin[0], origin[1] - y1)
            box = [round(v * scale) for v in pixels]
            kept = (max(0, box[0]), max(0, box[1]), min(size[0], box[2]), min(size[1], box[3]))
            if kept[0] < kept[2] and kept[1] < kept[3]:
                words.append(Word(text="".join(letters), box=kept, confidence=TEXT_CONFIDENCE))
        letters.clear()
        edges.clear()

    for index in range(count):
        char = text.get_text_range(index, 1, errors="replace")
        edge = text.get_charbox(index, loose=True)
        if not char.strip() or char == "\ufffe":
            finish()
            continue
        high = max(1.0, edge[3] - edge[1])
        if edges and (
            edge[0] - edges[-1][2] > 0.35 * high
            or abs(edge[1] - edges[-1][1]) > 0.6 * high
            or edge[0] < edges[-1][0] - high
        ):
            finish()
        letters.append(char)
        edges.append(edge)
    finish()
    return tuple(words)
