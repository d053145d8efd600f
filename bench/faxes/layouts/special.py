"""Prescriptions for one kind of thing: positive airway pressure, wound care, oxygen, mobility; and the plain Rx pad."""

# ruff: noqa: E501 - the words that stand on papers

from __future__ import annotations

from bench.faxes.catalogue import DME
from bench.faxes.page import Page
from bench.faxes.say import Values
from tests.samples.people import BARRIERS


def _hand(v: Values) -> str | None:
    return "hand" if v.hand else None


def pap(p: Page, v: Values) -> None:
    """A sleep laboratory's prescription: devices, masks and supplies as boxes, settings, three blocks on top."""
    p.text(
        40,
        54,
        v.rng.choice(("PAP THERAPY PRESCRIPTION", "CPAP / BiPAP ORDER", "Rx for Positive Airway Pressure")),
        16,
        bold=True,
    )
    p.text(40, 68, f"{v.truth.practice}   T {v['practice_phone']}   F {v['practice_fax']}", 9, fit=530)
    p.line(40, 74, 572, 74, 1.5)
    blocks = (
        ("Patient", [v["member_name"], f"{v.label('dob')} {v['dob']}", v["contact_phone"]]),
        ("Ship to", v.address),
        ("Insurance", [v["payer"], f"ID {v['member_id']}", f"Group {v['group_no']}" if v.has("group_no") else ""]),
    )
    for i, (title, rows) in enumerate(blocks):
        x = 40 + 178.0 * i
        p.text(x, 90, title, 9, bold=True)
        p.lines(x, 105, rows, 10, step=1.5, face=_hand(v), fit=170)
    y = 160.0
    x = p.text(40, y, "Diagnosis: ", 10, bold=True)
    for code, text in v.dx:
        x = p.tick(
            x + 4, y, f"{code} {text}", on=True, size=9, style=v.ticks, fit=max(60, 560 - x - 20) if x > 300 else None
        )
        if x > 400:
            x, y = 100, y + 16
    y += 26
    wanted = {code: quantity for code, _, quantity in v.items}
    for title, codes in (
        ("DEVICE", ("E0601", "E0470", "E0471")),
        ("INTERFACE", ("A7030", "A7034")),
        ("SUPPLIES", ("E0562", "A7037", "A7038", "A7031")),
    ):
        p.text(40, y, title, 9.5, bold=True)
        p.text(500, y, "Quantity", 8.5, bold=True)
        for good in (g for g in DME if g.code in codes):
            y += 17
            p.tick(56, y, f"{good.text} ({good.code})", on=good.code in wanted, size=9.5, style=v.ticks)
            p.text(510, y, wanted.get(good.code, "____"), 10, face=_hand(v) if good.code in wanted else None)
        y += 24
    low = v.rng.randrange(4, 9)
    p.text(
        40,
        y,
        f"Settings:  pressure {low} - {low + v.rng.randrange(3, 9)} cmH2O     ramp 20 min     AHI {v.rng.randrange(8, 70)}",
        10,
    )
    y += 22
    for name in ("equipment_brand", "equipment_model", "equipment_serial"):
        if v.has(name):
            p.text(40, y, f"{v.label(name)}: {v[name]}", 10)
            y += 15
    p.text(
        40,
        y,
        f"{v.label('service_start')}: {v['service_start']}" if v.has("service_start") else "Length of need: 99 months",
        10,
    )
    p.text(300, y, f"{v.label('service_end')}: {v['service_end']}" if v.has("service_end") else "", 10)
    y += 18
    if v.has("discharge_deadline"):
        p.text(40, y, f"{v.label('discharge_deadline')}: {v['discharge_deadline']}", 10)
        y += 18
    x = p.text(40, y, "Delivery:", 10) + 8
    for name in BARRIERS:
        x = p.tick(x, y, v.barrier_words(name), on=v.barrier(name), size=9, style=v.ticks)
    y += 44
    p.line(40, y, 290, y)
    p.line(310, y, 430, y)
    p.line(450, y, 572, y)
    if v.signed:
        p.scribble(50, y - 4)
    p.text(312, y - 3, v["clinician_npi"], 10, face=_hand(v), fit=118)
    p.text(452, y - 3, v["signature_date"], 10, face=_hand(v), fit=118)
    p.text(40, y + 10, "Physician signature", 7.5)
    p.text(310, y + 10, "NPI", 7.5)
    p.text(450, y + 10, "Date", 7.5)
    p.text(40, y + 28, f"Printed name: {v['clinician_name']}", 10)


def wound(p: Page, v: Values) -> None:
    """A wound clinic's dressing order: patient strip, a table of wounds, a table of dressings with columns."""
    p.face = "narrow"
    p.text(40, 54, "WOUND CARE SUPPLY ORDER", 18, bold=True)
    p.box(36, 62, 540, 64, 1.4)
    p.text(42, 78, f"{v.label('member_name').upper()}: {v['member_name']}", 11, fit=320)
    p.text(380, 78, f"{v.label('dob').upper()}: {v['dob']}", 11, fit=190)
    p.text(42, 96, f"{v.label('ship_address').upper()}: {v['ship_address']}", 11, fit=520)
    p.text(42, 114, f"PHONE: {v['contact_phone']}", 11)
    p.text(200, 114, f"{v.label('payer').upper()}: {v['payer']}", 11, fit=175)
    p.text(380, 114, f"{v.label('member_id').upper()}: {v['member_id']}", 11, fit=190)
    y = 144.0
    p.text(40, y, "WOUND ASSESSMENT", 11, bold=True)
    y += 6
    heads = (
        (36, 50, "Wound"),
        (86, 90, "ICD-10"),
        (176, 180, "Location / type"),
        (356, 110, "L x W x D (cm)"),
        (466, 110, "Drainage"),
    )
    for x, w, title in heads:
        p.box(x, y, w, 16)
        p.text(x + 3, y + 12, title, 9.5, bold=True)
    for n, (code, text) in enumerate(v.dx, 1):
        y += 20 if n > 1 else 16
        size = f"{v.rng.randrange(10, 90) / 10} x {v.rng.randrange(10, 60) / 10} x 0.{v.rng.randrange(1, 9)}"
        for (x, w, _), value in zip(
            heads, (str(n), code, text, size, v.rng.choice(("light", "moderate", "heavy"))), strict=True
        ):
            p.box(x, y, w, 20)
            p.text(x + 4, y + 14, value, 10, face=_hand(v), fit=w - 6)
    y += 44
    p.text(40, y, "DRESSINGS ORDERED (30 day supply)", 11, bold=True)
    y += 6
    columns = ((36, 240, "Product"), (276, 70, "HCPCS"), (346, 60, "Qty"), (406, 170, "Change frequency"))
    for x, w, title in columns:
        p.box(x, y, w, 16)
        p.text(x + 3, y + 12, title, 9.5, bold=True)
    for n, (code, text, quantity) in enumerate(v.items):
        y += 20 if n else 16
        for (x, w, _), value in zip(columns, (text, code, quantity, v.frequency if n == 0 else ""), strict=True):
            p.box(x, y, w, 20)
            p.text(x + 4, y + 14, value, 10.5, face=_hand(v), fit=w - 6)
    y += 46
    for name in (
        "service_start",
        "service_end",
        "discharge_deadline",
        "group_no",
        "equipment_brand",
        "equipment_model",
        "equipment_serial",
    ):
        if v.has(name):
            p.text(40, y, f"{v.label(name).upper()}", 10)
            p.text(220, y, v[name], 11, face=_hand(v))
            y += 17
    note = v.barrier_note
    if note:
        p.text(40, y, "DELIVERY INSTRUCTIONS", 10)
        p.text(220, y, note, 11, fit=350)
        y += 17
    y += 26
    p.text(40, y, "PROVIDER SIGNATURE X", 10, bold=True)
    p.line(150, y + 2, 380, y + 2)
    if v.signed:
        p.scribble(165, y - 2)
    p.text(400, y, f"DATE {v['signature_date']}", 11)
    p.text(40, y + 22, f"PROVIDER NAME: {v['clinician_name']}", 11)
    p.text(330, y + 22, f"NPI: {v['clinician_npi']}", 11)
    p.text(40, y + 38, f"CLINIC PHONE {v['practice_phone']}   CLINIC FAX {v['practice_fax']}", 10.5)


def oxygen(p: Page, v: Values) -> None:
    """A certificate for oxygen in sections A to D with lettered boxes and numbered questions."""
    x: float
    p.face = "serif"
    p.text(306, 48, "CERTIFICATE OF MEDICAL NECESSITY - OXYGEN", 14, bold=True, anchor="ms")
    p.box(36, 56, 540, 16, 1.0)
    p.text(40, 68, "SECTION A", 9.5, bold=True)
    p.text(150, 68, "Certification Type/Date:  INITIAL ___   REVISED ___   RECERTIFICATION ___", 8.5)
    p.box(36, 72, 270, 92)
    p.box(306, 72, 270, 92)
    p.text(40, 82, "PATIENT NAME, ADDRESS, TELEPHONE and HIC NUMBER", 7)
    p.lines(
        46,
        97,
        [v["member_name"], *v.address, v["contact_phone"], v["member_id"]],
        10,
        step=1.45,
        face=_hand(v),
        fit=255,
    )
    p.text(310, 82, "SUPPLIER NAME, ADDRESS, TELEPHONE", 7)
    p.lines(316, 97, [v.case.supplier, f"Fax {v.phone(v.case.supplier_fax)}"], 10, step=1.45, fit=255)
    y = 164.0
    for w, x, label, value in (
        (130, 36, "PT DOB", v["dob"]),
        (80, 166, "Sex (M/F)", v.truth.sex[0].upper()),
        (180, 246, "INSURER", v["payer"]),
        (150, 426, "GROUP", v["group_no"]),
    ):
        p.box(x, y, w, 28)
        p.text(x + 3, y + 9, label, 7)
        p.text(x + 6, y + 23, value, 10, face=_hand(v), fit=w - 9)
    y += 28
    p.box(36, y, 270, 56)
    p.box(306, y, 270, 56)
    p.text(40, y + 9, "HCPCS CODE / QTY", 7)
    p.lines(
        46,
        y + 23,
        [f"{code}   {text}   x{quantity}" for code, text, quantity in v.items],
        9.5,
        step=1.4,
        face=_hand(v),
        fit=256,
    )
    p.text(310, y + 9, "PHYSICIAN NAME, TELEPHONE and NPI", 7)
    p.lines(316, y + 23, [v["clinician_name"], f"Tel {v['practice_phone']}  Fax {v['practice_fax']}", f"NPI {v['clinician_npi']}" if v.has("clinician_npi") else ""], 9.5, step=1.4, face=_hand(v), fit=256)  # fmt: skip
    y += 56
    p.box(36, y, 540, 18)
    p.text(40, y + 12, "SECTION B", 9.5, bold=True)
    p.text(130, y + 12, f"DIAGNOSIS CODES (ICD-10):  {v['icd10']}", 10, face=_hand(v), fit=430)
    y += 18
    flow = v.frequency
    questions = [
        (
            f"a) {v.rng.randrange(52, 60)}   b) {v.rng.randrange(80, 89)}%",
            "1. Enter the result of the most recent test: (a) arterial PO2 and/or (b) O2 saturation.",
        ),
        ("Y", "2. Was the test performed with the patient in a chronic stable state as an outpatient?"),
        (
            v.rng.choice("123"),
            "3. Circle the condition of the test: (1) At Rest; (2) During Exercise; (3) During Sleep",
        ),
        (v.rng.choice("YND"), "4. If ordering portable oxygen, is the patient mobile within the home?"),
        (flow, "5. Enter the highest oxygen flow rate ordered for this patient."),
    ]
    for answer, question in questions:
        p.box(36, y, 130, 24)
        p.box(166, y, 410, 24)
        p.text(44, y + 16, answer, 10.5, face=_hand(v), fit=118)
        p.text(172, y + 15, question, 9, fit=398)
        y += 24
    p.box(36, y, 540, 62)
    p.text(40, y + 12, "SECTION C   Narrative description of equipment", 9, bold=True)
    rows = [f"{v.label(n)}: {v[n]}" for n in ("equipment_brand", "equipment_model", "equipment_serial") if v.has(n)]
    p.text(46, y + 28, "     ".join(rows), 10, face=_hand(v), fit=520)
    p.text(
        46,
        y + 44,
        "   ".join(f"{v.label(n)}: {v[n]}" for n in ("service_start", "service_end") if v.has(n)),
        10,
        face=_hand(v),
        fit=520,
    )
    p.text(
        46,
        y + 57,
        "   ".join(
            [f"{v.label('discharge_deadline')}: {v['discharge_deadline']}"] if v.has("discharge_deadline") else []
        ),
        9.5,
        fit=520,
    )
    y += 62
    p.box(36, y, 540, 20)
    x = p.text(40, y + 13, "Residence:", 9) + 10
    for name in BARRIERS:
        x = p.tick(x, y + 13, v.barrier_words(name), on=v.barrier(name), size=8.5, style=v.ticks)
    y += 20
    p.box(36, y, 540, 66)
    p.text(40, y + 12, "SECTION D   Physician Attestation and Signature/Date", 9, bold=True)
    p.para(
        46,
        y + 24,
        "I certify that I am the treating physician identified in Section A and that the information in Section B is true, accurate and complete.",
        8,
        566,
    )
    p.text(46, y + 58, "PHYSICIAN'S SIGNATURE ______________________________", 8.5)
    p.text(400, y + 58, f"DATE {v['signature_date']}", 10, face=_hand(v))
    if v.signed:
        p.scribble(175, y + 56, 130)
