"""Every way in which an office writes an order, each drawn from the same truth: forms, and the freer papers below."""

from __future__ import annotations

import random
from typing import Protocol

from tests.samples.faxes.forms import barriers, boxes, by_hand, signature, table, two_column
from tests.samples.faxes.sheet import Sheet, checkbox, scribble, wrapped
from tests.samples.faxes.words import INTAKE, INTAKE_FAX, Words, as_phone
from tests.samples.people import BARRIERS


class Layout(Protocol):
    def __call__(self, sheet: Sheet, words: Words, rng: random.Random) -> None: ...


def letter(sheet: Sheet, words: Words, rng: random.Random) -> None:
    """A letter in prose; every value stands in a sentence."""
    face, t = "serif", words.truth
    sheet.text(60, 70, t.practice, 16, bold=True, face=face)
    sheet.text(60, 86, f"Tel. {words['practice_phone']}   Fax {words['practice_fax']}", 10.5, face=face)
    sheet.text(60, 122, words["signature_date"], 11.5, face=face)
    sheet.text(60, 148, f"{INTAKE}, fax {as_phone(INTAKE_FAX, 'dash')}", 11.5, face=face)
    sheet.text(60, 184, f"Re: {words['member_name']}, date of birth {words['dob']}", 12, bold=True, face=face)
    code, text, quantity = words.lines[0]
    paragraphs = [
        f"Please provide {text} (HCPCS {code}, quantity {quantity}) for the above patient, diagnosis {words['icd10']}.",
        (f"The order is for {words.frequency}." if words.frequency else "")
        + f" Service should start on {words['service_start']} and end on {words['service_end']}."
        + (f" The patient will be discharged on {words['discharge_deadline']}." if words["discharge_deadline"] else ""),
        f"Insurance: {words['payer']}, member ID {words['member_id']}, group {words['group_no']}.",
        f"Deliver to {words['ship_address']}. The patient can be reached at {words['contact_phone']}."
        + _prose_barriers(t.access_barriers),
        "".join(f" {label}: {value}." for label, value in words.equipment),
        "Thank you for your help with the care of this patient.",
    ]
    y = 216.0
    for paragraph in paragraphs:
        if paragraph.strip():
            y = wrapped(sheet, 60, y, paragraph, 12, 550, face=face) + 8
    sheet.text(60, y + 14, "Sincerely,", 12, face=face)
    if words.signed:
        scribble(sheet, 66, y + 56, rng, 140)
    sheet.line(60, y + 62, 260, y + 62)
    sheet.text(60, y + 78, f"{words['clinician_name']}, MD", 12, face=face)
    sheet.text(60, y + 94, f"NPI {words['clinician_npi']}", 12, face=face)


def _prose_barriers(barriers: tuple[str, ...]) -> str:
    known = {"stairs": "there are stairs", "gated": "the community is gated", "elevator": "there is an elevator"}
    told = [known[b] for b in barriers]
    return f" Please note that {' and '.join(told)}." if told else ""


def portal(sheet: Sheet, words: Words, rng: random.Random) -> None:
    """A print-out of an ordering portal in a typewriter face, electronically signed."""
    face = "mono"
    sheet.text(40, 56, "Order Summary - CareLink Ordering Portal", 13, bold=True, face=face)
    sheet.text(
        40,
        72,
        f"Order {words.truth.order_number}   Status: {'SIGNED' if words.signed else 'PENDING SIGNATURE'}",
        10,
        face=face,
    )
    sheet.line(40, 80, 572, 80)
    code, text, quantity = words.lines[0]
    groups = [
        (
            "PATIENT",
            [
                ("Name", words["member_name"]),
                ("Date of Birth", words["dob"]),
                ("Phone", words["contact_phone"]),
                ("Address", words["ship_address"]),
            ],
        ),
        ("COVERAGE", [("Payer", words["payer"]), ("Member ID", words["member_id"]), ("Group", words["group_no"])]),
        (
            "ORDER",
            [
                ("Code", code),
                ("Description", text),
                ("Quantity", quantity),
                ("Frequency", words.frequency),
                ("Diagnosis", words["icd10"]),
                ("Start Date", words["service_start"]),
                ("End Date", words["service_end"]),
                ("Discharge", words["discharge_deadline"]),
                *words.equipment,
            ],
        ),
        ("ACCESS", [(b.capitalize(), "Yes" if b in words.truth.access_barriers else "No") for b in BARRIERS]),
        (
            "ORDERING PROVIDER",
            [
                ("Name", words["clinician_name"]),
                ("NPI", words["clinician_npi"]),
                ("Phone", words["practice_phone"]),
                ("Fax", words["practice_fax"]),
            ],
        ),
    ]
    y = 100.0
    for title, rows in groups:
        sheet.text(40, y, title, 10.5, bold=True, face=face)
        y += 16
        for label, value in rows:
            if not value and label in {"Frequency", "Discharge"}:
                continue
            sheet.text(52, y, f"{label + ':':<16}{value}", 10, face=face)
            y += 14.5
        y += 8
    if words.signed:
        sheet.text(
            40, y + 4, f"Electronically signed by {words['clinician_name']} on {words['signature_date']}", 10, face=face
        )
    sheet.text(40, 760, "https://portal.example/orders/print                       Page 1 of 1", 8, face=face)


def cms485(sheet: Sheet, words: Words, rng: random.Random) -> None:
    """Home health certification and plan of care with numbered boxes."""
    face = "sans"
    sheet.text(120, 56, "HOME HEALTH CERTIFICATION AND PLAN OF CARE", 13, bold=True, face=face)
    code, text, quantity = words.lines[0]
    rows: list[list[tuple[str, str, int, int]]] = [
        [
            ("1. Patient's Name", words["member_name"], 210, 36),
            ("2. Date of Birth", words["dob"], 110, 36),
            ("3. Payer", words["payer"], 212, 36),
        ],
        [
            ("4. Health Insurance Claim / Member ID", words["member_id"], 210, 36),
            ("5. Group No.", words["group_no"], 110, 36),
            ("6. Phone", words["contact_phone"], 212, 36),
        ],
        [
            (
                "7. Certification Period  From - To",
                f"{words['service_start']} - {words['service_end']}" if words["service_start"] else "",
                266,
                36,
            ),
            ("8. ICD-10 Diagnosis", words["icd10"], 266, 36),
        ],
        [("9. Patient's Address", words["ship_address"], 532, 36)],
        [("10. Orders for Discipline and Treatments (Code / Amount / Frequency)", "", 532, 96)],
        [("11. Attending Physician", words["clinician_name"], 266, 36), ("12. NPI", words["clinician_npi"], 266, 36)],
        [
            ("13. Physician's Phone", words["practice_phone"], 266, 36),
            ("14. Physician's Fax", words["practice_fax"], 266, 36),
        ],
    ]
    y = 70.0
    for row in rows:
        x = 40.0
        for label, value, w, h in row:
            sheet.box(x, y, w, h)
            sheet.text(x + 4, y + 11, label, 8.5, face=face)
            sheet.text(x + 8, y + 28, value, 11, face=face)
            if h == 96:
                sheet.text(x + 8, y + 32, f"{code}  {text}", 11, face=face)
                sheet.text(x + 8, y + 52, f"Units: {quantity}", 11, face=face)
                sheet.text(x + 8, y + 72, f"Frequency: {words.frequency}" if words.frequency else "", 11, face=face)
            x += w
        y += row[0][3]
    sheet.text(46, y + 24, "15. Home access:", 10, face=face)
    barriers(sheet, 136, y + 24, words, face=face)
    if words["discharge_deadline"]:
        sheet.text(46, y + 48, f"16. Discharge date: {words['discharge_deadline']}", 10, face=face)
    wrapped(
        sheet,
        46,
        y + 78,
        "I certify that this patient is confined to the home, needs intermittent skilled care, and is under my care.",
        9.5,
        560,
        face=face,
    )
    signature(sheet, 46, y + 146, words, rng, face=face, label="17. Physician's Signature")


def infusion(sheet: Sheet, words: Words, rng: random.Random) -> None:
    """Home infusion order with sections and a route checkbox."""
    sheet.text(40, 60, words.truth.practice, 13, bold=True)
    sheet.text(40, 80, "HOME INFUSION THERAPY ORDER", 14, bold=True, face="sans")
    sheet.line(40, 88, 572, 88, 2)
    code, text, quantity = words.lines[0]
    rows = [
        [("Patient", words["member_name"]), ("D.O.B.", words["dob"])],
        [("Insurance", words["payer"]), ("ID#", words["member_id"])],
        [("Group", words["group_no"]), ("Tel", words["contact_phone"])],
        [("Deliver to", words["ship_address"])],
        [("Diagnosis ICD-10", words["icd10"])],
        [("Drug", f"{text}  ({code})")],
        [("Dose interval", words.frequency), ("Doses", quantity)],
        [("First dose", words["service_start"]), ("Last dose", words["service_end"])],
        [("Discharge from hospital", words["discharge_deadline"])],
    ]
    y = 114.0
    for row in rows:
        if len(row) == 1 and not row[0][1]:
            continue
        for (label, value), x in zip(row, (40, 330), strict=False):
            sheet.text(x, y, f"{label}:", 10, bold=True)
            start = x + sheet.width(f"{label}:", 10, bold=True) + 8
            sheet.text(start, y, value, 10.5)
            sheet.line(start - 2, y + 4, 560 if len(row) == 1 or x == 330 else 310, y + 4, 0.5)
        y += 27
    sheet.text(40, y, "Route:", 10, bold=True)
    after = checkbox(sheet, 90, y, "PICC", checked=True)
    after = checkbox(sheet, after, y, "Peripheral", checked=False)
    checkbox(sheet, after, y, "Port", checked=False)
    sheet.text(40, y + 27, "Access to home:", 10, bold=True)
    barriers(sheet, 150, y + 27, words)
    sheet.text(40, y + 60, f"Prescriber: {words['clinician_name']}", 10.5)
    sheet.text(330, y + 60, f"NPI: {words['clinician_npi']}", 10.5)
    sheet.text(40, y + 82, f"Office phone: {words['practice_phone']}", 10.5)
    sheet.text(330, y + 82, f"Office fax: {words['practice_fax']}", 10.5)
    signature(sheet, 40, y + 136, words, rng, label="Prescriber signature")


ORDERS: dict[str, Layout] = {
    "boxes": boxes,
    "two_column": two_column,
    "table": table,
    "letter": letter,
    "portal": portal,
    "cms485": cms485,
    "infusion": infusion,
    "by_hand": by_hand,
}
