"""The files that faxes come as: TIFF with honest, missing or lying resolution, each T.4/T.6 coding, and PDF."""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageChops

from tests.samples.faxes.tiff import COMPRESSIONS, FILL_ORDER, PHOTOMETRIC, ROWS_PER_STRIP, scanned_pdf


@dataclass(frozen=True, slots=True)
class Form:
    """How pages are packed: coding, fill order, and what the resolution tags say (honest, missing, lying)."""

    coding: str
    lsb_first: bool = False
    tags: str = "honest"

    @property
    def suffix(self) -> str:
        return ".pdf" if self.coding == "pdf-scan" else ".tif"


def draw_form(rng: random.Random) -> Form:
    """Draw a form as intake lines see them: mostly G4 and G3 TIFF, some PDF, few wrong tags."""
    coding = rng.choices(("g4", "g3-1d", "g3-2d", "pdf-scan"), (40, 30, 20, 10))[0]
    return Form(coding, rng.random() < 0.15, rng.choices(("honest", "missing", "lying"), (90, 5, 5))[0])


def pack(pages: Sequence[Image.Image], lines: int, form: Form) -> bytes:
    if form.coding == "pdf-scan":
        return scanned_pdf(pages, lines)
    name, options = COMPRESSIONS[form.coding]
    tags: dict[int, int] = {**options, ROWS_PER_STRIP: max(page.height for page in pages), PHOTOMETRIC: 1}
    if form.lsb_first:
        tags[FILL_ORDER] = 2
    said: dict[str, Any] = {
        "honest": {"dpi": (204, lines)},
        "missing": {},
        "lying": {"dpi": (204, 196 if lines == 98 else 98)},
    }[form.tags]
    out = io.BytesIO()
    turned = [ImageChops.invert(page) for page in pages]
    turned[0].save(out, "TIFF", compression=name, tiffinfo=tags, save_all=True, append_images=turned[1:], **said)
    return _white_is_zero(out.getvalue())


def _white_is_zero(data: bytes) -> bytes:
    """Set the photometric tag of pages whose bits are inverted already: Pillow itself takes a second a page for it."""
    out = bytearray(data)
    (at,) = struct.unpack_from("<I", out, 4)
    while at:
        (count,) = struct.unpack_from("<H", out, at)
        for entry in range(at + 2, at + 2 + 12 * count, 12):
            if struct.unpack_from("<H", out, entry)[0] == PHOTOMETRIC:
                struct.pack_into("<H", out, entry + 8, 0)
        (at,) = struct.unpack_from("<I", out, at + 2 + 12 * count)
    return bytes(out)
