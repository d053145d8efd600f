"""What stands around an order without being it: the supplier's numbers, next of kin, second insurer, record numbers, old dates."""

# ruff: noqa: E501 - the words that stand on papers

from __future__ import annotations

import random
from datetime import date, timedelta

from bench.faxes import pools
from bench.faxes.catalogue import DIAGNOSES
from bench.faxes.people import member_id
from bench.faxes.say import Values
from tests.samples.people import npi

FACILITIES = ("Mercy Heights Hospital", "Lakeshore Medical Center", "St. Ansgar Hospital", "Willow Bend Rehab & Nursing", "County General Hospital", "Oak Terrace Skilled Nursing", "University Hospital East", "Pine Ridge Transitional Care")  # fmt: skip
AGENCIES = ("Gentle Hands Home Health", "Visiting Nurse Association", "Compass Home Care", "Evergreen Hospice & Home Health", "Northfield Home Nursing")  # fmt: skip
KIN = ("wife", "husband", "daughter", "son", "sister", "niece", "POA", "caregiver", "spouse", "granddaughter")
DRUGS = ("Lisinopril 10 mg PO daily", "Metformin 500 mg PO BID", "Furosemide 40 mg PO daily", "Albuterol HFA 2 puffs q6h PRN", "Atorvastatin 40 mg PO QHS", "Apixaban 5 mg PO BID", "Gabapentin 300 mg PO TID", "Metoprolol succ 50 mg PO daily", "Omeprazole 20 mg PO daily", "Tiotropium 18 mcg inh daily", "Sertraline 50 mg PO daily", "Tamsulosin 0.4 mg PO QHS", "Prednisone 10 mg taper", "Levothyroxine 75 mcg PO daily", "Insulin glargine 18 units SC QHS")  # fmt: skip
ALLERGIES = (
    "NKDA",
    "NKA",
    "Penicillin (hives)",
    "Sulfa",
    "Latex",
    "Codeine - nausea",
    "Adhesive tape",
    "PCN, shellfish",
)
HISTORY = ("HTN", "CAD s/p stent", "T2DM", "hyperlipidemia", "GERD", "osteoarthritis", "CKD stage 3", "atrial fibrillation", "depression", "hypothyroidism", "BPH", "obesity", "anemia")  # fmt: skip


class Around:
    """Made from the order alone, so that all pages of a fax say the same; phones, days and names as the office writes them."""

    def __init__(self, v: Values) -> None:
        t = v.truth
        rng = random.Random(f"bench-faxes-around-{t.order_number}-{t.clinician_npi}")
        signed = date.fromisoformat(t.signature_date or t.service_start)

        def phone(area: str = "") -> str:
            return v.phone(f"{area or rng.choice(pools.PLACES)[3]}{rng.randrange(200, 999)}{rng.randrange(2000, 9999)}")

        def person() -> str:
            return v.name(f"{rng.choice(pools.GIVEN)} {rng.choice(pools.FAMILY).replace('De-La-Cruz', 'Delgado')}")

        def day(back: int, spread: int) -> str:
            return v.day(str(signed - timedelta(days=back + rng.randrange(spread))))

        clock = f"{rng.randrange(7, 19):02d}:{rng.randrange(60):02d}"
        area = t.contact_phone[:3]
        self.mrn, self.account, self.visit = (str(rng.randrange(10**a, 10**b)) for a, b in ((5, 8), (7, 10), (9, 10)))
        self.order_no, self.auth = str(rng.randrange(10**7, 10**9)), f"{rng.choice('APR')}{rng.randrange(10**7, 10**9)}"
        self.printed = f"{v.day(str(signed + timedelta(days=rng.randrange(2))))} {clock}"
        self.clock = clock
        self.ordered = v.day(str(signed))
        self.admitted, self.last_visit = day(2, 9), day(3, 60)
        self.old_day = day(400, 900)
        self.room = f"{rng.randrange(2, 8)}{rng.choice('NSEW')}-{rng.randrange(100, 460)}"
        self.kin, self.kin_relation, self.kin_phone = person(), rng.choice(KIN), phone(area)
        self.nurse, self.pcp, self.rep = person(), f"{person()} MD", rng.choice(pools.GIVEN)
        self.pcp_phone, self.pcp_fax, self.nurse_phone = phone(), phone(), phone()
        self.subscriber = person()
        self.subscriber_born = v.day(str(date(1930, 1, 1) + timedelta(days=rng.randrange(20000))))
        payer, form, _ = rng.choice([row for row in pools.PAYERS if row[0][:5] != t.payer[:5]])
        self.second_payer, self.second_id = payer, member_id(form, rng)
        self.second_group = str(rng.randrange(10**4, 10**6))
        city, state, postal, supplier_area = rng.choice(pools.PLACES)
        self.supplier_street, self.supplier_city = (
            f"{rng.randrange(100, 9000)} Commerce Pkwy",
            f"{city}, {state} {postal}",
        )
        self.supplier_npi, self.supplier_phone = npi(rng), phone(supplier_area)
        self.supplier_fax = v.phone(v.case.supplier_fax)
        self.facility, self.facility_phone = rng.choice(FACILITIES), phone()
        self.facility_npi = npi(rng)
        city, state, postal, _ = rng.choice(pools.PLACES)
        self.facility_street, self.facility_city = (
            f"{rng.randrange(100, 4000)} Hospital Dr",
            f"{city}, {state} {postal}",
        )
        self.agency, self.agency_phone = rng.choice(AGENCIES), phone()
        self.allergies = rng.choice(ALLERGIES)
        inches, pounds = rng.randrange(58, 76), rng.randrange(96, 320)
        self.height, self.weight = rng.choice(((f"{inches // 12}'{inches % 12}\"", f"{pounds} lb"), (f"{round(inches * 2.54)} cm", f"{pounds / 2.2046:.1f} kg"), (f"{inches} in", f"{pounds} lbs")))  # fmt: skip
        self.age = str((signed - date.fromisoformat(t.dob)).days // 365)
        self.sex = t.sex[0].upper()
        self.history = rng.sample(HISTORY, rng.randrange(3, 7))
        self.drugs = rng.sample(DRUGS, rng.randrange(4, 9))
        self.old_dx = [DIAGNOSES[code] for code in rng.sample(sorted(DIAGNOSES), 4) if code not in t.icd10]
        self.need = rng.choice(("99", "99", "12", "6", "Lifetime", "13"))
        self.months = rng.choice(("99 months", "lifetime (99)", "12 months", "6 mo", "LON 99"))
        self.spo2 = rng.randrange(82, 89)
        self.tax = f"{rng.randrange(10, 99)}-{rng.randrange(10**6, 10**7)}"
        self.mail = f"{self.rep.lower()}@{v.truth.practice.split()[0].lower()}.example"
        street, city, state, postal = v.case.clinic_address
        self.clinic_street, self.clinic_city = street, f"{city}, {state} {postal}"
