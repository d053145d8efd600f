"""Orders set as tables and columns: a striped table, three columns of blocks, right-aligned labels before rules."""

# ruff: noqa: E501 - the words that stand on papers

from __future__ import annotations

from bench.faxes.page import Page
from bench.faxes.say import Values
from tests.samples.people import BARRIERS


def striped(p: Page, v: Values) -> None:
    """A web form printed: a question to the left, its answer to the right, every second row tinted, no rules."""
    p.face = "sans"
    p.text(
        40,
        52,
        v.rng.choice(("New Order Submission", "Online Referral Confirmation", "Order Request Summary")),
        17,
        bold=True,
    )
    p.text(40, 68, f"Submitted to {v.case.supplier}. Confirmation {v.truth.order_number}", 8.5)
    rows = [(v.label(name), v[name]) for name in ("member_name", "dob", "contact_phone")]
    rows += [("Address line 1", v.address[0]), ("City, State ZIP", v.address[1])] if v.has("ship_address") else []
    rows += [(v.label(name), v[name]) for name in ("payer", "member_id", "group_no") if v.has(name)]
    rows += [(f"Diagnosis {n}", f"{code} - {text}") for n, (code, text) in enumerate(v.dx, 1)]
    for n, (code, text, quantity) in enumerate(v.items, 1):
        rows += [(f"Item {n}", f"{code} {text}"), (f"Item {n} quantity", quantity)]
    rows += [(v.label("frequency"), v.frequency)] if v.frequency else []
    names = "equipment_brand equipment_model equipment_serial service_start service_end discharge_deadline clinician_name clinician_npi practice_phone practice_fax"
    prefix = {"practice_phone": "Provider phone", "practice_fax": "Provider fax"}
    rows += [(prefix.get(name, v.label(name)), v[name]) for name in names.split() if v.has(name)]
    barriers = [name for name in BARRIERS if v.barrier(name)]
    rows.append(("Anything the driver should know?", ", ".join(v.barrier_words(name) for name in barriers) or "No"))
    y = 84.0
    for n, (label, value) in enumerate(rows):
        if n % 2 == 0:
            p.shade(36, y, 540, 19, every=6)
        p.text(44, y + 13, label, 9.5, fit=190)
        p.text(240, y + 13, value, 10, bold=v.upper, fit=330)
        y += 19
    y += 40
    p.text(40, y, "Provider signature", 9.5)
    p.line(140, y + 2, 360, y + 2)
    if v.signed:
        p.scribble(150, y - 2)
    p.text(380, y, f"Signed on {v['signature_date']}" if v.has("signature_date") else "Signed on", 10)


def three_columns(p: Page, v: Values) -> None:
    """A fax form in three columns of blocks, labels over values without boxes."""
    p.face = "narrow"
    p.text(306, 50, f"{v.case.supplier} - Physician Order", 15, bold=True, anchor="ms")
    p.line(36, 58, 576, 58, 2)
    address = v.address or [""]
    columns = (
        ("PATIENT", [(v.label("member_name"), v["member_name"]), (v.label("dob"), v["dob"]), (v.label("ship_address"), address[0]), ("", address[-1]), (v.label("contact_phone"), v["contact_phone"])]),
        ("INSURANCE", [(v.label("payer"), v["payer"]), (v.label("member_id"), v["member_id"]), (v.label("group_no"), v["group_no"]), ("Secondary", ""), ("Auth required?", "")]),
        ("PRESCRIBER", [("Name", v["clinician_name"]), ("NPI", v["clinician_npi"]), ("Phone", v["practice_phone"]), ("Fax", v["practice_fax"]), ("Practice", v.truth.practice)]),
    )  # fmt: skip
    for i, (title, rows) in enumerate(columns):
        x, y = 40 + 182.0 * i, 78.0
        p.text(x, y, title, 11, bold=True)
        p.line(x, y + 3, x + 168, y + 3)
        for label, value in rows:
            y += 14 if label else 0
            p.text(x, y, label, 8)
            y += 13
            p.text(x, y, value, 11, face="hand" if v.hand else None, fit=170)
    for x in (216, 398):
        p.line(x, 70, x, 220, 0.4)
    y = 250.0
    p.text(40, y, "CLINICAL", 11, bold=True)
    for n, (code, text) in enumerate(v.dx, 1):
        y += 15
        p.text(40, y, f"Dx {n}: {code}", 11, face="hand" if v.hand else None)
        p.text(140, y, text, 10, fit=430)
    y += 30
    p.text(40, y, "ORDER", 11, bold=True)
    p.text(430, y, "QTY", 9, bold=True)
    p.text(480, y, "HCPCS", 9, bold=True)
    for code, text, quantity in v.items:
        y += 18
        p.text(40, y, text, 11, face="hand" if v.hand else None, fit=380)
        p.text(432, y, quantity, 11, face="hand" if v.hand else None)
        p.text(480, y, code, 11, face="hand" if v.hand else None)
        p.dots(40, 560, y + 4)
    if v.frequency:
        y += 18
        p.text(40, y, f"{v.label('frequency')}:  {v.frequency}", 11)
    y += 26
    for i, name in enumerate(("service_start", "service_end", "discharge_deadline")):
        p.text(40 + 182 * i, y, v.label(name), 8)
        p.text(40 + 182 * i, y + 14, v[name], 11, face="hand" if v.hand else None, fit=170)
    y += 40
    for i, name in enumerate(("equipment_brand", "equipment_model", "equipment_serial")):
        p.text(40 + 182 * i, y, v.label(name), 8)
        p.text(40 + 182 * i, y + 14, v[name], 11, face="hand" if v.hand else None, fit=170)
    y += 40
    x = 40.0
    for name in BARRIERS:
        x = p.tick(x, y, v.barrier_words(name), on=v.barrier(name), size=10, style="bracket")
    y += 60
    p.line(40, y, 330, y)
    p.line(370, y, 520, y)
    if v.signed:
        p.scribble(60, y - 3)
    p.text(374, y - 4, v["signature_date"], 11, face="hand" if v.hand else None)
    p.text(40, y + 10, "Authorized signature", 8)
    p.text(370, y + 10, "Date", 8)


def mobility(p: Page, v: Values) -> None:
    """A therapist's equipment order: labels set flush right before long rules, boxes for reasons, two signatures' places."""
    p.face = "serif"
    p.text(572, 52, v.truth.practice, 12, bold=True, anchor="rs")
    p.text(40, 74, v.rng.choice(("MOBILITY & SAFETY EQUIPMENT ORDER", "REHAB EQUIPMENT PRESCRIPTION")), 15, bold=True)
    y = 104.0

    def row(label: str, value: str, right: float = 560) -> None:
        nonlocal y
        p.text(190, y, label, 10.5, anchor="rs")
        p.line(196, y + 2, right, y + 2, 0.5)
        p.text(202, y, value, 11, face="hand" if v.hand else None, fit=right - 206)
        y += 19.5

    for name in ("member_name", "dob", "ship_address", "contact_phone", "payer", "member_id", "group_no"):
        row(v.label(name), v[name])
    row(v.label("icd10"), v["icd10"])
    y += 4
    p.text(40, y, "Patient is unable to:", 10)
    x = 140.0
    for reason in ("walk 10 ft safely", "climb stairs", "bathe alone", "transfer"):
        x = p.tick(x, y, reason, on=v.rng.random() < 0.5, size=9, style=v.ticks)
    y += 24
    for code, text, quantity in v.items:
        row("Equipment", f"{text} / {code}")
        row(
            "Quantity",
            v.rng.choice((quantity, f"{quantity} each", f"{quantity} ({'one' if quantity == '1' else quantity})")),
            300,
        )
    if v.frequency:
        row(v.label("frequency"), v.frequency)
    for name in (
        "equipment_brand",
        "equipment_model",
        "equipment_serial",
        "service_start",
        "service_end",
        "discharge_deadline",
    ):
        if v.has(name):
            row(v.label(name), v[name], 420)
    p.text(190, y, "Home has", 10.5, anchor="rs")
    x = 202.0
    for name in BARRIERS:
        x = p.tick(x, y, v.barrier_words(name), on=v.barrier(name), size=9.5, style=v.ticks)
    y += 34
    row("Therapist", v.rng.choice(("", "seen 2x this week, PT")), 400)
    row("Ordered by (print)", v["clinician_name"], 400)
    row("NPI", v["clinician_npi"], 400)
    row("Office phone / fax", " / ".join(x for x in (v["practice_phone"], v["practice_fax"]) if x))
    y += 16
    row("Signature", "", 400)
    if v.signed:
        p.scribble(214, y - 22)
    row("Date signed", v["signature_date"], 400)
