"""What a fax line and a tired scanner do to a page: skew, specks, streaks, coarse lines, and the sender's header."""

from __future__ import annotations

import random
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFilter, ImageFont

HEIGHTS = {196: 2156, 98: 1078}
"""Rows of an eleven-inch page by vertical resolution."""


@dataclass(frozen=True, slots=True)
class Damage:
    skew: float = 0.0
    specks: float = 0.0
    streaks: int = 0
    blur: float = 0.0
    threshold: int = 150
    turned: bool = False
    """Laid into the machine upside down."""


LEVELS = (
    Damage(),
    Damage(skew=0.3, specks=0.0001, threshold=155),
    Damage(skew=0.7, specks=0.0004, blur=0.7, threshold=165),
    Damage(skew=1.2, specks=0.0008, streaks=1, blur=0.9, threshold=140),
    Damage(skew=0.3, specks=0.0001, threshold=155, turned=True),
)


def fax_page(page: Image.Image, header: str, lines: int, damage: Damage, rng: random.Random) -> Image.Image:
    """Turn a clean grey page into the 1-bit page that a fax machine with `lines` dpi downwards delivers."""
    turned = page.transpose(Image.Transpose.ROTATE_180) if damage.turned else page
    if damage.skew:
        angle = damage.skew * rng.choice((-1, 1)) * rng.uniform(0.7, 1.0)
        turned = turned.rotate(angle, Image.Resampling.BICUBIC, fillcolor=255)
    if damage.blur:
        turned = turned.filter(ImageFilter.GaussianBlur(damage.blur))
    scanned = turned.resize((page.width, HEIGHTS[lines]), Image.Resampling.BOX)
    bits = scanned.point(lambda v: 255 if v >= damage.threshold else 0).convert("1", dither=Image.Dither.NONE)
    _spoil(bits, damage, rng)
    _stamp(bits, header, lines)
    return bits


def _spoil(bits: Image.Image, damage: Damage, rng: random.Random) -> None:
    draw = ImageDraw.Draw(bits)
    for _ in range(int(bits.width * bits.height * damage.specks)):
        x, y = rng.randrange(bits.width), rng.randrange(bits.height)
        draw.rectangle(
            (x, y, x + rng.choice((0, 0, 1, 2)), y + rng.choice((0, 0, 1))), fill=255 if rng.random() < 0.4 else 0
        )
    for _ in range(damage.streaks):
        x = rng.choice((rng.randrange(10, 90), rng.randrange(bits.width - 90, bits.width - 10)))
        draw.line((x, 0, x + rng.randrange(-2, 3), bits.height), fill=0, width=2)


def _stamp(bits: Image.Image, header: str, lines: int) -> None:
    """Put the header line on top, as the sending machine does after scanning (47 CFR 68.318(d))."""
    if not header:
        return
    band = Image.new("L", (bits.width, 32), 255)
    ImageDraw.Draw(band).text((40, 25), header, font=ImageFont.load_default(24), fill=0, anchor="ls")
    band = band.resize((bits.width, round(32 * lines / 204)), Image.Resampling.BOX)
    bits.paste(band.point(lambda v: 255 if v >= 150 else 0).convert("1", dither=Image.Dither.NONE), (0, 4))


def grime(lines: int, rng: random.Random) -> Image.Image:
    """Return a page on which nothing can be read: a black scan with bands of noise."""
    page = Image.new("1", (1728, HEIGHTS[lines]), 1)
    draw = ImageDraw.Draw(page)
    for _ in range(300):
        x, y = rng.randrange(page.width), rng.randrange(page.height)
        w, h = rng.randrange(20, 500), rng.randrange(1, 14)
        draw.rectangle((x, y, x + w, y + h), fill=rng.choice((0, 0, 1)))
    return page
