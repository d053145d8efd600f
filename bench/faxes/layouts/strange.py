"""The layouts that only `--set test` draws: nobody who works on extraction looks at these."""

# ruff: noqa: E501 - the words that stand on papers

from __future__ import annotations

from bench.faxes.layouts import Layout
from bench.faxes.page import Page
from bench.faxes.say import Values
from tests.samples.people import BARRIERS


def _face(v: Values) -> str | None:
    return "hand" if v.hand else None


def combs(p: Page, v: Values) -> None:
    """A form for machines: every character in a box of its own, labels above the combs."""
    p.text(40, 54, "EQUIPMENT AUTHORIZATION & ORDER", 14, bold=True)
    p.text(572, 54, "Use black ink. Print clearly.", 8, anchor="rs")
    y = 84.0

    def comb(x: float, label: str, value: str, places: int, w: float = 14.5) -> float:
        p.text(x, y - 4, label, 7.5)
        for i in range(max(places, len(value))):
            p.box(x + i * w, y, w, 18, 0.5)
            p.text(x + (i + 0.5) * w, y + 14, value[i : i + 1].strip(), 11.5, anchor="ms", face=_face(v))
        return x + (max(places, len(value)) + 1) * w

    comb(40, "NAME OF PERSON SERVED", v["member_name"].upper(), 36)
    y += 36
    x = comb(40, "BIRTH DATE", v["dob"].upper(), 10)
    comb(x, "DAYTIME TELEPHONE", v["contact_phone"], 14)
    y += 36
    x = comb(40, "PLAN IDENTIFICATION", v["member_id"], 14)
    comb(x, "PLAN GROUP", v["group_no"], 8)
    y += 36
    comb(40, "NAME OF PLAN", v["payer"].upper(), 34)
    y += 36
    street, city, state, postal = v.address_parts
    comb(40, "RESIDENCE: NUMBER AND STREET", street.upper(), 36)
    y += 36
    x = comb(40, "CITY", city.upper(), 17)
    x = comb(x, "STATE", state, 2)
    comb(x, "ZIP", postal, 10)
    y += 38
    for code, text, quantity in v.items:
        x = comb(40, "PROCEDURE CODE", code, 5)
        x = comb(x, "UNITS", quantity, 3)
        p.text(x + 10, y + 13, text, 10, fit=560 - x)
        y += 34
    x = 40.0
    for code, _ in v.dx:
        x = comb(x, "DIAGNOSIS", code, 8)
    y += 36
    x = comb(40, "FIRST DAY", v["service_start"].upper(), 10)
    comb(x + 20, "LAST DAY", v["service_end"].upper(), 10)
    y += 34
    for label, value in (("Rate of use", v.frequency), ("Leaving facility", v["discharge_deadline"]), ("Unit maker / model / serial", " / ".join(v[n] for n in ("equipment_brand", "equipment_model", "equipment_serial") if v.has(n)))):  # fmt: skip
        if value:
            p.text(40, y, f"{label}: {value}", 10.5, face=_face(v), fit=530)
            y += 18
    x = 40.0
    for name in BARRIERS:
        x = p.tick(x, y + 4, v.barrier_words(name).upper(), on=v.barrier(name), size=9, style=v.ticks)
    y += 36
    comb(40, "NAME OF PERSON ORDERING", v["clinician_name"].upper(), 34)
    y += 36
    comb(40, "NATIONAL PROVIDER IDENTIFIER", v["clinician_npi"], 10)
    p.text(230, y + 13, f"Voice {v['practice_phone']}  Facsimile {v['practice_fax']}", 9.5, fit=340)
    y += 58
    p.line(40, y, 320, y)
    if v.signed:
        p.scribble(50, y - 3)
    p.text(40, y + 9, "AUTOGRAPH OF ORDERING PERSON", 7)
    p.text(350, y - 2, f"ON {v['signature_date']}", 11, face=_face(v))


def sidebar(p: Page, v: Values) -> None:
    """A column of demographics down the left in a tinted band, the orders as a numbered list to its right."""
    p.shade(30, 36, 186, 720, every=8)
    p.box(30, 36, 186, 720, 1)
    y = 56.0
    for label, rows in (
        ("Person", [v["member_name"], f"b. {v['dob']}" if v.has("dob") else "", v.truth.sex]), ("Reach at", [v["contact_phone"]]), ("Lives at", v.address),
        ("Covered by", [v["payer"], f"# {v['member_id']}" if v.has("member_id") else "", f"grp {v['group_no']}" if v.has("group_no") else ""]),
        ("Getting in", [v.barrier_note]), ("Treated for", [f"{code} {text}" for code, text in v.dx]),
    ):  # fmt: skip
        p.text(38, y, label, 9, bold=True)
        y += 14
        for row in (row for row in rows if row):
            y = p.para(42, y, row, 10, 212, face=_face(v))
        y += 12
    p.text(236, 60, "Orders for care at home", 16, bold=True, face="serif")
    p.text(236, 76, v.truth.practice, 10)
    y = 108.0
    said = [f"Provide {text} [{code}], {quantity} in all." for code, text, quantity in v.items]
    said += [f"Schedule: {v.frequency}."] if v.frequency else []
    said += (
        [f"Begin {v['service_start']}." + (f" End {v['service_end']}." if v.has("service_end") else "")]
        if v.has("service_start")
        else []
    )
    said += [f"Leaves us {v['discharge_deadline']}; must be in place before."] if v.has("discharge_deadline") else []
    said += (
        [
            f"Present unit: {v['equipment_brand']} {v['equipment_model']}"
            + (f", no. {v['equipment_serial']}" if v.has("equipment_serial") else "")
        ]
        if v.has("equipment_brand")
        else []
    )
    for n, words in enumerate(said, 1):
        p.text(236, y, f"{n}.", 11)
        y = p.para(256, y, words, 11, 570) + 8
    y = max(y + 30, 420)
    if v.signed:
        p.scribble(246, y)
    p.line(236, y + 4, 440, y + 4)
    p.text(450, y, v["signature_date"], 10.5, face=_face(v))
    p.lines(
        236,
        y + 18,
        [
            v["clinician_name"],
            f"NPI {v['clinician_npi']}" if v.has("clinician_npi") else "",
            f"tel {v['practice_phone']}, fax {v['practice_fax']}",
        ],
        10,
        step=1.4,
    )


def questions(p: Page, v: Values) -> None:
    """A questionnaire: full questions, each answered on the next line, indented."""
    p.face = "serif"
    p.text(306, 54, f"{v.case.supplier}: questions for the prescriber", 14, bold=True, anchor="ms", fit=520)
    asked = [
        (
            "Who is the patient, and when was the patient born?",
            "   -   ".join(x for x in (v["member_name"], v["dob"]) if x),
        ),
        ("Which plan pays, and under what number?", ", no. ".join(x for x in (v["payer"], v["member_id"]) if x)),
        ("Group number, if any", v["group_no"]),
        (
            "Where shall we bring it, and whom may we call there?",
            "   ".join(x for x in (v["ship_address"], v["contact_phone"]) if x),
        ),
        (
            "What is needed, with code and count?",
            "; ".join(f"{quantity} x {code} {text}" for code, text, quantity in v.items),
        ),
        ("How often or how much?", v.frequency),
        ("For what condition (ICD-10-CM)?", v["icd10"]),
        ("From when until when?", " until ".join(x for x in (v["service_start"], v["service_end"]) if x)),
        ("If in hospital, when does the patient go home?", v["discharge_deadline"]),
        (
            "If this replaces a unit: maker, model, serial number",
            ", ".join(v[n] for n in ("equipment_brand", "equipment_model", "equipment_serial") if v.has(n)),
        ),
        ("What may stand in the way at the door?", v.barrier_note or "nothing"),
        (
            "Who orders this, with individual NPI?",
            ", NPI ".join(x for x in (v["clinician_name"], v["clinician_npi"]) if x),
        ),
        (
            "How do we reach the office by phone and by fax?",
            " and ".join(x for x in (v["practice_phone"], v["practice_fax"]) if x),
        ),
    ]
    y = 84.0
    for n, (question, answer) in enumerate(asked, 1):
        p.text(44, y, f"{n}. {question}", 10, bold=True)
        p.text(70, y + 17, answer, 11, face=_face(v), fit=500)
        y += 42
    p.text(44, y + 22, "Signed", 10, bold=True)
    p.line(90, y + 24, 330, y + 24)
    if v.signed:
        p.scribble(110, y + 20)
    p.text(350, y + 22, f"Date {v['signature_date']}", 11, face=_face(v))


def intake_call(p: Page, v: Values) -> None:
    """An agency's intake sheet: values first, in bold, with the label in small type to their right in brackets."""
    p.face = "narrow"
    p.box(30, 36, 552, 30, 2)
    p.text(
        306, 57, "INTAKE RECORD - ORDER RECEIVED BY TELEPHONE, SIGNED COPY BELOW", 13, bold=True, anchor="ms", fit=540
    )
    y = 92.0

    def put(x: float, name: str, words: str) -> None:
        value = v[name]
        end = p.text(x, y, value or "____________", 12, bold=not v.hand, face=_face(v))
        p.text(end + 5, y, f"({words})", 8)

    for left, right in (
        (("member_name", "client"), ("dob", "born on")), (("payer", "paid by"), ("member_id", "their no. for client")), (("contact_phone", "client's telephone"), ("group_no", "group")),
        (("clinician_name", "ordering"), ("clinician_npi", "NPI")), (("practice_phone", "office voice"), ("practice_fax", "office fax")),
        (("service_start", "to begin"), ("service_end", "to end")),
    ):  # fmt: skip
        put(40, *left)
        put(330, *right)
        y += 24
    put(40, "ship_address", "place of service")
    y += 24
    for name, words in (
        ("discharge_deadline", "leaves hospital"),
        ("equipment_brand", "make in use"),
        ("equipment_model", "model in use"),
        ("equipment_serial", "serial in use"),
    ):
        if v.has(name):
            put(40, name, words)
            y += 22
    p.line(30, y - 6, 582, y - 6)
    y += 14
    for code, text, quantity in v.items:
        p.text(40, y, f"{quantity}  of  {code}", 12, bold=True)
        p.text(150, y, text, 11, fit=420)
        y += 20
    if v.frequency:
        p.text(40, y, v.frequency, 12, bold=True)
        y += 20
    p.text(40, y, "because of  " + v["icd10"], 12)
    y += 28
    x = 40.0
    for name in BARRIERS:
        x = p.tick(x, y, v.barrier_words(name).lower(), on=v.barrier(name), size=10, style="paren")
    y += 60
    p.text(40, y, "read back and signed:", 10)
    if v.signed:
        p.scribble(140, y)
    p.text(330, y, v["signature_date"], 12, face=_face(v))


def stacked_card(p: Page, v: Values) -> None:
    """A hospital's card print: patient label glued on top (name, numbers without labels), orders in a ruled grid below."""
    p.box(330, 40, 246, 96, 1.6)
    street = v.address
    p.lines(
        338,
        56,
        [
            v["member_name"].upper(),
            f"{v['dob']}  {v.truth.sex[0].upper()}  MRN{v.rng.randrange(10**6, 10**7)}",
            *street,
            v["contact_phone"],
        ],
        10,
        step=1.5,
        face="mono",
        fit=232,
    )
    p.text(40, 60, v.truth.practice, 13, bold=True, fit=280)
    p.text(40, 80, "Orders at discharge", 15, bold=True)
    p.text(40, 100, f"{v['practice_phone']} / fax {v['practice_fax']}", 9.5)
    y = 150.0
    grid = [
        ("Guarantor plan", v["payer"]),
        ("Plan number", v["member_id"]),
        ("Plan group", v["group_no"]),
        ("Problem list", "; ".join(f"{text[:34]} {code}" for code, text in v.dx)),
    ]
    grid += [(f"{code}  ({quantity})", text) for code, text, quantity in v.items]
    grid += [
        ("How", v.frequency),
        ("On / off", " - ".join(x for x in (v["service_start"], v["service_end"]) if x)),
        ("Ready by", v["discharge_deadline"]),
    ]
    grid += [
        (
            "Current device",
            " ".join(v[n] for n in ("equipment_brand", "equipment_model", "equipment_serial") if v.has(n)),
        ),
        ("Access", v.barrier_note),
    ]
    for label, value in grid:
        if value:
            p.box(40, y, 120, 24)
            p.box(160, y, 416, 24)
            p.text(154, y + 16, label, 9.5, anchor="rs", fit=108)
            p.text(168, y + 16, value, 10.5, face=_face(v), fit=400)
            y += 24
    p.box(40, y + 20, 536, 60)
    p.text(46, y + 32, "Authorized by", 8)
    p.text(50, y + 50, v["clinician_name"], 11, face=_face(v))
    p.text(50, y + 68, v["clinician_npi"], 10.5, face=_face(v))
    if v.signed:
        p.scribble(250, y + 62)
    p.text(460, y + 62, v["signature_date"], 10.5, face=_face(v), fit=110)


STRANGE: dict[str, Layout] = {
    "combs": Layout((combs,), types=("dme",), items=2),
    "sidebar": Layout((sidebar,), items=2),
    "questions": Layout((questions,), items=2),
    "intake_call": Layout((intake_call,), types=("home_health", "infusion", "dme"), items=2),
    "stacked_card": Layout((stacked_card,), items=3),
}
