"""An order's values as one office writes them; every value that is asked for is noted as standing on the page."""

# ruff: noqa: E501 - the words that stand on papers

from __future__ import annotations

import random
from datetime import date
from typing import Any

from bench.faxes.catalogue import DIAGNOSES
from bench.faxes.page import Struck
from bench.faxes.people import Case

DATES = (
    "%m/%d/%Y",
    "%m/%d/%Y",
    "%-m/%-d/%Y",
    "%m-%d-%Y",
    "%-m-%-d-%y",
    "%m/%d/%y",
    "%d %b %Y",
    "%B %-d, %Y",
    "%b %-d, %Y",
    "%Y-%m-%d",
    "%m.%d.%Y",
    "%d-%b-%Y",
)
PHONES = (
    "({a}) {b}-{c}",
    "({a}) {b}-{c}",
    "{a}-{b}-{c}",
    "{a}.{b}.{c}",
    "{a} {b} {c}",
    "({a}){b}-{c}",
    "{a}/{b}-{c}",
    "+1 {a}-{b}-{c}",
    "1-{a}-{b}-{c}",
    "{a}{b}{c}",
)
NUMBERS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
]
LABELS: dict[str, tuple[str, ...]] = {
    "member_name": ("Patient Name", "Patient", "Name of Patient", "Member Name", "Beneficiary Name", "Client Name", "Pt Name", "Full Name", "Patient's Name", "Pt", "Patient Full Name", "Patient (Last, First)", "Resident"),
    "dob": ("DOB", "Date of Birth", "D.O.B.", "Birth Date", "Birthdate", "Born", "Pt DOB", "Date of birth (mm/dd/yyyy)"),
    "payer": ("Insurance", "Primary Insurance", "Payer", "Health Plan", "Insurance Company", "Primary Payor", "Carrier", "Coverage", "Ins", "Primary Ins.", "Insurance Name", "Insurance Carrier", "Plan", "Payor", "Ins. Co."),
    "member_id": ("Member ID", "Policy #", "Policy Number", "ID #", "Insurance ID", "Subscriber ID", "Member Number", "Identification No.", "Policy/ID No.", "Subscr ID", "Ins ID", "Ins ID #", "Member/Policy ID", "Subscriber No.", "Medicare/Ins. #", "Cert #"),
    "group_no": ("Group #", "Group No.", "Group Number", "Grp", "Grp #", "Group ID", "Group/Acct"),
    "clinician_name": ("Ordering Physician", "Physician Name", "Prescriber", "Ordering Provider", "Practitioner Name", "Referring Physician", "Treating Practitioner", "Physician", "Ord MD", "Ordering Practitioner", "Provider", "Signing Provider", "MD/NP/PA", "Attending", "Prescriber Name (print)"),
    "clinician_npi": ("NPI", "NPI #", "Physician NPI", "NPI Number", "Individual NPI", "Provider NPI", "Prescriber NPI", "NPI No."),
    "practice_phone": ("Office Phone", "Phone", "Clinic Phone", "Tel", "Physician Phone", "Telephone", "Ph", "Office Tel", "Provider Phone", "MD Phone"),
    "practice_fax": ("Office Fax", "Fax", "Clinic Fax", "Fax No.", "Fx", "Provider Fax", "MD Fax"),
    "contact_phone": ("Patient Phone", "Phone", "Home Phone", "Telephone", "Contact Phone", "Cell", "Best phone to reach patient", "Pt Phone", "Home Tel", "Phone (home)", "Mobile", "Contact #"),
    "icd10": ("Diagnosis", "ICD-10", "Dx", "Diagnosis Code(s)", "ICD-10-CM Code(s)", "Primary Diagnosis", "Dx Code(s)", "ICD-10 Code(s)", "Dx (ICD-10)", "Diagnoses", "Medical Dx", "Qualifying Diagnosis"),
    "order_lines": ("Items Ordered", "Equipment Ordered", "Item(s)", "Order", "Supplies/Equipment", "Services Ordered"),
    "frequency": ("Frequency", "Frequency of use", "Directions", "Instructions", "Freq", "Sig", "Usage", "Freq. of use"),
    "service_start": ("Start Date", "Start of Care", "Date Needed", "Effective Date", "Begin Date", "Requested Start", "Date of Service From", "Order Start", "Start", "Eff. Date", "SOC Date", "Need by", "Order effective"),
    "service_end": ("End Date", "Stop Date", "Through", "Valid Through", "Date of Service To", "End", "Expires", "Order End", "Stop"),
    "ship_address": ("Address", "Patient Address", "Delivery Address", "Home Address", "Ship To", "Service Address", "Street Address", "Deliver to", "Residence", "Pt Address", "Street / City / State / ZIP"),
    "access_barriers": ("Access", "Home access", "Delivery notes", "Barriers to access", "Access issues"),
    "signature_date": ("Date", "Date Signed", "Signature Date", "Date:", "Signed on", "Dated", "Sig. Date"),
    "discharge_deadline": ("Discharge Date", "Anticipated D/C", "D/C by", "Discharge deadline", "Needed before discharge", "Expected discharge", "Est. D/C", "EDD", "Planned discharge", "D/C date/time"),
    "equipment_brand": ("Brand", "Make", "Manufacturer", "Mfr"),
    "equipment_model": ("Model", "Model No.", "Model #", "Mdl", "Model Name"),
    "equipment_serial": ("Serial No.", "Serial #", "S/N", "Serial number of current unit", "Ser. #", "Serial"),
}  # fmt: skip
FREQUENCIES = {
    "oxygen_lpm": ("{n} LPM", "{n} L/min", "{n} LPM via nasal cannula", "{n} L/min continuous", "{n} liters per minute", "{n} lpm continuous per NC", "O2 at {n} LPM at rest", "{n}L NC continuous", "{n} lpm w/ sleep and exertion", "{w} ({n}) liters/minute", "Flow {n} L/M, 24 hrs/day"),
    "dressings_per_week": ("{n} dressing changes per week", "{n} times per week", "change {n}x per week", "{n}x/week", "{w} ({n}) times weekly", "{n} dressings/week", "{n}x wk and PRN soiling", "change dressing {n} times a week", "{n} changes/wk"),
    "dose_interval_hours": ("every {n} hours", "q{n}h", "Q{n}H", "every {n} hrs", "q {n} h", "IV every {n} hours", "q{n} hours", "Every {w} ({n}) hours", "IVPB q{n}h over 30 min"),
    "visits": ("{n} visits", "{n} visits", "total {n} visits", "{w} ({n}) visits", "{n} visits this episode", "{n} visits / 60 days", "x {n} visits", "{n} visits + 2 PRN"),
}  # fmt: skip
BARRIER_WORDS = {
    "stairs": ("Stairs", "Stairs to enter", "Steps at entrance", "2nd floor walk-up, stairs only"),
    "gated": ("Gated community", "Gate code needed", "Gated", "Gated entry"),
    "elevator": ("Elevator", "Elevator building", "Elevator access", "Elevator required"),
}


class Values:
    """What one office writes for one order. `v["dob"]` is the printed text ("" when omitted) and notes it as printed."""

    def __init__(self, case: Case, rng: random.Random, *, struck: str | None = None, hand: bool = False) -> None:
        self.case, self.truth, self.rng = case, case.truth, rng
        self.shown: set[str] = set()
        self._struck = struck
        self.hand = hand
        self._dates = rng.choice(DATES)
        self._phones = rng.choice(PHONES)
        self._names = rng.choice(("first", "first", "last", "last", "caps"))
        self._sep = rng.choice((", ", ", ", "; ", "  ", " / "))
        self._labels: dict[str, str] = {}
        self.ticks = rng.choice(("x", "x", "check", "fill", "handx"))
        self.upper = rng.random() < 0.12
        """Some systems print all values in capitals."""

    def label(self, name: str) -> str:
        """Return this office's word for a field, the same throughout the document."""
        if name not in self._labels:
            self._labels[name] = self.rng.choice(LABELS[name])
        return self._labels[name]

    def has(self, name: str) -> bool:
        return name not in self.truth.omitted and getattr(self.truth, name) not in (None, (), "")

    def __getitem__(self, name: str) -> str:
        if not self.has(name):
            return ""
        self.shown.add(name)
        words = self._words(name, getattr(self.truth, name))
        if name == self._struck:
            self._struck = None
            struck = Struck(words)
            struck.name, struck.old = name, self._words(name, self._wrong(name))
            return struck
        return words

    def _wrong(self, name: str) -> Any:
        """Return a slip of the pen for a value: one digit off."""
        value = getattr(self.truth, name)
        places = [i for i, c in enumerate(value) if c.isdigit()]
        if name in {"dob", "service_start", "service_end", "signature_date"}:
            return (
                f"{value[:3]}{(int(value[3]) + 3) % 10}{value[4:]}"
                if name == "dob"
                else f"{value[:8]}{int(value[8:]) % 27 + 1:02d}"
            )
        at = self.rng.choice(places[2:] or places or [0])
        return f"{value[:at]}{(int(value[at]) + self.rng.randrange(1, 9)) % 10 if places else 'X'}{value[at + 1 :]}"

    def _words(self, name: str, value: Any) -> str:
        if name in {"dob", "service_start", "service_end", "signature_date"}:
            return self._case(self.day(value))
        if name.endswith(("_phone", "_fax")):
            return self.phone(value)
        if name == "icd10":
            return self._sep.join(value)
        if name == "discharge_deadline":
            return self.moment(value)
        if name == "member_name":
            return self._case(self.name(value))
        if name == "clinician_name":
            return self._case(
                f"{value}, {self.case.credentials}"
                if self._names != "last"
                else f"{self.name(value)} {self.case.credentials}"
            )
        return self._case(str(value))

    def _case(self, words: str) -> str:
        return words.upper() if self.upper else words

    def day(self, iso: str) -> str:
        return date.fromisoformat(iso).strftime(self._dates)

    def moment(self, iso: str) -> str:
        day, _, clock = iso.partition("T")
        if not clock:
            return self.day(day)
        hour, minute = (int(part) for part in clock.split(":"))
        half = f"{(hour - 1) % 12 + 1}:{minute:02d} {'AM' if hour < 12 else 'PM'}"
        if "clock" not in self._labels:
            self._labels["clock"] = self.rng.choice(("{d} {t}", "{d} at {p}", "{d} {p}", "{d} @ {t}", "{d} by {p}"))
        return self._labels["clock"].format(d=self.day(day), t=clock, p=half)

    def phone(self, digits: str) -> str:
        return self._phones.format(a=digits[:3], b=digits[3:6], c=digits[6:])

    def name(self, full: str) -> str:
        if self._names == "first":
            return full
        *given, family = full.split() if not full.endswith("De La Cruz") else (*full.split()[:-3], "De La Cruz")
        turned = f"{family}, {' '.join(given)}"
        return turned.upper() if self._names == "caps" else turned

    @property
    def dx(self) -> list[tuple[str, str]]:
        """The diagnoses as (code, description)."""
        if not self.has("icd10"):
            return []
        self.shown.add("icd10")
        return [(code, DIAGNOSES[code]) for code in self.truth.icd10]

    @property
    def items(self) -> list[tuple[str, str, str]]:
        """The ordered items as (code, description, quantity)."""
        if not self.has("order_lines"):
            return []
        self.shown.add("order_lines")
        return [
            (line["code"], good.text, f"{line['quantity']:g}")
            for line, good in zip(self.truth.order_lines, self.case.goods, strict=True)
        ]

    @property
    def frequency(self) -> str:
        if not self.has("frequency") or not self.truth.frequency:
            return ""
        self.shown.add("frequency")
        if "freq" not in self._labels:
            n = self.truth.frequency["value"]
            word = NUMBERS[n] if isinstance(n, int) and n < 21 else f"{n:g}"
            forms = FREQUENCIES[self.truth.frequency["kind"]]
            self._labels["freq"] = self.rng.choice(forms).format(n=f"{n:g}", w=word)
        return self._labels["freq"]

    @property
    def address(self) -> list[str]:
        """The address as street, unit if it has one (sometimes on a line of its own), and `City, ST ZIP`."""
        if not self.has("ship_address"):
            return []
        self.shown.add("ship_address")
        street, city, state, postal = self.truth.address_parts
        return [self._case(street), self._case(f"{city}, {state} {postal}")]

    @property
    def address_parts(self) -> tuple[str, str, str, str]:
        if not self.has("ship_address"):
            return ("", "", "", "")
        self.shown.add("ship_address")
        return self.truth.address_parts

    def barrier(self, name: str) -> bool:
        """Whether a barrier holds; asking for all three prints the field."""
        if self.has("access_barriers"):
            self.shown.add("access_barriers")
        return name in self.truth.access_barriers and "access_barriers" not in self.truth.omitted

    @property
    def barrier_note(self) -> str:
        """The barriers as a delivery note in words."""
        if not self.has("access_barriers"):
            return ""
        self.shown.add("access_barriers")
        return "; ".join(self.rng.choice(BARRIER_WORDS[name]) for name in self.truth.access_barriers)

    def barrier_words(self, name: str) -> str:
        return self._labels.setdefault(f"barrier-{name}", self.rng.choice(BARRIER_WORDS[name]))

    @property
    def signed(self) -> bool:
        """Whether the place for the signature holds one; asking prints the field."""
        self.shown.add("signature_present")
        return self.truth.signature_present

    def fields(self) -> dict[str, Any]:
        """Return what stands on the pages, in the value forms of `doorstep read`."""
        return {name: value for name, value in self.truth.fields().items() if name in self.shown}
