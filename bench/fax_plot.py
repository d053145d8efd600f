"""A reliability plot as PNG, drawn with Pillow: confidence across, share of right values up, one dot a band."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SIZE, LEFT, TOP, SIDE = (560, 520), 70, 40, 420


def draw(bands: Iterable[Mapping[str, float]], path: Path, title: str) -> None:
    """Write the plot; a dot's area follows the number of values in its band."""
    image = Image.new("RGB", SIZE, "white")
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(13)
    for step in range(0, 11, 2):
        across, up = LEFT + SIDE * step / 10, TOP + SIDE - SIDE * step / 10
        pen.line((across, TOP, across, TOP + SIDE), fill="#e4e4e4")
        pen.line((LEFT, up, LEFT + SIDE, up), fill="#e4e4e4")
        pen.text((across - 8, TOP + SIDE + 6), f"{step / 10:.1f}", fill="black", font=font)
        pen.text((LEFT - 30, up - 8), f"{step / 10:.1f}", fill="black", font=font)
    pen.line((LEFT, TOP + SIDE, LEFT + SIDE, TOP), fill="#999999", width=1)
    pen.text((LEFT, 12), title, fill="black", font=font)
    pen.text((LEFT + SIDE / 2 - 40, TOP + SIDE + 26), "confidence", fill="black", font=font)
    pen.text((6, TOP - 22), "share right", fill="black", font=font)
    last: tuple[float, float] | None = None
    for band in bands:
        at = (LEFT + SIDE * band["confidence"], TOP + SIDE - SIDE * band["right"])
        if last is not None:
            pen.line((*last, *at), fill="#1f5fa8", width=2)
        radius = min(16.0, 3 + band["values"] ** 0.5 / 3)
        pen.ellipse((at[0] - radius, at[1] - radius, at[0] + radius, at[1] + radius), outline="#1f5fa8", width=2)
        pen.text((at[0] + radius + 2, at[1] - 6), f"{band['values']:.0f}", fill="#555555", font=font)
        last = at
    image.save(path)
