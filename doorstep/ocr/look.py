"""A second look at single places of a page: the crop of a word or field read by itself, away from its neighbours."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence

from PIL import Image, ImageOps

from doorstep.ocr.agree import judged, plain
from doorstep.ocr.engines import Engine
from schemas.reading import Word

MOST_LOOKS = 40
FAINT = 0.3
SMALL = 34
WAVERING = 0.84
_EDGE = 12
Box = tuple[int, int, int, int]


def crop_of(page: Image.Image, box: Box) -> Image.Image | None:
    """Return what stands within a box of a page, and a little around it; None where that is off the page."""
    height = box[3] - box[1]
    across, down = round(0.3 * height), round(0.15 * height)
    place = (box[0] - across, box[1] - down, box[2] + across, box[3] + down)
    inside = (max(0, place[0]), max(0, place[1]), min(page.width, place[2]), min(page.height, place[3]))
    return page.crop(inside) if inside[2] > inside[0] and inside[3] > inside[1] else None


def digest_of(crop: Image.Image) -> str:
    """Return the SHA-256 of a crop: of its width and height (four bytes each, the high one first) and its grey pixels.

    Of the pixels and not of a file, because two versions of a PNG writer make two files of one picture.
    """
    grey = crop.convert("L")
    return hashlib.sha256(struct.pack(">II", *grey.size) + grey.tobytes()).hexdigest()


def read_crop(page: Image.Image, box: Box, engine: Engine) -> tuple[str, float]:
    """Read one line of text within a box of a page; return the text and the confidence of its least sure word."""
    crop = crop_of(page, box)
    if crop is None:
        return "", 0.0
    if crop.height < SMALL:
        crop = crop.resize((crop.width * 2, crop.height * 2), Image.Resampling.BICUBIC)
    words = engine.read_line(ImageOps.expand(crop, _EDGE, fill=255))
    return " ".join(w.text for w in words), min((w.confidence for w in words), default=0.0)


def look_again(page: Image.Image, words: Sequence[Word], lead: Engine, base: Engine) -> list[Word]:
    """Read by themselves those words on which the engines differ or which one of them missed; the most useful first."""
    doubtful = [n for n, word in enumerate(words) if not word.agrees and _matters(word)]
    doubtful.sort(key=lambda n: not any(c.isdigit() for c in words[n].text))
    looked = list(words)
    for n in doubtful[:MOST_LOOKS]:
        word = words[n]
        missed_by_lead = word.agrees is None and word.second is not None
        text, sure = read_crop(page, word.box, lead if missed_by_lead else base)
        text = text.replace(" ", "")
        if plain(text) and (plain(text) == plain(word.text) or word.agrees is None):
            looked[n] = _again(word, text, sure)
    return looked


def _again(word: Word, text: str, sure: float) -> Word:
    """Return the word with the new reading; an engine that had read another value before is no full witness."""
    wavers = word.agrees is False and plain(word.text) not in plain(word.second or "")
    seen = judged(word, text, sure)
    return seen.model_copy(update={"confidence": min(seen.confidence, WAVERING)}) if wavers else seen


def _matters(word: Word) -> bool:
    letters = sum(c.isalnum() for c in word.text)
    return word.confidence > FAINT and (letters > 2 or any(c.isdigit() for c in word.text))
