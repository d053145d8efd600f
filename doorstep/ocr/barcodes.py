"""Barcodes on a page, whichever way up it lies."""

from __future__ import annotations

from PIL import Image

MOST = 8
LONGEST = 512


def barcodes(image: Image.Image) -> tuple[str, ...]:
    """Return the texts of a page's barcodes, each once; what is no text is left out."""
    import zxingcpp

    found = (code.text for code in zxingcpp.read_barcodes(image.convert("L")) if code.valid)
    texts = (text.strip() for text in found if text and text.isprintable() and len(text) <= LONGEST)
    return tuple(dict.fromkeys(text for text in texts if text))[:MOST]
