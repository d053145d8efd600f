"""Read one document from its bytes to words: what a worker process does for each fax or attachment."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from PIL import Image

from doorstep.ocr.agree import merge
from doorstep.ocr.barcodes import barcodes
from doorstep.ocr.decode import image_pages
from doorstep.ocr.engines import Engine, choose_engine, choose_lead
from doorstep.ocr.look import look_again
from doorstep.ocr.marks import find_marks
from doorstep.ocr.pdf import PdfPage, pdf_pages
from doorstep.ocr.prepare import clean, is_blank, soften
from schemas.codec import CodecError
from schemas.reading import Page, Reading, Word

READABLE = {"application/pdf": "PDF", "image/tiff": "TIFF", "image/png": "PNG", "image/jpeg": "JPEG"}
FEW_WORDS = 12
LEAD_PAGES = 40
"""Beyond so many pages of a document Tesseract reads alone: a packet of 200 pages must end in time."""


@dataclass(frozen=True, slots=True)
class Readers:
    """The engines of this process: Tesseract always, and rapidocr to lead where it is installed."""

    base: Engine
    lead: Engine | None

    @property
    def name(self) -> str:
        return f"{self.lead.name}+{self.base.name}" if self.lead else self.base.name

    def glance(self, page: Image.Image, *, bilevel: bool) -> list[Word]:
        """Read with the cheaper engine, which also tells whether the page stands upright."""
        return self.base.read(soften(page) if bilevel else page)


TURNS = {180: Image.Transpose.ROTATE_180, 90: Image.Transpose.ROTATE_90, 270: Image.Transpose.ROTATE_270}


def sniff(data: bytes) -> str | None:
    """Return the media type by content (never by name): PDF, TIFF, PNG, JPEG, or None."""
    head = data[:1024]
    if head[:4] in {b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"}:
        return "image/tiff"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return "application/pdf" if b"%PDF-" in head else None


def read_document(data: bytes, engine_name: str | None = None) -> Reading:
    """Read a fax or document; CodecError when nothing in it can be decoded, `problems` for single bad pages."""
    if not data:
        raise CodecError("empty", "the file is empty")
    kind = sniff(data)
    if kind is None:
        raise CodecError("unknown-format", "the file is no TIFF, PDF, PNG or JPEG")
    readers = Readers(choose_engine(engine_name), choose_lead())
    pages: list[Page] = []
    problems: list[CodecError] = []
    for page in _pages(data, kind, readers):
        if isinstance(page, CodecError):
            problems.append(page)
        else:
            pages.append(page)
    if not pages:
        raise problems[0] if problems else CodecError("empty", "the file has no pages")
    return Reading(engine=readers.name, pages=tuple(pages), problems=tuple(str(problem) for problem in problems))


def _pages(data: bytes, kind: str, readers: Readers) -> Iterator[Page | CodecError]:
    if kind == "application/pdf":
        for page in pdf_pages(data):
            if page.problem is not None:
                yield page.problem
            elif page.image is not None:
                yield (
                    _from_text_layer(page, page.image)
                    if page.words
                    else read_page(page.image, page.number, readers, bilevel=False)
                )
        return
    for raw in image_pages(data, READABLE[kind]):
        if raw.problem is not None:
            yield raw.problem
        elif raw.image is not None:
            yield read_page(raw.image, raw.number, readers, bilevel=raw.bilevel)


def images_as_read(data: bytes, pages: Collection[Page]) -> dict[int, Image.Image]:
    """Return these pages of a document as they were read, upright and straight, so that boxes fit; by page number."""
    kind = sniff(data)
    wanted = {page.leaf or page.number: page for page in pages if page.source != "body"}
    found: dict[int, Image.Image] = {}
    if kind == "application/pdf":
        drawn = ((p.number, p.image, False) for p in pdf_pages(data, wanted))
    elif kind is not None:
        drawn = ((p.number, p.image, p.bilevel) for p in image_pages(data, READABLE[kind], wanted))
    else:
        return found
    for leaf, raw, bilevel in drawn:
        if raw is None:
            continue
        page = wanted[leaf]
        upright = raw.transpose(TURNS[page.rotation]) if page.rotation else raw
        image = clean(upright, bilevel=bilevel) if page.source == "ocr" else raw
        if image.size == (page.width, page.height):
            found[page.number] = image
    return found


def _from_text_layer(page: PdfPage, image: Image.Image) -> Page:
    words = number_lines(page.words)
    return Page(
        number=page.number,
        width=image.width,
        height=image.height,
        source="text-layer",
        words=words,
        marks=find_marks(image, words),
        barcodes=barcodes(image),
    )


def read_page(image: Image.Image, number: int, readers: Readers, *, bilevel: bool) -> Page:
    """Read one page with OCR; when little can be read, try it turned and keep the best."""
    if is_blank(image):
        return Page(number=number, width=image.width, height=image.height, source="ocr", words=())
    codes = barcodes(image)
    page = _prepared(image, readers, bilevel=bilevel)
    words = readers.glance(page, bilevel=bilevel)
    rotation = 0
    if legible(words) < FEW_WORDS:
        best = legible(words)
        for angle, turn in TURNS.items():
            turned = _prepared(image.transpose(turn), readers, bilevel=bilevel)
            found = readers.glance(turned, bilevel=bilevel)
            if legible(found) > max(best, 2):
                best, rotation, page, words = legible(found), angle, turned, found
            if best >= FEW_WORDS:
                break
    second: tuple[Word, ...] = ()
    bare = page
    if readers.lead is not None and number <= LEAD_PAGES:
        first, words, bare = _with_combs(page, words, readers.lead, readers.base)
        second = tuple(words)
        words = list(number_lines(tuple(look_again(page, merge(first, words), readers.lead, readers.base))))
    return Page(
        number=number,
        width=page.width,
        height=page.height,
        source="ocr",
        words=tuple(words),
        rotation=rotation,
        second=second,
        marks=find_marks(bare, words),
        barcodes=codes,
    )


def _prepared(image: Image.Image, readers: Readers, *, bilevel: bool) -> Image.Image:
    page = clean(image, bilevel=bilevel)
    if readers.lead is None:
        return page
    from doorstep.ocr.bars import plain_bars  # needs what the second engine brings

    return plain_bars(page)


def _with_combs(
    page: Image.Image, words: list[Word], lead: Engine, base: Engine
) -> tuple[list[Word], list[Word], Image.Image]:
    """Return both engines' words, those in rows of boxes read by themselves, and the page without such rows."""
    from doorstep.ocr.cells import find_combs, outside, read_combs, without  # needs what the second engine brings

    combs = find_combs(page)
    first = [*outside(lead.read(page), combs), *read_combs(page, combs, lead)]
    return first, [*outside(words, combs), *read_combs(page, combs, base)], without(page, combs)


def legible(words: list[Word]) -> int:
    """Count words that are surely words: four letters or more, read with confidence, lying and not standing."""
    return sum(
        1
        for w in words
        if w.confidence >= 0.75 and sum(map(str.isalpha, w.text)) >= 4 and w.box[2] - w.box[0] > w.box[3] - w.box[1]
    )


def number_lines(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """Give words without line numbers the number of the row on which they stand."""
    numbered: list[Word] = []
    line, bottom = 0, -1.0
    for word in sorted(words, key=lambda w: ((w.box[1] + w.box[3]) / 2, w.box[0])):
        middle = (word.box[1] + word.box[3]) / 2
        if middle > bottom:
            line += 1
            bottom = middle + 0.5 * (word.box[3] - word.box[1])
        numbered.append(word.model_copy(update={"line": line}))
    return tuple(sorted(numbered, key=lambda w: (w.line, w.box[0])))
