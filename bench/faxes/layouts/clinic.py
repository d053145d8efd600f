"""Papers of blocks and columns: certificates, face sheets, referrals in two columns, infusion orders.

What belongs to other people (suppliers, guarantors, a second insurance) stands among what is ours, under the same plain
labels.
"""

# ruff: noqa: E501 - the words that stand on papers

from __future__ import annotations

import random
from collections.abc import Sequence

from bench.faxes.layouts.sheet_form import LEFT, RIGHT, Form, rows
from bench.faxes.page import Page
from bench.faxes.say import Values


def _blocks(form: Form, x: float, y: float, label: str, lines: Sequence[str]) -> float:
    form.p.text(x, y, label, 7.5, bold=form.rng.random() < 0.4, fit=258)
    for line in lines:
        y += 13.5
        form.p.text(x + 4, y, line, form.size, fit=250)
    return y


def certificate(p: Page, v: Values) -> None:
    """A certificate of medical necessity: numbered sections, blocks of name, address and numbers side by side."""
    form = Form(p, v)
    around, rng = form.around, form.rng
    p.text(
        306,
        46,
        rng.choice(("CERTIFICATE OF MEDICAL NECESSITY", "Certificate of Need", "STATEMENT OF MEDICAL NECESSITY")),
        13,
        bold=True,
        anchor="ms",
    )
    y = form.heading(
        LEFT, 58, rng.choice(("Section A", "SECTION A - Identification", "A. Identification")), RIGHT - LEFT
    )
    with_id = rng.random() < 0.6
    number = ("HIC NUMBER", "MEMBER ID", "POLICY #")[rng.randrange(3)]
    mine = [v["member_name"], *v.address, v["contact_phone"]]
    theirs = [
        v.case.supplier,
        around.supplier_street,
        around.supplier_city,
        f"{around.supplier_phone}    NPI {around.supplier_npi}",
    ]
    labels = [
        f"{rng.choice(('PATIENT', 'BENEFICIARY', 'MEMBER'))} NAME, ADDRESS, TELEPHONE"
        + (f" and {number}" if with_id else ""),
        "SUPPLIER NAME, ADDRESS, TELEPHONE and NPI",
    ]
    if with_id:
        mine.append(v["member_id"])
    ends = [
        _blocks(form, x, y, label, [line for line in lines if line])
        for x, label, lines in zip((LEFT + 4, 312.0), labels, (mine, theirs), strict=True)
    ]
    y = max(ends) + 22
    row = [
        (form.word("dob"), v["dob"], 150.0),
        ("Sex", around.sex, 50.0),
        (form.word("payer"), v["payer"], 170.0),
        (form.word("group_no"), v["group_no"], 150.0),
    ]
    x = LEFT + 4
    for label, value, wide in row:
        form.over(x, y, form.cased(label), value, wide - 10)
        x += wide
    y += 34
    if not with_id:
        form.pair(LEFT + 4, y, form.word("member_id"), v["member_id"], 260)
        y += 20
    facility = [around.facility, around.facility_street, around.facility_city]
    by = [
        v["clinician_name"],
        form.around.clinic_street,
        form.around.clinic_city,
        v["practice_phone"],
        f"NPI: {v['clinician_npi']}" if v.has("clinician_npi") else "",
    ]
    left = _blocks(form, LEFT + 4, y, "NAME and ADDRESS of FACILITY (if applicable)", facility)
    right = _blocks(
        form,
        312,
        y,
        f"{rng.choice(('PHYSICIAN', 'PRACTITIONER', 'ORDERING PHYSICIAN'))} NAME, ADDRESS, TELEPHONE and NPI",
        [line for line in by if line],
    )
    y = form.heading(
        LEFT, max(left, right) + 12, rng.choice(("Section B", "SECTION B - Medical need", "B. Clinical")), RIGHT - LEFT
    )
    p.text(LEFT, y, f"Est. length of need (# of months): {around.need}", form.size)
    y = form.diagnoses(y + 18)
    y = form.items(y)
    y = form.when(y + 4)
    y = form.access(y)
    y = form.heading(
        LEFT, y - 4, rng.choice(("Section D - Physician attestation", "SECTION D", "Attestation")), RIGHT - LEFT
    )
    form.sign(y + 14)


def face_sheet(p: Page, v: Values) -> None:
    """A hospital's face sheet: guarantor, next of kin, two insurances, attending and family doctor; the order under it."""
    form = Form(p, v)
    around, rng = form.around, form.rng
    p.text(LEFT, 44, around.facility, 13, bold=True)
    p.text(LEFT, 57, f"{around.facility_street}, {around.facility_city}   Main {around.facility_phone}", 8)
    p.text(RIGHT, 44, rng.choice(("FACE SHEET", "Admission Record", "Patient Face Sheet")), 12, bold=True, anchor="rs")
    y = form.heading(LEFT, 66, rng.choice(("Patient", "Patient Information", "Demographics")), RIGHT - LEFT)
    whom: list[list[tuple[str, str]]] = [
        [("Name", v["member_name"]), ("MRN", around.mrn), ("Acct", around.account)],
        [(form.word("dob"), v["dob"]), ("Age", around.age), ("Sex", around.sex)],
        [("Address", ", ".join(v.address))],
        [
            (rng.choice(("Phone", "Home Phone", "Home ph", "Cell")), v["contact_phone"]),
            ("Admit date", around.admitted),
            ("Room", around.room),
        ],
    ]
    kin = [[("Emergency Contact", around.kin), ("Relationship", around.kin_relation), ("Phone", around.kin_phone)]]
    if rng.random() < 0.6:
        kin.append([("Guarantor", around.subscriber), ("DOB", around.subscriber_born), ("Phone", around.kin_phone)])
    first = [
        ("Payer" if rng.random() < 0.4 else rng.choice(("Insurance", "Plan", "Carrier")), v["payer"]),
        (rng.choice(("Policy #", "ID", "Subscriber ID", "Member ID")), v["member_id"]),
        (rng.choice(("Group #", "Grp", "Group")), v["group_no"]),
    ]
    second = [(first[0][0], around.second_payer), (first[1][0], around.second_id), (first[2][0], around.second_group)]
    y = rows(form, whom, y)
    y = rows(
        form,
        kin,
        form.heading(
            LEFT, y - 6, rng.choice(("Contacts", "Emergency contacts", "Guarantor and contacts")), RIGHT - LEFT
        ),
    )
    y = rows(
        form,
        [first],
        form.heading(
            LEFT, y - 6, rng.choice(("Primary Insurance", "Primary coverage", "Insurance - Primary")), RIGHT - LEFT
        ),
    )
    if rng.random() < 0.6:
        y = rows(
            form,
            [second],
            form.heading(LEFT, y - 6, rng.choice(("Secondary Insurance", "Secondary coverage")), RIGHT - LEFT),
        )
    y = form.heading(LEFT, y - 6, rng.choice(("Orders", "Discharge order", "Equipment / service order")), RIGHT - LEFT)
    y = form.diagnoses(form.items(y))
    y = form.access(form.when(y))
    if rng.random() < 0.5:
        y = rows(form, [[("PCP", around.pcp), ("Phone", around.pcp_phone), ("Fax", around.pcp_fax)]], y)
    who = form.who()
    y = rows(form, [who[:2], who[2:]], y)
    form.sign(y + 16)


def two_sides(p: Page, v: Values) -> None:
    """Two columns under a heading each, the same plain labels in both; which side is whose is drawn by lot."""
    form = Form(p, v)
    around, rng = form.around, form.rng
    y = form.title(rng.choice(("Referral Form", "HOME CARE REFERRAL", "Order Request", "Service Referral")))
    street, city, state, postal = v.address_parts
    mine = [("Name", v["member_name"]), (form.word("dob"), v["dob"])]
    mine += [("Address", street), ("City/State/Zip", f"{city}, {state} {postal}")] if street else []
    mine += [("Phone", v["contact_phone"])]
    if rng.random() < 0.5:
        mine += [("Emergency contact", around.kin), ("Phone", around.kin_phone)]
    mine += [
        (form.word("payer"), v["payer"]),
        (form.word("member_id"), v["member_id"]),
        (form.word("group_no"), v["group_no"]),
    ]
    theirs = [("Name", v["clinician_name"]), ("NPI", v["clinician_npi"]), ("Practice", v.truth.practice)]
    if rng.random() < 0.5:
        theirs += [("Address", around.clinic_street), ("City/State/Zip", around.clinic_city)]
    theirs += [("Phone", v["practice_phone"]), ("Fax", v["practice_fax"]), ("Contact person", around.rep)]
    sides = [
        (rng.choice(("Patient", "PATIENT INFORMATION", "Client Information", "Member")), mine),
        (rng.choice(("Ordering Provider", "PHYSICIAN INFORMATION", "Prescriber", "Referring Provider")), theirs),
    ]
    if rng.random() < 0.3:
        sides.reverse()
    above = rng.random() < 0.3
    lowest = y
    top = y
    kind = rng.getrandbits(32)
    for x, (title, lines) in zip((LEFT, 312.0), sides, strict=True):
        form.rng = random.Random(kind)  # both headings look alike
        row = form.heading(x, top, title, 252)
        form.rng = rng
        for label, value in [(a, b) for a, b in lines if b]:
            if above:
                form.over(x, row, label, value, 245)
                row += 28
            else:
                form.pair(x, row, label, value, 250)
                row += form.size * 1.75
        lowest = max(lowest, row)
    y = form.heading(LEFT, lowest + 2, rng.choice(("Order", "Services requested", "Order Details")), RIGHT - LEFT)
    y = form.diagnoses(form.items(y))
    y = form.access(form.when(y))
    form.sign(y + 18)


def infusion_sheet(p: Page, v: Values) -> None:
    """A home infusion order: allergies, drug and dose by line, pharmacy's numbers over the prescriber's."""
    form = Form(p, v)
    around, rng = form.around, form.rng
    y = form.title(rng.choice(("HOME INFUSION ORDERS", "Infusion Referral", "IV THERAPY ORDER FORM")))
    p.text(
        LEFT,
        y - 12,
        f"Pharmacy: {v.case.supplier}   Phone: {around.supplier_phone}   Fax: {around.supplier_fax}",
        8.5,
        fit=RIGHT - LEFT,
    )
    y = form.heading(LEFT, y - 4, rng.choice(("Patient", "Patient Information")), RIGHT - LEFT)
    y = rows(
        form,
        [
            [(form.word("member_name"), v["member_name"]), (form.word("dob"), v["dob"]), ("Wt", around.weight)],
            [(form.word("ship_address"), ", ".join(v.address))],
            [(form.word("contact_phone"), v["contact_phone"]), ("Allergies", around.allergies)],
            [
                (form.word("payer"), v["payer"]),
                (form.word("member_id"), v["member_id"]),
                (form.word("group_no"), v["group_no"]),
            ],
        ],
        y,
    )
    y = form.diagnoses(y + 2)
    y = form.heading(LEFT, y - 8, rng.choice(("Medication", "Medication orders", "Rx")), RIGHT - LEFT)
    for code, text, quantity in v.items:
        line = [("Drug", f"{text} ({code})"), (rng.choice(("Doses", "Qty", "Quantity")), quantity)]
        form.pair(LEFT, y, *line[0], 330)
        form.pair(400, y, *line[1], 170)
        y += form.size * 1.75
    y = form.access(form.when(y))
    p.text(
        LEFT,
        y,
        f"Access: {rng.choice(('PICC', 'Midline', 'Port', 'PIV'))}   Flush with 0.9% NaCl 10 mL before and after each dose",
        form.size,
    )
    y = form.heading(
        LEFT, y + 8, rng.choice(("Prescriber", "Prescriber Information", "Ordering Physician")), RIGHT - LEFT
    )
    who = form.who()
    y = rows(form, [who[:2], who[2:], [("DEA", f"AB{around.order_no[:7]}"), ("License #", around.account)]], y)
    form.sign(y + 20)
