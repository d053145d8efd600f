"""The files that faxes come as: TIFF with honest, missing or lying resolution, each T.4/T.6 coding, and PDF."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from tests.samples.faxes.tiff import scanned_pdf, tiff


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
    dpi = {"honest": (204, lines), "missing": None, "lying": (204, 196 if lines == 98 else 98)}[form.tags]
    return tiff(pages, form.coding, dpi=dpi, lsb_first=form.lsb_first)
