"""Synthetic people and orders: the truth from which every sample of every channel is made.

Nobody here exists: names are combined at random, phone numbers use the fictional 555-01xx block, and
identifiers are generated to be valid in form (NPI check digit, MBI pattern) without being assigned to anyone we know.
"""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any

GIVEN = (
    "Alma",
    "Bruno",
    "Carla",
    "Dennis",
    "Elsa",
    "Felix",
    "Greta",
    "Hugo",
    "Irma",
    "Jonas",
    "Karla",
    "Lewis",
    "Marta",
    "Nils",
    "Olga",
    "Pedro",
    "Rosa",
    "Simon",
    "Thea",
    "Victor",
)
FAMILY = (
    "Abbott",
    "Becker",
    "Carver",
    "Dalton",
    "Ellison",
    "Farrow",
    "Granger",
    "Holloway",
    "Iverson",
    "Jarvis",
    "Keller",
    "Lindgren",
    "Mercer",
    "Norwood",
    "Osborne",
    "Prescott",
    "Quimby",
    "Ramsey",
    "Sutter",
    "Thornton",
)
PAYERS = ("Medicare", "Aetna", "Humana", "Blue Cross Blue Shield", "UnitedHealthcare", "Cigna", "Medicaid")
STREETS = ("Maple Ave", "Oak St", "Cedar Ln", "Birch Rd", "Juniper Ct", "Willow Dr", "Chestnut Blvd", "Sycamore Way")
PLACES = (
    ("Dayton", "OH", "45402", "937"),
    ("Columbus", "OH", "43215", "614"),
    ("Cincinnati", "OH", "45202", "513"),
    ("Toledo", "OH", "43604", "419"),
    ("Cleveland", "OH", "44113", "216"),
    ("Akron", "OH", "44308", "330"),
)
PRACTICES = (
    "Riverside Internal Medicine",
    "Lakeview Family Practice",
    "Northgate Pulmonary Associates",
    "Summit Wound Care",
)
FIELDS = (
    "member_name",
    "dob",
    "payer",
    "member_id",
    "group_no",
    "clinician_name",
    "clinician_npi",
    "practice_phone",
    "practice_fax",
    "contact_phone",
    "icd10",
    "order_lines",
    "frequency",
    "service_start",
    "service_end",
    "ship_address",
    "access_barriers",
    "signature_present",
    "signature_date",
    "discharge_deadline",
    "equipment_brand",
    "equipment_model",
    "equipment_serial",
)
INITIALS = "ABCDEFGHJKMNPQRTUVWXYZ"
BARRIERS = ("stairs", "gated", "elevator")


@dataclass(frozen=True, slots=True)
class Item:
    """What may be ordered together with the diagnosis that goes with it; frequency kind as `doorstep read` names it."""

    code: str
    text: str
    icd10: tuple[str, ...]
    frequency: tuple[str, float] | None = None
    equipment: tuple[str, str] | None = None


CATALOGUE: dict[str, tuple[Item, ...]] = {
    "dme": (
        Item(
            "E1390",
            "Oxygen concentrator, single delivery port",
            ("J44.9", "J96.11"),
            ("oxygen_lpm", 2),
            ("Inogen", "GS-100"),
        ),
        Item("E0431", "Portable gaseous oxygen system, rental", ("J44.9",), ("oxygen_lpm", 3)),
        Item("E0601", "Continuous positive airway pressure device", ("G47.33",), None, ("ResMed", "AirSense 11")),
        Item("E0260", "Hospital bed, semi-electric, with mattress", ("I50.22", "M62.81"), None, ("Drive", "15030")),
        Item("K0001", "Standard manual wheelchair", ("M62.81", "R26.2"), None, ("Invacare", "9000XT")),
        Item("A6212", "Foam dressing, wound cover, sterile", ("L97.412", "E11.621"), ("dressings_per_week", 3)),
    ),
    "home_health": (
        Item("G0299", "Skilled nursing visits, RN", ("I50.22", "E11.621"), ("visits", 9)),
        Item("G0151", "Physical therapy visits", ("M62.81", "R26.2"), ("visits", 6)),
    ),
    "infusion": (
        Item("J0696", "Ceftriaxone 2 g IV, home infusion", ("M86.171",), ("dose_interval_hours", 24)),
        Item("J3370", "Vancomycin 1 g IV, home infusion", ("L03.115",), ("dose_interval_hours", 12)),
    ),
}


@dataclass(frozen=True, slots=True)
class OrderTruth:
    """What an order says, in the value forms of `doorstep read` (design: field names and value forms)."""

    seed: int
    order_type: str
    order_number: str
    member_name: str
    dob: str
    sex: str
    payer: str
    member_id: str
    group_no: str
    clinician_name: str
    clinician_npi: str
    practice: str
    practice_phone: str
    practice_fax: str
    contact_phone: str
    icd10: tuple[str, ...]
    order_lines: tuple[dict[str, Any], ...]
    item_text: str
    frequency: dict[str, Any] | None
    service_start: str
    service_end: str
    ship_address: str
    address_parts: tuple[str, str, str, str]
    access_barriers: tuple[str, ...]
    signature_present: bool
    signature_date: str
    discharge_deadline: str | None = None
    equipment_brand: str | None = None
    equipment_model: str | None = None
    equipment_serial: str | None = None
    omitted: tuple[str, ...] = field(default=())
    """Fields that this sample leaves out on purpose."""

    def fields(self) -> dict[str, Any]:
        """Return the expected `fields` of `doorstep read`: name -> value, without what was omitted or absent."""
        values = asdict(self)
        kept = {n: values[n] for n in FIELDS if n not in self.omitted and values[n] not in (None, ())}
        return {n: list(v) if isinstance(v, tuple) else v for n, v in kept.items()}


def npi(rng: random.Random) -> str:
    """Return a ten-digit number that passes the NPI check (Luhn over 80840 + NPI)."""
    nine = "1" + "".join(str(rng.randrange(10)) for _ in range(8))
    digits = [int(c) for c in "80840" + nine]
    total = sum(d if i % 2 else sum(divmod(2 * d, 10)) for i, d in enumerate(reversed(digits)))
    return nine + str(-total % 10)


def mbi(rng: random.Random) -> str:
    """Return an identifier of the Medicare Beneficiary Identifier's pattern C A AN N A AN N A A N N."""
    letters, digits = "ACDEFGHJKMNPQRTUVWXY", "0123456789"
    either = letters + digits
    pattern = ("123456789", letters, either, digits, letters, either, digits, letters, letters, digits, digits)
    return "".join(rng.choice(options) for options in pattern)


def order_truth(seed: int, order_type: str = "dme", **changes: Any) -> OrderTruth:
    """Return the same synthetic order for the same seed; `changes` replace single values."""
    rng = random.Random(f"doorstep-{order_type}-{seed}")
    city, state, postal, area = rng.choice(PLACES)
    street = f"{rng.randrange(100, 9900)} {rng.choice(STREETS)}"
    item = rng.choice(CATALOGUE[order_type])
    payer = rng.choice(PAYERS)
    ordered = date(2026, 11, 2) + timedelta(days=rng.randrange(0, 18))
    start = ordered + timedelta(days=rng.randrange(1, 5))
    days = {"dme": 90, "home_health": 60, "infusion": 28}[order_type]
    phone = lambda n: f"{area}555{100 + (rng.randrange(25) * 4 + n) % 100:04d}"  # noqa: E731
    values: dict[str, Any] = {
        "seed": seed,
        "order_type": order_type,
        "order_number": f"ORD{seed:04d}{rng.randrange(1000):03d}",
        "member_name": f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}",
        "dob": str(date(1932, 1, 1) + timedelta(days=rng.randrange(0, 18000))),
        "sex": rng.choice(("female", "male")),
        "payer": payer,
        "member_id": mbi(rng) if payer == "Medicare" else rng.choice(INITIALS) + str(rng.randrange(10**8, 10**9)),
        "group_no": f"{rng.randrange(10000, 99999)}",
        "clinician_name": f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}",
        "clinician_npi": npi(rng),
        "practice": rng.choice(PRACTICES),
        "practice_phone": phone(0),
        "practice_fax": phone(1),
        "contact_phone": phone(2),
        "icd10": item.icd10,
        "order_lines": ({"code": item.code, "quantity": 1 if order_type == "dme" else rng.choice((4, 6, 9, 14))},),
        "item_text": item.text,
        "frequency": {"kind": item.frequency[0], "value": item.frequency[1]} if item.frequency else None,
        "service_start": str(start),
        "service_end": str(start + timedelta(days=days)),
        "ship_address": f"{street}, {city}, {state} {postal}",
        "address_parts": (street, city, state, postal),
        "access_barriers": tuple(sorted(rng.sample(BARRIERS, rng.choice((0, 1, 1, 2))))),
        "signature_present": True,
        "signature_date": str(ordered),
        "equipment_brand": item.equipment[0] if item.equipment else None,
        "equipment_model": item.equipment[1] if item.equipment else None,
        "equipment_serial": f"SN{rng.randrange(10**6, 10**7)}" if item.equipment else None,
    }
    values.update(changes)
    return OrderTruth(**values)
