"""More pages around orders, and papers full of an order's words that are none: face sheets, notes, payers' and pharmacies' forms."""

# ruff: noqa: E501 - the words that stand on papers

from __future__ import annotations

from bench.faxes import pools
from bench.faxes.catalogue import DIAGNOSES
from bench.faxes.page import Page
from bench.faxes.people import member_id
from bench.faxes.say import Values


def _who(v: Values) -> tuple[tuple[str, str], ...]:
    """Name the patient as some other office would."""
    name, born = v.name(v.truth.member_name), v.day(v.truth.dob)
    return v.rng.choice((
        (("Patient", name), ("DOB", born)),
        (("Pt Name", name), ("Date of Birth", born)),
        (("Name", name), ("Birth Date", born)),
    ))  # fmt: skip


def face_sheet(p: Page, v: Values) -> None:
    """A hospital's admission record: the patient, next of kin, payers; nothing is ordered."""
    rng = v.rng
    p.face = rng.choice(("sans", "mono"))
    p.text(40, 56, rng.choice(("FACE SHEET", "ADMISSION RECORD", "PATIENT DEMOGRAPHICS")), 15, bold=True)
    p.line(40, 64, 572, 64)
    kin = f"{rng.choice(pools.GIVEN)} {rng.choice(pools.FAMILY)}"
    rows = [*_who(v), ("MRN", str(rng.randrange(10**5, 10**7))), ("Sex", v.truth.sex[0].upper()),
            ("Admitted", v.day(v.truth.service_start)), ("Attending", v.truth.clinician_name),
            ("Guarantor", "Self"), ("Emergency contact", f"{kin} ({rng.choice(('wife', 'son', 'daughter'))})"),
            ("Emergency phone", v.phone(v.truth.contact_phone)), ("Primary insurance", v.truth.payer)]  # fmt: skip
    y = 90.0
    for label, value in rows:
        p.text(40, y, f"{label}:", 10, bold=True)
        p.text(180, y, value, 10, fit=380)
        y += rng.choice((18, 20))
    p.para(40, y + 20, "Advance directive on file. Religion: declined. Interpreter: none needed.", 9.5, 572)


def visit_note(p: Page, v: Values) -> None:
    """A clinic's note of a visit, with goods and therapies in its sentences."""
    rng = v.rng
    p.face = rng.choice(("sans", "serif"))
    p.text(40, 56, rng.choice(("OFFICE VISIT NOTE", "Progress Note", "CLINIC NOTE")), 14, bold=True)
    first, second = _who(v)
    p.text(40, 78, f"{first[0]}: {first[1]}    {second[0]}: {second[1]}", 10.5)
    p.line(40, 86, 572, 86)
    code = rng.choice(v.truth.icd10)
    y = 106.0
    for title, body in (
        ("Subjective", "Seen today for follow-up. Uses oxygen at night and a walker in the house. Sleeps in a recliner. No falls since the last visit."),
        ("Objective", f"BP {rng.randrange(108, 150)}/{rng.randrange(60, 90)}, pulse {rng.randrange(60, 99)}, SpO2 {rng.randrange(86, 97)}% on room air. Lungs with basal crackles. No edema."),
        ("Assessment", f"{DIAGNOSES[code]}. Stable on present treatment."),
        ("Plan", "Continue medications. Physical therapy at home was discussed. Return in three months."),
    ):  # fmt: skip
        p.text(40, y, title, 10.5, bold=True)
        y = p.para(40, y + 14, body, 10.5, 572) + 8
    p.text(40, y + 10, f"Electronically signed by {v.truth.clinician_name}", 9.5)


def supplier_offer(p: Page, v: Values) -> None:
    """A supplier's advertisement full of codes."""
    rng = v.rng
    p.face = "sans"
    p.text(306, 80, f"{v.case.supplier} now serves your area!", 20, bold=True, anchor="ms", fit=520)
    y = p.para(
        50,
        120,
        "We carry a full line of home medical equipment and accept Medicare, Medicaid and most plans. Same day delivery, friendly staff, on call around the clock.",
        12.5,
        562,
    )
    for code, name in rng.sample((("E1390", "oxygen concentrators"), ("K0001", "wheelchairs"), ("E0260", "hospital beds"), ("E0601", "CPAP"), ("E0143", "walkers"), ("E0570", "nebulizers"), ("A6212", "foam dressings"), ("E0163", "commodes")), 6):  # fmt: skip
        y += 20
        p.text(90, y, f"{code}   {name}", 12)
    p.para(
        50,
        y + 40,
        f"Ask {rng.choice(pools.GIVEN)}, your account manager, for our catalog. To stop receiving faxes call 1-888-555-0112.",
        11,
        562,
    )


def benefits_paid(p: Page, v: Values) -> None:
    """A payer's account of what it paid for."""
    rng = v.rng
    p.face = rng.choice(("sans", "mono"))
    p.text(40, 60, v.truth.payer, 14, bold=True)
    p.text(
        40, 80, rng.choice(("EXPLANATION OF BENEFITS", "Summary of Benefits Paid", "REMITTANCE ADVICE")), 12, bold=True
    )
    p.text(
        40,
        100,
        f"Member {v.truth.member_name}   ID {v.truth.member_id or member_id('W#########', rng)}   THIS IS NOT A BILL",
        10,
        fit=530,
    )
    y = 130.0
    for column, title in (
        (40, "Date"),
        (130, "Service"),
        (230, "Billed"),
        (320, "Allowed"),
        (410, "Plan paid"),
        (500, "You owe"),
    ):
        p.text(column, y, title, 9.5, bold=True)
    for code in rng.sample(("E1390", "E0431", "E0601", "A7034", "K0001", "G0299", "J0696"), 4):
        y += 18
        billed = rng.randrange(4000, 90000) / 100
        for column, text in (
            (40, v.day(v.truth.service_start)),
            (130, code),
            (230, f"{billed:.2f}"),
            (320, f"{billed * 0.6:.2f}"),
            (410, f"{billed * 0.48:.2f}"),
            (500, f"{billed * 0.12:.2f}"),
        ):
            p.text(column, y, text, 9.5)
    p.para(
        40, y + 36, "Amount applied to your deductible: 0.00. If you disagree you have the right to appeal.", 9.5, 572
    )


def refill_request(p: Page, v: Values) -> None:
    """A pharmacy asks a clinician for more of a drug."""
    rng = v.rng
    p.face = rng.choice(("sans", "mono"))
    p.text(
        40,
        60,
        rng.choice(("REFILL REQUEST", "REFILL AUTHORIZATION REQUEST", "Prescription Renewal Request")),
        15,
        bold=True,
    )
    drug = rng.choice(("Lisinopril 20 mg", "Metformin 500 mg", "Atorvastatin 40 mg", "Sertraline 50 mg"))
    y = 92.0
    for label, value in (("To", v.truth.clinician_name), ("From", f"{rng.choice(('Corner', 'Main Street', 'Village'))} Pharmacy"), *_who(v),
                         ("Drug", f"{drug} tablet"), ("Sig", "Take 1 tablet by mouth daily"), ("Qty", "90"), ("Last filled", v.day(v.truth.service_start)), ("Refills authorized", "____"), ("Prescriber signature", "")):  # fmt: skip
        p.text(40, y, f"{label}:", 10.5, bold=True)
        p.text(190, y, value, 10.5, fit=380)
        y += 22


def conference(p: Page, v: Values) -> None:
    """An invitation to a conference."""
    rng = v.rng
    p.face = "serif"
    p.text(
        306, 100, rng.choice(("SAVE THE DATE", "YOU'RE INVITED", "REGISTRATION NOW OPEN")), 26, bold=True, anchor="ms"
    )
    p.text(
        306,
        140,
        f"{rng.randrange(5, 30)}th Annual {rng.choice(('Home Care', 'Wound Care', 'Respiratory', 'Case Management'))} Conference",
        18,
        anchor="ms",
        fit=520,
    )
    p.para(
        80,
        190,
        "Keynote speakers, exhibit hall, breakout sessions and continuing education credit. Early bird registration $295. Hotel rooms at a special rate. Register online or fax this form with name, title and organization.",
        13,
        532,
    )
