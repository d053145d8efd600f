"""The pages of a received document as the packet shows them: the image with its words behind it, or plain text."""

from __future__ import annotations

import io
import json
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

from doorstep.ocr import READABLE, sniff
from doorstep.ocr.decode import RawPage, image_pages
from doorstep.ocr.pdf import PdfPage, pdf_pages
from schemas import mail
from schemas.codec import CodecError
from schemas.reading import Page, Reading, Word

COLUMNS = 96
LINES = 64
MOST_TEXT_LEAVES = 40
_TURNS = {90: Image.Transpose.ROTATE_90, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_270}


@dataclass(frozen=True, slots=True)
class ImageLeaf:
    """One page as it looks (PNG), and the words that were read on it, boxes as shares of the page."""

    png: bytes
    width: int
    height: int
    words: tuple[tuple[str, float, float, float, float], ...]


@dataclass(frozen=True, slots=True)
class TextLeaf:
    """One page of text as received; `note` says what could not be shown."""

    lines: tuple[str, ...]
    note: str = ""


Leaf = ImageLeaf | TextLeaf


def leaves(data: bytes, content_type: str, reading: Reading | None) -> Iterator[Leaf]:
    """Yield a document's pages. What cannot be shown is said on a page, never left out in silence."""
    pages = {page.number: page for page in reading.pages} if reading else {}
    if sniff(data) is not None:
        yield from _drawn(data, pages)
    elif content_type == "message/rfc822":
        yield from _mail(data, pages)
    else:
        yield from _text(_pretty(data))


def _drawn(data: bytes, pages: dict[int, Page]) -> Iterator[Leaf]:
    kind = sniff(data) or ""
    try:
        found: Iterator[PdfPage | RawPage]
        found = pdf_pages(data) if kind == "application/pdf" else image_pages(data, READABLE[kind])
        for page in found:
            if page.image is None:
                yield TextLeaf((), f"This page cannot be shown: {page.problem}")
            else:
                bilevel = isinstance(page, RawPage) and page.bilevel
                yield _image_leaf(page.image, pages.get(page.number), bilevel=bilevel)
    except CodecError as error:
        yield TextLeaf((), f"This document cannot be shown: {error.message}")


def _image_leaf(image: Image.Image, page: Page | None, *, bilevel: bool) -> ImageLeaf:
    if page is not None and page.rotation in _TURNS:
        image = image.transpose(_TURNS[page.rotation])
    out = io.BytesIO()
    (image.convert("1", dither=Image.Dither.NONE) if bilevel else image).save(out, "PNG")
    words = tuple(_share(word, page) for word in page.words) if page else ()
    return ImageLeaf(out.getvalue(), image.width, image.height, words)


def _share(word: Word, page: Page) -> tuple[str, float, float, float, float]:
    x0, y0, x1, y1 = word.box
    return word.text, x0 / page.width, y0 / page.height, (x1 - x0) / page.width, (y1 - y0) / page.height


def _mail(data: bytes, pages: dict[int, Page]) -> Iterator[Leaf]:
    try:
        message = mail.parse(data)
    except CodecError as error:
        yield TextLeaf((), f"This mail cannot be shown: {error.message}")
        return
    yield from _text(f"Subject: {message.subject}\n\n{message.body}")
    for part in (p for p in message.parts if not p.inline):
        if part.content_type in READABLE and sniff(part.data) is not None:
            yield from _attachment(part, [p for p in pages.values() if p.part == _part_number(message.parts, part)])
        else:
            yield TextLeaf((), f"Attachment of type {part.content_type}, {len(part.data)} bytes: kept as received.")


def _attachment(part: mail.MailPart, read: list[Page]) -> Iterator[Leaf]:
    """Yield an attachment's pages; their words only when every page was read, for the mail counts pages anew."""
    bare = list(_drawn(part.data, {}))
    yield from _drawn(part.data, dict(enumerate(read, start=1))) if len(bare) == len(read) else bare


def _part_number(parts: tuple[mail.MailPart, ...], part: mail.MailPart) -> int:
    """Return the number that the reader gave to an attachment: the body is 1, the first attachment 2."""
    return [p for p in parts if not p.inline].index(part) + 2


def _pretty(data: bytes) -> str:
    text = data.decode("utf-8", errors="replace")
    try:
        return json.dumps(json.loads(text, parse_float=str), indent=1, ensure_ascii=False)
    except ValueError:
        return text.replace("\r\n", "\n").replace("\r", "\n")


def _text(text: str) -> Iterator[Leaf]:
    lines: list[str] = []
    for line in text.expandtabs(4).split("\n"):
        lines += textwrap.wrap(line, COLUMNS, replace_whitespace=False, drop_whitespace=False) or [""]
    shown = lines[: LINES * MOST_TEXT_LEAVES]
    for start in range(0, len(shown), LINES):
        last = start + LINES >= len(shown)
        left_out = len(lines) - len(shown)
        note = f"{left_out} further lines are kept as received and not printed." if last and left_out else ""
        yield TextLeaf(tuple(shown[start : start + LINES]), note)
