"""Pages that are no order: cover sheets, summaries and results around orders, and everything else an intake line gets."""

# ruff: noqa: E501 - the words that stand on papers

from __future__ import annotations

from collections.abc import Callable

from bench.faxes import junk, papers
from bench.faxes.catalogue import DIAGNOSES
from bench.faxes.page import Page
from bench.faxes.say import Values


def cover(p: Page, v: Values, pages: int) -> None:
    rng = v.rng
    p.face = rng.choice(("sans", "serif"))
    p.text(
        60,
        90,
        rng.choice(("FAX", "Facsimile Cover Sheet", "FAX TRANSMITTAL", "fax")),
        rng.choice((26, 34, 44)),
        bold=True,
    )
    p.line(60, 104, 552, 104, rng.choice((0.8, 2, 4)))
    rows = [("TO", v.case.supplier), ("FAX", v.phone(v.case.supplier_fax)), ("FROM", v.truth.practice), ("PHONE", v.phone(v.truth.practice_phone)),
            ("DATE", v.day(v.truth.signature_date or v.truth.service_start)), ("PAGES", str(pages)), ("RE", rng.choice(("Order", "New referral", "Home services", "See attached")))]  # fmt: skip
    if rng.random() < 0.4:
        rng.shuffle(rows)
    y = 140.0
    for label, value in rows:
        p.text(60, y, f"{label}:", 11.5, bold=True)
        p.text(150, y, value, 11.5)
        y += 26
    if rng.random() < 0.5:
        p.text(
            60,
            y + 20,
            rng.choice(
                ("Please process ASAP - patient waiting for discharge.", "Thank you!", "Call with questions.", "URGENT")
            ),
            15,
            face="hand",
        )
    p.para(
        60,
        640,
        "This facsimile contains privileged and confidential health information intended only for the addressee. If you have received it in error, notify the sender at once and destroy it.",
        8.5,
        552,
    )


def _head(p: Page, v: Values, title: str, face: str) -> float:
    p.face = face
    p.text(40, 54, v.truth.practice, 14, bold=True)
    p.text(40, 72, title, 12, bold=True)
    p.line(40, 78, 572, 78)
    p.text(
        40,
        94,
        f"{v.name(v.truth.member_name)}    {v.rng.choice(('DOB', 'Born', 'Birth date'))}: {v.day(v.truth.dob)}    MRN {v.rng.randrange(10**5, 10**7)}",
        10,
    )
    return 116.0


def summary(p: Page, v: Values) -> None:
    """A discharge summary: prose with drug names and dates that are not the order's."""
    y = _head(
        p,
        v,
        v.rng.choice(("DISCHARGE SUMMARY", "HOSPITAL COURSE AND DISCHARGE INSTRUCTIONS", "PROGRESS NOTE")),
        v.rng.choice(("sans", "serif")),
    )
    dx = " and ".join(text for _, text in _dx(v))
    for title, body in (
        (
            "Reason for admission",
            f"Worsening symptoms over three days with {dx.lower()}. Seen in the emergency department and admitted.",
        ),
        (
            "Hospital course",
            "The patient was treated on the medical floor and improved steadily. Vital signs stayed stable for 24 hours before discharge. Therapy worked with the patient daily and recommends services at home. Oxygen saturation on room air was 91% at rest and 86% when walking.",
        ),
        (
            "Medications at discharge",
            "Furosemide 40 mg daily. Metoprolol succinate 50 mg daily. Atorvastatin 40 mg at bedtime. Acetaminophen 650 mg every 6 hours as needed.",
        ),
        (
            "Follow-up",
            f"Primary care within 7 days. Cardiology in {v.rng.randrange(2, 6)} weeks. Return if short of breath, febrile or in pain.",
        ),
        ("Condition", "Stable. Alert and oriented. Ambulates with assistance."),
    ):
        p.text(40, y, title, 10.5, bold=True)
        y = p.para(40, y + 14, body, 10.5, 572) + 8


def _dx(v: Values) -> list[tuple[str, str]]:
    return [(code, DIAGNOSES[code]) for code in v.truth.icd10]


def lab(p: Page, v: Values) -> None:
    y = _head(
        p,
        v,
        v.rng.choice(("LABORATORY REPORT", "FINAL LAB RESULTS", "PATIENT RESULT REPORT")),
        v.rng.choice(("mono", "sans")),
    )
    p.text(
        40,
        y,
        f"Specimen collected {v.day(v.truth.service_start)}   Accession {v.rng.randrange(10**7, 10**8)}   Ordering: {v.truth.clinician_name}",
        9,
        fit=530,
    )
    y += 20
    columns = (40, 220, 300, 360, 500)
    for x, title in zip(columns, ("Test", "Result", "Units", "Reference range", "Flag"), strict=True):
        p.text(x, y, title, 9.5, bold=True)
    rows = [("Hemoglobin", 9, 16, "g/dL", 12.0, 16.0), ("Hematocrit", 30, 48, "%", 36, 47), ("WBC", 3, 15, "K/uL", 4.0, 10.5), ("Platelets", 120, 420, "K/uL", 150, 400), ("Sodium", 130, 147, "mmol/L", 135, 145),
            ("Potassium", 3.1, 5.6, "mmol/L", 3.5, 5.1), ("BUN", 8, 40, "mg/dL", 7, 25), ("Creatinine", 0.6, 2.2, "mg/dL", 0.6, 1.3), ("Glucose", 65, 240, "mg/dL", 70, 99), ("TSH", 0.2, 6, "uIU/mL", 0.4, 4.5)]  # fmt: skip
    for name, low, high, unit, a, b in v.rng.sample(rows, 8):
        y += 17
        got = v.rng.uniform(low, high)
        for x, value in zip(
            columns,
            (name, f"{got:.1f}", unit, f"{a:g} - {b:g}", "H" if got > b else "L" if got < a else ""),
            strict=True,
        ):
            p.text(x, y, value, 9.5)
    p.text(40, y + 40, "Performed at Ridgeline Reference Laboratory. End of report.", 9)


def records(p: Page, v: Values) -> None:
    p.face = v.rng.choice(("serif", "sans"))
    p.text(
        306,
        64,
        v.rng.choice(
            (
                "Whitlock & Dane, Attorneys",
                "ChartPull Retrieval Services",
                "State Disability Determination Bureau",
                "Meridian Life Insurance",
            )
        ),
        16,
        bold=True,
        anchor="ms",
    )
    p.text(
        60,
        104,
        v.rng.choice(
            ("REQUEST FOR MEDICAL RECORDS", "RELEASE OF INFORMATION REQUEST", "SECOND REQUEST - PATIENT RECORDS")
        ),
        13,
        bold=True,
    )
    p.text(60, 130, f"Patient: {v.name(v.truth.member_name)}      {v.label('dob')}: {v.day(v.truth.dob)}", 11)
    y = p.para(60, 156, f"Please furnish complete records from {v.day(v.truth.service_start)} to the present, including office notes, delivery tickets, itemized billing and correspondence. A signed authorization is attached. "
               "Send copies within ten business days by fax or mail. Reasonable copying fees will be paid on receipt of an invoice.", 11, 552)  # fmt: skip
    p.text(60, y + 20, "Attn: Custodian of Records / Health Information Management", 11)
    p.scribble(70, y + 70)
    p.text(60, y + 90, "Records coordinator", 11)


def denial(p: Page, v: Values) -> None:
    p.face = "serif"
    t = v.truth
    p.text(60, 64, t.payer, 17, bold=True)
    p.text(60, 78, "Utilization Management", 10)
    p.text(
        60,
        112,
        f"Member: {v.name(t.member_name)}    ID: {t.member_id}    {v.label('dob')}: {v.day(t.dob)}",
        11,
        fit=490,
    )
    p.text(
        60,
        136,
        v.rng.choice(("NOTICE OF ADVERSE BENEFIT DETERMINATION", "NOTICE OF DENIAL OF MEDICAL COVERAGE")),
        13,
        bold=True,
    )
    code, good = t.order_lines[0]["code"], v.case.goods[0]
    y = p.para(
        60,
        162,
        f"We reviewed the request for {good.text} ({code}) received on {v.day(t.service_start)}. The request is denied because the information sent does not show that it is medically necessary under our coverage policy.",
        11,
        552,
    )
    y = p.para(
        60,
        y + 8,
        "You may appeal within 60 calendar days of this notice. Your provider may ask for a peer-to-peer review within 5 business days by calling the number on the member card.",
        11,
        552,
    )
    p.text(60, y + 16, f"Reference number {v.rng.randrange(10**8, 10**9)}", 11)


def reminder(p: Page, v: Values) -> None:
    p.face = "sans"
    p.text(60, 90, v.truth.practice, 15, bold=True)
    p.text(60, 124, "APPOINTMENT REMINDER", 18, bold=True)
    p.para(60, 160, f"{v.truth.member_name} has an appointment on {v.day(v.truth.service_start)} at {v.rng.randrange(8, 12)}:30 AM with {v.truth.clinician_name}. Please arrive fifteen minutes early and bring your insurance card and a list of medications. "
           f"To reschedule call {v.phone(v.truth.practice_phone)}.", 12.5, 552)  # fmt: skip


def prior_auth(p: Page, v: Values) -> None:
    """A payer's blank form for prior authorization, sent with the patient's name and nothing ordered."""
    p.face = "sans"
    p.bar(40, 50, 532, 26, f"{v.truth.payer} - PRIOR AUTHORIZATION REQUEST FORM", 12)
    y = 84.0
    for label, value in (
        ("Member name", v.name(v.truth.member_name)),
        ("Member ID", v.truth.member_id),
        ("Requesting provider", ""),
        ("NPI", ""),
        ("Service / HCPCS requested", ""),
        ("Units", ""),
        ("Diagnosis", ""),
        ("Clinical justification", ""),
        ("Provider signature", ""),
    ):
        p.box(40, y, 190, 30)
        p.box(230, y, 342, 30)
        p.text(46, y + 19, label, 10)
        p.text(238, y + 19, value, 10.5)
        y += 30
    p.para(
        40,
        y + 20,
        "Additional information is needed before a decision can be made. Complete all sections and return this form with clinical notes within 14 days. Incomplete forms will be returned.",
        10,
        572,
    )


def blank(p: Page, v: Values) -> None:
    """Nothing at all, or the crease of a sheet fed the wrong way round."""
    if v.rng.random() < 0.5:
        p.line(0, 396 + v.rng.uniform(-4, 4), 612, 396, 0.4)


OTHERS: dict[str, tuple[Callable[[Page, Values], None], tuple[str, ...], str]] = {
    # the page, the classes that are right (the first is written down), and what the hub must come to
    "marketing": (junk.marketing, ("marketing",), "ignored"),
    "newsletter": (junk.newsletter, ("marketing", "other"), "ignored"),
    "lab_result": (lab, ("lab_result",), "ignored"),
    "records_request": (records, ("records_request",), "ignored"),
    "wrong_recipient": (junk.misdirected, ("wrong_recipient",), "review"),
    "denial_letter": (denial, ("other",), "review"),
    "appointment_reminder": (reminder, ("other", "wrong_recipient"), "review"),
    "invoice": (junk.invoice, ("wrong_recipient", "other"), "review"),
    "prior_auth_form": (prior_auth, ("other",), "review"),
    "discharge_summary": (summary, ("other",), "review"),
    "blank": (blank, ("unreadable",), "review"),
    "supplier_offer": (papers.supplier_offer, ("marketing",), "ignored"),
    "conference": (papers.conference, ("marketing", "other"), "ignored"),
    "benefits_paid": (papers.benefits_paid, ("other", "wrong_recipient"), "review"),
    "refill_request": (papers.refill_request, ("other",), "review"),
    "face_sheet": (papers.face_sheet, ("other",), "review"),
    "visit_note": (papers.visit_note, ("other",), "review"),
    "cover_only": (lambda p, v: cover(p, v, 3), ("other",), "review"),
}
