"""A letter page to draw on in points from the top left: text that fits its place, rules, boxes, ticks, scribbles."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Sequence
from typing import cast

from PIL import Image, ImageChops, ImageDraw, ImageFont

from bench.faxes.fonts import GROWN, font
from tests.samples.faxes.sheet import HEIGHT, PIXELS, SCALE, WIDTH, Sheet, scribble

__all__ = ["HEIGHT", "WIDTH", "Page", "Struck"]


class Struck(str):
    """A value that was written, struck out and replaced by hand; as a string it is the new value."""

    __slots__ = ("name", "old")
    old: str
    name: str


class Page:
    """A page in grey at 204 dots per inch. `faces` maps roles (sans, serif, mono, narrow, hand) to font files."""

    def __init__(self, faces: dict[str, str], rng: random.Random) -> None:
        self.image = Image.new("L", PIXELS, 255)
        self._draw = ImageDraw.Draw(self.image)
        self.faces, self.rng = faces, rng
        self.face = "sans"
        self.struck: list[str] = []
        """Names of the values drawn as struck out."""
        self.outside: list[str] = []
        """What did not fit on the page: a defect of the layout, looked at by tests."""
        self.words: list[tuple[str, tuple[int, int, int, int]]] = []
        """Every word as drawn with its box in pixels of the page."""

    def _font(self, size: float, bold: bool, face: str | None) -> ImageFont.FreeTypeFont:
        pair = self.faces[face or self.face]
        return font(pair, max(6, round(size * SCALE * GROWN.get(pair.split(" ")[0], 1.0))), bold)

    def width(self, words: str, size: float = 10, *, bold: bool = False, face: str | None = None) -> float:
        return float(self._font(size, bold, face).getlength(words)) / SCALE

    def text(
        self, x: float, y: float, words: str, size: float = 10, *, bold: bool = False, face: str | None = None,
        anchor: str = "ls", fit: float | None = None, white: bool = False,
    ) -> float:  # fmt: skip
        """Write on the baseline `y`, smaller if `fit` points are too few; return the x after it."""
        if not words:
            return x
        if isinstance(words, Struck) and words.old:
            return self._strike(x, y, words, size, face, fit)
        wide = self.width(words, size, bold=bold, face=face)
        if fit is not None and wide > fit:
            size = max(4.5, size * fit / wide)
            wide = self.width(words, size, bold=bold, face=face)
        left = x - {"l": 0.0, "m": wide / 2, "r": wide}[anchor[0]]
        if left < -1 or left + wide > WIDTH + 1 or not 0 < y < HEIGHT or (fit is not None and wide > fit + 2):
            self.outside.append(words)
        if face == "hand":
            y += self.rng.uniform(-1.2, 1.2)
        drawn = self._font(size, bold, face)
        self._draw.text((x * SCALE, y * SCALE), words, font=drawn, fill=255 if white else 0, anchor=anchor)
        self._note(left * SCALE, y * SCALE, words, drawn)
        return left + wide

    def _note(self, x: float, y: float, words: str, drawn: ImageFont.FreeTypeFont) -> None:
        """Remember where each word stands; rules made of underscores or dots are no words."""
        for found in re.finditer(r"\S+", words):
            if set(found[0]) <= set("_."):
                continue
            start = x + drawn.getlength(words[: found.start()])
            box = drawn.getbbox(found[0], anchor="ls")
            x0, y0, x1, y1 = start + box[0], y + box[1], start + box[2], y + box[3]
            self.words.append((str(found[0]), (round(x0), round(y0), round(x1), round(y1))))

    def _strike(self, x: float, y: float, words: Struck, size: float, face: str | None, fit: float | None) -> float:
        both = self.width(f"{words.old}  ", size, face=face) + self.width(str(words), size, face="hand")
        if fit is not None and both > fit:
            size *= fit / both
        end = self.text(x, y, words.old, size, face=face)
        for _ in range(self.rng.choice((1, 1, 2))):
            self.line(
                x - 2, y - size * self.rng.uniform(0.2, 0.45), end + 2, y - size * self.rng.uniform(0.2, 0.45), 1.1
            )
        self.struck.append(words.name)
        return self.text(end + size * 0.5, y, str(words), size, face="hand")

    def para(
        self,
        x: float,
        y: float,
        words: str,
        size: float,
        right: float,
        *,
        face: str | None = None,
        step: float = 1.4,
        bold: bool = False,
    ) -> float:
        """Set a paragraph between `x` and `right`; return the baseline after it."""
        line = ""
        for word in words.split():
            longer = f"{line} {word}".strip()
            if line and self.width(longer, size, face=face, bold=bold) > right - x:
                self.text(x, y, line, size, face=face, bold=bold)
                y += size * step
                line = word
            else:
                line = longer
        self.text(x, y, line, size, face=face, bold=bold)
        return y + size * step

    def lines(
        self,
        x: float,
        y: float,
        rows: Sequence[str],
        size: float = 10,
        *,
        step: float = 1.3,
        face: str | None = None,
        fit: float | None = None,
    ) -> float:
        for row in rows:
            self.text(x, y, row, size, face=face, fit=fit)
            y += size * step
        return y

    def line(self, x0: float, y0: float, x1: float, y1: float, weight: float = 0.7) -> None:
        self._draw.line([v * SCALE for v in (x0, y0, x1, y1)], fill=0, width=max(1, round(weight * SCALE)))

    def dots(self, x0: float, x1: float, y: float, gap: float = 3.2) -> None:
        """Draw a dotted leader."""
        while x0 < x1:
            self._draw.rectangle([x0 * SCALE, y * SCALE - 2, x0 * SCALE + 1, y * SCALE - 1], fill=0)
            x0 += gap

    def box(self, x: float, y: float, w: float, h: float, weight: float = 0.7, *, grey: int | None = None) -> None:
        corners = [v * SCALE for v in (x, y, x + w, y + h)]
        self._draw.rectangle(
            corners, outline=0 if weight else None, fill=grey, width=max(1, round(weight * SCALE)) if weight else 0
        )

    def shade(self, x: float, y: float, w: float, h: float, every: int = 4) -> None:
        """Fill with the sparse dots that a grey tint becomes on a fax."""
        for j, row in enumerate(range(round(y * SCALE), round((y + h) * SCALE), every)):
            for column in range(round(x * SCALE) + (j % 2) * every // 2, round((x + w) * SCALE), every):
                self._draw.point((column, row), fill=0)

    def bar(self, x: float, y: float, w: float, h: float, words: str, size: float = 10) -> None:
        """A black bar with white words on it."""
        self.box(x, y, w, h, grey=0)
        self.text(x + 5, y + h / 2 + size * 0.36, words, size, bold=True, white=True, fit=w - 8)

    def curve(self, points: list[tuple[float, float]], weight: float = 1.2) -> None:
        self._draw.line(
            [(x * SCALE, y * SCALE) for x, y in points], fill=0, width=max(1, round(weight * SCALE)), joint="curve"
        )

    def tick(
        self,
        x: float,
        y: float,
        words: str,
        *,
        on: bool,
        size: float = 10,
        face: str | None = None,
        style: str = "x",
        fit: float | None = None,
    ) -> float:
        """Draw a checkbox with its label on the baseline `y`; `style` is how ticks are made. Return the x after it."""
        side = size * 0.85
        if style == "paren":
            self.text(x, y, "( X )" if on else "(   )", size, face=face)
            side = self.width("(   )", size, face=face)
        elif style == "bracket":
            self.text(x, y, "[X]" if on else "[ ]", size, face=face)
            side = self.width("[X]", size, face=face)
        else:
            self.box(x, y - side, side, side, 0.8)
        if on:
            self._mark(x, y, side, style)
        after = self.text(x + side + size * 0.4, y, words, size, face=face, fit=fit)
        return after + size * 1.3

    def _mark(self, x: float, y: float, side: float, style: str) -> None:
        rng = self.rng
        if style == "x":
            self.line(x + 1.3, y - side + 1.3, x + side - 1.3, y - 1.3, 1.3)
            self.line(x + 1.3, y - 1.3, x + side - 1.3, y - side + 1.3, 1.3)
        elif style == "fill":
            self.box(x + 1.2, y - side + 1.2, side - 2.4, side - 2.4, 0, grey=0)
        elif style == "check":
            a, b = x + rng.uniform(0, 2), y - side * 0.5
            self.curve([(a, b), (x + side * 0.45, y), (x + side * 1.25, y - side * 1.3)], 1.4)
        elif style == "handx":
            j = lambda: rng.uniform(-1.5, 1.5)  # noqa: E731
            self.curve([(x - 1 + j(), y - side - 1 + j()), (x + side + 1 + j(), y + 1 + j())], 1.3)
            self.curve([(x - 1 + j(), y + 1 + j()), (x + side + 1 + j(), y - side - 1 + j())], 1.3)

    def comb(
        self,
        x: float,
        y: float,
        words: str,
        cells: int,
        w: float = 14,
        h: float = 17,
        *,
        face: str | None = None,
        size: float = 11,
    ) -> float:
        """Draw a row of boxes with one letter in each, its lower edge at `y`; return the x after it."""
        for n in range(max(cells, len(words))):
            self.box(x + n * w, y - h, w, h, 0.6)
        for n, letter in enumerate(words):
            self.text(x + (n + 0.5) * w, y - h * 0.24, letter.strip(), size, face=face, anchor="ms")
        return x + max(cells, len(words)) * w

    def side(self, x: float, y: float, words: str, size: float, *, bold: bool = True, white: bool = False) -> None:
        """Write words that stand, reading upwards, centred on the point."""
        drawn = self._font(size, bold, None)
        wide, high = round(drawn.getlength(words)), round(size * SCALE * 1.3)
        strip = Image.new("L", (wide + 4, high), 255)
        ImageDraw.Draw(strip).text((2, high * 0.76), words, font=drawn, fill=0, anchor="ls")
        strip = strip.transpose(Image.Transpose.ROTATE_90)
        at = (round(x * SCALE - high / 2), round(y * SCALE - wide / 2))
        box = (*at, at[0] + strip.width, at[1] + strip.height)
        under = self.image.crop(box)
        ink = ImageChops.lighter(under, ImageChops.invert(strip)) if white else ImageChops.darker(under, strip)
        self.image.paste(ink, at)
        self.words.append((words, box))

    def ring(self, x0: float, y: float, x1: float, size: float = 10) -> None:
        """Draw a ring by hand around words between `x0` and `x1` on the baseline `y`, as choices are circled."""
        r = self.rng
        middle, half, high = (x0 + x1) / 2, (x1 - x0) / 2 + size * 0.45, size * 0.85
        begin = r.uniform(0, 6.28)
        turns = [begin + n * 0.33 for n in range(21)]
        self.curve(
            [
                (
                    middle + half * math.cos(a) + r.uniform(-0.4, 0.4),
                    y - size * 0.33 + high * math.sin(a) + r.uniform(-0.4, 0.4),
                )
                for a in turns
            ]
        )

    def choose(
        self, x: float, y: float, words: Sequence[str], chosen: Sequence[str], size: float = 10, gap: float = 12
    ) -> float:
        """Write choices in a row and ring the chosen ones; return the x after them."""
        for word in words:
            end = self.text(x, y, word, size)
            if word in chosen:
                self.ring(x, y, end, size)
            x = end + gap
        return x

    def scribble(self, x: float, y: float, width: float = 110) -> None:
        """A signature-like stroke."""
        scribble(cast("Sheet", self), x, y, self.rng, width)

    def sign(self, x: float, y: float, name: str, width: float = 110) -> None:
        """Sign in one of the ways people do: a stroke, the name in their hand, or initials with a stroke."""
        kind = self.rng.random()
        if kind < 0.45 or not self.faces["hand"]:
            self.scribble(x, y, width)
            return
        parts = [part for part in name.replace(".", "").split() if part]
        words = name if kind < 0.75 else f"{parts[0][0]}{parts[-1][0]}"
        size = min(20.0, 20 * width / max(1.0, self.width(words, 20, face="hand")))
        self._draw.text((x * SCALE, y * SCALE), words, font=self._font(size, False, "hand"), fill=0, anchor="ls")
        if kind >= 0.75:
            self.scribble(x + self.width(words, size, face="hand") * 0.8, y, width * 0.6)

    @property
    def lowest(self) -> float:
        """Return the y of the lowest ink, for what follows below."""
        found = self.image.point(lambda v: 255 - v).getbbox()
        return found[3] / SCALE if found else 0.0
