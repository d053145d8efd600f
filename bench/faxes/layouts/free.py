"""Orders that are no forms: a letter in prose, a typed list with dotted leaders, a portal's print-out in small type."""

# ruff: noqa: E501 - the words that stand on papers

from __future__ import annotations

from bench.faxes.page import Page
from bench.faxes.say import Values
from tests.samples.people import BARRIERS


def letter(p: Page, v: Values) -> None:
    """A letter on letterhead; the values stand in sentences."""
    p.face, t = "serif", v.truth
    p.text(306, 60, t.practice, 18, bold=True, anchor="ms")
    clinic = v.case.clinic_address
    p.text(306, 74, f"{clinic[0]} · {clinic[1]}, {clinic[2]} {clinic[3]}", 9.5, anchor="ms")
    p.text(306, 86, f"Telephone {v['practice_phone']} · Facsimile {v['practice_fax']}", 9.5, anchor="ms")
    p.line(60, 94, 552, 94, 1)
    p.text(60, 122, v["signature_date"], 11)
    p.text(60, 144, f"{v.case.supplier}, Intake Department", 11)
    born = (
        v.rng.choice(("DOB {d}", "born {d}", "date of birth {d}", "(DOB: {d})")).format(d=v["dob"])
        if v.has("dob")
        else ""
    )
    p.text(60, 172, f"RE: {v['member_name']}, {born}".rstrip(", "), 11.5, bold=True)
    him, his = ("him", "his") if t.sex == "male" else ("her", "her")
    codes = ", ".join(f"{text} ({code})" for code, text in v.dx) if v.rng.random() < 0.6 else v["icd10"]
    things = "; ".join(f"{text} ({code}), quantity {quantity}" for code, text, quantity in v.items)
    said = [
        "To whom it may concern:",
        f"I am treating this patient for {codes}." if codes else "I saw this patient in my clinic today.",
        f"I am ordering the following for {him}: {things}." + (f" Use as directed: {v.frequency}." if v.frequency else ""),
        (f"Please begin on {v['service_start']}" if v.has("service_start") else "Please begin as soon as possible")
        + (f" and continue through {v['service_end']}." if v.has("service_end") else "."),
        (f"{his.capitalize()} coverage is through {v['payer']}" + (f", ID number {v['member_id']}" if v.has("member_id") else "")
         + (f", group {v['group_no']}" if v.has("group_no") and v.rng.random() < 0.6 else "") + "."),
        (f"{his.capitalize()} home is at {v['ship_address']}" if v.has("ship_address") else "")
        + (f". The best number to call is {v['contact_phone']}." if v.has("contact_phone") else "."),
        f"Please note for the delivery: {v.barrier_note.lower()}." if v.has("access_barriers") else "",
        f"Discharge from the hospital is planned for {v['discharge_deadline']}." if v.has("discharge_deadline") else "",
        (f"This replaces the current unit ({v['equipment_brand']} {v['equipment_model']}" + (f", serial number {v['equipment_serial']}" if v.has("equipment_serial") else "") + ")."
         if v.has("equipment_brand") else ""),
        "Thank you for your prompt attention. Please call my office with any question.",
    ]  # fmt: skip
    y = 200.0
    for paragraph in said:
        if paragraph.strip(". "):
            y = p.para(60, y, paragraph, 11.5, 552) + 6
    p.text(60, y + 12, "Sincerely,", 11.5)
    if v.signed:
        p.scribble(70, y + 48, 130)
    p.text(60, y + 68, v["clinician_name"], 11.5)
    p.text(60, y + 83, f"NPI {v['clinician_npi']}" if v.has("clinician_npi") else "", 11.5)


def leaders(p: Page, v: Values) -> None:
    """A typed sheet: labels, dotted leaders, values in one column to their right."""
    p.face = "mono"
    p.text(
        306,
        60,
        v.rng.choice(("PRESCRIPTION AND ORDER FOR HOME SERVICES", "PHYSICIAN'S ORDER - HOME CARE")),
        13,
        bold=True,
        anchor="ms",
    )
    p.text(306, 76, v.truth.practice, 10.5, anchor="ms")
    names = ["member_name", "dob", "contact_phone", "ship_address", "payer", "member_id", "group_no", "icd10"]
    y = 108.0

    def entry(label: str, value: str) -> None:
        nonlocal y
        x = p.text(46, y, label.upper(), 9.5)
        p.dots(x + 4, 224, y)
        p.text(230, y, value, 10, fit=344, face="hand" if v.hand else None)
        y += 19.5

    for name in names:
        entry(v.label(name), v[name])
    y += 8
    for code, text, quantity in v.items:
        entry(f"Item {code}", text)
        entry("  Quantity", v.rng.choice((quantity, f"{quantity} ea", f"{quantity} each", f"#{quantity}")))
    if v.frequency:
        entry(v.label("frequency"), v.frequency)
    for name in (
        "equipment_brand",
        "equipment_model",
        "equipment_serial",
        "service_start",
        "service_end",
        "discharge_deadline",
    ):
        if v.has(name):
            entry(v.label(name), v[name])
    entry(v.label("access_barriers"), v.barrier_note or "none")
    y += 8
    for name in ("clinician_name", "clinician_npi", "practice_phone", "practice_fax"):
        entry(v.label(name), v[name])
    y += 26
    p.text(46, y, "SIGNED", 9.5)
    p.line(100, y + 3, 350, y + 3)
    if v.signed:
        p.scribble(130, y)
    p.text(370, y, f"DATE {v['signature_date']}", 10)


def portal(p: Page, v: Values) -> None:
    """What an electronic record prints: small type, right-aligned labels in two columns, an electronic signature."""
    p.face, t = "sans", v.truth
    p.text(36, 40, v.truth.practice, 9, bold=True)
    p.text(
        576, 40, f"Printed {v.day(t.signature_date or t.service_start)} 08:{v.rng.randrange(60):02d}", 7.5, anchor="rs"
    )
    p.line(36, 45, 576, 45, 0.5)
    p.text(
        36,
        60,
        f"Order #{t.order_number} - {v.rng.choice(('DME/Home Services', 'Ambulatory Referral', 'External Order'))}",
        11,
        bold=True,
    )
    s, y = 8.2, 82.0

    def section(title: str) -> None:
        nonlocal y
        p.shade(36, y - 9, 540, 12)
        p.text(40, y, title, 8.5, bold=True)
        y += 15

    def pair(x: float, label: str, value: str, wide: float = 170) -> None:
        p.text(x + 92, y, f"{label}:", s, anchor="rs")
        p.text(x + 97, y, value, s, bold=v.rng.random() < 0.0, fit=wide)

    section("Patient Demographics")
    for a, b in (("member_name", "payer"), ("dob", "member_id"), ("contact_phone", "group_no")):
        pair(36, v.label(a), v[a])
        pair(306, v.label(b), v[b])
        y += 12
    pair(36, v.label("ship_address"), v["ship_address"], 440)
    y += 20
    section("Associated Diagnoses")
    for i, (code, text) in enumerate(v.dx, 1):
        p.text(60, y, f"{i}. {text} [{code}]", s)
        y += 11.5
    y += 8
    section("Order Details")
    p.text(60, y, "Procedure", s, bold=True)
    p.text(120, y, "Description", s, bold=True)
    p.text(470, y, "Quantity", s, bold=True)
    y += 12
    for code, text, quantity in v.items:
        p.text(60, y, code, s)
        p.text(120, y, text, s)
        p.text(470, y, quantity, s)
        y += 12
    y += 4
    for name in (
        "service_start",
        "service_end",
        "discharge_deadline",
        "equipment_brand",
        "equipment_model",
        "equipment_serial",
    ):
        if v.has(name):
            pair(36, v.label(name), v[name], 300)
            y += 12
    if v.frequency:
        pair(36, v.label("frequency"), v.frequency, 300)
        y += 12
    y += 6
    section("Questions")
    for name in BARRIERS:
        p.text(60, y, f"{v.barrier_words(name)}?", s)
        p.text(260, y, "Yes" if v.barrier(name) else "No", s)
        y += 12
    y += 8
    section("Provider")
    pair(36, "Authorizing Provider", v["clinician_name"], 200)
    pair(306, v.label("clinician_npi"), v["clinician_npi"])
    y += 12
    pair(36, "Phone", v["practice_phone"])
    pair(306, "Fax", v["practice_fax"])
    y += 24
    if v.signed:
        p.text(
            60,
            y,
            f"Electronically signed by: {v['clinician_name']} on {v['signature_date']} at {v.rng.randrange(8, 18):02d}:{v.rng.randrange(60):02d}",
            s,
        )
    else:
        p.text(60, y, v.rng.choice(("Signature: pending", "Status: pended, not yet signed")), s)
