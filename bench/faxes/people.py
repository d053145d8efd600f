"""The truth of one made-up order: a person, a payer, a clinician and what is ordered; the same for the same random stream."""

# ruff: noqa: E501 - the words that stand on papers

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from bench.faxes import pools
from bench.faxes.catalogue import DIAGNOSES, GOODS, INTERVALS, MAKERS, Good
from tests.samples.people import BARRIERS, OrderTruth, mbi, npi

REQUIRED = [
    "member_name",
    "dob",
    "payer",
    "member_id",
    "clinician_name",
    "clinician_npi",
    "signature_present",
    "icd10",
    "order_lines",
    "service_start",
    "ship_address",
    "contact_phone",
]
UNSEEN = ("test", "fresh")
"""The sets whose fonts, surnames and streets are kept from training."""
CLASSES = {"dme": "dme_order", "home_health": "home_health_referral", "infusion": "infusion_order"}


@dataclass(frozen=True, slots=True)
class Case:
    """An order with what its pages need beyond the fields: texts of items, credentials, other right readings."""

    truth: OrderTruth
    goods: tuple[Good, ...]
    credentials: str
    supplier: str
    clinic_address: tuple[str, str, str, str]
    supplier_fax: str
    accept: dict[str, list[str]]
    """Field name -> other values that are as right as the one in `truth`."""

    def without(self, *names: str) -> Case:
        return replace(self, truth=replace(self.truth, omitted=(*self.truth.omitted, *names)))

    def changed(self, **values: Any) -> Case:
        return replace(self, truth=replace(self.truth, **values))


def _share(pool: list[str], part: str) -> list[str]:
    """Test people have surnames and streets that no training person has."""
    return [name for i, name in enumerate(pool) if (i % 4 == 3) == (part in UNSEEN)]


def _shaped(form: str, rng: random.Random) -> str:
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    return "".join(
        rng.choice(letters) if c == "A" else str(rng.randrange(1 if i == 0 else 0, 10)) if c == "9" else c
        for i, c in enumerate(form)
    )


def member_id(form: str, rng: random.Random) -> str:
    if form == "MBI":
        return mbi(rng)
    fixed = form[:3] == "OSC" or form[0] in "WHUD8"
    return form[0] + _shaped("x" + form[1:], rng)[1:] if fixed and form[:3] != "OSC" else _shaped(form, rng)


def _person(rng: random.Random, part: str) -> tuple[str, str, str]:
    middle = rng.choice("ABCDEFGHJKLMNPRSTW") if rng.random() < 0.2 else ""
    family = rng.choice(_share(pools.FAMILY, part)).replace("De-La-Cruz", "De La Cruz")
    if rng.random() < 0.04:
        family += "-" + rng.choice(pools.FAMILY[:60]).split("-")[0]
    return rng.choice(pools.GIVEN), middle, family


def _full(name: tuple[str, str, str]) -> str:
    given, middle, family = name
    return f"{given} {middle}. {family}" if middle else f"{given} {family}"


def _plain(name: tuple[str, str, str]) -> list[str]:
    given, middle, family = name
    return [f"{given} {family}", f"{given} {middle} {family}"] if middle else []


def _goods(rng: random.Random, order_type: str, families: tuple[str, ...], count: int) -> tuple[Good, ...]:
    pool = [g for g in GOODS[order_type] if not families or g.family in families]
    first = rng.choice(pool)
    more = [g for g in pool if g.family == first.family and g is not first and not (g.frequency and first.frequency)]
    return (first, *rng.sample(more, min(count - 1, len(more))))


def _frequency(goods: tuple[Good, ...], rng: random.Random) -> dict[str, Any] | None:
    kind = next((g.frequency for g in goods if g.frequency), None)
    ranges: dict[str, list[Any]] = {
        "oxygen_lpm": [1, 1.5, 2, 2, 2, 2.5, 3, 3, 4, 5, 6],
        "dressings_per_week": [1, 2, 3, 3, 5, 7],
        "dose_interval_hours": list(INTERVALS),
        "visits": [4, 6, 8, 9, 10, 12, 14, 18],
    }
    return {"kind": kind, "value": rng.choice(ranges[kind])} if kind else None


def _address(rng: random.Random, part: str) -> tuple[tuple[str, str, str, str], str]:
    city, state, postal, area = rng.choice(pools.PLACES)
    if rng.random() < 0.05:
        postal += f"-{rng.randrange(1000, 9999)}"
    street = f"{rng.randrange(1, 9900)} {rng.choice(('', '', '', 'N ', 'S ', 'E ', 'W ', 'NW '))}"
    street += f"{rng.choice(_share(pools.STREETS, part))} {rng.choice(pools.SUFFIXES)}"
    if rng.random() < 0.3:
        unit = rng.choice(pools.UNITS).format(n=rng.randrange(1, 420), l=rng.choice("ABCDEF"))
        street += f" {unit}"
    return (street, city, state, postal), area


def _phone(area: str, rng: random.Random) -> str:
    middle = "555" if rng.random() < 0.5 else f"{rng.randrange(2, 9)}{rng.randrange(10)}{rng.randrange(2, 10)}"
    return f"{area}{middle}01{rng.randrange(100):02d}"


def _quantity(good: Good, rng: random.Random) -> int:
    if good.most == 1:
        return 1 if rng.random() < 0.9 else 2
    return rng.choice(sorted({1, 2, good.most // 3 or 1, good.most // 2 or 1, good.most}))


def _lines(goods: tuple[Good, ...], frequency: dict[str, Any] | None, rng: random.Random) -> tuple[dict[str, Any], ...]:
    lines = []
    for good in goods:
        visits = frequency is not None and good.frequency == "visits"
        lines.append(
            {"code": good.code, "quantity": frequency["value"] if visits and frequency else _quantity(good, rng)}
        )
    return tuple(lines)


def _diagnoses(goods: tuple[Good, ...], rng: random.Random) -> tuple[str, ...]:
    codes = list(dict.fromkeys(code for good in goods for code in good.icd10))
    rng.shuffle(codes)
    codes = codes[: rng.choice((1, 1, 2, 2, 3))]
    if rng.random() < 0.15:
        codes.append(rng.choice([c for c in DIAGNOSES if c not in codes]))
    return tuple(codes)


def _serial(rng: random.Random) -> str:
    return _shaped(rng.choice(("SN9999999", "99AA99999", "9999999999", "A99-99999", "AA9999999")), rng)


def make_case(
    rng: random.Random, part: str, order_type: str = "dme", families: tuple[str, ...] = (), items: int = 1
) -> Case:
    """Draw one order; `part` is the set (train, dev, test), `families` what the form can order."""
    goods = _goods(rng, order_type, families, items)
    frequency = _frequency(goods, rng)
    (home, area), (clinic, clinic_area) = _address(rng, part), _address(rng, part)
    payer, form, spellings = rng.choice(pools.PAYERS)
    signed = date(2026, 8, 20) + timedelta(days=rng.randrange(0, 92))
    start = signed + timedelta(days=rng.randrange(0, 9))
    device = next((g for g in goods if g.device), None)
    brand, model = (
        rng.choice(MAKERS[device.family]) if device and device.family in MAKERS and rng.random() < 0.5 else (None, None)
    )
    replaces = brand is not None and rng.random() < 0.6
    patient, doctor = _person(rng, part), _person(rng, part)
    deadline = None
    if rng.random() < 0.3:
        hour = f"T{rng.randrange(9, 19):02d}:{rng.choice((0, 0, 15, 30)):02d}" if rng.random() < 0.6 else ""
        deadline = f"{signed + timedelta(days=rng.randrange(1, 5))}{hour}"
    length = timedelta(
        days={"dme": rng.choice((30, 90, 180, 364)), "home_health": 59, "infusion": rng.choice((9, 13, 27, 41))}[
            order_type
        ]
    )
    truth = OrderTruth(
        seed=0,
        order_type=order_type,
        order_number=f"{rng.randrange(10**6, 10**8)}",
        member_name=_full(patient),
        dob=str(date(1926, 1, 1) + timedelta(days=int(rng.triangular(0, 30000, 8000)))),
        sex=rng.choice(("female", "male")),
        payer=payer,
        member_id=member_id(form, rng),
        group_no=_shaped(rng.choice(("99999", "999999", "A99999", "99999-999", "AA9999")), rng),
        clinician_name=_full(doctor),
        clinician_npi=npi(rng),
        practice=rng.choice(pools.PRACTICES),
        practice_phone=_phone(clinic_area, rng),
        practice_fax=_phone(clinic_area, rng),
        contact_phone=_phone(area, rng),
        icd10=_diagnoses(goods, rng),
        order_lines=_lines(goods, frequency, rng),
        item_text=goods[0].text,
        frequency=frequency,
        service_start=str(start),
        service_end=str(start + length),
        ship_address=f"{home[0]}, {home[1]}, {home[2]} {home[3]}",
        address_parts=home,
        access_barriers=tuple(sorted(rng.sample(BARRIERS, rng.choice((0, 0, 1, 1, 2))))),
        signature_present=True,
        signature_date=str(signed),
        discharge_deadline=deadline,
        equipment_brand=brand,
        equipment_model=model,
        equipment_serial=_serial(rng) if replaces else None,
    )
    accept = {"member_name": _plain(patient), "clinician_name": _plain(doctor), "payer": list(spellings)}
    if " " in truth.member_id or "-" in truth.member_id:
        accept["member_id"] = ["".join(c for c in truth.member_id if c.isalnum())]
    return Case(
        truth=truth,
        goods=goods,
        credentials=rng.choice(pools.CREDENTIALS),
        supplier=rng.choice(pools.SUPPLIERS),
        clinic_address=clinic,
        supplier_fax=_phone("614", rng),
        accept={name: values for name, values in accept.items() if values},
    )
