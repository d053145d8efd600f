"""The files a fax arrives in: TIFF class F in Group 3 (one- and two-dimensional) and Group 4, and PDF."""

from __future__ import annotations

import io
import struct
import time
from collections.abc import Callable, Sequence

from PIL import Image, ImageChops
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from tests.samples.faxes.sheet import HEIGHT, WIDTH, PdfSheet, Sheet

T4_OPTIONS, ROWS_PER_STRIP, FILL_ORDER, PHOTOMETRIC = 292, 278, 266, 262
COMPRESSIONS = {"g3-1d": ("group3", {T4_OPTIONS: 0}), "g3-2d": ("group3", {T4_OPTIONS: 1}), "g4": ("group4", {})}
EPOCH = time.gmtime(1_794_000_000)


def tiff(
    pages: Sequence[Image.Image], compression: str, *, dpi: tuple[int, int] | None, lsb_first: bool = False
) -> bytes:
    """Return a multi-page fax TIFF: one strip a page, white is zero, resolution tags as told or none.

    Told that white is zero, Pillow turns the dots over one by one in Python: two seconds a page. So they are turned
    over before, and the tag afterwards.
    """
    name, options = COMPRESSIONS[compression]
    tags: dict[int, int] = {**options, ROWS_PER_STRIP: max(page.height for page in pages), PHOTOMETRIC: 1}
    turned = [ImageChops.invert(page) for page in pages]
    if lsb_first:
        tags[FILL_ORDER] = 2
    out = io.BytesIO()
    said = {"dpi": dpi} if dpi else {}
    turned[0].save(out, "TIFF", compression=name, tiffinfo=tags, save_all=True, append_images=turned[1:], **said)
    return _white_is_zero(out.getvalue())


def _white_is_zero(data: bytes) -> bytes:
    """Return a little-endian TIFF with the photometric tag of each page set to 0."""
    out = bytearray(data)
    (at,) = struct.unpack_from("<I", out, 4)
    while at:
        (count,) = struct.unpack_from("<H", out, at)
        for entry in range(at + 2, at + 2 + 12 * count, 12):
            if struct.unpack_from("<H", out, entry) == (PHOTOMETRIC,):
                struct.pack_into("<H", out, entry + 8, 0)
        (at,) = struct.unpack_from("<I", out, at + 2 + 12 * count)
    return bytes(out)


def scanned_pdf(pages: Sequence[Image.Image], lines: int) -> bytes:
    """Return a PDF of images only, each stretched to the size of its sheet."""
    square = [page.resize((page.width, round(page.height * 204 / lines))) for page in pages]
    out = io.BytesIO()
    square[0].save(
        out, "PDF", resolution=204, save_all=True, append_images=square[1:], creationDate=EPOCH, modDate=EPOCH
    )
    return out.getvalue()


def text_pdf(pages: Sequence[Callable[[Sheet], None]], *, password: str | None = None) -> bytes:
    """Return a PDF with a text layer."""
    out = io.BytesIO()
    lock = StandardEncryption(password, ownerPassword=password, strength=40) if password else None
    canvas = Canvas(out, pagesize=(WIDTH, HEIGHT), invariant=1, encrypt=lock)
    for draw in pages:
        draw(PdfSheet(canvas))
        canvas.showPage()
    canvas.save()
    return out.getvalue()
