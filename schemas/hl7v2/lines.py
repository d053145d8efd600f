"""The ordered items and their diagnoses: OBR, RXO, RQD, PR1 with TQ1 and FT1; DG1 and reasons."""

from __future__ import annotations

import re
from decimal import Decimal

from schemas.hl7v2 import tables, values
from schemas.hl7v2.er7 import Repetition, Segment
from schemas.hl7v2.facts import field_of
from schemas.hl7v2.groups import ITEM_SEGMENTS, Segments
from schemas.hl7v2.sheet import Sheet, place_of
from schemas.identifiers import HCPCS_IN_TEXT
from schemas.order import Diagnosis, OrderLine, OrderType


def line_of(sheet: Sheet, scope: Segments) -> OrderLine | None:
    """Return the item of one order group; None when the group orders nothing (an ORC alone)."""
    if not any(name in scope for name in ITEM_SEGMENTS):
        return None
    codes: list[tuple[str, str]] = []
    modifiers: list[str] = []
    for place, bare_cpt in tables.SERVICE_PLACES:
        for rep in sheet.repetitions(scope, place):
            found = values.service_code(rep, bare_cpt=bare_cpt)
            if found is None:
                if place not in tables.DESCRIPTION_PLACES or rep.get(1):
                    sheet.leave(rep)
                continue
            codes.append((place, found[0]))
            modifiers += found[1]
    if not codes:
        codes = _named_codes(sheet, scope)
    code = sheet.agreed("order_lines", codes)
    for place in tables.MODIFIER_PLACES:
        modifiers += [m.upper() for m in sheet.texts(scope, place) if re.fullmatch(r"[A-Za-z0-9]{2}", m)]
    quantity, unit = _quantity(sheet, scope)
    numbers = [text for place in ("ORC-2", "OBR-2") for text in sheet.texts(scope, place)]
    return OrderLine(
        code=code,
        description=_description(sheet, scope),
        quantity=quantity,
        unit=unit,
        modifiers=tuple(dict.fromkeys(modifiers)),
        placer_number=next(iter(numbers), None),
    )


def _named_codes(sheet: Sheet, scope: Segments) -> list[tuple[str, str]]:
    """Return the one HCPCS code that the words beside a local code name (`DME100^E1390 Oxygen concentrator^L`)."""
    for place in tables.DESCRIPTION_PLACES:
        for rep in sheet.peek(scope, place):
            named = set(HCPCS_IN_TEXT.findall(f"{rep.get(2)} {rep.get(5)} {rep.get(9)}"[:1000].upper()))
            if len(named) == 1:
                return [(place, named.pop())]
    return []


def _description(sheet: Sheet, scope: Segments) -> str | None:
    """Return the sender's own words for the item."""
    for place in tables.DESCRIPTION_PLACES:
        at = place_of(place)
        for segment in scope.get(at.segment, ()):
            for rep in segment.repetitions(at.field):
                text = rep.get(2) or rep.get(5) or rep.get(9)
                if text:
                    return sheet.attempt("item_text", place, values.clean, text) or None
    return None


def _quantity(sheet: Sheet, scope: Segments) -> tuple[Decimal | None, str | None]:
    found: list[tuple[str, Decimal]] = []
    unit = None
    drug = any(name in scope for name in tables.DRUG_SEGMENTS)
    for place, unit_place in tables.DISPENSED_PLACES if drug else tables.QUANTITY_PLACES:
        for text in sheet.texts(scope, place):
            value = sheet.attempt("order_lines", place, values.number, text)
            if value is not None:
                found.append((place, value))
                unit = unit or next(sheet.texts(scope, unit_place), None)
                break
    return sheet.agreed("order_lines", found), unit


def results_among(kind: str, items: list[tuple[Segments, OrderLine | None]]) -> list[bool]:
    """Say of each item of a message whether it reports what was found: a referral brings results in OBR and OBX.

    An ORC that places, changes or cancels makes it an order. Else it is a result when it says so (OBR-25), when it has
    observations that are no remarks on an order and its code or words name nothing that home care brings, and
    when it has no code beside others that have one.
    """
    coded = any(line is not None and line.code for _, line in items)
    return [kind == "REF" and line is not None and _is_result(scope, line, coded) for scope, line in items]


def _is_result(scope: Segments, line: OrderLine, coded: bool) -> bool:
    if "OBR" not in scope:
        return coded and not line.code
    if any(tables.ACTIONS.get(segment.get(1).upper() or "?") for segment in scope.get("ORC", ())):
        return coded and not line.code
    if any(segment.get(25).upper() in tables.RESULT_STATES for segment in scope["OBR"]):
        return True
    if any(found_in(segment) for segment in scope.get("OBX", ())):
        named = {segment.get(4, at).upper() for segment in scope["OBR"] for at in (3, 6)}
        return bool(named & {"LN", "LOINC"}) or type_of(line, {}, scope) is OrderType.UNKNOWN
    return coded and not line.code


def found_in(observation: Segment) -> bool:
    """Say whether an OBX tells what was found, and is neither a document nor a remark on the order."""
    enclosed = observation.get(2).upper() in {"ED", "RP"}
    return bool(observation.text(5)) and not enclosed and field_of(observation) is None


def type_of(line: OrderLine | None, patient: Segments, item: Segments) -> OrderType:
    """Return the order type by code, else by the segment that carries it, the referral type or the words used."""
    if line is not None and line.code:
        for low, high, found in tables.TYPE_RANGES:
            if low <= line.code <= high and len(low) == len(line.code):
                return found
    if any(name in item for name in tables.DRUG_SEGMENTS):
        return OrderType.INFUSION if _infused(item) else OrderType.UNKNOWN
    referral = [rep for segment in patient.get("RF1", ()) for rep in segment.repetitions(3)]
    for rep in referral:
        if rep.get(1).upper() in tables.REFERRAL_TYPES:
            return tables.REFERRAL_TYPES[rep.get(1).upper()]
    words = " ".join([line.description or "" if line else "", *(f"{rep.get(2)} {rep.get(1)}" for rep in referral)])
    for word, found in tables.TYPE_WORDS:
        if re.search(rf"\b{re.escape(word)}", words.lower()):
            return found
    return OrderType.UNKNOWN


def _infused(item: Segments) -> bool:
    """Tell whether a drug goes the way that home infusion gives it, by its route, else by its own words."""

    def at(*places: str) -> list[Repetition]:
        found = [place_of(place) for place in places]
        return [rep for one in found for segment in item.get(one.segment, ()) for rep in segment.repetitions(one.field)]

    reps = at("RXR-1") or at("RXO-1", "RXO-5", "RXE-2", "RXE-6")
    return any(
        {rep.get(1).upper(), rep.get(4).upper()} & tables.INFUSED
        or tables.INFUSED_WORDS.search(f"{rep.get(1)} {rep.get(2)} {rep.get(5)} {rep.get(9)}".lower())
        for rep in reps
    )


def diagnoses_of(sheet: Sheet, patient: Segments, items: list[Segments]) -> tuple[Diagnosis, ...]:
    """Return the ICD-10-CM codes once each, by DG1-15 rank, then in the order sent."""
    found: list[Diagnosis] = []
    for scope in (patient, *items):
        for segment in scope.get("DG1", ()):
            if segment.get(21).upper() in tables.DELETED:
                continue
            for rep in segment.repetitions(3):
                one = sheet.attempt("icd10", "DG1-3", _ranked, rep, segment.get(2), segment.get(15), segment.get(4))
                if one is not None:
                    sheet.take(rep)
                    sheet.use(segment, 4)
                    found.append(one)
        for place in tables.DIAGNOSIS_PLACES:
            at = place_of(place)
            for segment in scope.get(at.segment, ()):
                for rep in segment.repetitions(at.field):
                    try:
                        one = values.diagnosis(rep)
                    except values.Unusable:
                        one = None  # a reason in words is allowed here; it goes to `unmapped`
                    if one is not None:
                        sheet.take(rep)
                        found.append(one)
    once = {d.code: d for d in reversed(found)}
    return tuple(sorted(once.values(), key=lambda d: (d.rank or 999, [f.code for f in found].index(d.code))))


def _ranked(rep: Repetition, system: str, rank: str, text: str) -> Diagnosis | None:
    named = system.upper() if system.upper() in tables.ICD10_SYSTEMS | tables.OTHER_CODE_SYSTEMS else ""
    one = values.diagnosis(rep, system=named)
    if one is None:
        return None
    number = int(rank) if rank.isascii() and rank.isdigit() and len(rank) < 4 else None
    return one.model_copy(update={"rank": number, "description": one.description or values.clean(text) or None})
