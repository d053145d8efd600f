"""What the papers of one clinic have in common: how it words, places and decorates labels, drawn by lot for each sheet."""

# ruff: noqa: E501 - the words that stand on papers

from __future__ import annotations

from collections.abc import Sequence

from bench.faxes.around import Around
from bench.faxes.page import Page
from bench.faxes.say import LABELS, Values

MORE: dict[str, tuple[str, ...]] = {
    "member_name": ("Patient's Legal Name", "Client", "Beneficiary", "Patient name (as on card)", "Name of Beneficiary", "Individual's Name", "Enrollee"),
    "dob": ("Birth date", "D/O/B", "Date of Birth (DOB)", "Patient DOB", "B-day", "DOB (m/d/y)"),
    "payer": ("Primary Carrier", "Insurance Plan", "Ins. Carrier", "Primary Health Insurance", "Payer Name", "Insured with", "Plan name"),
    "member_id": ("Member ID #", "Insurance ID No.", "Subscriber #", "ID No.", "Policy ID", "Beneficiary ID", "Insured's ID", "Card #", "Insurance #", "Member no."),
    "group_no": ("Grp No.", "Group", "Group/Policy #", "Plan group", "Group num."),
    "clinician_name": ("Ordering MD/DO/NP/PA", "Physician/NPP", "Ordering Clinician", "Prescribing Provider", "Prescriber's name", "Physician's Name (printed)", "Treating Physician", "Referring MD", "Certifying Physician"),
    "clinician_npi": ("NPI (individual)", "National Provider ID", "Prescriber NPI #", "NPI#", "Ordering provider NPI", "Physician's NPI"),
    "practice_phone": ("Office number", "Practice phone", "Office telephone", "Physician tel.", "Prescriber phone", "Callback #"),
    "practice_fax": ("Practice fax", "Office facsimile", "Fax (office)", "Prescriber fax", "Return fax"),
    "contact_phone": ("Patient's phone", "Primary phone", "Home/cell phone", "Preferred phone", "Contact telephone", "Day phone", "Telephone (patient)"),
    "icd10": ("ICD-10 Diagnosis Code(s)", "Diagnosis (ICD-10-CM)", "Dx / ICD-10", "Primary Dx", "Diagnosis & code"),
    "service_start": ("Start of care (SOC)", "Desired start date", "Rx start", "Order date effective", "Delivery needed by", "Service start date", "First date of service", "Therapy start"),
    "service_end": ("Stop", "Order expires", "Service end date", "Valid until", "Last date of service", "End of therapy", "Thru date"),
    "ship_address": ("Delivery address", "Ship-to address", "Patient home address", "Residence address", "Where to deliver", "Address for delivery"),
    "access_barriers": ("Home entry", "Delivery barriers", "Home environment", "Entry notes", "Special delivery instructions"),
    "signature_date": ("Date", "Date signed", "Date of signature", "Rx date", "Signed"),
    "discharge_deadline": ("Anticipated discharge", "Est. discharge date/time", "Hospital D/C", "Discharging on", "Target discharge", "Discharge planned"),
    "equipment_brand": ("Brand name", "Mfg.", "Manufacturer / brand"),
    "equipment_model": ("Model number", "Model/Type"),
    "equipment_serial": ("Serial Number", "Ser. no.", "SN"),
    "frequency": ("How often", "Frequency / duration", "Flow rate / frequency", "Usage frequency"),
}  # fmt: skip
LEFT, RIGHT = 38.0, 574.0


class Form:
    """One sheet's habits: how it words and places its labels, and where the pen stands."""

    def __init__(self, p: Page, v: Values) -> None:
        self.p, self.v, self.rng, self.around = p, v, v.rng, Around(v)
        self.caps = self.rng.random() < 0.25
        self.end = self.rng.choice((":", ":", ":", "", " -"))
        self.size = self.rng.choice((9.0, 9.5, 10.0, 10.5))
        self._words: dict[str, str] = {}

    def word(self, field: str) -> str:
        """Return this form's label for a field."""
        if field not in self._words:
            self._words[field] = self.rng.choice((*LABELS[field], *MORE.get(field, ())))
        return self.cased(self._words[field])

    def cased(self, words: str) -> str:
        return words.upper() if self.caps else words

    def pair(self, x: float, y: float, label: str, value: str, fit: float, *, bold: bool = False) -> float:
        """Write a label with its value behind it; return the x after them."""
        label = label.rstrip(":") if self.end else label
        after = self.p.text(x, y, f"{label}{self.end}", self.size, bold=bold, fit=fit * 0.6)
        return self.p.text(after + 5, y, value, self.size, fit=max(24, fit - (after - x) - 8))

    def over(self, x: float, y: float, label: str, value: str, fit: float) -> None:
        """Write a small label with its value under it."""
        self.p.text(x, y, label, 7.5, fit=fit)
        self.p.text(x + 1, y + 13, value, self.size, fit=fit)

    def title(self, words: str, y: float = 50) -> float:
        place = self.rng.randrange(3)
        x, anchor = ((LEFT, "ls"), (306, "ms"), (RIGHT, "rs"))[place]
        self.p.text(x, y, words, 14, bold=True, anchor=anchor)
        if self.rng.random() < 0.5:
            self.p.text(LEFT if place == 2 else x, y + 15, f"Fax to {self.v.case.supplier}: {self.around.supplier_fax}", 8.5, anchor="ls" if place == 2 else anchor)  # fmt: skip
        return y + 36

    def heading(self, x: float, y: float, words: str, wide: float) -> float:
        """Write a heading; return the baseline of the first line under it."""
        match self.rng.randrange(4):
            case 0:
                self.p.bar(x, y, wide, 13, words.upper(), 8.5)
            case 1:
                self.p.text(x, y + 11, words, 10.5, bold=True)
            case 2:
                self.p.text(x, y + 11, words.upper(), 10, bold=True)
                self.p.line(x, y + 14, x + wide, y + 14)
            case _:
                self.p.box(x, y, wide, 14)
                self.p.text(x + 4, y + 10.5, words, 9, bold=True)
        return y + 29

    def when(self, y: float) -> float:
        """Write the days, the amount and the device, two on a line."""
        names = (
            "service_start",
            "service_end",
            "discharge_deadline",
            "equipment_brand",
            "equipment_model",
            "equipment_serial",
        )
        cells = [(self.word(n), self.v[n]) for n in names if self.v.has(n)]
        if self.v.frequency:
            cells.append((self.word("frequency"), self.v.frequency))
        for n, (label, value) in enumerate(cells):
            self.pair(LEFT + (n % 2) * 275, y, label, value, 262)
            y += 18 if n % 2 or n == len(cells) - 1 else 0
        return y

    def access(self, y: float) -> float:
        note = self.v.barrier_note
        if note:
            self.pair(LEFT, y, self.word("access_barriers"), note, RIGHT - LEFT)
            y += 18
        return y

    def sign(self, y: float) -> float:
        words = self.rng.choice(
            (
                "Physician Signature",
                "Prescriber signature",
                "Signature",
                "Provider Signature",
                "Signature of practitioner",
            )
        )
        label = self._words.setdefault(
            "signature_date", self.rng.choice(("Date", "Date signed", "Date of signature", "Rx date", "Dated"))
        )
        if self.rng.random() < 0.4:
            y += 22
            self.p.line(LEFT, y, 330, y)
            self.p.line(380, y, RIGHT, y)
            if self.v.signed:
                self.p.sign(LEFT + 30, y - 4, self.v.truth.clinician_name)
            self.p.text(386, y - 3, self.v["signature_date"], self.size)
            self.p.text(LEFT, y + 10, words, 7.5)
            self.p.text(380, y + 10, label, 7.5)
            return y + 16
        end = self.p.text(LEFT, y, f"{words}:", self.size)
        self.p.line(end + 4, y + 2, 350, y + 2)
        if self.v.signed:
            self.p.sign(end + 20, y - 2, self.v.truth.clinician_name)
        after = self.p.text(380, y, f"{label}:", self.size)
        self.p.text(after + 6, y, self.v["signature_date"], self.size, fit=RIGHT - after - 8)
        return y + 14

    def items(self, y: float, x: float = LEFT) -> float:
        kind = self.rng.randrange(3)
        for n, (code, text, quantity) in enumerate(self.v.items, 1):
            forms = (
                f"{code}  {text}   Qty: {quantity}",
                f"{n}. {text} ({code}) x {quantity}",
                f"{text} - HCPCS {code} - quantity {quantity}",
            )
            self.p.text(x, y, forms[kind], self.size, fit=RIGHT - x)
            y += self.size * 1.7
        return y

    def diagnoses(self, y: float) -> float:
        if self.rng.random() < 0.5:
            self.pair(LEFT, y, self.word("icd10"), self.v["icd10"], 520)
            return y + 18
        self.p.text(LEFT, y, self.word("icd10"), self.size, bold=True)
        for code, text in self.v.dx:
            y += 14
            self.p.text(
                LEFT + 12, y, f"{code} {text}" if self.rng.random() < 0.6 else f"{text} - {code}", self.size, fit=500
            )
        return y + 18

    def who(self, numbers: bool = True) -> list[tuple[str, str]]:
        """Return the clinician's lines, plain labels among them."""
        plain = self.rng.random() < 0.6
        lines = [
            (self.word("clinician_name"), self.v["clinician_name"]),
            (self.word("clinician_npi"), self.v["clinician_npi"]),
        ]
        if numbers:
            lines.append(("Phone" if plain else self.word("practice_phone"), self.v["practice_phone"]))
            lines.append(("Fax" if plain else self.word("practice_fax"), self.v["practice_fax"]))
        return [(label, value) for label, value in lines if value]


def rows(form: Form, rows: Sequence[Sequence[tuple[str, str]]], y: float) -> float:
    for row in rows:
        x = LEFT
        wide = (RIGHT - LEFT) / max(1, len(row))
        for label, value in row:
            form.pair(x, y, form.cased(label), value, wide - 12)
            x += wide
        y += form.size * 1.75
    return y
