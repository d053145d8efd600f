"""Make a page easier to read: dark edges and streaks off, straight, slightly softened. See docs/decisions/0017."""

from __future__ import annotations

from itertools import pairwise

from PIL import Image, ImageChops, ImageFilter, ImageOps

DARK = 128
MAX_SKEW = 3.0
BLANK = 0.00015
"""A page with less ink inside its margins holds less than one word; blank pages of bad scanners had a quarter of it."""
MOSTLY_DARK = 0.6
"""A page with more ink than this is white on black: a negative, or a file that says the wrong one is white."""
UNEVEN = 60
"""Paper whose brightness differs by so many grey levels lies in a shadow or on a table."""
BESIDE, PAPER = 6, 110
"""Within so many rows beside a streak the page is at least so light."""
_LOOK_WIDTH = 480


def clean(image: Image.Image, *, bilevel: bool) -> Image.Image:
    """Return the page straightened and without dark edges and streaks."""
    page = image if bilevel else ImageOps.autocontrast(even(image), cutoff=1)
    if ink_share(page) > MOSTLY_DARK:
        page = ImageOps.invert(page)
    angle = skew(page)
    if abs(angle) >= 0.15:
        page = page.rotate(angle, Image.Resampling.BICUBIC, fillcolor=255)
    return drop_edges(page)


def even(image: Image.Image) -> Image.Image:
    """Take the light and the shadows off a photo; what is lit evenly stays as it is."""
    factor = max(1, min(image.size) // 120)
    small = image.reduce(factor).filter(ImageFilter.MaxFilter(5)).filter(ImageFilter.GaussianBlur(3))
    tones = sorted(small.tobytes())
    if tones[len(tones) * 19 // 20] - tones[len(tones) // 20] < UNEVEN:
        return image
    paper = small.resize(image.size, Image.Resampling.BICUBIC)
    return ImageOps.invert(ImageChops.subtract(paper, image))


def soften(image: Image.Image) -> Image.Image:
    """Round the stairs of one-bit letters; Tesseract reads them better."""
    return image.filter(ImageFilter.GaussianBlur(0.7))


def ink_share(image: Image.Image) -> float:
    """Return the share of dark pixels."""
    histogram = image.histogram()
    return sum(histogram[:DARK]) / max(1, image.width * image.height)


def is_blank(image: Image.Image) -> bool:
    """Say whether nothing is written on a page: margins with the sender's line, specks and thin dirt do not count."""
    width, height = image.size
    inside = image.crop((width // 20, height // 20, width - width // 20, height - height // 40))
    if min(inside.size) < 8:
        return ink_share(image) < BLANK
    return ink_share(inside.reduce(2).filter(ImageFilter.MedianFilter(3))) < BLANK


def skew(image: Image.Image) -> float:
    """Return the angle in degrees by which turning the page makes its rows the most distinct; 0 when in doubt."""
    factor = max(1, image.width // _LOOK_WIDTH)
    small = ImageOps.invert(image).reduce(factor)

    def score(angle: float) -> float:
        turned = small.rotate(angle, Image.Resampling.BILINEAR)
        rows = turned.resize((1, turned.height), Image.Resampling.BOX).tobytes()
        return float(sum((a - b) ** 2 for a, b in pairwise(rows)))

    coarse = [step / 2 for step in range(int(-2 * MAX_SKEW), int(2 * MAX_SKEW) + 1)]
    best = max(coarse, key=score)
    fine = [best + step / 8 for step in range(-3, 4)]
    best = max(fine, key=score)
    return best if abs(best) < MAX_SKEW and score(best) > 1.05 * score(0) else 0.0


def drop_edges(image: Image.Image) -> Image.Image:
    """Whiten dark bands at the margins and thin streaks that run through the whole page."""
    columns = image.resize((image.width, 1), Image.Resampling.BOX).tobytes()
    rows = image.resize((1, image.height), Image.Resampling.BOX).tobytes()
    page = image.copy()
    for start, end in _bands(columns, image.width):
        page.paste(255, (start, 0, end, image.height))
    for start, end in _bands(rows, image.height):
        page.paste(255, (0, start, image.width, end))
    return page


def _bands(means: bytes, length: int) -> list[tuple[int, int]]:
    """Return the runs of mostly dark lines: any at the margin, thin ones anywhere."""
    margin, thin = length // 50, max(3, length // 250)
    found: list[tuple[int, int]] = []
    start: int | None = None
    for place, mean in enumerate((*means, 255)):
        dark = mean < 75
        if dark and start is None:
            start = place
        elif not dark and start is not None:
            at_margin = start < margin or place > length - margin
            if at_margin or (place - start <= thin and _alone(means, start, place)):
                found.append((max(0, start - 1), min(length, place + 1)))
            start = None
    return found


def _alone(means: bytes, start: int, end: int) -> bool:
    """Say whether paper lies beside dark lines: rows above and below the white letters in a dark bar have the bar."""
    return min(means[max(0, start - BESIDE) : max(0, start - 1)], default=255) > PAPER and (
        min(means[end + 1 : end + BESIDE], default=255) > PAPER
    )
