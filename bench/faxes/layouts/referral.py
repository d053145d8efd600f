"""What hospitals and offices send for services at home: referrals, infusion orders, packets with the order inside."""

# ruff: noqa: E501 - the words that stand on papers

from __future__ import annotations

from bench.faxes import others
from bench.faxes.page import Page
from bench.faxes.say import Values
from tests.samples.people import BARRIERS


def _entry(p: Page, v: Values, x: float, y: float, label: str, value: str, right: float, size: float = 9.5) -> None:
    """A label, and the value on the rule behind it."""
    start = p.text(x, y, f"{label} ", size, bold=True) + 2
    p.line(start, y + 2, right, y + 2, 0.5)
    p.text(start + 3, y, value, size + 0.5, face="hand" if v.hand else None, fit=right - start - 4)


def case_manager(p: Page, v: Values) -> None:
    """A hospital case manager's referral: white-on-black section bars, fields on rules two to a line."""
    p.text(40, 50, v.truth.practice, 13, bold=True, face="serif")
    p.text(572, 50, "Case Management / Discharge Planning", 9.5, anchor="rs")
    p.text(
        306,
        72,
        v.rng.choice(("POST-ACUTE REFERRAL", "HOME CARE REFERRAL FORM", "DISCHARGE REFERRAL")),
        15,
        bold=True,
        anchor="ms",
    )
    y = 84.0

    def section(title: str) -> None:
        nonlocal y
        p.bar(36, y, 540, 15, title, 9)
        y += 30

    def both(a: tuple[str, str], b: tuple[str, str] | None = None) -> None:
        nonlocal y
        _entry(p, v, 42, y, a[0] + ":", a[1], 300 if b else 570)
        if b:
            _entry(p, v, 308, y, b[0] + ":", b[1], 570)
        y += 20

    section("PATIENT INFORMATION")
    both((v.label("member_name"), v["member_name"]), (v.label("dob"), v["dob"]))
    both((v.label("ship_address"), v["ship_address"]))
    both((v.label("contact_phone"), v["contact_phone"]), ("Emergency contact", v.rng.choice(("", "", "daughter"))))
    section("INSURANCE")
    both((v.label("payer"), v["payer"]), (v.label("member_id"), v["member_id"]))
    if v.has("group_no"):
        both((v.label("group_no"), v["group_no"]), ("Auth #", ""))
    section("REASON FOR REFERRAL")
    both((v.label("icd10"), "; ".join(f"{code} {text}" for code, text in v.dx)))
    for i, (code, text, quantity) in enumerate(v.items):
        p.tick(42, y, f"{code} - {text}", on=True, size=9.5, style=v.ticks)
        p.text(420, y, f"Units: {quantity}", 9.5)
        if i == 0 and v.frequency:
            p.text(490, y, v.frequency, 9.5, fit=82)
        y += 19
    both((v.label("service_start"), v["service_start"]), (v.label("service_end"), v["service_end"]))
    if v.has("discharge_deadline"):
        both((v.label("discharge_deadline"), v["discharge_deadline"]))
    if v.has("equipment_brand"):
        both((v.label("equipment_brand"), v["equipment_brand"]), (v.label("equipment_model"), v["equipment_model"]))
        both((v.label("equipment_serial"), v["equipment_serial"]))
    x = p.text(42, y, "Home environment:", 9.5, bold=True) + 10
    for name in BARRIERS:
        x = p.tick(x, y, v.barrier_words(name), on=v.barrier(name), size=9, style=v.ticks)
    y += 12
    section("PHYSICIAN ORDER")
    both((v.label("clinician_name"), v["clinician_name"]), (v.label("clinician_npi"), v["clinician_npi"]))
    both((v.label("practice_phone"), v["practice_phone"]), (v.label("practice_fax"), v["practice_fax"]))
    y += 14
    _entry(p, v, 42, y, "MD Signature:", "", 370)
    if v.signed:
        p.scribble(140, y)
    _entry(p, v, 380, y, v.label("signature_date"), v["signature_date"], 570)


def infusion_rx(p: Page, v: Values) -> None:
    """A home infusion pharmacy's order: drug line with dose columns, access device and line care as boxes."""
    x: float
    p.text(
        306,
        52,
        v.rng.choice(("HOME INFUSION ORDER", "IV ANTIBIOTIC ORDER SET", "INFUSION REFERRAL & PRESCRIPTION")),
        15,
        bold=True,
        anchor="ms",
    )
    p.text(306, 66, f"{v.case.supplier} | Pharmacy fax {v.phone(v.case.supplier_fax)}", 9, anchor="ms")
    p.box(36, 74, 300, 128)
    p.box(336, 74, 240, 128)
    p.text(42, 88, "PATIENT", 9, bold=True)
    p.text(342, 88, "COVERAGE", 9, bold=True)
    hand = "hand" if v.hand else None
    p.lines(46, 104, [v["member_name"], f"{v.label('dob')}: {v['dob']}", *v.address, f"Tel {v['contact_phone']}", f"Allergies: {v.rng.choice(('NKDA', 'PCN', 'sulfa'))}"], 10, step=1.55, face=hand, fit=286)  # fmt: skip
    p.lines(346, 104, [f"{v.label('payer')}: {v['payer']}", f"{v.label('member_id')}: {v['member_id']}", f"{v.label('group_no')}: {v['group_no']}", f"Ht {v.rng.randrange(150, 190)} cm   Wt {v.rng.randrange(50, 120)} kg"], 10, step=1.55, fit=226)  # fmt: skip
    y = 222.0
    p.text(40, y, f"{v.label('icd10')}:", 10, bold=True)
    for code, text in v.dx:
        p.text(150, y, f"{code}   {text}", 10, face=hand)
        y += 15
    y += 6
    for x, w, title in (
        (36, 70, "Code"),
        (106, 210, "Medication / dose / route"),
        (316, 160, "Interval"),
        (476, 100, "Doses"),
    ):
        p.shade(x, y, w, 16)
        p.box(x, y, w, 16)
        p.text(x + 4, y + 11.5, title, 9, bold=True)
    y += 16
    for i, (code, text, quantity) in enumerate(v.items):
        for x, w, value in (
            (36, 70, code),
            (106, 210, text),
            (316, 160, v.frequency if i == 0 else ""),
            (476, 100, quantity),
        ):
            p.box(x, y, w, 26)
            p.text(x + 5, y + 17, value, 10.5, face=hand, fit=w - 8)
        y += 26
    y += 22
    x = p.text(40, y, "Access device:", 10, bold=True) + 8
    line = v.rng.randrange(4)
    for i, device in enumerate(("PICC", "Midline", "Port", "Peripheral")):
        x = p.tick(x, y, device, on=i == line, size=9.5, style=v.ticks)
    y += 20
    p.tick(
        40,
        y,
        "Flush with 0.9% NaCl 10 mL before and after each dose; heparin 100 u/mL 5 mL last",
        on=True,
        size=9,
        style=v.ticks,
    )
    y += 18
    p.tick(40, y, "Weekly CBC w/ diff, CMP, CRP; fax results to office", on=v.rng.random() < 0.6, size=9, style=v.ticks)
    y += 24
    for label, names in (("Therapy", ("service_start", "service_end")), ("Hospital", ("discharge_deadline",))):
        x = 40.0
        for name in names:
            if v.has(name):
                x = p.text(x, y, f"{v.label(name)}: {v[name]}", 10.5) + 36
        y += 20 if label == "Therapy" or v.has("discharge_deadline") else 0
    note = v.barrier_note
    if note:
        p.text(40, y, f"{v.label('access_barriers')}: {note}", 10)
        y += 20
    y += 16
    p.line(40, y, 300, y)
    p.line(330, y, 450, y)
    if v.signed:
        p.scribble(60, y - 3)
    p.text(334, y - 4, v["signature_date"], 10.5, face=hand)
    p.text(40, y + 11, "Prescriber signature (dispense as written)", 8)
    p.text(330, y + 11, "Date", 8)
    p.text(40, y + 32, f"Prescriber: {v['clinician_name']}", 10.5)
    p.text(340, y + 32, f"NPI: {v['clinician_npi']}", 10.5)
    p.text(40, y + 48, f"Office ph {v['practice_phone']}   fx {v['practice_fax']}", 10)


def packet_order(p: Page, v: Values) -> None:
    """The page with the orders in a hospital's typed discharge packet, two columns of capitals."""
    p.face = "mono"
    t = v.truth
    p.text(40, 48, t.practice.upper(), 10.5, bold=True)
    p.text(40, 62, f"DISCHARGE ORDERS              ENC {t.order_number}     PAGE", 9.5)
    p.text(40, 74, "=" * 76, 9, fit=532)
    y = 96.0
    left = (
        ("PT", "member_name"),
        ("DOB", "dob"),
        ("PH", "contact_phone"),
        ("INS", "payer"),
        ("ID", "member_id"),
        ("GRP", "group_no"),
    )
    right = (
        ("ATTENDING", "clinician_name"),
        ("NPI", "clinician_npi"),
        ("OFFICE", "practice_phone"),
        ("FAX", "practice_fax"),
        ("EFFECTIVE", "service_start"),
        ("THRU", "service_end"),
    )
    for (a, b), (c, d) in zip(left, right, strict=True):
        p.text(40, y, f"{a:<4}: {v[b]}", 9.5, fit=258)
        p.text(306, y, f"{c:<9}: {v[d]}", 9.5, fit=266)
        y += 15
    y = p.para(40, y, f"HOME ADDR : {v['ship_address']}", 9.5, 572)
    if v.has("discharge_deadline"):
        p.text(40, y, f"ANTICIPATED DC : {v['discharge_deadline']}", 9.5)
        y += 15
    p.text(40, y + 6, "-" * 76, 9, fit=532)
    y += 24
    for n, (code, text, quantity) in enumerate(v.items, 1):
        p.text(40, y, f"{n}. {text.upper()}", 9.5)
        p.text(
            60,
            y + 13,
            f"HCPCS {code}    QTY {quantity}" + (f"    {v.frequency.upper()}" if n == 1 and v.frequency else ""),
            9.5,
            fit=510,
        )
        y += 32
    p.text(40, y, f"DX: {v['icd10']}", 9.5)
    y += 16
    for name, label in (("equipment_brand", "MFR"), ("equipment_model", "MODEL"), ("equipment_serial", "S/N")):
        if v.has(name):
            p.text(40, y, f"{label}: {v[name]}", 9.5)
            y += 14
    if v.barrier_note:
        p.text(40, y, f"HOME ACCESS: {v.barrier_note.upper()}", 9.5, fit=530)
    y += 30
    if v.signed:
        p.text(40, y, f"ELECTRONICALLY SIGNED BY {v['clinician_name'].upper()}  {v['signature_date']} {v.rng.randrange(8, 19):02d}:{v.rng.randrange(60):02d}", 9.5, fit=530)  # fmt: skip
    else:
        p.text(40, y, "*** UNSIGNED - PENDING PROVIDER AUTHENTICATION ***", 9.5)


def summary(p: Page, v: Values) -> None:
    """The packet's first page."""
    others.summary(p, v)


def medications(p: Page, v: Values) -> None:
    """The packet's medication list: doses that belong to no order."""
    p.face = "mono"
    p.text(40, 48, f"{v.truth.practice.upper()}   MEDICATION RECONCILIATION", 10.5, bold=True, fit=530)
    p.text(40, 64, f"PT: {v.name(v.truth.member_name)}   DOB: {v.day(v.truth.dob)}", 9.5, fit=530)
    y = 96.0
    for drug in v.rng.sample(("LISINOPRIL 10 MG PO DAILY", "METFORMIN 500 MG PO BID", "ASPIRIN 81 MG PO DAILY", "ALBUTEROL HFA 2 PUFFS Q4H PRN", "OXYCODONE 5 MG PO Q6H PRN", "SENNA 8.6 MG PO QHS", "PANTOPRAZOLE 40 MG PO DAILY", "WARFARIN 5 MG PO DAILY"), 6):  # fmt: skip
        p.text(40, y, f"[{v.rng.choice('X ')}] CONTINUE  [{v.rng.choice('X ')}] STOP   {drug}", 9.5)
        y += 16


def typed_memo(p: Page, v: Values) -> None:  # noqa: C901 - one line of the memo after another
    """A typewritten memo: LABEL: value, one to a line, in any order, the address on three lines."""
    p.face = "mono"
    p.text(60, 70, v.truth.practice, 11)
    p.text(60, 84, f"{v.case.clinic_address[1]}, {v.case.clinic_address[2]}", 10)
    p.text(60, 112, f"TO: {v.case.supplier}", 10.5)
    p.text(60, 126, f"SUBJECT: {v.rng.choice(('ORDER', 'NEW ORDER - PLEASE PROCESS', 'HOME SERVICES ORDER'))}", 10.5)
    y = 154.0

    def say(label: str, *rows: str) -> None:
        nonlocal y
        x = p.text(60, y, f"{label}: ", 10.5)
        for row in rows:
            p.text(x, y, row, 10.5, fit=560 - x)
            y += 14.5
        y += 2.5

    groups = [
        ["member_name", "dob", "contact_phone"],
        ["payer", "member_id", "group_no"],
        ["service_start", "service_end", "discharge_deadline"],
    ]
    v.rng.shuffle(groups)
    for group in groups:
        for name in group:
            if v.has(name):
                say(v.label(name).upper() if v.rng.random() < 0.8 else v.label(name), v[name])
    if v.has("ship_address"):
        say(v.label("ship_address").upper(), *v.address)
    if v.has("icd10"):
        say("DIAGNOSES", *[f"{text} - {code}" for code, text in v.dx])
    if v.has("order_lines"):
        say("ORDER", *[f"{text}, {code}, x {quantity}" for code, text, quantity in v.items])
    if v.frequency:
        say("FREQUENCY", v.frequency)
    for name in ("equipment_brand", "equipment_model", "equipment_serial"):
        if v.has(name):
            say(v.label(name).upper(), v[name])
    if v.barrier_note:
        say("NOTE TO DRIVER", v.barrier_note)
    for name in ("clinician_name", "clinician_npi", "practice_phone", "practice_fax"):
        if v.has(name):
            say(
                {
                    "clinician_name": "ORDERED BY",
                    "clinician_npi": "NPI",
                    "practice_phone": "OFFICE PHONE",
                    "practice_fax": "OFFICE FAX",
                }[name],
                v[name],
            )
    y += 30
    p.text(60, y, "SIGNATURE", 10.5)
    p.line(125, y + 2, 350, y + 2)
    if v.signed:
        p.scribble(140, y - 2)
    p.text(370, y, f"DATE {v['signature_date']}", 10.5, fit=200)
