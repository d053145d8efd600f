"""Draws a confirmation as pages readable on the coarsest fax line; no person, no diagnosis, no item on them."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from connectors.fax.settings import FaxSettings
from doorstep.rules import load
from schemas.network import Reasons
from schemas.outbound import NEEDED, SELF_PAY, ConfirmationKind, ConfirmationRequested, sheet_code, ticks_of

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT, MARGIN = 612, 792, 54
_TOP, _BOTTOM = 700.0, 90.0
_ASK_MAX = 400
CODE_SIZE = 104
"""Points: 1.3 inches of code within its quiet zone."""
_TITLES = {
    ConfirmationKind.ACKNOWLEDGED: "ORDER RECEIVED",
    ConfirmationKind.INFORMATION_REQUESTED: "INFORMATION NEEDED",
    ConfirmationKind.UNDER_REVIEW: "FAX RECEIVED, UNDER REVIEW",
    ConfirmationKind.SCHEDULED: "SERVICE SCHEDULED",
    ConfirmationKind.RESCHEDULED: "NEW DATE",
    ConfirmationKind.MISSED: "SERVICE MISSED",
    ConfirmationKind.REDISPATCHED: "NEW PROVIDER NEEDED",
    ConfirmationKind.COMPLETED: "SERVICE COMPLETED",
    ConfirmationKind.ASSIGNED: "YOU HAVE THE ORDER",
    ConfirmationKind.CANCELLED: "ORDER CANCELLED",
    ConfirmationKind.OFFER: "SERVICE OFFER",
    ConfirmationKind.RECALLED: "OFFER TAKEN BACK",
}
_OPENINGS = {
    ConfirmationKind.ACKNOWLEDGED: "We received your order and opened a case for it.",
    ConfirmationKind.INFORMATION_REQUESTED: "We received your order. To go on with it we need the following:",
    ConfirmationKind.UNDER_REVIEW: "We received your fax. A member of our staff is looking at it and will contact you.",
    ConfirmationKind.SCHEDULED: "The service that you ordered is scheduled.",
    ConfirmationKind.RESCHEDULED: "The service has a new date. The date below takes the place of the one before.",
    ConfirmationKind.MISSED: "The service did not take place at its time. We are arranging another date.",
    ConfirmationKind.REDISPATCHED: "The provider cannot serve. We are looking for another and will send the new date.",
    ConfirmationKind.COMPLETED: "The service that you ordered began, or the item was delivered.",
    ConfirmationKind.ASSIGNED: "You accepted this service. Call your contact below for what you need to know of it.",
    ConfirmationKind.CANCELLED: "The order is cancelled. No service will be delivered under this case.",
    ConfirmationKind.OFFER: "We offer you the following service. Please accept or decline it.",
    ConfirmationKind.RECALLED: "Our offer is taken back; please do not answer it. You hear if it is made again.",
}


@dataclass(slots=True)
class _Block:
    text: str
    size: float = 13
    bold: bool = False
    indent: float = 0
    mark: str = ""
    box: bool = False
    after: float = 6
    lines: list[str] = field(default_factory=list)

    @property
    def leading(self) -> float:
        return self.size * 1.4


@dataclass(frozen=True, slots=True)
class Rendered:
    pdf: bytes
    pages: int


def render(confirmation: ConfirmationRequested, settings: FaxSettings, at: datetime) -> Rendered:
    """Return the PDF; the same confirmation, settings and time give the same bytes."""
    from reportlab.pdfgen.canvas import Canvas

    zone = ZoneInfo(settings.timezone)
    pages = _paginate(_blocks(confirmation, zone))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(WIDTH, HEIGHT), invariant=1, pageCompression=1)
    canvas.setTitle(f"{_TITLES[confirmation.kind]} {_plain(confirmation.reference)}")
    for number, page in enumerate(pages, start=1):
        _frame(canvas, settings, _moment(at, zone), f"{_plain(confirmation.reference)}   Page {number} of {len(pages)}")
        y = _TOP
        for block in page:
            y = _draw(canvas, block, y)
        if number == 1 and (confirmation.asks or confirmation.kind is ConfirmationKind.OFFER):
            _barcode(canvas, sheet_code(confirmation.confirmation_id))
        canvas.showPage()
    canvas.save()
    return Rendered(out.getvalue(), len(pages))


def _barcode(canvas: Canvas, text: str) -> None:
    """Draw the square code by which the returned sheet is known; decision 0036 has what survives which fax line."""
    from reportlab.graphics import renderPDF
    from reportlab.graphics.barcode.qr import QrCodeWidget
    from reportlab.graphics.shapes import Drawing

    code = QrCodeWidget(text, barLevel="M", barBorder=4, barWidth=CODE_SIZE, barHeight=CODE_SIZE)
    drawing = Drawing(CODE_SIZE, CODE_SIZE)
    drawing.add(code)
    renderPDF.draw(drawing, canvas, WIDTH - MARGIN - CODE_SIZE, _TOP - CODE_SIZE + 6)


def _blocks(c: ConfirmationRequested, zone: ZoneInfo) -> list[_Block]:
    known = c.case_id is not None
    blocks = [
        _Block(_TITLES[c.kind], 20, bold=True, after=14),
        _Block("Case number" if known else "Reference", 13, after=0),
        _Block(_plain(c.reference), 32, bold=True, after=14),
        _Block(NEEDED.get(c.gate, _OPENINGS[c.kind]) if c.asks else _OPENINGS[c.kind], 14, after=10),
    ]
    for number, ask in enumerate(c.asks, start=1):
        blocks.append(_Block(_plain(ask)[:_ASK_MAX], 14, indent=30, mark=f"{number}.", after=8))
    if c.asks:
        blocks.append(
            _Block(
                "Please fax the missing information with this page on top, or with the number above on it.", after=12
            )
        )
    if c.kind is ConfirmationKind.OFFER:
        blocks += _boxes(c, zone)
    for label, value in _facts(c, zone):
        blocks.append(_Block(f"{label}: {value}", 14, after=6))
    if c.manager:
        blocks += [
            _Block("", 6, after=0),
            _Block("Your contact", 13, after=0),
            _Block(f"{_plain(c.manager.name)}, extension {_plain(c.manager.extension)}", 17, bold=True),
        ]
    return blocks


def _boxes(c: ConfirmationRequested, zone: ZoneInfo) -> list[_Block]:
    """Return the boxes by which the page itself is the answer when it comes back; few words, far apart."""
    listed = [(reason.code, reason.label) for reason in Reasons.model_validate(load("network/reasons")).decline]
    blocks = [_Block("Tick one box and fax this page back:", 13, after=4)]
    for tick in ticks_of(c, listed):
        beside = f"({tick.beside})" if tick.beside else ""
        if tick.value.startswith("accept"):
            window = c.choices[int(tick.value.rpartition(" ")[2])]
            end = window.end.astimezone(zone)
            beside = f"{_moment(window.start, zone)} to {end.hour % 12 or 12}:{end:%M %p}"
        blocks.append(_Block(f"{tick.label}  {beside}", 13, indent=30, box=True, after=5))
    return blocks


def _facts(c: ConfirmationRequested, zone: ZoneInfo) -> list[tuple[str, str]]:
    facts: list[tuple[str, str]] = []
    if c.service_summary:
        facts.append(("Service", _plain(c.service_summary)))
    if c.scheduled_start:
        facts.append(("Scheduled start", _moment(c.scheduled_start, zone)))
    if c.scheduled_end:
        facts.append(("Not later than", _moment(c.scheduled_end, zone)))
    if c.previous_start:
        facts.append(("Date before", _moment(c.previous_start, zone)))
    if c.completed_at:
        facts.append(("Completed", _moment(c.completed_at, zone)))
    if c.self_pay:
        facts.append(("Payment", SELF_PAY))
    if c.note:
        facts.append(("Reason", _plain(c.note)))
    if c.discharge_deadline and c.kind in {ConfirmationKind.SCHEDULED, ConfirmationKind.RESCHEDULED}:
        day = c.discharge_deadline
        told = _moment(day, zone) if isinstance(day, datetime) else f"{day:%A, %B} {day.day}, {day:%Y}"
        facts.append(("Discharge", told))
    if c.provider_name and c.kind is not ConfirmationKind.OFFER:
        facts.append(("Provider", _plain(c.provider_name)))
    if c.offer_id:
        facts.append(("Offer", _plain(c.offer_id)))
    if c.respond_by:
        facts.append(("Please answer by", _moment(c.respond_by, zone)))
    return facts


def _plain(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f-\x9f\s]+", " ", text).strip()


def _moment(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local:%A, %B} {local.day}, {local:%Y}, {local.hour % 12 or 12}:{local:%M %p %Z}"


@cache
def _fonts() -> tuple[str, str]:
    """Embed reportlab's own Vera, so that no renderer puts another face in its place."""
    import reportlab
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFont

    folder = Path(reportlab.__file__).parent / "fonts"
    registerFont(TTFont("DoorstepVera", str(folder / "Vera.ttf")))
    registerFont(TTFont("DoorstepVeraBold", str(folder / "VeraBd.ttf")))
    return "DoorstepVera", "DoorstepVeraBold"


def _width(text: str, size: float, *, bold: bool) -> float:
    from reportlab.pdfbase.pdfmetrics import stringWidth

    return float(stringWidth(text, _fonts()[bold], size))


def _wrap(block: _Block) -> list[str]:
    room = WIDTH - 2 * MARGIN - block.indent
    lines, line = [], ""
    for word in block.text.split(" "):
        rest = word
        while rest:
            longer = f"{line} {rest}".strip()
            if _width(longer, block.size, bold=block.bold) <= room:
                line, rest = longer, ""
            elif line:
                lines.append(line)
                line = ""
            else:  # one word wider than the page: cut it where it fits
                cut = len(rest) - 1
                while cut > 1 and _width(rest[:cut], block.size, bold=block.bold) > room:
                    cut -= 1
                lines.append(rest[:cut])
                rest = rest[cut:]
    return [*lines, line] if line or not lines else lines


def _paginate(blocks: list[_Block]) -> list[list[_Block]]:
    pages: list[list[_Block]] = [[]]
    y = _TOP
    for block in blocks:
        block.lines = _wrap(block)
        height = len(block.lines) * block.leading
        if y - height < _BOTTOM and pages[-1]:
            pages.append([])
            y = _TOP
        pages[-1].append(block)
        y -= height + block.after
    return pages


def _frame(canvas: Canvas, settings: FaxSettings, when: str, page: str) -> None:
    """Name the sender, its number, date and time on every page (47 CFR 68.318(d))."""
    plain, bold = _fonts()
    canvas.setFont(bold, 15)
    canvas.drawString(MARGIN, 744, _plain(settings.hub_name))
    canvas.setFont(plain, 12)
    if settings.hub_phone:
        canvas.drawRightString(WIDTH - MARGIN, 744, f"Call {_plain(settings.hub_phone)}")
    canvas.drawString(MARGIN, 726, when)
    canvas.drawRightString(WIDTH - MARGIN, 726, page)
    canvas.setLineWidth(1.5)
    canvas.line(MARGIN, 717, WIDTH - MARGIN, 717)
    canvas.line(MARGIN, 78, WIDTH - MARGIN, 78)
    canvas.setFont(plain, 12)
    canvas.drawString(MARGIN, 60, "Confidential. If this fax is not for you, please call us and destroy it.")


def _draw(canvas: Canvas, block: _Block, y: float) -> float:
    for number, line in enumerate(block.lines):
        y -= block.leading
        canvas.setFont(_fonts()[block.bold], block.size)
        if block.box and not number:
            canvas.rect(MARGIN + 8, y - 2, 13, 13)
        if block.mark and not number:
            canvas.drawString(MARGIN, y, block.mark)
        canvas.drawString(MARGIN + block.indent, y, line)
    return y - block.after
