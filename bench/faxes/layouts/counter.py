"""Papers of pieces: names and days in boxes of their own, grids, lists to tick, print-outs whose lines run on."""

# ruff: noqa: E501 - the words that stand on papers

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bench.faxes.catalogue import GOODS
from bench.faxes.layouts.sheet_form import LEFT, RIGHT, Form, rows
from bench.faxes.page import Page
from bench.faxes.say import Values
from tests.samples.people import BARRIERS


def pieces(p: Page, v: Values) -> None:
    """Names, days and addresses in boxes of their own: last, first, MI; street, apt, city, state, zip; month, day, year."""
    form = Form(p, v)
    around, rng = form.around, form.rng
    y = form.title(rng.choice(("PATIENT REGISTRATION & ORDER", "Intake Form", "New Patient Order", "ORDER INTAKE")))
    how = rng.randrange(3)

    def row(cells: Sequence[tuple[str, str, float]], y: float) -> float:
        x = LEFT
        whole = sum(share for _, _, share in cells)
        for label, value, share in cells:
            wide = (RIGHT - LEFT) * share / whole
            if how == 0:
                form.over(x, y, form.cased(label), value, wide - 8)
            elif how == 1:
                p.text(x + 2, y + 10, value, form.size, fit=wide - 12)
                p.line(x, y + 13, x + wide - 8, y + 13, 0.6)
                p.text(x + 1, y + 21, form.cased(label), 7, fit=wide - 10)
            else:
                form.pair(x, y + 8, form.cased(label), value, wide - 6)
            x += wide
        return y + (30 if how != 2 else 19)

    given, family, middle = _parts(v)
    y = row(
        [
            (rng.choice(("Last Name", "Last name", "Family name")), family, 3),
            (rng.choice(("First Name", "First name", "Given name")), given, 3),
            (rng.choice(("MI", "Middle Initial")), middle, 1.2),
        ],
        y,
    )
    born = v["dob"]
    if born and rng.random() < 0.6 and how != 2:
        month, day, year = date.fromisoformat(v.truth.dob).strftime("%m %d %Y").split()
        p.text(LEFT, y + 4, form.word("dob"), 8)
        for n, label in enumerate(("Month", "Day", "Year")):
            p.text(LEFT + 100 + n * 50, y + 4, label, 7.5)
        for n, value in enumerate((month, day, year)):
            p.text(LEFT + 101 + n * 50, y + 17, value, form.size)
        y += 32
        y = row(
            [
                ("Sex", around.sex, 1),
                (form.word("contact_phone"), v["contact_phone"], 3),
                ("Marital status", "Widowed", 2),
            ],
            y,
        )
    else:
        y = row(
            [
                (form.word("dob"), born, 2.4),
                ("Sex", around.sex, 0.8),
                (form.word("contact_phone"), v["contact_phone"], 3),
            ],
            y,
        )
    street, city, state, postal = v.address_parts
    if street:
        y = row([(rng.choice(("Street Address", "Street", "Delivery street address")), street, 6)], y)
        y = row(
            [
                ("City", city, 3),
                (rng.choice(("State", "ST")), state, 1),
                (rng.choice(("Zip", "ZIP Code")), postal, 1.4),
            ],
            y,
        )
    y = row(
        [
            (form.word("payer"), v["payer"], 3),
            (form.word("member_id"), v["member_id"], 2.4),
            (form.word("group_no"), v["group_no"], 2),
        ],
        y,
    )
    if rng.random() < 0.4:
        y = row([("Secondary Insurance", around.second_payer, 3), ("Secondary ID", around.second_id, 2.4)], y)
    y = form.diagnoses(y + 12)
    y = form.items(y)
    y = form.access(form.when(y + 2))
    y = row([(label, value, 2.4) for label, value in form.who()[:2]], y + 2)
    y = row(
        [(form.word("practice_phone"), v["practice_phone"], 2), (form.word("practice_fax"), v["practice_fax"], 2)], y
    )
    form.sign(y + 26)


def _parts(v: Values) -> tuple[str, str, str]:
    """Return given name, family name and initial as this office prints them."""
    if not v["member_name"]:
        return "", "", ""
    words = v.truth.member_name.split()
    at = next((n for n, w in enumerate(words) if w == "De"), len(words) - 1)
    middle = next((w for w in words[1:at] if w.endswith(".")), "")
    given, family = words[0], " ".join(words[at:])
    return (given.upper(), family.upper(), middle) if v.upper else (given, family, middle)


def grid(p: Page, v: Values) -> None:
    """A ruled table of labels and values in pairs; items in a table with their diagnoses by line."""
    form = Form(p, v)
    around, rng = form.around, form.rng
    y = form.title(rng.choice(("STANDARD WRITTEN ORDER", "Physician Order", "Detailed Order", "DME / Supply Order")))
    cells = [
        (form.word("member_name"), v["member_name"]), (form.word("dob"), v["dob"]),
        (form.word("payer"), v["payer"]), (form.word("member_id"), v["member_id"]),
        (form.word("group_no"), v["group_no"]), (form.word("contact_phone"), v["contact_phone"]),
        ("Sex", around.sex), ("Height / Weight", f"{around.height} / {around.weight}"),
        *form.who(),
        (form.word("service_start"), v["service_start"]), (form.word("service_end"), v["service_end"]),
    ]  # fmt: skip
    if rng.random() < 0.5:
        rng.shuffle(cells)
    columns = rng.choice((2, 2, 1))
    ruled, high = rng.random() < 0.7, form.size + 9
    wide = (RIGHT - LEFT) / columns
    narrow = wide * rng.choice((0.36, 0.42))
    for n, (label, value) in enumerate(cells):
        x = LEFT + (n % columns) * wide
        if ruled:
            p.box(x, y, narrow, high)
            p.box(x + narrow, y, wide - narrow, high)
        p.text(x + 4, y + high - 5, form.cased(label), form.size * 0.92, bold=True, fit=narrow - 8)
        p.text(x + narrow + 5, y + high - 5, value, form.size, fit=wide - narrow - 10)
        y += high if n % columns == columns - 1 or n == len(cells) - 1 else 0
    if v.address:
        p.text(LEFT + 4, y + high - 5, form.word("ship_address"), form.size * 0.92, bold=True, fit=narrow - 8)
        p.text(LEFT + narrow + 5, y + high - 5, ", ".join(v.address), form.size, fit=RIGHT - LEFT - narrow - 10)
        if ruled:
            p.box(LEFT, y, RIGHT - LEFT, high)
        y += high
    y = _table(form, y + 14)
    left = [
        (form.word(n), v[n])
        for n in ("discharge_deadline", "equipment_brand", "equipment_model", "equipment_serial")
        if v.has(n)
    ]
    left += [(form.word("frequency"), v.frequency)] if v.frequency else []
    for label, value in left:
        form.pair(LEFT, y + 8, label, value, 500)
        y += form.size * 1.7
    form.sign(form.access(y + 8) + 18)


def _table(form: Form, y: float) -> float:
    """Draw the items with their codes, diagnoses and quantities, the columns in any order."""
    p, v, rng = form.p, form.v, form.rng
    dx = [code for code, _ in v.dx]
    columns = [
        (rng.choice(("HCPCS", "HCPCS Code", "Code")), 62.0), (rng.choice(("Description", "Item", "Equipment / supply")), 226.0),
        (rng.choice(("Qty", "Quantity", "Units", "# Units")), 52.0), (rng.choice(("ICD-10", "Dx", "Diagnosis code")), 110.0),
        (rng.choice(("LON", "Length of need", "Refills")), 74.0),
    ]  # fmt: skip
    order = list(range(5))
    if rng.random() < 0.6:
        rng.shuffle(order)
    lines = [("", "", "", "", "")] + [
        (c, t, q, ", ".join(dx) if n == 0 or rng.random() < 0.6 else "", form.around.need)
        for n, (c, t, q) in enumerate(v.items)
    ]
    if not v.items:
        lines.append(("", "", "", ", ".join(dx), ""))
    high = form.size + 8
    for n, row in enumerate(lines):
        x = LEFT
        for place in order:
            title, wide = columns[place]
            p.text(
                x + 3,
                y + high - 5,
                title if n == 0 else row[place],
                form.size * (0.85 if n == 0 else 1),
                bold=n == 0,
                fit=wide - 6,
            )
            x += wide
        p.line(LEFT, y + high, RIGHT, y + high, 0.5)
        y += high
    return y + 14


def tick_list(p: Page, v: Values) -> None:
    """A printed list of goods of which some are ticked; ticks are boxes, brackets or typed; quantities may be printed for all."""
    form = Form(p, v)
    around, rng = form.around, form.rng
    y = form.title(
        rng.choice(("EQUIPMENT CHECKLIST", "Order Checklist", "Supply Order - check all that apply", "RX CHECKLIST"))
    )
    y = rows(
        form,
        [
            [(form.word("member_name"), v["member_name"]), (form.word("dob"), v["dob"])],
            [(form.word("payer"), v["payer"]), (form.word("member_id"), v["member_id"])],
            [(form.word("group_no"), v["group_no"]), (form.word("contact_phone"), v["contact_phone"])],
            [(form.word("ship_address"), ", ".join(v.address))],
        ],
        y,
    )
    y = form.diagnoses(y + 4)
    items = v.items
    codes = {code for code, _, _ in items}
    others = [g for g in GOODS["dme"] if g.code not in codes]
    count = rng.randrange(5, 9)
    listed = [(code, text, quantity, True) for code, text, quantity in items] + [
        (g.code, g.text, "", False) for g in rng.sample(others, min(count, len(others)))
    ]
    rng.shuffle(listed)
    style = rng.choice(("x", "check", "fill", "bracket", "bracket", "paren"))
    first = rng.random() < 0.6
    for code, text, quantity, on in listed:
        words = f"{code} {text}" if first else f"{text} {code}"
        p.tick(LEFT, y, words, on=on, size=form.size, style=style, fit=370)
        p.text(468, y, f"Qty {quantity}" if on else "Qty ____", form.size)
        y += form.size * 1.75
    y = form.when(y + 6)
    if v.has("access_barriers"):
        x = p.text(LEFT, y, f"{form.word('access_barriers')}:", form.size) + 10
        for name in BARRIERS:
            x = p.tick(x, y, v.barrier_words(name), on=v.barrier(name), size=form.size, style=style)
        y += 20
    y = rows(form, [form.who()[:2], form.who()[2:]], y)
    if rng.random() < 0.5:
        y = rows(form, [[("Supplier rep", around.rep), ("Phone", around.supplier_phone)]], y)
    form.sign(y + 20)


def run_on(p: Page, v: Values) -> None:
    """A print-out whose lines run on: several labels behind each other, parted by blanks, bars or dots."""
    form = Form(p, v)
    around, rng = form.around, form.rng
    form.end = ":"
    gap = rng.choice(("    ", "   |   ", "  ·  ", "      "))
    p.text(LEFT, 44, v.truth.practice, 12, bold=True)
    p.text(RIGHT, 44, f"Printed {around.printed}", 7.5, anchor="rs")
    p.text(
        LEFT,
        60,
        rng.choice(("Ambulatory order", "DME/Home Services Order", "Outpatient Referral", "Order Requisition"))
        + f"   Order # {around.order_no}",
        10,
        bold=True,
    )
    lines: list[list[tuple[str, str]]] = [
        [
            (rng.choice(("Patient", "Pt", "Patient name")), v["member_name"]),
            (form.word("dob"), v["dob"]),
            ("MRN", around.mrn),
            ("Sex", around.sex),
        ],
        [(form.word("contact_phone"), v["contact_phone"]), ("Address", ", ".join(v.address))],
        [
            (form.word("payer"), v["payer"]),
            (form.word("member_id"), v["member_id"]),
            (form.word("group_no"), v["group_no"]),
        ],
        [(form.word("clinician_name"), v["clinician_name"]), (form.word("clinician_npi"), v["clinician_npi"])],
        [(form.word("practice_phone"), v["practice_phone"]), (form.word("practice_fax"), v["practice_fax"])],
        [("PCP", around.pcp), ("PCP phone", around.pcp_phone)],
        [(form.word("service_start"), v["service_start"]), (form.word("service_end"), v["service_end"])],
    ]
    if v.has("discharge_deadline"):
        lines.append([(form.word("discharge_deadline"), v["discharge_deadline"])])
    if rng.random() < 0.4:
        lines.insert(3, [("Secondary insurance", around.second_payer), ("ID", around.second_id)])
    y = 84.0
    for line in lines:
        p.text(LEFT, y, gap.join(f"{label}: {value}" for label, value in line if value), form.size, fit=RIGHT - LEFT)
        y += form.size * 1.7
    y = form.items(y + 6)
    y = form.diagnoses(y + 2)
    device = [(form.word(n), v[n]) for n in ("equipment_brand", "equipment_model", "equipment_serial") if v.has(n)]
    device += [(form.word("frequency"), v.frequency)] if v.frequency else []
    p.text(LEFT, y, gap.join(f"{label}: {value}" for label, value in device), form.size, fit=RIGHT - LEFT)
    y = form.access(y + 18)
    if v.signed and v.has("signature_date"):
        words = rng.choice(
            (
                "Electronically signed by {n} on {d}",
                "E-signed: {n}  {d} {t}",
                "Digitally signed by {n} {d} at {t}",
                "Electronically signed by: {n}, {d} {t}",
            )
        )
        p.text(LEFT, y + 14, words.format(n=v.truth.clinician_name, d=v["signature_date"], t=around.clock), form.size)
