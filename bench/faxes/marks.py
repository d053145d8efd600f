"""What is put on pages after they are printed: the machine's header line, rubber stamps, notes in the margin."""

from __future__ import annotations

import random
from collections.abc import Callable

from PIL import Image, ImageDraw

from bench.faxes.degrade import multiply
from bench.faxes.fonts import font
from bench.faxes.page import Page
from bench.faxes.people import Case
from tests.samples.faxes.sheet import PIXELS

STAMPS = ("RECEIVED", "CONFIDENTIAL", "FAXED", "COPY", "URGENT", "SCANNED", "ENTERED", "RUSH", "2ND REQUEST")


def header(case: Case, rng: random.Random) -> Callable[[int, int], str]:
    """Return the header line of this sender's machine for page n of m."""
    t = case.truth
    day = (t.signature_date or t.service_start).split("-")
    clock = f"{rng.randrange(7, 19):02d}:{rng.randrange(60):02d}"
    fax = t.practice_fax
    dashed, name = f"{fax[:3]}-{fax[3:6]}-{fax[6:]}", t.practice[:24]
    form = rng.choice((
        "{m}/{d}/{y} {c}   FROM: {n}  {f}   TO: {t}   P. {p}/{q}",
        "{m}-{d}-'{y2} {c} FROM-{n}      {f}       T-{x}  P{p:04d}/{q:04d}  F-{z}",
        "Page {p} of {q}      {y}-{m}-{d} {c}:12 (GMT)      {f}      From: {n}",
        "{f}                {c}:41  {m}/{d}/{y}           {p} /{q}",
        "To: {t}   From: {n}   Fax: {f}   Pg: {p}/{q}   {m}/{d}/{y} {c}",
    ))  # fmt: skip
    x, z = rng.randrange(100, 999), rng.randrange(100, 999)
    return lambda p, q: form.format(
        m=day[1], d=day[2], y=day[0], y2=day[0][2:], c=clock, f=dashed, n=name, t=case.supplier_fax, p=p, q=q, x=x, z=z
    )


def put_header(bits: Image.Image, words: str, lines: int) -> None:
    """Print the header over the first rows, sharp, as the sending machine does after scanning."""
    band = Image.new("L", (bits.width, 34), 255)
    size = 24
    while size > 14 and font("", size, False).getlength(words) > bits.width - 60:
        size -= 1
    ImageDraw.Draw(band).text((36, 26), words, font=font("", size, False), fill=0, anchor="ls")
    band = band.resize((bits.width, round(34 * lines / 204)), Image.Resampling.BOX)
    bits.paste(band.point(lambda v: 255 if v >= 150 else 0).convert("1", dither=Image.Dither.NONE), (0, 2))


def stamped(sheet: Page, rng: random.Random, hard: list[str]) -> Image.Image:
    """Return the page's image with what rubber stamps and pens put on it."""
    image = sheet.image
    if rng.random() < 0.10:
        image = _stamp(image, rng, rng.choice(STAMPS))
        hard.append("stamp")
    if rng.random() < 0.06:
        draw = ImageDraw.Draw(image)
        words = rng.choice(
            ("called pt 2x", "ok per Dr.", "pls rush!", "entered KL", "need auth?", "lm w/ daughter", "verified 10/4")
        )
        pair = sheet.faces["hand"]
        draw.text((rng.randrange(1000, 1300), rng.randrange(2080, 2180)), words, font=font(pair, 44, False), fill=30)
        hard.append("margin_note")
    return image


def _stamp(image: Image.Image, rng: random.Random, words: str) -> Image.Image:
    """A rubber stamp, aslant and unevenly inked, over whatever stands there."""
    size = rng.randrange(52, 96)
    face = font("", size, False)
    box = (round(face.getlength(words)) + 60, size + 50)
    stamp = Image.new("L", box, 255)
    draw = ImageDraw.Draw(stamp)
    draw.rectangle((4, 4, box[0] - 5, box[1] - 5), outline=0, width=6)
    draw.text((30, 14), words, font=face, fill=0)
    for _ in range(rng.randrange(100, 500)):
        x, y = rng.randrange(box[0]), rng.randrange(box[1])
        draw.rectangle((x, y, x + rng.randrange(1, 4), y + rng.randrange(1, 4)), fill=255)
    turned = stamp.rotate(rng.uniform(-24, 24), Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    layer = Image.new("L", PIXELS, 255)
    layer.paste(
        turned, (rng.randrange(60, max(61, PIXELS[0] - turned.width)), rng.randrange(60, PIXELS[1] - turned.height))
    )
    return multiply(image, layer)
