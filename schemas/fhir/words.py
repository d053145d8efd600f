"""Values as senders write them, turned into the order's own forms; each returns None rather than guess."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from schemas.identifiers import CPT, HCPCS, shaped_icd10
from schemas.order import OrderType

MODIFIER = re.compile(r"[A-Z][A-Z0-9]")
CODE_WITH_MODIFIERS = re.compile(rf"([A-Z]\d{{4}}|{CPT.pattern})((?:[-: ,][A-Z][A-Z0-9]){{0,4}})")
OTHER_TERMS = ("snomed", "loinc", "rxnorm", "ndc", "cvx", "nucc", "6.96", "6.1", "6.88", "6.69")
NPI_SYSTEMS = ("us-npi", "4.6")
HOME_WORDS = ("home health", "home-health", "homehealth", "skilled nursing", "home nurs", "home care", "homecare")
DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?!\d)")
US_DAY = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b")
CLOCK = re.compile(r"[T ](\d\d):(\d\d)\b")


def one_of(system: str, names: tuple[str, ...]) -> bool:
    """Tell whether a code system is one of those: by a word in its URL or by the end of its OID."""
    low = system.lower()
    return any(low.endswith(f".113883.{name}") if name[0].isdigit() else name in low for name in names)


def billing_code(system: str | None, code: str) -> tuple[str, tuple[str, ...]] | None:
    """Return (HCPCS or CPT code, modifiers). The system may be wrong, so the code's shape decides."""
    system = system or ""
    if one_of(system, OTHER_TERMS) or is_icd10_system(system):
        return None
    match = CODE_WITH_MODIFIERS.fullmatch(code.strip().upper())
    if match is None:
        return None
    bare, modifiers = match[1], tuple(re.findall(r"[A-Z][A-Z0-9]", match[2]))
    if HCPCS.fullmatch(bare) or (CPT.fullmatch(bare) and names_billing(system)):
        return bare, modifiers
    return None


def names_billing(system: str) -> bool:
    """Tell whether a system is CPT or HCPCS or none at all: five digits mean nothing under another one."""
    return not system or one_of(system, ("cpt", "hcpcs", "6.12", "6.285", "6.14"))


def is_icd10_system(system: str) -> bool:
    return one_of(system, ("icd-10", "icd10", "6.90", "6.3"))


def icd10(system: str | None, code: str) -> str | None:
    """Return the ICD-10-CM code with its dot; without a fitting system only a code written with the dot counts."""
    text = code.strip()
    if system and one_of(system, OTHER_TERMS):
        return None
    return shaped_icd10(text) if is_icd10_system(system or "") or "." in text else None


def phone(text: object) -> str | None:
    """Return the ten digits of a North American number, None for anything else."""
    if not isinstance(text, str):
        return None
    main = re.split(r"(?:;|,|\bext|\bx|#)", text.lower().removeprefix("tel:").removeprefix("fax:"), maxsplit=1)[0]
    if re.search(r"[a-z]", main):
        return None
    digits = re.sub(r"[^0-9]", "", main)
    digits = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    return digits if re.fullmatch(r"[2-9]\d\d[2-9]\d{6}", digits) else None


def day(text: object) -> date | None:
    """Return the day that a full FHIR date or dateTime names, as written (in the sender's zone)."""
    if not isinstance(text, str):
        return None
    try:
        return date.fromisoformat(text[:10]) if len(text) >= 10 else None
    except ValueError:
        return None


def moment(text: str) -> date | datetime | None:
    """Return the day, or day and time, written in a text in ISO or US form; two different days are no day."""
    try:
        whole = text.strip().replace("Z", "+00:00")
        return date.fromisoformat(whole) if len(whole) == 10 else datetime.fromisoformat(whole)
    except ValueError:
        pass
    found = {m[1] for m in DAY.finditer(text)}
    found |= {f"{m[3]}-{int(m[1]):02d}-{int(m[2]):02d}" for m in US_DAY.finditer(text)}
    if len(found) != 1:
        return None
    only = day(found.pop())
    clock = CLOCK.search(text)
    if only is None or clock is None or int(clock[1]) > 23 or int(clock[2]) > 59:
        return only
    return datetime(only.year, only.month, only.day, int(clock[1]), int(clock[2]))  # noqa: DTZ001 (no zone was written)


def barriers(text: str) -> set[str]:
    """Return the access barriers a text names; what follows a `no` up to the next comma does not count."""
    said = re.sub(r"\b(no|without|not)\b[^,;.]*", "", text.lower())
    words = {"stairs": r"\bstairs?\b|\bsteps\b|\bwalk-?up\b", "gated": r"\bgate[sd]?\b", "elevator": r"\belevators?\b"}
    return {name for name, pattern in words.items() if re.search(pattern, said)}


def order_type(resource_type: str, codes: list[str], category: str) -> OrderType:
    """Return what kind of order this is: by its billing codes, else by its category's words, else by its type."""
    kinds = {kind for kind in map(_type_of_code, codes) if kind is not None}
    if len(kinds) == 1:
        return kinds.pop()
    low = category.lower()
    for words, kind in (
        (HOME_WORDS, OrderType.HOME_HEALTH),
        (("infusion", "parenteral"), OrderType.INFUSION),
        (("durable medical", "dme", "equipment"), OrderType.DME),
    ):
        if any(word in low for word in words):
            return kind
    return {"DeviceRequest": OrderType.DME, "NutritionOrder": OrderType.DME}.get(resource_type, OrderType.UNKNOWN)


def _type_of_code(code: str) -> OrderType | None:
    number = int(code[1:]) if code[1:].isdigit() else 0
    if re.match(r"J\d|S93|S94|S95|9960[12]", code) or code in {"G0068", "G0069", "G0070", "G0088", "G0089", "G0090"}:
        return OrderType.INFUSION
    if code[0] == "E" and 779 <= number <= 791:
        return OrderType.INFUSION
    if code[0] == "B" and (4164 <= number <= 5200 or 9004 <= number <= 9006):
        return OrderType.INFUSION  # parenteral nutrition
    if code[0] in "AEKLB":
        return OrderType.DME
    if re.match(r"G01[5-9]\d|G0299|G0300|G049[3-6]|G216[89]|S91[2-3]\d|T10(0[0-3]|2[12]|30|31)|97\d{3}|995\d\d", code):
        return OrderType.HOME_HEALTH
    return None


def text_of(value: Any) -> str:
    """Return a text without white space around it; anything else is empty."""
    return " ".join(value.split()) if isinstance(value, str) else ""
