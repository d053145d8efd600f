"""Layouts written before anybody looked at how the older held-out ones fail; kept for `--set test`, never tuned on.

A form letter with blanks, values with their meaning in brackets behind them, a table of entries, a machine's export.
"""

# ruff: noqa: E501 - the words that stand on papers

from __future__ import annotations

from bench.faxes.around import Around
from bench.faxes.layouts import Layout
from bench.faxes.page import Page
from bench.faxes.say import Values


def _sign(p: Page, v: Values, y: float, who: str, when: str) -> None:
    p.text(44, y, who, 10)
    p.line(170, y + 2, 360, y + 2)
    if v.signed:
        p.sign(190, y - 2, v.truth.clinician_name)
    p.text(390, y, when, 10)
    p.text(440, y, v["signature_date"], 10, fit=130)


def _order(p: Page, v: Values, y: float) -> float:
    for n, (code, text, quantity) in enumerate(v.items, 1):
        p.text(52, y, f"{n}) HCPCS {code}: {text}; quantity {quantity}", 10, fit=510)
        y += 16
    return y


def blanks(p: Page, v: Values) -> None:
    """A form letter whose blanks are filled in: sentences with the values on rules."""
    around = Around(v)
    p.text(
        306,
        50,
        v.rng.choice(("STATEMENT OF ORDERING PRACTITIONER", "Practitioner's Statement and Order")),
        13,
        bold=True,
        anchor="ms",
    )
    p.text(306, 66, f"{v.truth.practice}, {around.clinic_street}, {around.clinic_city}", 8.5, anchor="ms")

    y = 104.0

    def line(*parts: tuple[str, str]) -> None:
        """Write words and values by turns, each value on a rule."""
        nonlocal y
        x = 44.0
        for words, value in parts:
            x = p.text(x, y, words, 10) + 5
            if value:
                end = p.text(x + 2, y, value, 10.5, fit=max(40.0, 566 - x))
                p.line(x, y + 2.5, end + 4, y + 2.5, 0.5)
                x = end + 9
        y += 24

    line(("I am treating the patient", v["member_name"]), ("born on" if v.has("dob") else "", v["dob"]))
    if v.address:
        line(("who lives at", ", ".join(v.address)))
    line(("and can be reached by phone at", v["contact_phone"]))
    line(("The patient is insured by", v["payer"]), ("under member ID", v["member_id"]))
    if v.has("group_no"):
        line(("group number", v["group_no"]))
    line(("My diagnosis is", v["icd10"]))
    p.text(44, y, "I order the following:", 10)
    y = _order(p, v, y + 18) + 8
    if v.frequency:
        line(("to be used or given", v.frequency))
    line(("The order starts on", v["service_start"]), ("and ends on" if v.has("service_end") else "", v["service_end"]))
    if v.has("discharge_deadline"):
        line(("The patient will be discharged on", v["discharge_deadline"]))
    if v.barrier_note:
        line(("At the patient's home there is:", v.barrier_note))
    for words, name in (
        ("Brand", "equipment_brand"),
        ("Model", "equipment_model"),
        ("Serial number", "equipment_serial"),
    ):
        if v.has(name):
            line((words, v[name]))
    line(("My name is", v["clinician_name"]), ("and my NPI is" if v.has("clinician_npi") else "", v["clinician_npi"]))
    line(
        ("My office phone is", v["practice_phone"]),
        ("and my office fax is" if v.has("practice_fax") else "", v["practice_fax"]),
    )
    _sign(p, v, y + 24, "Signature", "Date")


def brackets(p: Page, v: Values) -> None:
    """Values first, what they are in brackets behind them; a few to a line."""
    around = Around(v)
    p.text(44, 50, v.truth.practice, 13, bold=True)
    p.text(572, 50, "Order", 13, bold=True, anchor="rs")
    p.line(44, 58, 572, 58)
    y = 84.0
    rows = (
        (("member_name", "patient"), ("dob", "date of birth")),
        (("payer", "insurance"), ("member_id", "member ID"), ("group_no", "group no.")),
        (("contact_phone", "patient phone"),),
        (("service_start", "start date"), ("service_end", "end date")),
        (("discharge_deadline", "planned discharge"),),
        (("clinician_name", "ordering provider"), ("clinician_npi", "NPI")),
        (("practice_phone", "office phone"), ("practice_fax", "office fax")),
        (("equipment_brand", "brand"), ("equipment_model", "model"), ("equipment_serial", "serial no.")),
    )
    for row in rows:
        cells = [f"{v[name]} ({words})" for name, words in row if v.has(name)]
        if cells:
            p.text(44, y, "     ".join(cells), 10.5, fit=528)
            y += 22
    if v.address:
        p.text(44, y, f"{', '.join(v.address)} (delivery address)", 10.5, fit=528)
        y += 22
    p.text(44, y, f"Diagnosis {v['icd10']}", 10.5, fit=528)
    y = _order(p, v, y + 22)
    if v.frequency:
        p.text(52, y, v.frequency, 10.5)
        y += 20
    if v.barrier_note:
        p.text(44, y, f"{v.barrier_note} (home access)", 10.5, fit=528)
    p.text(572, 760, f"Printed {around.printed}", 7, anchor="rs")
    _sign(p, v, y + 50, "Provider signature", "Date")


def entries(p: Page, v: Values) -> None:
    """A table of two columns, field and entry, with merged rows as headings."""
    around = Around(v)
    y = 44.0
    p.text(
        306,
        y,
        v.rng.choice(("eReferral submission", "Online order form - printed copy", "Web intake record")),
        13,
        bold=True,
        anchor="ms",
    )
    y += 16
    parts: list[tuple[str, list[tuple[str, str]]]] = [
        ("Who needs the service", [("First and last name", v["member_name"]), ("Birth date of the patient", v["dob"]), ("Telephone of the patient", v["contact_phone"]), ("Full address for the delivery", ", ".join(v.address)), ("Getting in (stairs, gate, elevator)", v.barrier_note)]),
        ("Who pays", [("Name of the insurance plan", v["payer"]), ("ID number on the insurance card", v["member_id"]), ("Group number on the card", v["group_no"])]),
        ("Who orders", [("Name of the ordering clinician", v["clinician_name"]), ("NPI of the clinician", v["clinician_npi"]), ("Practice name", v.truth.practice), ("Telephone of the practice", v["practice_phone"]), ("Fax of the practice", v["practice_fax"]), ("Filled in by", around.rep)]),
        ("What is ordered", [("Diagnosis codes", v["icd10"]), *((f"Item {n}", f"{code} {text}, quantity {quantity}") for n, (code, text, quantity) in enumerate(v.items, 1)), ("How often or how much", v.frequency)]),
        ("When", [("First day of service", v["service_start"]), ("Last day of service", v["service_end"]), ("Day of discharge from hospital", v["discharge_deadline"])]),
        ("Equipment in use", [("Brand of the device", v["equipment_brand"]), ("Model of the device", v["equipment_model"]), ("Serial number of the device", v["equipment_serial"])]),
    ]  # fmt: skip
    for title, rows in parts:
        kept = [(label, value) for label, value in rows if value]
        if not kept:
            continue
        p.shade(40, y, 532, 15)
        p.box(40, y, 532, 15)
        p.text(306, y + 11, title, 9.5, bold=True, anchor="ms")
        y += 15
        for label, value in kept:
            p.box(40, y, 200, 17)
            p.box(240, y, 332, 17)
            p.text(45, y + 12, label, 9, fit=190)
            p.text(246, y + 12, value, 10, fit=320)
            y += 17
    _sign(p, v, y + 34, "Signature of clinician", "Signed on")


def export(p: Page, v: Values) -> None:
    """A machine's export: keys in capitals with underscores, one to a line."""
    around = Around(v)
    p.face = "mono"
    y = 48.0
    p.text(40, y, f"ORDER EXPORT   REC {around.order_no}   {around.printed}", 9.5)
    y += 22
    pairs = [
        ("PATIENT_NAME", v["member_name"]), ("PATIENT_DOB", v["dob"]), ("PATIENT_SEX", around.sex), ("PATIENT_MRN", around.mrn),
        ("PATIENT_ADDRESS", ", ".join(v.address)), ("PATIENT_PHONE", v["contact_phone"]),
        ("INS1_NAME", v["payer"]), ("INS1_MEMBER_ID", v["member_id"]), ("INS1_GROUP", v["group_no"]),
        ("INS2_NAME", around.second_payer), ("INS2_MEMBER_ID", around.second_id),
        ("ORDERING_PROVIDER", v["clinician_name"]), ("PROVIDER_NPI", v["clinician_npi"]),
        ("PROVIDER_PHONE", v["practice_phone"]), ("PROVIDER_FAX", v["practice_fax"]),
        ("DX_CODES", v["icd10"]), ("START_DATE", v["service_start"]), ("END_DATE", v["service_end"]),
        ("DISCHARGE_DATE", v["discharge_deadline"]), ("FREQUENCY", v.frequency), ("HOME_ACCESS", v.barrier_note),
        ("BRAND", v["equipment_brand"]), ("MODEL", v["equipment_model"]), ("SERIAL_NO", v["equipment_serial"]),
    ]  # fmt: skip
    equals = v.rng.choice((": ", " = ", " : "))
    for key, value in pairs:
        if value:
            p.text(40, y, f"{key}{equals}{value}", 9.5, fit=530)
            y += 15
    for n, (code, text, quantity) in enumerate(v.items, 1):
        p.text(40, y, f"LINE_{n}{equals}HCPCS {code} QTY {quantity} {text}", 9.5, fit=530)
        y += 15
    _sign(p, v, y + 40, "PROVIDER SIGNATURE", "DATE")


HELD_OUT: dict[str, Layout] = {
    "blanks": Layout((blanks,), items=2),
    "brackets": Layout((brackets,), items=2),
    "entries": Layout((entries,), items=2),
    "export": Layout((export,), items=2),
}
