"""The picture of a value: the piece of a received page that it was read from, cut again from the document itself."""

from __future__ import annotations

import io
from collections import defaultdict

from PIL import Image

from doorstep.ocr import crop_of, images_as_read
from schemas import mail
from schemas.codec import CodecError
from schemas.reading import Page, Reading

SECONDS = 60.0


def page_images(whole: bytes, channel: str, pages: list[Page]) -> dict[int, Image.Image]:
    """Return the pictures of some pages of a fax or of a mail's attachments, by page number."""
    if channel != "email":
        return images_as_read(whole, pages)
    by_part: dict[int, list[Page]] = defaultdict(list)
    for page in pages:
        if page.source != "body":
            by_part[page.part].append(page)
    if not by_part:
        return {}
    parts = dict(enumerate((p for p in mail.parse(whole).parts if not p.inline), start=2))
    found: dict[int, Image.Image] = {}
    for number, listed in by_part.items():
        if number in parts:
            found.update(images_as_read(parts[number].data, listed))
    return found


def picture_of(whole: bytes, channel: str, reading: bytes, number: int, box: tuple[int, int, int, int]) -> bytes:
    """Return a value's picture as PNG, with a little of what stands around it (in a worker process).

    Empty where the page has no picture: the text of a mail, or a document that cannot be decoded any more.
    """
    pages = [page for page in Reading.model_validate_json(reading).pages if page.number == number]
    try:
        image = page_images(whole, channel, pages).get(number)
    except CodecError:
        return b""
    crop = crop_of(image, box) if image is not None else None
    if crop is None:
        return b""
    out = io.BytesIO()
    crop.convert("L").save(out, "PNG")
    return out.getvalue()
