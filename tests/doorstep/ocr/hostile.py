"""Really made files that ask for too much: each is small, and unfolds to pages, pixels or depths without end."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence

from PIL import Image

from doorstep.ocr import pdf as pdf_reader
from doorstep.ocr import read_document
from schemas.reading import Reading

SIDE = 60_000


def giant_g4() -> bytes:
    """A whole, valid G4 fax of 60000 x 60000 white pixels in 8 kB (one bit a line)."""
    return ifds([tiff_tags(SIDE, SIDE, b"\xff" * (SIDE // 8), 4)])


def tiff_tags(width: int, height: int, data: bytes, compression: int) -> tuple[dict[int, int], bytes]:
    return {256: width, 257: height, 258: 1, 259: compression, 262: 0, 277: 1, 278: height, 279: len(data)}, data


def ifds(pages: Sequence[tuple[dict[int, int], bytes]], *, back_to: int | None = None) -> bytes:
    """Return a TIFF of these pages; the last one points to nothing, or back to the page of number `back_to`."""
    out = bytearray(b"II*\0\0\0\0\0")
    places: list[int] = []
    link = 4
    for tags, data in pages:
        strip = len(out)
        out += data
        place = len(out) + len(out) % 2
        out += b"\0" * (place - len(out))
        struct.pack_into("<I", out, link, place)
        places.append(place)
        entries = sorted({**tags, 273: strip}.items())
        out += struct.pack("<H", len(entries))
        for tag, value in entries:
            out += struct.pack("<HHII", tag, 4, 1, value)
        link = len(out)
        out += b"\0\0\0\0"
    if back_to is not None:
        struct.pack_into("<I", out, link, places[back_to])
    return bytes(out)


def circle() -> bytes:
    """Three small pages whose last points back to the second."""
    page = tiff_tags(64, 64, b"\0" * 512, 1)
    return ifds([page] * 3, back_to=1)


def thousand_pages() -> bytes:
    return ifds([tiff_tags(64, 64, b"\0" * 512, 1)] * 1000)


def giant_png() -> bytes:
    """A whole, valid one-bit PNG of 60000 x 60000 pixels in 2 MB."""
    packer = zlib.compressobj(1)
    row = b"\0" * (1 + SIDE // 8)
    body = b"".join(packer.compress(row) for _ in range(SIDE)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in (
            (b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, 1, 0, 0, 0, 0)),
            (b"IDAT", body),
            (b"IEND", b""),
        )
    )


def just_allowed_png(side: int = 7700) -> bytes:
    out = io.BytesIO()
    Image.new("1", (side, side), 1).save(out, "PNG")
    return out.getvalue()


def pdf(objects: Sequence[bytes]) -> bytes:
    """Return a PDF of these objects, the first being its catalogue."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def stream(head: bytes, data: bytes) -> bytes:
    return b"<< %s /Length %d >>\nstream\n" % (head, len(data)) + data + b"\nendstream"


def one_page(page: bytes, *more: bytes) -> bytes:
    return pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] " + page + b" >>",
            *more,
        ]
    )


def thousand_page_pdf() -> bytes:
    kids = b" ".join(b"%d 0 R" % n for n in range(3, 1003))
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] >>"
    return pdf(
        [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [" + kids + b"] /Count 1000 >>", *[page] * 1000]
    )


def deep_page_tree(levels: int = 5000) -> bytes:
    nodes = [b"<< /Type /Pages /Kids [%d 0 R] /Count 1 /Parent %d 0 R >>" % (n + 1, n - 1) for n in range(2, levels)]
    leaf = b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 612 792] >>" % (levels - 1)
    return pdf([b"<< /Type /Catalog /Pages 2 0 R >>", *nodes, leaf])


def deep_arrays(levels: int = 200_000) -> bytes:
    return one_page(b"/Deep " + b"[" * levels + b"]" * levels)


def form_within_itself() -> bytes:
    """A page that draws a form that draws itself."""
    head = b"/Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources << /XObject << /F 5 0 R >> >>"
    return one_page(
        b"/Contents 4 0 R /Resources << /XObject << /F 5 0 R >> >>",
        stream(b"", b"/F Do"),
        stream(head, b"/F Do /F Do /F Do"),
    )


def operator_flood() -> bytes:
    """A page whose content unfolds to millions of strokes."""
    body = zlib.compress(b"0 0 m 600 780 l S " * 3_000_000, 9)
    return one_page(b"/Contents 4 0 R", stream(b"/Filter /FlateDecode", body))


def read_quickly(data: bytes) -> Reading:
    """Read in a worker with little time for each page of a PDF."""
    pdf_reader.PAGE_SECONDS = 2
    return read_document(data)
