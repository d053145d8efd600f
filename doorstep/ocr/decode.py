"""Open image files and PDFs page by page under limits that hold before anything is decoded."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from schemas.codec import CodecError

MAX_PIXELS = 60_000_000
MAX_PAGES = 200
FAX_WIDTHS = frozenset({1728, 2048, 2432, 3456, 864})
LONGEST_SIDE = 3400
_DAMAGED = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    struct.error,
    KeyError,
    IndexError,
    TypeError,
    ZeroDivisionError,
)
"""What Pillow raises on broken files, by its own documentation and by experience."""

Image.MAX_IMAGE_PIXELS = MAX_PIXELS


@dataclass(frozen=True, slots=True)
class RawPage:
    """One decoded page with square pixels in grey, or the reason why it could not be decoded."""

    number: int
    image: Image.Image | None
    bilevel: bool = False
    problem: CodecError | None = None


def image_pages(data: bytes, form: str, only: Collection[int] | None = None) -> Iterator[RawPage]:
    """Yield the pages of a TIFF, PNG or JPEG; a broken page is yielded with its problem and ends the file.

    With `only`, the other pages are passed over without being decoded.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image = Image.open(io.BytesIO(data), formats=[form])
        except Image.DecompressionBombError as error:
            raise _too_big(1) from error
        except (UnidentifiedImageError, *_DAMAGED) as error:
            raise CodecError("damaged", f"the {form} file is damaged or not of its kind") from error
        with image:
            yield from _frames(image, only)


def _too_many(image: Image.Image) -> bool:
    """Say whether there is a page beyond the last that may be, before any is decoded."""
    try:
        image.seek(MAX_PAGES)
    except (EOFError, Image.DecompressionBombError, *_DAMAGED):
        return False
    return True


def _frames(image: Image.Image, only: Collection[int] | None) -> Iterator[RawPage]:
    if _too_many(image):
        raise CodecError("too-many-pages", f"more than {MAX_PAGES} pages")
    number = 0
    while True:
        try:
            image.seek(number)
        except EOFError:
            return
        except Image.DecompressionBombError:
            yield RawPage(number + 1, None, problem=_too_big(number + 1))
            return
        except _DAMAGED:
            yield RawPage(number + 1, None, problem=CodecError("damaged", "the page is damaged", f"page {number + 1}"))
            return
        number += 1
        if only is not None and number not in only:
            continue
        page = _frame(image, number)
        yield page
        if page.problem is not None:
            return


def _frame(image: Image.Image, number: int) -> RawPage:
    width, height = image.size
    if width * height > MAX_PIXELS:
        return RawPage(number, None, problem=_too_big(number))
    if width < 16 or height < 16:
        return RawPage(number, None, problem=CodecError("damaged", "the page has no size", f"page {number}"))
    try:
        bilevel = image.mode == "1"
        turned = ImageOps.exif_transpose(image) if image.format == "JPEG" else image
        grey = flatten(turned)
        ratio = pixel_ratio(image) if image.format == "TIFF" else 1.0
    except _DAMAGED:
        problem = CodecError("truncated", "the page is cut off or damaged", f"page {number}")
        return RawPage(number, None, problem=problem)
    except MemoryError:
        return RawPage(number, None, problem=_too_big(number))
    return RawPage(number, square(grey, ratio), bilevel)


def _too_big(number: int) -> CodecError:
    return CodecError("too-big", f"the page has more than {MAX_PIXELS // 1_000_000} million pixels", f"page {number}")


def flatten(image: Image.Image) -> Image.Image:
    """Return the image in grey, transparency on white."""
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        rgba = image.convert("RGBA")
        paper = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(paper, rgba).convert("L")
    return image.convert("L")


def pixel_ratio(image: Image.Image) -> float:
    """Return how much taller than wide a pixel is: by the resolution tags, by the fax width where they lie."""
    across, down = (_number(image.info.get("dpi", (0, 0))[axis]) for axis in (0, 1))
    width, height = image.size
    ratio = across / down if across > 0 and down > 0 else 1.0
    if not 0.2 <= ratio <= 5:
        ratio = 1.0
    if width not in FAX_WIDTHS or 0.85 <= height * ratio / width <= 2.0:
        return ratio
    letter = 11 / 8.5
    return min((1.0, 2.0, 0.5), key=lambda guess: abs(height * guess / width - letter))


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, ZeroDivisionError):
        return 0.0


def square(image: Image.Image, ratio: float) -> Image.Image:
    """Scale a page to square pixels, and a photo or a very fine scan down to a sensible size."""
    width, height = image.width, round(image.height * ratio)
    if ratio < 1:
        width, height = image.width, max(1, height)
    shrink = min(1.0, LONGEST_SIDE / max(width, height))
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    if size == image.size:
        return image
    if size[0] * size[1] > MAX_PIXELS:
        raise CodecError("too-big", "the page is too large")
    return image.resize(size, Image.Resampling.BICUBIC if shrink == 1.0 else Image.Resampling.LANCZOS)
