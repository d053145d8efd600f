"""Orders that are hardly forms: cards, questionnaires, notes of a call, letters in boxes, a narrow column beside a wide one."""

# ruff: noqa: E501 - the words that stand on papers

from __future__ import annotations

from bench.faxes.around import Around
from bench.faxes.page import Page
from bench.faxes.say import Values
from tests.samples.people import BARRIERS


def _sign(p: Page, v: Values, y: float, label: str = "Signature") -> None:
    p.text(40, y, label, 9)
    p.line(110, y + 2, 330, y + 2)
    if v.signed:
        p.sign(125, y - 2, v.truth.clinician_name)
    p.text(360, y, "Date", 9)
    p.text(392, y, v["signature_date"], 10)
    p.line(388, y + 2, 560, y + 2)


def _goods(p: Page, v: Values, x: float, y: float, right: float, size: float = 10) -> float:
    rng, kind = v.rng, v.rng.randrange(3)
    for n, (code, text, quantity) in enumerate(v.items, 1):
        forms = (
            f"{code}  {text}  x {quantity}",
            f"{n}) {text} - {code} - Qty {quantity}",
            f"{text} ({code}), quantity: {quantity}",
        )
        p.text(x, y, forms[kind], size, fit=right - x)
        y += size * 1.6
    if v.frequency:
        p.text(x, y, f"{rng.choice(('Sig', 'Frequency', 'Directions'))}: {v.frequency}", size, fit=right - x)
        y += size * 1.6
    return y  # fmt: skip


def card(p: Page, v: Values) -> None:
    """A chart's banner: the name without a label, then short marks; blocks for insurance and provider."""
    rng, around = v.rng, Around(v)
    dob, age = v["dob"], around.age
    p.text(40, 50, v.truth.practice, 12, bold=True)
    p.text(572, 50, f"Printed {around.printed}", 7.5, anchor="rs")
    banner = rng.randrange(3)
    if banner == 0:
        p.box(36, 62, 540, 44)
        p.text(44, 80, v["member_name"], 15, bold=True)
        p.text(
            44,
            98,
            f"DOB: {dob}   Age: {age}   Sex: {around.sex}   MRN: {around.mrn}"
            if dob
            else f"Sex: {around.sex}   MRN: {around.mrn}",
            10,
        )
    elif banner == 1:
        p.line(36, 62, 576, 62, 1.5)
        end = p.text(44, 80, v["member_name"], 13, bold=True)
        p.text(end + 14, 80, f"{around.sex}  DOB {dob}" if dob else around.sex, 11)
        p.text(572, 80, f"MRN {around.mrn}", 10, anchor="rs")
        p.line(36, 92, 576, 92, 0.6)
    else:
        p.text(
            44,
            80,
            f"{v['member_name']}   ({around.sex}, {age} y.o., {dob})" if dob else v["member_name"],
            12,
            bold=True,
        )
    y, x = 124.0, 44.0
    home = [
        *v.address,
        f"{rng.choice(('H:', 'Home', 'Ph', 'Cell'))} {v['contact_phone']}" if v.has("contact_phone") else "",
    ]
    p.text(x, y, rng.choice(("Home", "Contact", "Address")), 8, bold=True)
    p.lines(x, y + 14, [line for line in home if line], 10)
    x = 250.0
    p.text(x, y, rng.choice(("Insurance", "Coverage", "Primary coverage")), 8, bold=True)
    plan = [
        v["payer"],
        f"{rng.choice(('ID', 'Member ID', 'Policy'))} {v['member_id']}" if v.has("member_id") else "",
        f"{rng.choice(('Grp', 'Group'))} {v['group_no']}" if v.has("group_no") else "",
    ]
    p.lines(x, y + 14, [line for line in plan if line], 10)
    x = 420.0
    p.text(x, y, rng.choice(("Ordering provider", "Provider", "Ordered by")), 8, bold=True)
    by = [
        v["clinician_name"],
        f"NPI {v['clinician_npi']}" if v.has("clinician_npi") else "",
        f"T {v['practice_phone']}" if v.has("practice_phone") else "",
        f"F {v['practice_fax']}" if v.has("practice_fax") else "",
    ]
    p.lines(x, y + 14, [line for line in by if line], 9.5, fit=155)
    y = 210.0
    p.text(44, y, rng.choice(("Problems", "Diagnoses", "Dx")), 9, bold=True)
    for code, text in v.dx:
        y += 14
        p.text(52, y, f"{code} {text}", 10)
    y += 26
    p.text(44, y, rng.choice(("Orders", "Order", "Requested")), 9, bold=True)
    y = _goods(p, v, 52, y + 15, 560)
    when = [
        f"{v.label(name)}: {v[name]}" for name in ("service_start", "service_end", "discharge_deadline") if v.has(name)
    ]
    p.text(52, y + 4, "     ".join(when), 10, fit=510)
    y += 22
    if v.has("access_barriers"):
        p.text(52, y, f"Home: {v.barrier_note}", 10, fit=510)
        y += 18
    _sign(p, v, y + 40, rng.choice(("Signature", "Signed", "Provider signature")))  # fmt: skip


QUESTIONS = {
    "member_name": ("Who is the patient?", "What is the patient's name?", "Patient's full legal name?"),
    "dob": ("When was the patient born?", "What is the patient's date of birth?", "Date of birth?"),
    "contact_phone": ("What number can we reach the patient at?", "Best phone number for the patient?", "What is the patient's phone number?"),
    "ship_address": ("Where should it be delivered?", "What is the delivery address?", "Where does the patient live?"),
    "payer": ("What insurance does the patient have?", "Who is the primary insurance?", "Primary insurance?"),
    "member_id": ("What is the member ID?", "Insurance ID number?", "What is the policy number?"),
    "group_no": ("Is there a group number?", "Group number?", "What is the group number?"),
    "icd10": ("What is the diagnosis (ICD-10)?", "Which diagnosis supports the order?", "ICD-10 diagnosis code(s)?"),
    "frequency": ("How often or how much?", "What is the frequency?", "Frequency of use?"),
    "service_start": ("When should service start?", "What is the start date?", "Start date?"),
    "service_end": ("When does the order end?", "What is the end date?", "End date?"),
    "discharge_deadline": ("When will the patient be discharged?", "Discharge date, if in hospital?", "Expected discharge?"),
    "clinician_name": ("Who is the ordering provider?", "What is the ordering physician's name?", "Name of the prescriber?"),
    "clinician_npi": ("What is the provider's NPI?", "NPI of the ordering provider?", "Provider NPI?"),
    "practice_phone": ("What is the office phone number?", "Office phone?", "Provider's office phone?"),
    "practice_fax": ("What is the office fax number?", "Office fax?", "Where can we fax the provider back?"),
}  # fmt: skip


def questions(p: Page, v: Values) -> None:
    """A questionnaire: a sentence asks, the answer stands beside it or under it."""
    rng = v.rng
    under, numbered = rng.random() < 0.5, rng.random() < 0.5
    p.text(
        306,
        50,
        rng.choice(("Home Care Intake Questionnaire", "Equipment Request", "New Patient Questions")),
        15,
        bold=True,
        anchor="ms",
    )
    names = [name for name in QUESTIONS if name not in {"ship_address", "icd10", "frequency"} or v.has(name)]
    y, count = 76.0, 0
    for name in names:
        if name == "ship_address":
            value = ", ".join(v.address)
        elif name == "frequency":
            value = v.frequency
        else:
            value = v[name]
        if not value and rng.random() < 0.7:
            continue
        count += 1
        asked = v._labels.setdefault(f"ask-{name}", rng.choice(QUESTIONS[name]))  # noqa: SLF001
        asked = f"{count}. {asked}" if numbered else asked
        if under:
            p.text(40, y, asked, 8.5, bold=True)
            p.text(56, y + 13, value, 10.5, fit=500, face="hand" if v.hand else None)
            y += 29
        else:
            p.text(40, y, asked, 9, fit=235)
            p.text(285, y, value, 10.5, fit=285, face="hand" if v.hand else None)
            y += 21
    y += 4
    p.text(40, y, "What is ordered?" if not numbered else f"{count + 1}. What is ordered?", 9, bold=True)
    for code, text, quantity in v.items:
        y += 15
        p.text(56, y, f"{code} {text}, quantity {quantity}", 10, fit=500)
    barriers = [name for name in BARRIERS if v.barrier(name)]
    y += 22
    p.text(40, y, "Are there stairs, a gate or an elevator?", 9)
    p.text(285, y, ", ".join(v.barrier_words(name) for name in barriers) or "No", 10)
    _sign(p, v, y + 42)  # fmt: skip


def call(p: Page, v: Values) -> None:
    """Notes of a telephone call, typed in short lines as it went."""
    rng, around = v.rng, Around(v)
    p.face = rng.choice(("mono", "sans", "serif"))
    p.text(40, 50, rng.choice(("PHONE INTAKE", "Telephone order", "Call record")), 14, bold=True)
    p.text(40, 66, f"Call taken by {around.rep} {around.printed}", 9)
    dx = "; ".join(f"{code} {text}" for code, text in v.dx)
    office = (
        f"Office {v['practice_phone']}" + (f", fax {v['practice_fax']}" if v.has("practice_fax") else "")
        if v.has("practice_phone")
        else ""
    )
    lines = [
        f"Caller: {around.nurse} at {v.truth.practice}. {office}",
        f"Pt: {v['member_name']}, {around.sex}" + (f", DOB {v['dob']}" if v.has("dob") else ""),
        f"Lives at {', '.join(v.address)}" if v.has("ship_address") else "",
        f"Pt phone {v['contact_phone']}" if v.has("contact_phone") else "",
        f"Ins {v['payer']}" + (f" ID {v['member_id']}" if v.has("member_id") else "") + (f" group {v['group_no']}" if v.has("group_no") else "") if v.has("payer") else "",
        f"Dx {dx}" if dx else "",
        *(f"Needs {text} {code} qty {quantity}" for code, text, quantity in v.items),
        f"Use: {v.frequency}" if v.frequency else "",
        f"Start {v['service_start']}" + (f" thru {v['service_end']}" if v.has("service_end") else "") if v.has("service_start") else "",
        f"Discharge {v['discharge_deadline']}" if v.has("discharge_deadline") else "",
        f"At the home: {v.barrier_note}" if v.has("access_barriers") else "",
        f"Ordered by {v['clinician_name']}" + (f" NPI {v['clinician_npi']}" if v.has("clinician_npi") else ""),
    ]  # fmt: skip
    y = 92.0
    for line in lines:
        if line:
            y = p.para(40, y, line, 10.5, 570) + 6
    _sign(p, v, y + 40, "Signed")


def combs(p: Page, v: Values) -> None:
    """A form for machines: a letter in each box, the caption over the row of boxes or before it."""
    rng = v.rng
    before = rng.random() < 0.4
    p.text(306, 48, "PLEASE PRINT ONE CHARACTER IN EACH BOX", 11, bold=True, anchor="ms")
    y = 70.0

    def row(name: str, value: str, x: float = 40.0, most: int = 30) -> None:
        label = v.label(name) if name in {*QUESTIONS, "ship_address"} else name
        if before:
            p.text(x, y - 4, label, 7.5, fit=92)
            p.comb(x + 96, y, value.upper(), max(len(value) + rng.randrange(3), 6), 13.5, 15)
        else:
            p.text(x, y - 17, label, 7)
            p.comb(x, y, value.upper()[:most], max(len(value) + rng.randrange(3), 6), 13.5, 15)

    def plain(name: str) -> str:
        value = v[name]
        return (
            "".join(c for c in value if c.isalnum() or c in "/-")
            if name not in {"member_name", "clinician_name", "payer"}
            else value
        )

    step = 25 if before else 34
    for name in ("member_name", "dob", "contact_phone"):
        y += step
        row(name, plain(name))
    street, city, state, postal = v.address_parts
    for label, value in (("Street address", street), ("City", city), ("State", state), ("ZIP", postal)):
        y += step
        row(label, value, most=36)
    for name in (
        "payer",
        "member_id",
        "group_no",
        "clinician_name",
        "clinician_npi",
        "practice_phone",
        "practice_fax",
        "service_start",
        "service_end",
    ):
        if v.has(name):
            y += step
            row(name, plain(name))
    y += 16
    p.text(40, y, f"{v.label('icd10')}: {v['icd10']}", 10)
    y = _goods(p, v, 40, y + 16, 570)
    _sign(p, v, y + 26)  # fmt: skip


def column(p: Page, v: Values) -> None:
    """A narrow tinted column with the person, the order in the wide one beside it."""
    rng, around = v.rng, Around(v)
    left = rng.random() < 0.6
    x = 36.0 if left else 412.0
    main, right = (220.0, 572.0) if left else (40.0, 400.0)
    p.box(x, 44, 168, 690, 0.6)
    rows = [
        (v.label("member_name"), [v["member_name"]]),
        (v.label("dob"), [v["dob"]]),
        ("Sex", [around.sex]),
        (v.label("ship_address"), v.address),
        (v.label("contact_phone"), [v["contact_phone"]]),
        (v.label("payer"), [v["payer"]]),
        (v.label("member_id"), [v["member_id"]]),
        (v.label("group_no"), [v["group_no"]]),
    ]
    y = 64.0
    for label, values in rows:
        if not any(values):
            continue
        p.text(x + 8, y, label, 7.5, bold=rng.random() < 0.5)
        y = p.lines(x + 8, y + 12, [one for one in values if one], 9.5, fit=152) + 9
    p.text(main, 60, rng.choice(("Order", "Equipment order", "Referral")), 16, bold=True)
    p.text(main, 76, v.truth.practice, 9)
    y = 104.0
    p.text(main, y, v.label("icd10"), 9, bold=True)
    for code, text in v.dx:
        y += 14
        p.text(main, y, f"{code}  {text}", 10, fit=right - main)
    y += 24
    p.text(main, y, rng.choice(("Items", "Order", "Equipment and supplies")), 9, bold=True)
    y = _goods(p, v, main, y + 15, right) + 8
    for name in ("service_start", "service_end", "discharge_deadline"):
        if v.has(name):
            p.text(main, y, f"{v.label(name)}: {v[name]}", 10)
            y += 16
    if v.has("access_barriers"):
        p.text(main, y, f"{v.label('access_barriers')}: {v.barrier_note}", 10, fit=right - main)
        y += 16
    y += 14
    p.text(main, y, rng.choice(("Ordering provider", "Prescriber", "Physician")), 9, bold=True)
    y += 15
    p.text(main, y, v["clinician_name"], 10.5)
    for text in (
        f"NPI {v['clinician_npi']}" if v.has("clinician_npi") else "",
        f"Phone {v['practice_phone']}" if v.has("practice_phone") else "",
        f"Fax {v['practice_fax']}" if v.has("practice_fax") else "",
    ):
        if text:
            y += 14
            p.text(main, y, text, 10)
    y += 50
    p.text(main, y, "Signature", 8.5)
    p.line(main + 48, y + 2, main + 190, y + 2)
    if v.signed:
        p.sign(main + 60, y - 2, v.truth.clinician_name, 90)
    p.text(main, y + 24, f"{v.label('signature_date')} {v['signature_date']}", 9.5)  # fmt: skip
