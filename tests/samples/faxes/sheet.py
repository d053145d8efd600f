"""A letter page to draw on in points from the top left, either as a raster or as a PDF page with a text layer."""

from __future__ import annotations

import random
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import reportlab
from PIL import Image, ImageDraw, ImageFont
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = 612, 792
PIXELS = (1728, 2244)  # 204 square dots to the inch; a fax line has 1728 of them
SCALE = PIXELS[0] / WIDTH
FONTS = Path(reportlab.__file__).parent / "fonts"
FACES = {
    "vera": ("Vera.ttf", "VeraBd.ttf"),
    "sans": ("_a______.pfb", "_ab_____.pfb"),
    "serif": ("_er_____.pfb", "_eb_____.pfb"),
    "mono": ("com_____.pfb", "cob_____.pfb"),
    "grotesk": ("", ""),
}
PDF_FACES = {"serif": ("Times-Roman", "Times-Bold"), "mono": ("Courier", "Courier-Bold")}


class Sheet(Protocol):
    def text(
        self, x: float, y: float, words: str, size: float = 10, *, bold: bool = False, face: str = "vera"
    ) -> None: ...
    def width(self, words: str, size: float = 10, *, bold: bool = False, face: str = "vera") -> float: ...
    def line(self, x0: float, y0: float, x1: float, y1: float, weight: float = 0.7) -> None: ...
    def box(self, x: float, y: float, w: float, h: float, weight: float = 0.7, *, filled: bool = False) -> None: ...
    def curve(self, points: list[tuple[float, float]], weight: float = 1.2) -> None: ...


@cache
def _font(face: str, size: int, bold: bool) -> ImageFont.FreeTypeFont:
    name = FACES[face][bold]
    font = ImageFont.truetype(str(FONTS / name), size) if name else ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont), "Pillow was built without FreeType"
    return font


class RasterSheet:
    """A page in grey at 204 dots per inch."""

    def __init__(self) -> None:
        self.image = Image.new("L", PIXELS, 255)
        self._draw = ImageDraw.Draw(self.image)

    def text(self, x: float, y: float, words: str, size: float = 10, *, bold: bool = False, face: str = "vera") -> None:
        font = _font(face, round(size * SCALE), bold)
        self._draw.text((x * SCALE, y * SCALE), words, font=font, fill=0, anchor="ls")

    def width(self, words: str, size: float = 10, *, bold: bool = False, face: str = "vera") -> float:
        return _font(face, round(size * SCALE), bold).getlength(words) / SCALE

    def line(self, x0: float, y0: float, x1: float, y1: float, weight: float = 0.7) -> None:
        ends = [v * SCALE for v in (x0, y0, x1, y1)]
        self._draw.line(ends, fill=0, width=max(1, round(weight * SCALE)))

    def box(self, x: float, y: float, w: float, h: float, weight: float = 0.7, *, filled: bool = False) -> None:
        corners = [v * SCALE for v in (x, y, x + w, y + h)]
        self._draw.rectangle(corners, outline=0, fill=0 if filled else None, width=max(1, round(weight * SCALE)))

    def curve(self, points: list[tuple[float, float]], weight: float = 1.2) -> None:
        dots = [(x * SCALE, y * SCALE) for x, y in points]
        self._draw.line(dots, fill=0, width=max(1, round(weight * SCALE)), joint="curve")


class PdfSheet:
    """A page of a PDF with real text, as an office system prints it."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas

    @staticmethod
    def _face(face: str, bold: bool) -> str:
        return str(PDF_FACES.get(face, ("Helvetica", "Helvetica-Bold"))[bold])

    def text(self, x: float, y: float, words: str, size: float = 10, *, bold: bool = False, face: str = "vera") -> None:
        self._canvas.setFont(self._face(face, bold), size)
        self._canvas.drawString(x, HEIGHT - y, words)

    def width(self, words: str, size: float = 10, *, bold: bool = False, face: str = "vera") -> float:
        return float(stringWidth(words, self._face(face, bold), size))

    def line(self, x0: float, y0: float, x1: float, y1: float, weight: float = 0.7) -> None:
        self._canvas.setLineWidth(weight)
        self._canvas.line(x0, HEIGHT - y0, x1, HEIGHT - y1)

    def box(self, x: float, y: float, w: float, h: float, weight: float = 0.7, *, filled: bool = False) -> None:
        self._canvas.setLineWidth(weight)
        self._canvas.rect(x, HEIGHT - y - h, w, h, fill=int(filled))

    def curve(self, points: list[tuple[float, float]], weight: float = 1.2) -> None:
        self._canvas.setLineWidth(weight)
        path = self._canvas.beginPath()
        path.moveTo(points[0][0], HEIGHT - points[0][1])
        for x, y in points[1:]:
            path.lineTo(x, HEIGHT - y)
        self._canvas.drawPath(path)


def checkbox(
    sheet: Sheet, x: float, y: float, label: str, *, checked: bool, size: float = 10, face: str = "vera"
) -> float:
    """Draw a checkbox with its label on the baseline `y` and return the x after it."""
    side = size * 0.9
    sheet.box(x, y - side, side, side, 0.9)
    if checked:
        sheet.line(x + 1.5, y - side + 1.5, x + side - 1.5, y - 1.5, 1.3)
        sheet.line(x + 1.5, y - 1.5, x + side - 1.5, y - side + 1.5, 1.3)
    sheet.text(x + side + 4, y, label, size, face=face)
    return x + side + 4 + sheet.width(label, size, face=face) + 16


def scribble(sheet: Sheet, x: float, y: float, rng: random.Random, width: float = 120) -> None:
    """Draw a signature-like stroke that begins at `x` on the baseline `y`."""
    points, steps = [], 26
    high = 16.0
    for i in range(steps + 1):
        swing = rng.uniform(0.35, 1.0) * high * (1.25 if i < 4 else 0.7)
        points.append((x + width * i / steps + rng.uniform(-3, 4), y - (swing if i % 2 else rng.uniform(-3, 2))))
    smooth: list[tuple[float, float]] = []
    for (x0, y0), (x1, y1) in pairwise(points):
        for k in range(6):
            t = k / 6
            ease = t * t * (3 - 2 * t)
            smooth.append((x0 + (x1 - x0) * t, y0 + (y1 - y0) * ease))
    sheet.curve(smooth, 1.3)
    sheet.curve([(x + width * 0.2, y + 3), (x + width * 1.08, y - 2 + rng.uniform(-2, 2))], 1.1)


def hand(sheet: Sheet, x: float, y: float, words: str, rng: random.Random, size: float = 12) -> None:
    """Write letters one by one, unevenly, as a hurried hand prints."""
    for letter in words:
        grown = size * rng.uniform(0.94, 1.08)
        sheet.text(x, y + rng.uniform(-0.9, 0.9), letter, grown, face="grotesk")
        x += sheet.width(letter, grown, face="grotesk") + rng.uniform(0.2, 1.1)


def wrapped(
    sheet: Sheet, x: float, y: float, words: str, size: float, right: float, *, face: str, step: float = 1.45
) -> float:
    """Set a paragraph between `x` and `right`; return the baseline after it."""
    line = ""
    for word in words.split():
        longer = f"{line} {word}".strip()
        if line and sheet.width(longer, size, face=face) > right - x:
            sheet.text(x, y, line, size, face=face)
            y += size * step
            line = word
        else:
            line = longer
    sheet.text(x, y, line, size, face=face)
    return y + size * step
