"""Printed forms on which an office orders equipment: boxed, in two columns, ruled, and filled in by hand."""

from __future__ import annotations

import random

from tests.samples.faxes.sheet import Sheet, checkbox, hand, scribble
from tests.samples.faxes.words import INTAKE, INTAKE_FAX, Words, as_phone
from tests.samples.people import BARRIERS


def barriers(sheet: Sheet, x: float, y: float, words: Words, *, face: str = "vera", size: float = 10) -> None:
    for name in BARRIERS:
        label = {"stairs": "Stairs", "gated": "Gated community", "elevator": "Elevator"}[name]
        x = checkbox(sheet, x, y, label, checked=name in words.truth.access_barriers, size=size, face=face)


def signature(
    sheet: Sheet, x: float, y: float, words: Words, rng: random.Random, *, face: str = "vera", label: str = "Signature"
) -> None:
    sheet.text(x, y, f"{label}:", 10, face=face)
    start = x + sheet.width(f"{label}:", 10, face=face) + 8
    sheet.line(start, y + 3, start + 200, y + 3)
    sheet.text(start + 220, y, f"Date: {words['signature_date']}", 10, face=face)
    if words.signed:
        scribble(sheet, start + 22, y - 2, rng)


def _cell(sheet: Sheet, x: float, y: float, w: float, label: str, value: str, h: float = 34) -> None:
    sheet.box(x, y, w, h)
    sheet.text(x + 4, y + 11, label, 8)
    sheet.text(x + 6, y + 27, value, 11)


def boxes(sheet: Sheet, words: Words, rng: random.Random) -> None:
    """DME order: boxed cells, a small label over each value."""
    sheet.text(150, 62, "DURABLE MEDICAL EQUIPMENT ORDER", 15, bold=True)
    sheet.text(40, 82, f"To: {INTAKE}   Fax: {as_phone(INTAKE_FAX, 'paren')}", 9)
    rows: list[list[tuple[str, str, int]]] = [
        [("Patient Name", words["member_name"], 320), ("Date of Birth", words["dob"], 212)],
        [
            ("Insurance / Payer", words["payer"], 220),
            ("Member ID", words["member_id"], 170),
            ("Group No.", words["group_no"], 142),
        ],
        [("Delivery Address", words["ship_address"], 532)],
        [("Contact Phone", words["contact_phone"], 220), ("Diagnosis (ICD-10)", words["icd10"], 312)],
    ]
    y = 92.0
    for row in rows:
        x = 40.0
        for label, value, w in row:
            _cell(sheet, x, y, w, label, value)
            x += w
        y += 34
    sheet.text(40, y + 20, "Equipment Ordered", 11, bold=True)
    y += 28
    for x, w, title in ((40, 80, "HCPCS"), (120, 352, "Description"), (472, 100, "Quantity")):
        sheet.box(x, y, w, 18)
        sheet.text(x + 5, y + 13, title, 9, bold=True)
    for code, text, quantity in words.lines:
        y += 18
        for x, w, value in ((40, 80, code), (120, 352, text), (472, 100, quantity)):
            sheet.box(x, y, w, 22)
            sheet.text(x + 6, y + 15, value, 10.5)
    y += 48
    for label, value in [("Frequency / Flow", words.frequency), *words.equipment]:
        if value:
            sheet.text(46, y, f"{label}: {value}", 10.5)
            y += 19
    sheet.text(46, y, f"Start Date: {words['service_start']}", 10.5)
    sheet.text(300, y, f"End Date: {words['service_end']}", 10.5)
    y += 26
    sheet.text(46, y, "Access barriers:", 10.5)
    barriers(sheet, 150, y, words)
    y += 18
    if words["discharge_deadline"]:
        sheet.text(46, y, f"Discharge deadline: {words['discharge_deadline']}", 10.5)
        y += 18
    _cell(sheet, 40, y, 300, "Ordering Clinician", words["clinician_name"])
    _cell(sheet, 340, y, 232, "NPI", words["clinician_npi"])
    _cell(sheet, 40, y + 34, 300, "Practice Phone", words["practice_phone"])
    _cell(sheet, 340, y + 34, 232, "Practice Fax", words["practice_fax"])
    signature(sheet, 40, y + 126, words, rng)


def two_column(sheet: Sheet, words: Words, rng: random.Random) -> None:
    """Two columns of `Label: value`, practice letterhead on top."""
    face = "grotesk"
    sheet.text(40, 60, words.truth.practice, 16, bold=True, face="sans")
    sheet.text(40, 76, f"Phone {words['practice_phone']}    Fax {words['practice_fax']}", 10, face=face)
    sheet.line(40, 84, 572, 84, 1.5)
    sheet.text(40, 108, "ORDER FOR HOME MEDICAL EQUIPMENT AND SUPPLIES", 12, bold=True, face="sans")
    left = [
        ("Patient", words["member_name"]),
        ("DOB", words["dob"]),
        ("Phone", words["contact_phone"]),
        ("Dx codes", words["icd10"]),
        ("Start of service", words["service_start"]),
        ("End of service", words["service_end"]),
    ]
    right = [
        ("Payer", words["payer"]),
        ("Member ID", words["member_id"]),
        ("Group #", words["group_no"]),
        ("Provider", words["clinician_name"]),
        ("NPI", words["clinician_npi"]),
        ("Discharge by", words["discharge_deadline"]),
    ]
    for x, column in ((40, left), (320, right)):
        y = 138.0
        for label, value in column:
            if not value and label == "Discharge by":
                continue
            sheet.text(x, y, f"{label}:", 10.5, bold=True, face="sans")
            sheet.text(x + 92, y, value, 10.5, face=face)
            y += 24
    sheet.text(40, 296, "Ship to:", 10.5, bold=True, face="sans")
    sheet.text(132, 296, words["ship_address"], 10.5, face=face)
    sheet.line(40, 310, 572, 310)
    y = 332.0
    for code, text, quantity in words.lines:
        sheet.text(40, y, f"{code}  {text}", 11, face=face)
        sheet.text(470, y, f"Qty: {quantity}", 11, face=face)
        y += 22
    for label, value in [("Frequency", words.frequency), *words.equipment]:
        if value:
            sheet.text(40, y, f"{label}: {value}", 10.5, face=face)
            y += 20
    y += 10
    sheet.text(40, y, "Access:", 10.5, bold=True, face="sans")
    barriers(sheet, 100, y, words, face=face)
    signature(sheet, 40, y + 70, words, rng, face=face, label="Prescriber signature")


def table(sheet: Sheet, words: Words, rng: random.Random) -> None:
    """A ruled table: label cell, value cell, down the page."""
    sheet.text(40, 60, "HOME CARE REFERRAL / ORDER", 15, bold=True, face="sans")
    sheet.text(40, 76, f"Fax completed form to {INTAKE} {as_phone(INTAKE_FAX, 'dash')}", 9.5, face="sans")
    code, text, quantity = words.lines[0] if words.lines else ("", "", "")
    rows = [
        ("Member name", words["member_name"]),
        ("Date of birth", words["dob"]),
        ("Health plan", words["payer"]),
        ("Member ID number", words["member_id"]),
        ("Group number", words["group_no"]),
        ("Service address", words["ship_address"]),
        ("Contact phone", words["contact_phone"]),
        ("ICD-10 code(s)", words["icd10"]),
        ("Procedure code", code),
        ("Item or service", text),
        ("Quantity", quantity),
        ("Frequency", words.frequency),
        *words.equipment,
        ("Requested start", words["service_start"]),
        ("Requested end", words["service_end"]),
        ("Discharge deadline", words["discharge_deadline"]),
        ("Ordering clinician", words["clinician_name"]),
        ("Clinician NPI", words["clinician_npi"]),
        ("Office phone", words["practice_phone"]),
        ("Office fax", words["practice_fax"]),
    ]
    y = 90.0
    for label, value in rows:
        if not value and label in {"Frequency", "Discharge deadline"}:
            continue
        sheet.box(40, y, 150, 23)
        sheet.box(190, y, 382, 23)
        sheet.text(46, y + 16, label, 10, bold=True, face="sans")
        sheet.text(198, y + 16, value, 11, face="sans")
        y += 23
    sheet.text(46, y + 26, "Barriers at the home:", 10, bold=True, face="sans")
    barriers(sheet, 170, y + 26, words, face="sans")
    signature(sheet, 46, y + 80, words, rng, face="sans", label="Clinician signature")


def by_hand(sheet: Sheet, words: Words, rng: random.Random) -> None:
    """A printed form filled in by hand."""
    sheet.text(40, 62, "PHYSICIAN ORDER - HOME EQUIPMENT", 15, bold=True)
    code, text, quantity = words.lines[0]
    rows = [
        [("Patient name", words["member_name"]), ("Birth date", words["dob"])],
        [("Insurance", words["payer"]), ("Member ID", words["member_id"])],
        [("Group no.", words["group_no"]), ("Phone", words["contact_phone"])],
        [("Address", words["ship_address"])],
        [("ICD-10", words["icd10"]), ("HCPCS", code)],
        [("Item", text)],
        [("Quantity", quantity), ("Start date", words["service_start"])],
        [("Frequency", words.frequency)],
        [("End date", words["service_end"]), ("NPI", words["clinician_npi"])],
        [("Physician", words["clinician_name"]), ("Office phone", words["practice_phone"])],
        [("Discharge date", words["discharge_deadline"]), ("Office fax", words["practice_fax"])],
        *[[pair] for pair in words.equipment],
    ]
    y = 104.0
    for row in rows:
        for (label, value), x in zip(row, (40, 320), strict=False):
            sheet.text(x, y, f"{label}:", 10)
            start = x + sheet.width(f"{label}:", 10) + 8
            sheet.line(start - 2, y + 4, 572 if len(row) == 1 or x == 320 else 306, y + 4, 0.5)
            hand(sheet, start + 2, y, value, rng)
        y += 32
    sheet.text(40, y, "Access:", 10)
    barriers(sheet, 100, y, words)
    signature(sheet, 40, y + 64, words, rng, label="Physician signature")
