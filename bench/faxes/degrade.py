"""What scanners, copiers and phone lines do to a page, in five severities: 0 as printed from a computer, 4 barely legible."""

# ruff: noqa: E501 - the words that stand on papers

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

Grey = Image.Image
HEIGHTS = {196: 2156, 98: 1078}


@dataclass(frozen=True, slots=True)
class Level:
    """The most that a severity does; every page draws its own amounts below these."""

    skew: float
    blur: float
    weight: int
    """How far the scanner's threshold is off, in grey levels."""
    copies: int
    mottle: float
    specks: float
    streaks: int
    dropped: float
    edges: float
    faded: float


LEVELS = (
    Level(0.0, 0.0, 0, 0, 0, 0.0, 0, 0.0, 0.0, 0.0),
    Level(0.35, 0.4, 18, 0, 6, 0.00006, 0, 0.0, 0.1, 0.0),
    Level(0.8, 0.75, 30, 1, 14, 0.0003, 1, 0.0015, 0.35, 0.15),
    Level(1.6, 1.0, 42, 2, 26, 0.0012, 2, 0.006, 0.5, 0.35),
    Level(2.6, 1.25, 55, 3, 40, 0.004, 3, 0.02, 0.6, 0.55),
)


def _turn(page: Grey, angle: float, rng: random.Random) -> Grey:
    """Skew the page by an affine map with the small stretch and shear of a feeder."""
    return page.rotate(
        angle,
        Image.Resampling.BILINEAR,
        fillcolor=255,
        translate=(rng.randrange(-8, 9), rng.randrange(-12, 13)),
    )


def _copied(page: Grey, rng: random.Random, level: Level) -> Grey:
    """A photocopy: blurred, hardened, a little smaller or larger, with dust of its own."""
    blur = page.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 0.55 + level.blur * 0.5)))
    cut, hard = rng.uniform(135, 165), rng.uniform(2.2, 4.5)
    copied = blur.point([max(0, min(255, round(128 + (v - cut) * hard))) for v in range(256)])
    scale = rng.uniform(0.975, 1.008)
    w, h = round(page.width * scale), round(page.height * scale)
    out = Image.new("L", page.size, 255)
    out.paste(copied.resize((w, h), Image.Resampling.BILINEAR), ((page.width - w) // 2, (page.height - h) // 2))
    draw = ImageDraw.Draw(out)
    for _ in range(rng.randrange(3, 30)):
        x, y, r = rng.randrange(page.width), rng.randrange(page.height), rng.choice((1, 1, 2, 3))
        draw.ellipse((x, y, x + r, y + r), fill=rng.randrange(0, 120))
    return out


def _cloud(shape: tuple[int, int], noise: np.random.Generator, cell: int) -> NDArray[np.float32]:
    """Slowly changing noise in about -1..1, as uneven paper and lamps make it."""
    small = noise.standard_normal((shape[0] // cell + 2, shape[1] // cell + 2)).astype(np.float32)
    grown = Image.fromarray(small).resize((shape[1], shape[0]), Image.Resampling.BICUBIC)
    return np.asarray(grown, dtype=np.float32)


def _strokes(page: Grey, rng: random.Random, severity: int) -> Grey:
    """Make strokes thinner or bolder, as worn toner and wet ink do."""
    kind = rng.random()
    if severity < 2 or kind < 0.55:
        return page
    other = page.filter(ImageFilter.MinFilter(3) if kind < 0.8 else ImageFilter.MaxFilter(3))
    return Image.blend(page, other, rng.uniform(0.2, 0.25 + severity * 0.1))


def to_bits(page: Grey, lines: int, severity: int, rng: random.Random) -> Image.Image:
    """Scan a grey page at 204 by `lines` dots to the inch into one bit, with the damage of the paper and the scanner."""
    level = LEVELS[severity]
    noise = np.random.default_rng(rng.randrange(2**32))
    page = _strokes(page, rng, severity)
    for _ in range(rng.randint(max(0, severity - 2), level.copies)):
        page = _copied(page, rng, level)
    if level.skew:
        page = _turn(page, rng.triangular(-level.skew, level.skew, 0), rng)
    if level.blur:
        page = page.filter(ImageFilter.GaussianBlur(rng.uniform(level.blur * 0.3, level.blur)))
    height = round(page.height * HEIGHTS[lines] / 2244)
    scan = (
        page.resize((1728, height), Image.Resampling.BOX)
        if lines == 98 or rng.random() < 0.5
        else page.resize((1728, height), Image.Resampling.BILINEAR)
    )
    grey = np.asarray(scan, dtype=np.float32)
    if level.faded:
        grey = 255 - (255 - grey) * (1 - rng.uniform(0, level.faded))
    if level.mottle:
        grey = grey + _cloud(grey.shape, noise, 48) * rng.uniform(0.2, 0.6) * level.mottle
        grey = grey + noise.standard_normal(grey.shape, dtype=np.float32) * rng.uniform(0.3, 1.0) * level.mottle
    threshold = 150 + rng.triangular(-level.weight, level.weight * (0.8 if not level.faded else 1.0), 0)
    bits = Image.fromarray(np.where(grey >= threshold, np.uint8(255), np.uint8(0)))
    _dirt(bits, level, rng, noise)
    return bits.convert("1", dither=Image.Dither.NONE)


def _dirt(bits: Image.Image, level: Level, rng: random.Random, noise: np.random.Generator) -> None:
    draw = ImageDraw.Draw(bits)
    count = int(bits.width * bits.height * level.specks * rng.random())
    spots = noise.integers(0, (bits.width, bits.height), (count, 2))
    for (x, y), size, white in zip(
        spots.tolist(), noise.integers(0, 4, count).tolist(), (noise.random(count) < 0.25).tolist(), strict=True
    ):
        draw.rectangle((x, y, x + (0, 0, 1, 2)[size], y + (0, 1, 0, 1)[size]), fill=255 if white else 0)
    for _ in range(rng.randint(0, level.streaks) if rng.random() < 0.5 else 0):
        _streak(draw, bits, rng)
    if rng.random() < level.edges:
        _edge(draw, bits, rng)


def _streak(draw: ImageDraw.ImageDraw, bits: Image.Image, rng: random.Random) -> None:
    """Dirt on the glass: a line down the page, black or white, whole or broken."""
    x = rng.choice((rng.randrange(5, 130), rng.randrange(bits.width - 130, bits.width - 5), rng.randrange(bits.width)))
    width, fill = rng.choice((1, 1, 2, 2, 3)), 0 if rng.random() < 0.75 else 255
    y = 0
    while y < bits.height:
        run = rng.randrange(60, bits.height)
        draw.line((x, y, x, min(bits.height, y + run)), fill=fill, width=width)
        y += run + (rng.randrange(4, 200) if rng.random() < 0.5 else 1)
        x += rng.choice((0, 0, 0, 1, -1))


def _edge(draw: ImageDraw.ImageDraw, bits: Image.Image, rng: random.Random) -> None:
    """The shadow beside a page that lay askew or short: a ragged black wedge at one edge."""
    side, deep = rng.choice(("left", "right", "bottom")), rng.randrange(4, 40)
    if side == "bottom":
        draw.polygon(
            [
                (0, bits.height),
                (bits.width, bits.height),
                (bits.width, bits.height - deep // 3),
                (0, bits.height - rng.randrange(1, deep)),
            ],
            fill=0,
        )
        return
    x0, turn = (0, 1) if side == "left" else (bits.width - 1, -1)
    ragged = [
        (x0 + turn * max(0, deep * (1 - y / bits.height) + rng.randrange(-3, 4)), y) for y in range(0, bits.height, 24)
    ]
    draw.polygon([(x0, 0), *ragged, (x0, bits.height)], fill=0)


def lose_lines(bits: Image.Image, severity: int, rng: random.Random) -> Image.Image:
    """What a line without error correction does: rows lost, repeated or filled with rubbish from one place on."""
    rate = LEVELS[severity].dropped * rng.random()
    if not rate:
        return bits
    rows = np.asarray(bits.convert("L")).copy()
    for _ in range(int(rows.shape[0] * rate) + (rng.random() < 0.5)):
        y, kind = rng.randrange(1, rows.shape[0] - 4), rng.random()
        run = rng.choice((1, 1, 1, 2, 3))
        if kind < 0.6:
            rows[y : y + run] = rows[y - 1]
        elif kind < 0.8:
            at = rng.randrange(rows.shape[1])
            rows[y, at:] = np.roll(rows[y], rng.randrange(5, 400))[at:]
        else:
            rows[y : y + run, rng.randrange(rows.shape[1]) :] = rng.choice((0, 255, 255))
    if severity >= 3 and rng.random() < 0.25:  # lines that never came: what follows moves up
        at, gone = rng.randrange(rows.shape[0]), rng.randrange(2, 14)
        rows = np.concatenate([rows[:at], rows[at + gone :], np.full((gone, rows.shape[1]), 255, rows.dtype)])
    return Image.fromarray(rows).convert("1", dither=Image.Dither.NONE)


def multiply(page: Grey, over: Grey) -> Grey:
    """Lay ink over ink."""
    return ImageChops.multiply(page, over)
