"""Forms that no office has: every one is put together anew from the ways in which forms are made.

Where a caption stands, how many cells a row has, which sections there are and in which order, how headings look, how
items and diagnoses are listed, and which other people's numbers stand between: all of it is drawn by lot, so that what
reads these forms well has learned forms and not one form.
"""

# ruff: noqa: E501 - the words that stand on papers

from __future__ import annotations

import random
from dataclasses import dataclass, field

from bench.faxes.around import Around
from bench.faxes.page import HEIGHT, Page
from bench.faxes.say import Values

LEFT, RIGHT = 38.0, 574.0
Cell = tuple[str, str, float]
"""A caption, a value and how wide it is beside its neighbours."""


@dataclass
class Style:
    """The habits of one form."""

    caption: str
    """colon, bare, right (before a rule), above, below (under a rule), boxed, corner (box, caption small), comb."""
    per_row: int
    heading: str
    face: str
    size: float
    small: float
    gap: float
    caps: bool
    ends: str
    values_face: str | None = None
    order: list[str] = field(default_factory=list)


CAPTIONS = ("colon", "colon", "bare", "right", "above", "above", "below", "below", "boxed", "boxed", "corner", "comb")
HEADINGS = ("bar", "bold", "rule", "boxed", "centre", "none")
TITLES = ("PHYSICIAN ORDER", "ORDER FORM", "Referral / Order", "Request for Services", "STANDARD WRITTEN ORDER", "Prescription & Order", "Home Care Order", "Fax Order", "Service Request", "Provider Order Sheet")  # fmt: skip
NAMES = {
    "patient": ("Patient Information", "PATIENT", "Patient Demographics", "Member", "Section 1: Patient", "Client Information", "Patient Details"),
    "insurance": ("Insurance", "Insurance Information", "COVERAGE", "Payer Information", "Billing", "Section 2: Insurance"),
    "clinical": ("Diagnosis", "Clinical", "DIAGNOSES", "Medical Necessity", "Clinical Information"),
    "order": ("Order", "Equipment / Services", "ITEMS REQUESTED", "Order Details", "Services Requested", "Rx"),
    "provider": ("Ordering Provider", "PRESCRIBER", "Physician Information", "Provider", "Ordering Practitioner Information"),
    "dates": ("Dates", "Service Dates", "Timeline", "Schedule"),
    "sign": ("Authorization", "Signature", "CERTIFICATION", "Physician Attestation"),
}  # fmt: skip


def _style(rng: random.Random) -> Style:
    order = ["patient", "insurance", "clinical", "order", "dates", "provider"]
    kind = rng.random()
    if kind < 0.3:
        rng.shuffle(order)
    elif kind < 0.5:
        order = ["provider", *order[:-1]]
    return Style(
        caption=rng.choice(CAPTIONS),
        per_row=rng.choice((1, 2, 2, 3, 3, 4)),
        heading=rng.choice(HEADINGS),
        face=rng.choice(("sans", "sans", "serif", "narrow", "mono")),
        size=rng.choice((9, 10, 10.5, 11)),
        small=rng.choice((6.5, 7, 7.5, 8)),
        gap=rng.uniform(0.9, 1.6),
        caps=rng.random() < 0.25,
        ends=rng.choice((":", ":", "", " -", ".")),
        values_face=rng.choice((None, None, None, "mono", "hand", "serif")),
        order=order,
    )


def form(p: Page, v: Values) -> None:
    """One form, different from every other; what does not fit on a page is made anew."""
    struck = v._struck  # noqa: SLF001 - a trial must not use up the slip of the pen
    for trial in range(12):
        seed = v.rng.random()
        style = _style(random.Random(seed))
        if trial > 3:
            style.per_row, style.gap, style.size = max(3, style.per_row), 0.85, min(9.5, style.size)
        scratch = Page(p.faces, random.Random(0))
        lowest = _draw(scratch, v, style, random.Random(seed))
        v._struck = struck  # noqa: SLF001
        if lowest < HEIGHT - 30 and not scratch.outside:
            break
    _draw(p, v, style, random.Random(seed))


def _draw(p: Page, v: Values, style: Style, rng: random.Random) -> float:
    p.face = style.face
    around = Around(v)
    y = _top(p, v, around, rng)
    for name in style.order:
        y = _heading(p, style, rng.choice(NAMES[name]), y)
        if name == "clinical":
            y = _diagnoses(p, v, style, y, rng)
        elif name == "order":
            y = _items(p, v, style, y, rng)
        else:
            y = _cells(p, style, _content(name, v, around, rng), y, rng)
        y += 5 * style.gap
    y = _heading(p, style, rng.choice(NAMES["sign"]), y) if style.heading != "none" else y + 6
    return _sign(p, v, style, y, rng)


def _top(p: Page, v: Values, around: Around, rng: random.Random) -> float:
    title = rng.choice(TITLES)
    kind = rng.randrange(3)
    if kind == 0:
        p.text(306, 50, title, 15, bold=True, anchor="ms")
        p.text(306, 64, f"Fax completed form to {v.case.supplier} at {around.supplier_fax}", 8.5, anchor="ms")
        return 82.0
    if kind == 1:
        p.text(LEFT, 46, v.truth.practice, 13, bold=True)
        p.text(LEFT, 59, f"{around.clinic_street}, {around.clinic_city}", 8.5)
        p.text(RIGHT, 46, title, 12, bold=True, anchor="rs")
        p.line(LEFT, 66, RIGHT, 66)
        return 82.0
    p.text(LEFT, 48, title, 14, bold=True)
    p.text(RIGHT, 48, f"Printed {around.printed}", 8, anchor="rs")
    p.text(LEFT, 61, f"To: {v.case.supplier}   Phone {around.supplier_phone}   Fax {around.supplier_fax}", 8.5)
    return 78.0


def _heading(p: Page, style: Style, words: str, y: float) -> float:
    words = words.upper() if style.caps else words
    match style.heading:
        case "bar":
            p.bar(LEFT, y, RIGHT - LEFT, 13, words, 8.5)
            return y + 17
        case "bold":
            p.text(LEFT, y + 11, words, 10.5, bold=True)
            return y + 16
        case "rule":
            p.text(LEFT, y + 11, words, 10, bold=True)
            p.line(LEFT, y + 14, RIGHT, y + 14)
            return y + 19
        case "boxed":
            p.box(LEFT, y, RIGHT - LEFT, 14)
            p.text(LEFT + 4, y + 10.5, words, 9, bold=True)
            return y + 17
        case "centre":
            p.text(306, y + 11, words, 10.5, bold=True, anchor="ms")
            return y + 16
        case _:
            return y + 4


def _content(name: str, v: Values, around: Around, rng: random.Random) -> list[Cell]:
    """Return the cells of a section: ours, and now and then what is nobody's field or somebody else's."""
    return {"patient": _patient, "insurance": _insurance, "dates": _dates, "provider": _provider}[name](v, around, rng)


def _patient(v: Values, around: Around, rng: random.Random) -> list[Cell]:
    street, city, state, postal = v.address_parts
    cells = [(v.label("member_name"), v["member_name"], 3.0), (v.label("dob"), v["dob"], 2.0)]
    if rng.random() < 0.6:
        cells.append((rng.choice(("Sex", "Gender", "M/F")), around.sex, 1.0))
    if rng.random() < 0.3:
        cells.append(("MRN", around.mrn, 1.5))
    if street and rng.random() < 0.5:
        cells.append((v.label("ship_address"), f"{street}, {city}, {state} {postal}", 6.0))
    elif street:
        cells += [("Street Address", street, 4.0), ("City", city, 2.0), ("State", state, 0.8), ("Zip", postal, 1.2)]
    cells.append((v.label("contact_phone"), v["contact_phone"], 2.0))
    if rng.random() < 0.35:
        cells += [("Emergency Contact", around.kin, 2.0), ("Relationship", around.kin_relation, 1.2), ("Contact's Phone", around.kin_phone, 2.0)]  # fmt: skip
    if rng.random() < 0.25:
        cells += [("Height", around.height, 1.0), ("Weight", around.weight, 1.0)]
    note = v.barrier_note
    if note:
        cells.append((v.label("access_barriers"), note, 6.0))
    return cells


def _insurance(v: Values, around: Around, rng: random.Random) -> list[Cell]:
    cells = [
        (v.label("payer"), v["payer"], 3.0),
        (v.label("member_id"), v["member_id"], 2.0),
        (v.label("group_no"), v["group_no"], 1.6),
    ]
    if rng.random() < 0.3:
        cells += [("Secondary Insurance", around.second_payer, 3.0), ("Secondary ID", around.second_id, 2.0)]
    if rng.random() < 0.25:
        cells.append(("Auth #", around.auth, 1.6))
    return cells  # fmt: skip


def _dates(v: Values, around: Around, rng: random.Random) -> list[Cell]:
    cells = [
        (v.label(one), v[one], 2.0) for one in ("service_start", "service_end", "discharge_deadline") if v.has(one)
    ]
    cells += [(v.label("frequency"), v.frequency, 3.0)] if v.frequency else []
    cells += [
        (v.label(one), v[one], 2.0) for one in ("equipment_brand", "equipment_model", "equipment_serial") if v.has(one)
    ]
    if rng.random() < 0.4:
        cells.append(("Length of need", around.months, 1.6))
    if rng.random() < 0.25:
        cells.append(("Last office visit", around.last_visit, 2.0))
    return cells  # fmt: skip


def _provider(v: Values, around: Around, rng: random.Random) -> list[Cell]:
    cells = [(v.label("clinician_name"), v["clinician_name"], 3.0), (v.label("clinician_npi"), v["clinician_npi"], 1.8)]
    if rng.random() < 0.5:
        cells.append((rng.choice(("Practice", "Clinic", "Facility", "Practice Name")), v.truth.practice, 3.0))
    cells += [(v.label("practice_phone"), v["practice_phone"], 2.0), (v.label("practice_fax"), v["practice_fax"], 2.0)]
    if rng.random() < 0.25:
        cells += [("PCP (if different)", around.pcp, 2.5), ("PCP Phone", around.pcp_phone, 2.0)]
    if rng.random() < 0.2:
        cells.append(("Office contact", around.rep, 1.5))
    return cells


def _rows(style: Style, cells: list[Cell]) -> list[list[Cell]]:
    """Break the cells into rows of about as many as this form has in one."""
    room = {1: 3.5, 2: 5.5, 3: 7.0, 4: 9.0}[style.per_row]
    rows: list[list[Cell]] = [[]]
    for cell in cells:
        if rows[-1] and (len(rows[-1]) >= style.per_row or sum(w for _, _, w in rows[-1]) + cell[2] > room):
            rows.append([])
        rows[-1].append(cell)
    return rows


def _cells(p: Page, style: Style, cells: list[Cell], y: float, rng: random.Random) -> float:
    for row in _rows(style, cells):
        whole = sum(w for _, _, w in row)
        if style.caption in {"boxed", "corner"} and whole < 4:
            whole = max(whole, 4.0 if style.per_row == 1 else 5.0)
        x = LEFT
        height = 0.0
        for label, value, share in row:
            wide = (RIGHT - LEFT) * share / max(whole, 3.0)
            height = max(height, _cell(p, style, x, y, wide, label.upper() if style.caps else label, value, rng))
            x += wide
        y += height
    return y


def _cell(p: Page, style: Style, x: float, y: float, wide: float, label: str, value: str, rng: random.Random) -> float:
    """Draw one caption with its value; return how high it is."""
    size, small, face = style.size, style.small, style.values_face
    match style.caption:
        case "colon" | "bare":
            end = ":" if style.caption == "colon" else style.ends if style.ends != ":" else ""
            after = p.text(x, y + size + 2, f"{label}{end}", size * 0.92, bold=rng.random() < 0.3, fit=wide * 0.6)
            p.text(after + 5, y + size + 2, value, size, face=face, fit=max(20, x + wide - after - 9))
            return (size + 6) * style.gap
        case "right":
            edge = x + wide * 0.42
            p.text(edge, y + size + 3, label, size * 0.85, anchor="rs", fit=wide * 0.4)
            p.line(edge + 5, y + size + 5, x + wide - 6, y + size + 5, 0.5)
            p.text(edge + 8, y + size + 3, value, size, face=face, fit=wide * 0.54)
            return (size + 8) * style.gap
        case "above":
            p.text(x, y + small + 1, label, small, bold=rng.random() < 0.3, fit=wide - 6)
            p.text(x, y + small + size + 4, value, size, face=face, fit=wide - 8)
            return (small + size + 8) * style.gap
        case "below":
            p.text(x + 2, y + size + 1, value, size, face=face, fit=wide - 12)
            p.line(x, y + size + 4, x + wide - 8, y + size + 4, 0.6)
            p.text(x + 1, y + size + 5 + small, label, small, fit=wide - 10)
            return size + small + 8 + 6 * style.gap
        case "boxed" | "corner":
            high = small + size + 10
            p.box(x, y, wide, high)
            p.text(x + 3, y + small + 1.5, label, small, fit=wide - 5)
            p.text(x + (4 if style.caption == "boxed" else 14), y + high - 4, value, size, face=face, fit=wide - 18)
            return high
        case _:
            p.text(x, y + small + 1, label, small, fit=wide - 6)
            letters = value.replace(" ", "")
            digits = sum(c.isdigit() for c in letters)
            room = int((wide - 8) // 11)
            if digits >= 5 and digits > len(letters) / 2 and len(letters) <= room and "," not in value:
                p.comb(x, y + small + 18, letters, len(letters), 11, 14, face=face, size=9.5)
            else:
                p.text(x + 2, y + small + 15, value, size, face=face, fit=wide - 10)
                p.line(x, y + small + 18, x + wide - 8, y + small + 18, 0.5)
            return (small + 22) * style.gap


def _diagnoses(p: Page, v: Values, style: Style, y: float, rng: random.Random) -> float:
    size, face = style.size, style.values_face
    kind = rng.randrange(4)
    if kind == 0:
        return _cells(p, style, [(v.label("icd10"), v["icd10"], 6.0)], y, rng)
    label = v.label("icd10")
    if kind == 1:
        y += size + 3
        p.text(LEFT, y, label, size * 0.9, bold=True)
        for code, text in v.dx:
            y += size + 5
            p.text(
                LEFT + 12, y, f"{code}  {text}" if rng.random() < 0.7 else f"{text} ({code})", size, face=face, fit=480
            )
        return y + 6
    if kind == 2:
        for x, title in ((LEFT, "ICD-10"), (LEFT + 90, "Description")):
            p.text(x, y + size, title, size * 0.85, bold=True)
        y += size + 3
        for code, text in v.dx:
            p.line(LEFT, y, RIGHT, y, 0.4)
            y += size + 5
            p.text(LEFT, y - 2, code, size, face=face)
            p.text(LEFT + 90, y - 2, text, size, face=face, fit=400)
        return y + 6
    for n, (code, text) in enumerate(v.dx, 1):
        y += size + 5
        p.text(LEFT, y, f"{label if n == 1 else 'Secondary dx'} {n}: {code} {text}", size, fit=500)
    return y + 6  # fmt: skip


def _items(p: Page, v: Values, style: Style, y: float, rng: random.Random) -> float:
    size, face = style.size, style.values_face
    kind = rng.randrange(4)
    items = v.items
    if kind == 0:
        columns = [
            ("HCPCS", 64.0, 0),
            (rng.choice(("Description", "Item", "Item description")), 300.0, 1),
            (rng.choice(("Qty", "Quantity", "Units", "Qty/mo")), 60.0, 2),
        ]
        rng.shuffle(columns)
        ruled = rng.random() < 0.6
        high = size + 7
        for item in [None, *items]:
            x = LEFT
            for title, wide, place in columns:
                if ruled:
                    p.box(x, y, wide, high)
                p.text(
                    x + 4,
                    y + size + 2,
                    title if item is None else item[place],
                    size * (0.85 if item is None else 1),
                    bold=item is None,
                    face=None if item is None else face,
                    fit=wide - 7,
                )
                x += wide
            y += high
        return y + 5  # fmt: skip
    for n, (code, text, quantity) in enumerate(items, 1):
        y += size + 6
        if kind == 1:
            p.text(LEFT, y, f"{n}. {text} ({code})   Qty: {quantity}", size, face=face, fit=520)
        elif kind == 2:
            p.text(LEFT, y, f"{code} - {text}, quantity {quantity}", size, face=face, fit=520)
        else:
            p.tick(LEFT, y, f"{code}  {text}", on=True, size=size, style=v.ticks, fit=380)
            p.text(470, y, f"Qty {quantity}", size, face=face)
    return y + 8


def _sign(p: Page, v: Values, style: Style, y: float, rng: random.Random) -> float:
    label = v.label("signature_date")
    if rng.random() < 0.5:
        y += 34
        p.line(LEFT, y, 330, y)
        p.text(
            LEFT,
            y + 10,
            rng.choice(
                ("Signature", "Physician Signature", "Signature of ordering practitioner", "Prescriber signature")
            ),
            style.small,
        )
        p.line(400, y, RIGHT, y)
        p.text(400, y + 10, label, style.small)
        p.text(406, y - 3, v["signature_date"], style.size, face=style.values_face, fit=160)
        if v.signed:
            p.sign(LEFT + 30, y - 4, v.truth.clinician_name)
        return y + 14  # fmt: skip
    y += 30
    end = p.text(
        LEFT, y, rng.choice(("Signature:", "Physician signature:", "Prescriber Signature", "Signed:")), style.size
    )
    p.line(end + 4, y + 2, 360, y + 2)
    if v.signed:
        p.sign(end + 20, y - 2, v.truth.clinician_name)
    after = p.text(385, y, label if label.endswith(":") else f"{label}:", style.size)
    p.text(after + 6, y, v["signature_date"], style.size, face=style.values_face, fit=RIGHT - after - 8)
    return y + 6
