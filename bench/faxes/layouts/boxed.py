"""Forms made of ruled boxes: label above the value, numbered boxes, a checklist with columns, a certificate in sections."""

# ruff: noqa: E501 - the words that stand on papers

from __future__ import annotations

from bench.faxes.catalogue import DME
from bench.faxes.page import Page
from bench.faxes.say import Values
from tests.samples.people import BARRIERS


def _cell(
    p: Page, x: float, y: float, w: float, h: float, label: str, value: str, *, hand: bool = False, size: float = 10.5
) -> None:
    p.box(x, y, w, h)
    p.text(x + 3, y + 9, label, 7, fit=w - 5)
    p.text(x + 5, y + h - 6, value, size, face="hand" if hand else None, fit=w - 9)


def written_order(p: Page, v: Values) -> None:
    """Detailed written order: a grid of cells with a small label at the top of each."""
    p.text(306, 56, "DETAILED WRITTEN ORDER", 15, bold=True, anchor="ms")
    p.text(306, 70, f"Return to {v.case.supplier}   Fax {v.phone(v.case.supplier_fax)}", 8.5, anchor="ms")
    h, y = 31, 80.0
    street, city, state, postal = v.address_parts
    rows = [
        [
            (v.label("member_name"), v["member_name"], 300),
            (v.label("dob"), v["dob"], 120),
            ("Sex", v.truth.sex[0].upper(), 112),
        ],
        [("Street Address", street, 260), ("City", city, 130), ("State", state, 52), ("ZIP", postal, 90)],
        [
            (v.label("contact_phone"), v["contact_phone"], 150),
            (v.label("payer"), v["payer"], 190),
            (v.label("member_id"), v["member_id"], 192),
        ],
        [(v.label("group_no"), v["group_no"], 150), ("Alternate contact", "", 190), ("Secondary insurance", "", 192)],
    ]
    for row in rows:
        x = 40.0
        for label, value, w in row:
            _cell(p, x, y, w, h, label, value, hand=v.hand)
            x += w
        y += h
    y += 8
    p.bar(40, y, 532, 15, "DIAGNOSES", 9)
    y += 15
    dx = v.dx
    for i in range(max(2, len(dx))):
        code, text = dx[i] if i < len(dx) else ("", "")
        _cell(p, 40, y, 110, 29, f"ICD-10 #{i + 1}", code, hand=v.hand)
        _cell(p, 150, y, 422, 29, "Description", text, hand=v.hand, size=9.5)
        y += 29
    y += 8
    p.bar(40, y, 532, 15, "ITEMS ORDERED", 9)
    y += 15
    widths = (70, 300, 60, 102)
    x = 40.0
    for w, title in zip(widths, ("HCPCS", "Description", "Qty", "Frequency"), strict=True):
        p.box(x, y, w, 15)
        p.text(x + 4, y + 11, title, 8, bold=True)
        x += w
    y += 15
    items = v.items
    for i in range(max(3, len(items))):
        row_values = (*items[i], v.frequency if i == 0 else "") if i < len(items) else ("", "", "", "")
        x = 40.0
        for w, value in zip(widths, row_values, strict=True):
            p.box(x, y, w, 22)
            p.text(x + 4, y + 15, value, 10, face="hand" if v.hand else None, fit=w - 7)
            x += w
        y += 22
    y += 8
    x = 40.0
    for name in ("equipment_brand", "equipment_model", "equipment_serial"):
        _cell(p, x, y, 177.3, h, v.label(name), v[name], hand=v.hand)
        x += 177.3
    y += h
    _cell(p, 40, y, 178, h, v.label("service_start"), v["service_start"], hand=v.hand)
    _cell(p, 218, y, 177, h, v.label("service_end"), v["service_end"], hand=v.hand)
    _cell(p, 395, y, 177, h, v.label("discharge_deadline"), v["discharge_deadline"], hand=v.hand)
    y += h + 16
    x = p.text(44, y, f"{v.label('access_barriers')}:", 9, bold=True) + 12
    for name in BARRIERS:
        x = p.tick(x, y, v.barrier_words(name), on=v.barrier(name), size=9, style=v.ticks)
    y += 12
    _cell(p, 40, y, 270, h, v.label("clinician_name"), v["clinician_name"], hand=v.hand)
    _cell(p, 310, y, 110, h, v.label("clinician_npi"), v["clinician_npi"], hand=v.hand)
    _cell(p, 420, y, 76, h, "Phone", v["practice_phone"], size=8.5)
    _cell(p, 496, y, 76, h, "Fax", v["practice_fax"], size=8.5)
    y += h
    _cell(p, 40, y, 380, 40, "Practitioner Signature (no stamps)", "")
    _cell(p, 420, y, 152, 40, v.label("signature_date"), v["signature_date"], hand=v.hand)
    if v.signed:
        p.scribble(70, y + 32)


def plan_of_care(p: Page, v: Values) -> None:
    """Home health certification in numbered boxes that fill the page."""
    p.face = "sans"
    p.text(40, 44, "Department of Health and Human Services", 7)
    p.text(306, 58, "HOME HEALTH CERTIFICATION AND PLAN OF CARE", 12.5, bold=True, anchor="ms")
    t = v.truth
    y = 64.0

    def row(height: float, *cells: tuple[float, str, list[str]]) -> None:
        nonlocal y
        x = 36.0
        for w, label, values in cells:
            p.box(x, y, w, height)
            p.text(x + 2, y + 8, label, 6.5, fit=w - 3)
            p.lines(
                x + 6,
                y + 19.5,
                [value for value in values if value],
                9.5,
                step=1.22,
                fit=w - 9,
                face="mono" if not v.hand else "hand",
            )
            x += w
        y += height

    row(25, (150, "1. Patient's HI Claim No.", [v["member_id"]]), (90, "2. Start Of Care Date", [v["service_start"]]),
        (190, "3. Certification Period", [f"From: {v['service_start']} To: {v['service_end']}" if v.has("service_start") else ""]), (110, "4. Medical Record No.", [t.order_number]))  # fmt: skip
    agency = [v.case.supplier, f"Fax {v.phone(v.case.supplier_fax)}"]
    row(
        60,
        (270, "6. Patient's Name and Address", [v["member_name"], *v.address, v["contact_phone"]]),
        (270, "7. Provider's Name, Address and Telephone Number", agency),
    )
    row(25, (150, "8. Date of Birth", [v["dob"]]), (120, "9. Sex", ["[X] M  [ ] F" if t.sex == "male" else "[ ] M  [X] F"]), (150, "10. Insurance", [v["payer"]]), (120, "Group", [v["group_no"]]))  # fmt: skip
    dx = v.dx
    row(
        25,
        (90, "11. ICD", [dx[0][0] if dx else ""]),
        (330, "Principal Diagnosis", [dx[0][1] if dx else ""]),
        (120, "Date", []),
    )
    row(
        42,
        (90, "13. ICD", [code for code, _ in dx[1:]]),
        (330, "Other Pertinent Diagnoses", [text for _, text in dx[1:]]),
        (120, "Date", []),
    )
    row(
        36,
        (270, "14. DME and Supplies", ["See separate order" if v.rng.random() < 0.5 else "None"]),
        (270, "15. Safety Measures", ["Fall precautions", v.barrier_note]),
    )
    row(
        25,
        (270, "16. Nutritional Req.", [v.rng.choice(("2 g sodium", "Regular", "Diabetic, 1800 kcal"))]),
        (270, "17. Allergies", [v.rng.choice(("NKDA", "Penicillin", "Sulfa", "Latex"))]),
    )
    p.box(36, y, 540, 46)
    p.text(38, y + 8, "18.A. Functional Limitations", 6.5)
    x = 44.0
    for n, name in enumerate(("Amputation", "Hearing", "Endurance", "Ambulation", "Dyspnea"), 1):
        x = p.tick(x, y + 22, f"{n} {name}", on=v.rng.random() < 0.3, size=8, style=v.ticks)
    p.text(38, y + 38, "19. Mental Status:   1 Oriented   3 Forgetful   7 Agitated", 7.5)
    y += 46
    orders = [f"{code} {text}  Qty {quantity}" for code, text, quantity in v.items]
    row(
        78,
        (
            540,
            "21. Orders for Discipline and Treatments (Specify Amount/Frequency/Duration)",
            [
                *orders,
                v.frequency,
                f"Discharge from facility: {v['discharge_deadline']}" if v.has("discharge_deadline") else "",
            ],
        ),
    )
    row(
        44,
        (
            540,
            "22. Goals/Rehabilitation Potential/Discharge Plans",
            [v.rng.choice(("Return to prior level of function.", "Wound closure, independent in self care.")), "Good"],
        ),
    )
    row(
        34,
        (330, "23. Nurse's Signature and Date of Verbal SOC Where Applicable", []),
        (210, "25. Date HHA Received Signed POT", []),
    )
    row(70, (300, "24. Physician's Name and Address", [v["clinician_name"], f"NPI {v['clinician_npi']}" if v.has("clinician_npi") else "", ", ".join(v.case.clinic_address[:2]), f"Ph {v['practice_phone']} Fx {v['practice_fax']}" if v.has("practice_phone") else ""]),
        (240, "26. I certify that this patient is confined to home", []))  # fmt: skip
    p.box(36, y, 540, 40)
    p.text(38, y + 8, "27. Attending Physician's Signature and Date Signed", 6.5)
    if v.signed:
        p.scribble(70, y + 32, 140)
    p.text(380, y + 30, v["signature_date"], 10, face="hand" if v.hand else None)


def checklist(p: Page, v: Values) -> None:
    """A supplier's own order form: every product it sells with a box to tick and a column for the quantity."""
    y: float
    p.text(40, 52, v.case.supplier.upper(), 17, bold=True, face="serif")
    p.text(40, 66, f"Order intake fax: {v.phone(v.case.supplier_fax)}", 9)
    p.text(572, 52, "RX / ORDER FORM", 13, bold=True, anchor="rs")
    p.line(40, 72, 572, 72, 2)
    left = [("member_name", 90), ("dob", 108), ("contact_phone", 126)]
    for name, y in left:
        x = p.text(40, y, f"{v.label(name)}: ", 9.5, bold=True)
        p.text(x + 2, y, v[name], 10, face="hand" if v.hand else None, fit=300 - x)
        p.line(x, y + 2, 300, y + 2, 0.5)
    for name, y in (("payer", 90), ("member_id", 108), ("group_no", 126)):
        x = p.text(312, y, f"{v.label(name)}: ", 9.5, bold=True)
        p.text(x + 2, y, v[name], 10, face="hand" if v.hand else None, fit=572 - x)
        p.line(x, y + 2, 572, y + 2, 0.5)
    x = p.text(40, 144, f"{v.label('ship_address')}: ", 9.5, bold=True)
    p.text(x + 2, 144, v["ship_address"], 10, face="hand" if v.hand else None, fit=570 - x)
    x = p.text(40, 162, f"{v.label('icd10')}: ", 9.5, bold=True)
    p.text(x + 2, 162, v["icd10"], 10, face="hand" if v.hand else None)
    family = v.case.goods[0].family
    listed = [g for g in DME if g.family == family] + [g for g in DME if g.family != family and v.rng.random() < 0.35]
    wanted = {code: quantity for code, _, quantity in v.items}
    p.text(40, 182, "Check all that apply and enter the quantity.", 8)
    half = (len(listed) + 1) // 2
    for column, goods in enumerate((listed[:half], listed[half:])):
        x, y = 40 + column * 270.0, 196.0
        p.text(x + 222, y, "Qty", 8, bold=True)
        for good in goods:
            y += 16
            p.tick(x, y, f"{good.code}  {good.text}", on=good.code in wanted, size=8.5, style=v.ticks, fit=210)
            p.line(x + 220, y + 2, x + 250, y + 2, 0.5)
            p.text(x + 224, y, wanted.get(good.code, ""), 10, face="hand" if v.hand else None)
    y = 212 + 16.0 * half + 10
    for label, value in [
        ("Frequency / liter flow", v.frequency),
        *((v.label(n), v[n]) for n in ("equipment_brand", "equipment_model", "equipment_serial") if v.has(n)),
    ]:
        if value:
            x = p.text(40, y, f"{label}: ", 9.5, bold=True)
            p.text(x + 2, y, value, 10, face="hand" if v.hand else None)
            y += 17
    for names in (("service_start", "service_end"), ("discharge_deadline",)):
        x = 40.0
        for name in names:
            if v.has(name):
                x = p.text(x, y, f"{v.label(name)}: ", 9.5, bold=True)
                x = p.text(x + 2, y, v[name], 10, face="hand" if v.hand else None) + 30
        y += 17
    x = p.text(40, y, "Delivery site: ", 9.5, bold=True) + 6
    for name in BARRIERS:
        x = p.tick(x, y, v.barrier_words(name), on=v.barrier(name), size=9, style=v.ticks)
    y += 26
    p.box(36, y - 12, 540, 78, 1.2)
    p.text(42, y, f"{v.label('clinician_name')}: {v['clinician_name']}", 10)
    p.text(572, y, f"{v.label('clinician_npi')}: {v['clinician_npi']}", 10, anchor="rs")
    p.text(42, y + 18, f"Ph {v['practice_phone']}    Fx {v['practice_fax']}", 10)
    p.text(42, y + 52, "Signature:", 10, bold=True)
    p.line(100, y + 54, 360, y + 54)
    if v.signed:
        p.scribble(120, y + 50)
    p.text(380, y + 52, f"{v.label('signature_date')}: {v['signature_date']}", 10)
