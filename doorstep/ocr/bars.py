"""White letters on dark bars, as headings of forms have them: turned to black on white, which both engines read.

A heading that is not read leaves the values under it without their owner: `Name` under `PATIENT` is the patient's.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

DARK = 128
LONG, PADDING = 90, 3
"""A bar has dark lines at least so long, and so many of them, above and below its letters."""
LOWEST, HIGHEST = 14, 90
"""How high a bar is, in pixels of a page at 204 dots to the inch."""
INKED = 0.55
"""This share of a bar is dark; a frame with dark letters in it has less."""
LETTERS = 0.02
"""A bar without so much white in it holds no letters."""
STROKE, RIM = 9, 2
"""White strokes of letters are not so wide; the edge of a bar is so ragged."""

Box = tuple[int, int, int, int]
Grey = NDArray[np.uint8]


def plain_bars(page: Image.Image) -> Image.Image:
    """Return an upright page with its dark bars turned to black letters on white; the same page where it has none."""
    grey = np.asarray(page.convert("L"))
    dark = (grey < DARK).astype(np.uint8)
    bars = list(_bars(dark))
    if not bars:
        return page
    turned = grey.copy()
    for x0, y0, x1, y1 in bars:
        inside = dark[y0:y1, x0:x1]
        held = np.pad(inside, STROKE, mode="edge")
        whole = cv2.morphologyEx(held, cv2.MORPH_CLOSE, np.ones((STROKE, STROKE), np.uint8))[
            STROKE:-STROKE, STROKE:-STROKE
        ]
        turned[y0:y1, x0:x1] = 255
        core = slice(y0 + RIM, y1 - RIM), slice(x0 + RIM, x1 - RIM)
        turned[core] = np.where(whole[RIM:-RIM, RIM:-RIM] > 0, 255 - grey[core], 255)
    return Image.fromarray(turned)


def _bars(dark: Grey) -> Iterator[Box]:
    strips = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((PADDING, LONG), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(strips, connectivity=8)
    boxes = sorted((int(y), int(x), int(x + w), int(y + h)) for x, y, w, h, _ in stats[1:])
    listed = [(x0, y0, x1, y1) for y0, x0, x1, y1 in boxes if y1 - y0 <= HIGHEST]
    used: set[Box] = set()
    for box in listed:
        if _lettered(dark, box):
            used.add(box)
            yield box
    rest = [box for box in listed if box not in used and box[3] - box[1] < LOWEST]
    for n, upper in enumerate(rest):
        for lower in rest[n + 1 :]:
            both = (min(upper[0], lower[0]), upper[1], max(upper[2], lower[2]), lower[3])
            across = min(upper[2], lower[2]) - max(upper[0], lower[0])
            if across > 0.8 * (both[2] - both[0]) and _lettered(dark, both):
                yield both
                break


def _lettered(dark: Grey, box: Box) -> bool:
    """Say whether a place is a bar of the right height, dark with some white in it."""
    x0, y0, x1, y1 = box
    if not LOWEST <= y1 - y0 <= HIGHEST:
        return False
    share = float(dark[y0:y1, x0:x1].mean())
    return INKED <= share <= 1 - LETTERS
