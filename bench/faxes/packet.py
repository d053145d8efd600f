"""One fax put together: an order or another paper, the pages around it, what went wrong on the way, and its truth."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PIL import Image, ImageDraw

from bench.faxes import line, marks, others, papers
from bench.faxes.degrade import HEIGHTS, lose_lines, to_bits
from bench.faxes.files import Form, draw_form, pack
from bench.faxes.fonts import faces
from bench.faxes.layouts import Layout
from bench.faxes.page import Page
from bench.faxes.people import CLASSES, REQUIRED, UNSEEN, Case, make_case
from bench.faxes.say import Values

STRIKABLE = ("dob", "contact_phone", "service_start", "member_id", "clinician_npi", "group_no")


@dataclass(slots=True)
class Fax:
    """A fax ready to be written: pages as scanned, and what must be read from them."""

    pages: list[Image.Image]
    lines: int
    form: Form
    expected: dict[str, Any]
    sheets: list[Page] = field(default_factory=list)
    """The pages as drawn, upright and clean, in the order in which they were sent."""
    received: bytes | None = None
    """The file as it came over a simulated line, if it did."""

    @property
    def data(self) -> bytes:
        return self.received or pack(self.pages, self.lines, self.form)


def _truth(case: Case, rng: random.Random, hard: list[str]) -> Case:
    """Leave out what some senders forget."""
    if rng.random() < 0.12:
        case = case.changed(signature_present=False, signature_date=None)
        hard.append("unsigned")
    if rng.random() < 0.18:
        gone = rng.sample([n for n in REQUIRED if n not in {"signature_present", "member_name"}], rng.choice((1, 1, 2)))
        case = case.without(*gone)
        hard.append("missing")
    for name in ("group_no", "practice_fax", "service_end", "equipment_model"):
        if rng.random() < 0.12:
            case = case.without(name)
    return case


class Maker:
    """Draws the pages of one fax with one set of fonts and one line."""

    def __init__(self, rng: random.Random, part: str, severity: int, lines: int) -> None:
        self.rng, self.part, self.severity, self.lines = rng, part, severity, lines
        self.faces = faces(rng, test=part in UNSEEN)
        self.hard: list[str] = []
        self.sheets: list[Page] = []

    def sheet(self, draw: Callable[[Page], None]) -> Page:
        page = Page(self.faces, self.rng)
        draw(page)
        self.sheets.append(page)
        return page

    def order(self, layout: Layout, values: Values) -> int:
        """Draw the order's pages and return the number of the page that holds the order (from 1)."""
        before = len(self.sheets)
        for draw in layout.pages:
            self.sheet(lambda page, draw=draw: draw(page, values))  # type: ignore[misc]
        return before + layout.order_page

    def scan(self, case: Case) -> list[Image.Image]:
        """Stamp, turn, scan and send every page."""
        bits = []
        header = marks.header(case, self.rng) if self.rng.random() < 0.75 else None
        for number, sheet in enumerate(self.sheets, start=1):
            image = self._turned(marks.stamped(sheet, self.rng, self.hard))
            page = to_bits(image, self.lines, self.severity, self.rng)
            if header:
                marks.put_header(page, header(number, len(self.sheets)), self.lines)
            bits.append(lose_lines(page, self.severity, self.rng))
        return bits

    def _turned(self, image: Image.Image) -> Image.Image:
        draw = self.rng.random()
        if draw < 0.04:
            self.hard.append("upside_down")
            return image.transpose(Image.Transpose.ROTATE_180)
        if draw < 0.055:
            self.hard.append("sideways")
            turned = image.transpose(self.rng.choice((Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270)))
            return turned.resize(
                (image.width, round(turned.height * image.width / turned.width)), Image.Resampling.BICUBIC
            )
        return image


def make_order(
    rng: random.Random, part: str, name: str, layout: Layout, severity: int, lines: int, *, scanned: bool = True
) -> Fax:
    """Make a fax with an order on the given layout; not scanned, it has its drawn pages only."""
    maker = Maker(rng, part, severity, lines)
    order_type = rng.choice(layout.types)
    families = layout.families if order_type == "dme" else ()
    case = _truth(make_case(rng, part, order_type, families, rng.randint(1, layout.items)), rng, maker.hard)
    hand = layout.hand or (rng.random() < 0.08)
    values = Values(case, rng, struck=rng.choice(STRIKABLE) if rng.random() < 0.08 else None, hand=hand)
    before, after = rng.random() < 0.3, rng.random()
    total = len(layout.pages) + before + (after < 0.22)
    if before:
        maker.sheet(lambda page: others.cover(page, values, total))
    order_page = maker.order(layout, values)
    patients = 1
    if after < 0.22:
        patients = _behind(maker, values, part, layout, after)
    pages = maker.scan(case) if scanned else []
    fields = values.fields()
    missing = sorted(n for n in REQUIRED if n not in fields or fields[n] is False)
    struck = [n for sheet in maker.sheets for n in sheet.struck]
    maker.hard += [f"struck:{n}" for n in struck]
    review = patients > 1
    expected: dict[str, Any] = {
        "outcome": "review" if review else "incomplete" if missing else "scheduled",
        "document_class": CLASSES[order_type],
        "fields": {} if review else fields,
        "accept": {} if review else {n: v for n, v in case.accept.items() if n in fields},
        "missing": [] if review else missing,
        "patients": patients,
        "order_page": order_page,
        "hand": hand,
        "kind": "order",
    }
    return _fax(maker, pages, name, expected)


def _behind(maker: Maker, values: Values, part: str, layout: Layout, draw: float) -> int:
    """Add a page behind the order and return how many patients the packet then holds."""
    rng = maker.rng
    if draw < 0.025:  # a second order, for someone else
        maker.hard.append("two_patients")
        other = make_case(
            rng, part, values.truth.order_type, layout.families if values.truth.order_type == "dme" else ()
        )
        maker.order(layout, Values(other, rng))
        return 2
    page = rng.choice((others.summary, others.lab, papers.face_sheet, papers.visit_note))
    if draw < 0.05:  # a page from another patient's chart
        maker.hard.append("wrong_patient")
        stranger = Values(make_case(rng, part, values.truth.order_type), rng)
        maker.sheet(lambda sheet: page(sheet, stranger))
        return 2
    maker.sheet(lambda sheet: page(sheet, values))
    return 1


def make_other(rng: random.Random, part: str, kind: str, severity: int, lines: int) -> Fax:
    """Make a fax that holds no order."""
    draw, classes, outcome = others.OTHERS[kind]
    maker = Maker(rng, part, severity, lines)
    case = make_case(rng, part, rng.choice(tuple(CLASSES)))
    values = Values(case, rng)
    if rng.random() < 0.2 and kind not in {"blank", "cover_only", "marketing"}:
        maker.sheet(lambda page: others.cover(page, values, 2))
    maker.sheet(lambda page: draw(page, values))
    nobody = kind in {"marketing", "newsletter", "wrong_recipient", "invoice", "blank", "cover_only"} | {
        "supplier_offer",
        "conference",
    }
    expected: dict[str, Any] = {
        "outcome": outcome,
        "document_class": classes[0],
        "accept": {"document_class": list(classes[1:])} if classes[1:] else {},
        "fields": {},
        "missing": [],
        "patients": 0 if nobody else 1,
        "kind": kind,
    }
    if kind == "blank":
        pages = [to_bits(sheet.image, lines, severity, rng) for sheet in maker.sheets]
    else:
        pages = maker.scan(case)
    return _fax(maker, pages, kind, expected)


def _fax(maker: Maker, pages: list[Image.Image], name: str, expected: dict[str, Any]) -> Fax:
    form = draw_form(maker.rng)
    common = {
        "channel": "fax",
        "pages": len(maker.sheets),
        "layout": name,
        "severity": maker.severity,
        "resolution": f"204x{maker.lines}",
        "form": form.coding,
        "lsb_first": form.lsb_first,
        "tags": form.tags,
        "hard": sorted(set(maker.hard)),
    }
    return Fax(pages, maker.lines, form, {**common, **expected}, maker.sheets)


def over_the_line(fax: Fax, rng: random.Random) -> None:
    """Send a fax through a real T.30 call; what the other machine wrote becomes its file."""
    fax.form = Form("g3-1d")
    fax.received = line.send(fax.data, fax.expected["severity"], rng, len(fax.pages))
    fax.expected.update(form="t30", lsb_first=False, tags="honest")


def again(fax: Fax, rng: random.Random, stem: str) -> Fax:
    """The same paper sent once more: its bits cannot be the same, its order is."""
    pages = []
    for page in fax.pages:
        moved = Image.new("1", page.size, 1)
        moved.paste(page, (rng.randrange(-6, 7), rng.randrange(-8, 9)))
        draw = ImageDraw.Draw(moved)
        for _ in range(rng.randrange(3, 40)):
            draw.point((rng.randrange(page.width), rng.randrange(page.height)), fill=0)
        pages.append(moved)
    said = {**fax.expected, "outcome": "duplicate", "duplicate_of": stem}
    return Fax(pages, fax.lines, draw_form(rng), said, fax.sheets)


__all__ = ["HEIGHTS", "Fax", "again", "make_order", "make_other"]
