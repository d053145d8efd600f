"""What is ordered: billing codes, quantities, and how often, from the three kinds of request."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from schemas.fhir.graph import Graph, Resource, identifiers, part, parts
from schemas.fhir.words import MODIFIER, billing_code, text_of
from schemas.identifiers import CPT, HCPCS_IN_TEXT
from schemas.order import Frequency, OrderLine, OrderType
from schemas.said import frequencies_in

DAILY = {
    "QD": 24,
    "BID": 12,
    "TID": 8,
    "QID": 6,
    "Q1H": 1,
    "Q2H": 2,
    "Q3H": 3,
    "Q4H": 4,
    "Q6H": 6,
    "Q8H": 8,
    "Q12H": 12,
}
INFUSED = re.compile(
    r"\b(?:iv|ivpb|intravenous\w*|infus\w*|subcut\w*|sub-?q|picc|parenteral|inject\w*|intrathecal|epidural|tpn)\b", re.I
)
INFUSED_ROUTES = frozenset({"47625008", "34206005", "IV", "IVPB", "SC", "SQ", "IVINJ", "IVDRIP", "SQINJ"})
"""SNOMED CT's intravenous and subcutaneous route, and HL7's codes of the same (table 0162, RouteOfAdministration)."""
MIN_RATE, MAX_RATE = Decimal("0.01"), Decimal(10000)
MAX_QUANTITY = Decimal(1_000_000)
HOURS = {"h": Decimal(1), "d": Decimal(24), "wk": Decimal(168)}


CONCEPTS = ("code", "codeCodeableConcept", "medicationCodeableConcept")


def concept_of(request: Resource, graph: Graph) -> Resource:
    """Return the CodeableConcept that says what is ordered, through Device or Medication where it stands there."""
    for name in CONCEPTS:
        if isinstance(request.get(name), dict):
            return part(request[name])
    target = graph.resolve(request.get("medicationReference") or request.get("codeReference"), request) or {}
    found = part(target.get("code") or target.get("type"))
    return found or part(
        {"text": part(request.get("medicationReference") or request.get("codeReference")).get("display")}
    )


def _billing(request: Resource, graph: Graph) -> list[tuple[str, tuple[str, ...], Resource]]:
    """Return (code, modifiers, its coding) of each billing code of a request; the text counts where no coding does."""
    concept = concept_of(request, graph)
    found = []
    for coding in parts(concept.get("coding")):
        read = billing_code(coding.get("system"), str(coding.get("code") or ""))
        if read:
            found.append((*read, coding))
    if not found:
        text = text_of(concept.get("text"))
        named = set(HCPCS_IN_TEXT.findall(text.upper()))
        whole = billing_code("", text)
        if len(named) == 1:
            found.append((named.pop(), (), {}))
        elif whole:
            found.append((*whole, {}))
    details = [coding for detail in parts(request.get("orderDetail")) for coding in parts(detail.get("coding"))]
    for coding in [] if found else details:  # a referral in general words with its services as the detail
        read = billing_code(coding.get("system"), str(coding.get("code") or ""))
        if read and not MODIFIER.fullmatch(str(coding.get("code"))):
            found.append((*read, coding))
    return found


def billing_codes(request: Resource, graph: Graph) -> list[str]:
    """Return the different HCPCS or CPT codes of one request."""
    return list(dict.fromkeys(code for code, _, _ in _billing(request, graph)))


def line_of(request: Resource, graph: Graph) -> OrderLine:
    """Return the order line of one request; of several codes none is chosen (the caller says so)."""
    billing, concept = _billing(request, graph), concept_of(request, graph)
    codes = list(dict.fromkeys(code for code, _, _ in billing))
    code = codes[0] if len(codes) == 1 else None
    display = next((text_of(c.get("display")) for _, _, c in billing if c.get("display")), "")
    others = next((text_of(c.get("display")) for c in parts(concept.get("coding")) if c.get("display")), "")
    described = text_of(concept.get("text")) or (display if len(codes) == 1 else "") or others or display
    if code and CPT.fullmatch(code) and described == display:
        described = ""  # a CPT descriptor is the AMA's: the code alone is kept
    amount, unit = quantity_of(request)
    modifiers = [modifier for _, found, _ in billing for modifier in found] + _details(request)
    return OrderLine(
        code=code,
        description=described or None,
        quantity=amount,
        unit=unit,
        modifiers=tuple(dict.fromkeys(modifiers)),
        placer_number=placer_of(request),
    )


def infused(request: Resource, graph: Graph) -> bool:
    """Tell whether a drug is given by infusion or injection: by its route, rate, form or instruction.

    Any EHR sends the tablets that a patient takes as MedicationRequests too; those are no infusion orders.
    """
    if request.get("resourceType") != "MedicationRequest":
        return False
    dosages = parts(request.get("dosageInstruction"))
    rates = [rate for dosage in dosages for rate in parts(dosage.get("doseAndRate"))]
    if any(name in rate for rate in rates for name in ("rateQuantity", "rateRatio", "rateRange")):
        return True
    concepts = [concept_of(request, graph)]
    concepts += [part(dosage.get(name)) for dosage in dosages for name in ("route", "method", "site")]
    codings = [coding for concept in concepts for coding in parts(concept.get("coding"))]
    texts = [text_of(value) for value in (*(c.get("text") for c in concepts), *(c.get("display") for c in codings))]
    texts += [text_of(dosage.get(name)) for dosage in dosages for name in ("text", "patientInstruction")]
    routed = any(str(coding.get("code")) in INFUSED_ROUTES for coding in codings)
    return routed or any(INFUSED.search(text) for text in texts)


def _details(request: Resource) -> list[str]:
    concepts = [*parts(request.get("orderDetail"))]
    concepts += [part(p.get("valueCodeableConcept")) for p in parts(request.get("parameter")) if _named(p, "modifier")]
    codes = [str(c.get("code") or "").upper() for concept in concepts for c in parts(concept.get("coding"))]
    return [code for code in codes if MODIFIER.fullmatch(code)]


def placer_of(request: Resource) -> str | None:
    """Return the sender's number of a request: the identifier typed PLAC, else the first that is not the filler's."""
    found = [(kind, value) for kind, _, value in identifiers(request) if kind not in {"FILL", "FGN", "PGN"}]
    return next((value for kind, value in found if kind == "PLAC"), found[0][1] if found else None)


def _named(parameter: Resource, word: str) -> bool:
    code = part(parameter.get("code"))
    names = [text_of(code.get("text"))] + [
        text_of(c.get(k)) for c in parts(code.get("coding")) for k in ("code", "display")
    ]
    return any(word in name.lower() for name in names)


def quantity_of(request: Resource) -> tuple[Decimal | None, str | None]:
    """Return how many are ordered and their unit."""
    found = part(request.get("quantityQuantity"))
    found = found or part(part(request.get("quantityRatio")).get("numerator"))
    found = found or part(part(request.get("dispenseRequest")).get("quantity"))
    for parameter in parts(request.get("parameter")):
        if not found and _named(parameter, "quantity"):
            found = part(parameter.get("valueQuantity"))
    amount = number(found.get("value"))
    amount = amount if amount is not None and 0 < amount <= MAX_QUANTITY else None
    return amount, text_of(found.get("unit") or found.get("code")) or None if amount is not None else None


def number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return None
    return Decimal(str(value))


def parameter_text(request: Resource, word: str) -> str | None:
    """Return the text of a DeviceRequest parameter by a word of its name."""
    for parameter in parts(request.get("parameter")):
        concept = part(parameter.get("valueCodeableConcept"))
        if _named(parameter, word):
            return text_of(concept.get("text")) or next(
                (text_of(c.get("display")) for c in parts(concept.get("coding"))), None
            )
    return None


def timings(request: Resource) -> list[Resource]:
    """Return every Timing of a request: its occurrence and those of its dosages."""
    found = [part(request.get("occurrenceTiming"))]
    found += [part(dosage.get("timing")) for dosage in parts(request.get("dosageInstruction"))]
    return [timing for timing in found if timing]


def frequencies(request: Resource, kind: OrderType, codes: list[str], texts: list[str]) -> list[Frequency]:
    """Return each different frequency that a request names, structured ones before those in its texts."""
    dressing = any(code.startswith("A") for code in codes)
    found = _flow(request) + [f for timing in timings(request) for f in _repeats(timing, kind, dressing=dressing)]
    for text in [] if found else texts:
        found += frequencies_in(text, kind)
    return list({(f.kind, f.value): f for f in found if MIN_RATE <= f.value <= MAX_RATE}.values())


def _flow(request: Resource) -> list[Frequency]:
    rates = [
        part(r.get("rateQuantity"))
        for d in parts(request.get("dosageInstruction"))
        for r in parts(d.get("doseAndRate"))
    ]
    rates += [part(p.get("valueQuantity")) for p in parts(request.get("parameter"))]
    rates.append(part(request.get("quantityQuantity")))
    found = []
    for rate in rates:
        unit = (text_of(rate.get("code")) or text_of(rate.get("unit"))).lower().replace(" ", "")
        value = number(rate.get("value"))
        if unit in {"l/min", "lpm", "l/m"} and value is not None:
            found.append(Frequency(kind="oxygen_lpm", value=value))
    return found


def _repeats(timing: Resource, kind: OrderType, *, dressing: bool) -> list[Frequency]:
    repeat = part(timing.get("repeat"))
    count = number(repeat.get("count"))
    times, period = number(repeat.get("frequency")) or Decimal(1), number(repeat.get("period"))
    hours = HOURS.get(str(repeat.get("periodUnit")))
    codes = [str(c.get("code") or "").upper() for c in parts(part(timing.get("code")).get("coding"))]
    if kind is OrderType.HOME_HEALTH:
        return [Frequency(kind="visits", value=count)] if count else []
    ranged = any(name in repeat for name in ("frequencyMax", "periodMax", "countMax"))
    if kind is OrderType.INFUSION:
        if period and hours and times and not ranged:
            return [Frequency(kind="dose_interval_hours", value=_trim(period * hours / times))]
        return [Frequency(kind="dose_interval_hours", value=Decimal(DAILY[code])) for code in codes if code in DAILY]
    if dressing and period and hours and not ranged:
        weekly = times * 168 / (period * hours)
        return [Frequency(kind="dressings_per_week", value=_trim(weekly))]
    return []


def _trim(value: Decimal) -> Decimal:
    """Return the value with two decimals at most; 0 for one that no schedule has."""
    if not MIN_RATE <= value <= MAX_RATE:
        return Decimal(0)
    rounded = value.quantize(Decimal("0.01")).normalize()
    return rounded.quantize(Decimal(1)) if rounded == rounded.to_integral_value() else rounded
