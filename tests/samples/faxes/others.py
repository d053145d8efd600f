"""Pages that are no order: what else comes through an intake fax line, and the cover sheets around orders."""

from __future__ import annotations

import random

from tests.samples.faxes.sheet import Sheet, scribble, wrapped
from tests.samples.faxes.words import INTAKE, INTAKE_FAX, Words, as_phone


def cover(sheet: Sheet, words: Words, pages: int) -> None:
    sheet.text(60, 110, "FAX", 42, bold=True)
    sheet.line(60, 124, 552, 124, 2)
    rows = (
        ("To", INTAKE),
        ("Fax", as_phone(INTAKE_FAX, "paren")),
        ("From", words.truth.practice),
        ("Phone", words["practice_phone"]),
        ("Date", words["signature_date"]),
        ("Pages", f"{pages} including cover"),
        ("Re", "New order"),
    )
    for i, (label, value) in enumerate(rows):
        sheet.text(60, 160 + i * 26, f"{label}:", 12, bold=True)
        sheet.text(140, 160 + i * 26, value, 12)
    wrapped(
        sheet,
        60,
        400,
        "CONFIDENTIAL: this fax is meant only for the recipient named above. If you received it in error, "
        "please call the sender and destroy all copies.",
        10,
        550,
        face="vera",
    )


def lab_result(sheet: Sheet, words: Words, rng: random.Random) -> None:
    face = "mono"
    sheet.text(40, 60, "LABORATORY REPORT - FINAL", 14, bold=True, face=face)
    sheet.text(40, 78, "Ridgeline Clinical Laboratory   CLIA 36D0000000", 10, face=face)
    sheet.text(40, 104, f"Patient: {words['member_name']}    DOB: {words['dob']}", 10.5, face=face)
    sheet.text(
        40, 120, f"Ordering provider: {words['clinician_name']}   Collected: {words['signature_date']}", 10.5, face=face
    )
    sheet.line(40, 130, 572, 130)
    sheet.text(40, 148, f"{'Test':<24}{'Result':<12}{'Units':<12}Reference range", 10.5, bold=True, face=face)
    tests = (
        ("Hemoglobin", 9.5, 16.5, "g/dL", "12.0 - 16.0"),
        ("White blood cells", 3.8, 13.0, "K/uL", "4.0 - 10.5"),
        ("Platelets", 140, 390, "K/uL", "150 - 400"),
        ("Sodium", 131, 146, "mmol/L", "135 - 145"),
        ("Potassium", 3.2, 5.3, "mmol/L", "3.5 - 5.1"),
        ("Creatinine", 0.6, 2.0, "mg/dL", "0.6 - 1.2"),
        ("Glucose", 70, 210, "mg/dL", "70 - 99"),
    )
    for i, (name, low, high, unit, normal) in enumerate(tests):
        value = f"{rng.uniform(low, high):.1f}"
        sheet.text(40, 170 + i * 17, f"{name:<24}{value:<12}{unit:<12}{normal}", 10.5, face=face)
    sheet.text(40, 320, "Specimen: serum, whole blood. End of report.", 10, face=face)


def marketing(sheet: Sheet, words: Words, rng: random.Random) -> None:
    sheet.text(70, 130, "SAVE 40% THIS MONTH!", 34, bold=True)
    sheet.text(70, 172, "Office toner, paper and printers", 18, face="sans")
    text = (
        "Special offer for medical offices: free shipping on every purchase over $99, no contract, cancel at any time. "
        "Call now, supplies are limited. Ask for our business loan program with rates from 6.9% and same-day approval."
    )
    y = wrapped(sheet, 70, 220, text, 14, 540, face="sans")
    sheet.box(70, y + 10, 470, 60, 2)
    sheet.text(90, y + 48, "Call 1-800-555-0199 today", 20, bold=True)
    sheet.text(
        70, 720, "To be removed from our fax list call 1-800-555-0198 and press 9 to unsubscribe.", 9, face="sans"
    )


def records_request(sheet: Sheet, words: Words, rng: random.Random) -> None:
    face = "serif"
    sheet.text(60, 70, "Halvorsen & Pike, Attorneys at Law", 16, bold=True, face=face)
    sheet.text(60, 106, f"To: {INTAKE}, Medical Records / Custodian of Records", 12, face=face)
    sheet.text(60, 138, "REQUEST FOR MEDICAL RECORDS", 14, bold=True, face=face)
    sheet.text(60, 164, f"Patient: {words['member_name']}    Date of birth: {words['dob']}", 12, face=face)
    text = (
        "Under the enclosed HIPAA authorization please release complete medical records, including progress notes, "
        f"delivery tickets and billing statements, for dates of service {words['service_start']} to the present. "
        "Send the copies to our office within 30 days. We will pay reasonable copying fees."
    )
    y = wrapped(sheet, 60, 196, text, 12, 550, face=face)
    scribble(sheet, 64, y + 50, rng)
    sheet.text(60, y + 74, "Authorization for release of information enclosed", 11, face=face)


def wrong_recipient(sheet: Sheet, words: Words, rng: random.Random) -> None:
    face = "sans"
    sheet.text(60, 100, "FAX TRANSMISSION", 22, bold=True, face=face)
    rows = (
        ("To", "Pinecrest Dental Studio, front desk"),
        ("Fax", "(614) 555-0177"),
        ("From", "Brookfield Orthodontics"),
        ("Re", "Appointment change"),
    )
    for i, (label, value) in enumerate(rows):
        sheet.text(60, 140 + i * 24, f"{label}:", 12, bold=True, face=face)
        sheet.text(130, 140 + i * 24, value, 12, face=face)
    text = (
        f"Please move the cleaning and the retainer fitting of {words['member_name']} to {words['service_start']} "
        "at 10:15 and send the panoramic x-ray to our dental office. Thank you, Brookfield Orthodontics."
    )
    wrapped(sheet, 60, 270, text, 12, 550, face=face)


def discharge_summary(sheet: Sheet, words: Words, rng: random.Random) -> None:
    face = "serif"
    sheet.text(60, 70, "DISCHARGE SUMMARY", 15, bold=True, face=face)
    sheet.text(60, 96, f"Patient: {words['member_name']}   Date of birth: {words['dob']}", 12, face=face)
    text = (
        "The patient was admitted with worsening symptoms, treated on the medical floor and improved steadily. "
        "Vital signs were stable at discharge. Medications were reconciled. The patient was instructed to rest, "
        "to keep all appointments and to call if symptoms return. Home equipment and services as ordered separately."
    )
    wrapped(sheet, 60, 130, text, 12, 550, face=face)
