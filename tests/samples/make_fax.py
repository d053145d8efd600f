"""Writes the fax samples: python -m tests.samples.make_fax rewrites tests/samples/fax, the same bytes each time."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from tests.samples.faxes import others
from tests.samples.faxes.degrade import LEVELS, fax_page, grime
from tests.samples.faxes.layouts import ORDERS
from tests.samples.faxes.sheet import RasterSheet, Sheet
from tests.samples.faxes.tiff import scanned_pdf, text_pdf, tiff
from tests.samples.faxes.words import INTAKE_FAX, Words
from tests.samples.people import OrderTruth, order_truth

FOLDER = Path(__file__).parent / "fax"
CLASSES = {"dme": "dme_order", "home_health": "home_health_referral", "infusion": "infusion_order"}
Draw = Callable[[Sheet], None]
UNSIGNED = {"signature_present": False, "signature_date": None}


@dataclass(frozen=True, slots=True)
class Sample:
    """One fax: whose order on which layout, over which line, and what the hub must make of it."""

    seed: int
    layout: str
    order_type: str = "dme"
    lines: int = 196
    form: str = "g4"
    level: int = 1
    dates: str = "us"
    phones: str = "paren"
    changes: dict[str, Any] = field(default_factory=dict)
    omit: tuple[str, ...] = ()
    around: str = ""
    """Pages beside the order: c = cover before it, d = discharge summary after it, l = lab result after it."""
    outcome: str = "scheduled"
    noise_seed: int = 0
    lsb_first: bool = False
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def truth(self) -> OrderTruth:
        return order_truth(self.seed, self.order_type, omitted=self.omit, **self.changes)


def _orders() -> list[Sample]:
    s = Sample
    return [
        s(1, "boxes", level=0),
        s(2, "boxes", lines=98, form="g3-1d"),
        s(3, "boxes", level=2, form="g3-2d", changes={"discharge_deadline": "2026-11-24T14:00"}),
        s(4, "boxes", omit=("member_id",), outcome="incomplete"),
        s(5, "two_column", form="g3-1d", dates="short", phones="dash"),
        s(6, "two_column", lines=98, dates="short", phones="dash", lsb_first=True),
        s(7, "two_column", level=2, dates="dash", phones="dot", changes=UNSIGNED, outcome="incomplete"),
        s(8, "two_column", level=3, form="g3-2d", phones="dash"),
        s(9, "table", level=0, form="g3-2d", phones="dash"),
        s(10, "table", "home_health", lines=98, form="g3-1d", dates="dash"),
        s(11, "table", level=2, lsb_first=True, changes={"discharge_deadline": "2026-11-25"}),
        s(12, "table", level=1, omit=("icd10", "contact_phone"), outcome="incomplete"),
        s(13, "letter", dates="long", phones="dash"),
        s(14, "letter", lines=98, form="g3-1d", dates="long"),
        s(15, "letter", "home_health", level=2, dates="us", phones="dot"),
        s(16, "portal", level=0, form="g3-1d", dates="iso", phones="dash"),
        s(17, "portal", level=2, dates="us", phones="dash"),
        s(18, "portal", lines=98, form="g3-2d", omit=("clinician_npi",), outcome="incomplete", phones="dash"),
        s(19, "cms485", "home_health"),
        s(20, "cms485", "home_health", lines=98, form="g3-1d", phones="dash"),
        s(
            21,
            "cms485",
            "home_health",
            level=2,
            form="g3-2d",
            omit=("service_start", "service_end"),
            outcome="incomplete",
        ),
        s(22, "infusion", "infusion", phones="dash", changes={"discharge_deadline": "2026-11-23T16:30"}),
        s(23, "infusion", "infusion", lines=98, form="g3-1d", phones="dash"),
        s(24, "infusion", "infusion", level=2, changes=UNSIGNED, outcome="incomplete"),
        s(25, "by_hand", level=0, phones="dash"),
        s(26, "by_hand", level=1, form="g3-2d", dates="short", phones="dash"),
        s(27, "boxes", around="c", form="g3-1d"),
        s(28, "table", around="cd", phones="dash"),
        s(29, "infusion", "infusion", around="l", lines=98),
        s(30, "two_column", form="pdf-text", level=0, phones="dash"),
        s(31, "cms485", "home_health", form="pdf-scan", level=1),
        s(32, "table", level=4, phones="dash"),
        s(
            1,
            "boxes",
            level=2,
            form="g3-1d",
            noise_seed=7,
            outcome="duplicate",
            extra={"duplicate_of": "order-01-boxes.tif"},
        ),
    ]


def _raster(draw: Draw) -> Image.Image:
    sheet = RasterSheet()
    draw(sheet)
    return sheet.image


def _header(truth: OrderTruth, page: int, pages: int) -> str:
    month, day = (
        truth.signature_date[5:7] if truth.signature_date else "11",
        truth.signature_date[8:] if truth.signature_date else "20",
    )
    return (
        f"{month}/{day}/2026 10:{truth.seed % 60:02d}   FROM {truth.practice_fax}   TO {INTAKE_FAX}   P. {page}/{pages}"
    )


def _pages_of(sample: Sample, rng: random.Random) -> list[Draw]:
    words = Words(sample.truth, sample.dates, sample.phones)
    pages: list[Draw] = []
    if "c" in sample.around:
        pages.append(partial(others.cover, words=words, pages=len(sample.around) + 1))
    pages.append(partial(ORDERS[sample.layout], words=words, rng=rng))
    if "d" in sample.around:
        pages.append(partial(others.discharge_summary, words=words, rng=rng))
    if "l" in sample.around:
        pages.append(partial(others.lab_result, words=words, rng=rng))
    return pages


def _scan(draws: Sequence[Draw], truth: OrderTruth, lines: int, level: int, rng: random.Random) -> list[Image.Image]:
    return [
        fax_page(_raster(draw), _header(truth, n, len(draws)), lines, LEVELS[level], rng)
        for n, draw in enumerate(draws, start=1)
    ]


def _write(name: str, data: bytes, expected: dict[str, Any]) -> None:
    (FOLDER / name).write_bytes(data)
    beside = FOLDER / f"{Path(name).stem}.expected.json"
    beside.write_text(json.dumps({"channel": "fax", **expected}, indent=1, sort_keys=True) + "\n")


def make_order(sample: Sample) -> None:
    """Write one faxed order and what it must come to."""
    rng = random.Random(f"fax-{sample.seed}-{sample.layout}-{sample.noise_seed}")
    truth, draws = sample.truth, _pages_of(sample, rng)
    stem = f"order-{sample.seed:02d}-{sample.layout.replace('_', '-')}" + ("-again" if sample.noise_seed else "")
    if sample.form == "pdf-text":
        name, data = f"{stem}.pdf", text_pdf(draws)
    elif sample.form == "pdf-scan":
        name, data = f"{stem}.pdf", scanned_pdf(_scan(draws, truth, sample.lines, sample.level, rng), sample.lines)
    else:
        pages = _scan(draws, truth, sample.lines, sample.level, rng)
        name, data = f"{stem}.tif", tiff(pages, sample.form, dpi=(204, sample.lines), lsb_first=sample.lsb_first)
    missing = [*sample.omit] if truth.signature_present else [*sample.omit, "signature_present"]
    _write(
        name,
        data,
        {
            "outcome": sample.outcome,
            "document_class": CLASSES[sample.order_type],
            "missing": sorted(set(missing) - {"service_end"}),
            "fields": truth.fields(),
            "patients": 1,
            "pages": len(draws),
            "order_page": 2 if "c" in sample.around else 1,
            "layout": sample.layout,
            "resolution": "text" if sample.form == "pdf-text" else f"204x{sample.lines}",
            "form": sample.form,
            "severity": sample.level,
            **sample.extra,
        },
    )


def make_others() -> None:
    """Write the faxes that are no order, and one packet that holds two patients."""
    kinds = (
        ("lab-result", others.lab_result, "lab_result", "ignored", 196, 1),
        ("lab-result-standard", others.lab_result, "lab_result", "ignored", 98, 1),
        ("marketing", others.marketing, "marketing", "ignored", 196, 1),
        ("marketing-standard", others.marketing, "marketing", "ignored", 98, 2),
        ("records-request", others.records_request, "records_request", "ignored", 196, 1),
        ("wrong-recipient", others.wrong_recipient, "wrong_recipient", "review", 196, 1),
    )
    for seed, (name, draw, document_class, outcome, lines, level) in enumerate(kinds, start=41):
        rng = random.Random(f"fax-{seed}")
        truth = order_truth(seed)
        pages = _scan([partial(draw, words=Words(truth), rng=rng)], truth, lines, level, rng)
        expected: dict[str, Any] = {
            "outcome": outcome,
            "document_class": document_class,
            "missing": [],
            "fields": {},
            "pages": 1,
        }
        _write(
            f"other-{name}.tif",
            tiff(pages, "g4", dpi=(204, lines)),
            {**expected, "patients": int(document_class != "marketing")},
        )
    unreadable: dict[str, Any] = {
        "outcome": "review",
        "document_class": "unreadable",
        "missing": [],
        "fields": {},
        "pages": 1,
        "patients": 0,
    }
    blank = Image.new("1", (1728, 2156), 1)
    _write("other-blank.tif", tiff([blank], "g3-1d", dpi=(204, 196)), unreadable)
    _write("other-grime.tif", tiff([grime(98, random.Random("grime"))], "g3-2d", dpi=(204, 98)), unreadable)
    rng = random.Random("fax-two-patients")
    truths = (order_truth(51), order_truth(52))
    draws: list[Draw] = [partial(ORDERS["table"], words=Words(t), rng=rng) for t in truths]
    two: dict[str, Any] = {
        "outcome": "review",
        "document_class": "dme_order",
        "missing": [],
        "fields": {},
        "pages": 2,
        "patients": 2,
    }
    _write("other-two-patients.tif", tiff(_scan(draws, truths[0], 196, 1, rng), "g4", dpi=(204, 196)), two)


def make_bad() -> None:
    """Write what only looks like a fax."""
    whole = (FOLDER / "order-01-boxes.tif").read_bytes()
    review: dict[str, Any] = {"outcome": "review", "document_class": "unreadable", "missing": [], "fields": {}}
    refused: dict[str, Any] = {"outcome": "rejected", "document_class": None, "missing": [], "fields": {}}
    _write("bad-truncated.tif", whole[: len(whole) // 3], review)
    _write("bad-empty.tif", b"", refused)
    _write("bad-text.tif", b"this is not a picture of anything\n", refused)
    _write("bad-dimensions.tif", _absurd_tiff(), review)
    locked = text_pdf([partial(ORDERS["boxes"], words=Words(order_truth(1)), rng=random.Random(1))], password="closed")
    _write("bad-encrypted.pdf", locked, review)


def _absurd_tiff() -> bytes:
    """Return a TIFF whose one strip of eight bytes claims 4,000,000,000 by 4,000,000,000 dots."""
    huge = 4_000_000_000
    tags = (
        (256, 4, huge),
        (257, 4, huge),
        (258, 3, 1),
        (259, 3, 4),
        (262, 3, 0),
        (273, 4, 8),
        (278, 4, huge),
        (279, 4, 8),
    )
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    return b"II*\0" + struct.pack("<I", 16) + bytes(8) + struct.pack("<H", len(tags)) + entries + bytes(4)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    for sample in _orders():
        make_order(sample)
    make_others()
    make_bad()


if __name__ == "__main__":
    main()
