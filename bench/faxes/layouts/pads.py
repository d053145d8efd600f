"""Plain forms filled in by hand: a prescription pad, and a photocopied form with labels below the rules."""

from __future__ import annotations

from bench.faxes.page import Page
from bench.faxes.say import Values
from tests.samples.people import BARRIERS


def rx_pad(p: Page, v: Values) -> None:
    """A prescription pad, half a page, filled in by hand; the rest of the sheet is empty."""
    p.box(90, 60, 432, 560, 1.5)
    p.text(306, 86, v.truth.practice, 14, bold=True, anchor="ms", face="serif")
    p.text(
        306, 100, f"{v.case.clinic_address[0]}, {v.case.clinic_address[1]} {v.case.clinic_address[2]}", 8.5, anchor="ms"
    )
    p.text(306, 112, f"Tel {v['practice_phone']}    Fax {v['practice_fax']}", 8.5, anchor="ms")
    p.line(100, 118, 512, 118)
    y = 142.0

    def rule(label: str, value: str, x: float = 104, right: float = 508) -> None:
        start = p.text(x, y, label, 9) + 4
        p.line(start, y + 3, right, y + 3, 0.5)
        p.text(start + 4, y, value, 12, face="hand", fit=right - start - 6)

    rule("Name", v["member_name"], right=340)
    rule("DOB", v["dob"], x=348)
    y += 24
    rule("Address", v["ship_address"])
    y += 24
    rule("Phone", v["contact_phone"], right=270)
    rule("Ins.", v["payer"], x=278)
    y += 24
    rule("ID #", v["member_id"], right=330)
    rule("Dx", v["icd10"], x=338)
    p.text(106, y + 48, "Rx", 34, bold=True, face="serif")
    y += 42
    for code, text, quantity in v.items:
        p.text(160, y, f"{text}", 13, face="hand", fit=340)
        p.text(160, y + 20, f"{code}   #{quantity}", 13, face="hand")
        y += 44
    if v.frequency:
        p.text(160, y, f"Sig: {v.frequency}", 13, face="hand", fit=340)
        y += 24
    for name in ("equipment_brand", "equipment_model", "equipment_serial"):
        if v.has(name):
            p.text(160, y, f"{v.label(name)} {v[name]}", 12, face="hand", fit=340)
            y += 20
    for name in ("service_start", "service_end", "discharge_deadline"):
        if v.has(name):
            p.text(160, y, f"{v.label(name)}: {v[name]}", 12, face="hand", fit=340)
            y += 20
    if v.barrier_note:
        p.text(160, y, v.barrier_note, 12, face="hand", fit=340)
    y = 572.0
    rule("Signature", "", right=370)
    if v.signed:
        p.scribble(160, y)
    rule("Date", v["signature_date"], x=376)
    y += 26
    rule("Print name", v["clinician_name"], right=360)
    rule("NPI", v["clinician_npi"], x=366)


def by_hand(p: Page, v: Values) -> None:
    """A plain photocopied form with rules, the label below each rule's left end, all written by hand."""
    p.text(306, 56, "ORDER / REFERRAL", 17, bold=True, anchor="ms")
    y = 96.0

    def under(*cells: tuple[str, str, float, float]) -> None:
        nonlocal y
        for label, value, x, w in cells:
            p.line(x, y, x + w, y, 0.6)
            p.text(x + 4, y - 4, value, 13, face="hand", fit=w - 6)
            p.text(x, y + 9, label, 7.5)
        y += 36

    under((v.label("member_name"), v["member_name"], 40, 330), (v.label("dob"), v["dob"], 390, 182))
    under((v.label("ship_address"), v["ship_address"], 40, 532))
    under(
        (v.label("contact_phone"), v["contact_phone"], 40, 170),
        (v.label("payer"), v["payer"], 225, 170),
        (v.label("member_id"), v["member_id"], 410, 162),
    )
    under((v.label("icd10"), v["icd10"], 40, 340), (v.label("group_no"), v["group_no"], 400, 172))
    for code, text, quantity in v.items:
        under(("Item or service", text, 40, 330), ("Code", code, 385, 90), ("Qty", quantity, 490, 82))
    under(
        (v.label("frequency"), v.frequency, 40, 250), (v.label("discharge_deadline"), v["discharge_deadline"], 310, 262)
    )
    under(
        (v.label("service_start"), v["service_start"], 40, 170),
        (v.label("service_end"), v["service_end"], 225, 170),
        (v.label("equipment_serial"), v["equipment_serial"], 410, 162),
    )
    under(
        (v.label("equipment_brand"), v["equipment_brand"], 40, 250),
        (v.label("equipment_model"), v["equipment_model"], 310, 262),
    )
    x = 40.0
    for name in BARRIERS:
        x = p.tick(x, y - 8, v.barrier_words(name), on=v.barrier(name), size=10, style=v.rng.choice(("handx", "check")))
    y += 24
    under((v.label("clinician_name"), v["clinician_name"], 40, 300), ("NPI", v["clinician_npi"], 360, 212))
    under(("Office phone", v["practice_phone"], 40, 250), ("Office fax", v["practice_fax"], 310, 262))
    y += 14
    if v.signed:
        p.scribble(60, y - 4)
    under(("Signature", "", 40, 300), ("Date", v["signature_date"], 360, 212))
