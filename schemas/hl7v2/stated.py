"""Adds to an order what its OBX and NTE say in words; a word that contradicts a segment leaves neither."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from schemas.hl7v2 import facts as said
from schemas.hl7v2 import tables, values
from schemas.hl7v2.facts import Fact
from schemas.hl7v2.groups import Item, Segments
from schemas.hl7v2.observed import observed
from schemas.hl7v2.sheet import Sheet, place_of
from schemas.order import Diagnosis, Equipment, Frequency, Order, OrderLine, OrderType
from schemas.said import MAX_TEXT, flows_ordered, frequencies_in

T = TypeVar("T")
_KIND_BY_TYPE = {"infusion": "dose_interval_hours", "dme": "dressings_per_week"}
_FREQUENCIES = frozenset({"frequency", "oxygen_lpm", "dressings_per_week", "dose_interval_hours", "visits"})


def with_stated(order: Order, sheet: Sheet, patient: Segments, items: list[tuple[Item, OrderLine | None]]) -> Order:
    """Return the order with the facts and notes of the patient's and the items' OBX and NTE."""
    facts, notes = said.facts_of(sheet, patient)
    lines: list[OrderLine] = []
    for item, line in items:
        more, others = said.facts_of(sheet, item.segments)
        if line is not None:
            lines.append(_with_quantity(sheet, line, more))
        facts += more
        notes += others
    results = observed([patient, *(item.segments for item, _ in items)])
    update: dict[str, Any] = {"lines": tuple(lines), "notes": tuple(dict.fromkeys([*notes, *results]))}
    update |= _filled(order, sheet, facts)
    update |= _collected(order, sheet, facts)
    update["frequency"] = _frequency(
        order.model_copy(update={"lines": tuple(lines)}), sheet, facts, [item.segments for item, _ in items], notes
    )
    return order.model_copy(update=update)


def _with_quantity(sheet: Sheet, line: OrderLine, facts: list[Fact]) -> OrderLine:
    for fact in facts:
        if fact.field != "quantity":
            continue
        value = sheet.attempt("order_lines", fact.place, values.number, fact.text.split(" ")[0])
        undecided = line.quantity is None and "order_lines" in sheet.conflicting
        if undecided or (value is not None and line.quantity not in (None, value)):
            sheet.conflicting.setdefault("order_lines", f"{fact.place} states another quantity")
            return line.model_copy(update={"quantity": None})
        line = line.model_copy(update={"quantity": value or line.quantity})
    return line


def _one(sheet: Sheet, facts: list[Fact], name: str, read: Callable[[str], T | None]) -> list[tuple[str, T]]:
    """Return every usable statement of one field."""
    found: list[tuple[str, T]] = []
    for fact in facts:
        if fact.field == name:
            value = sheet.attempt(name, fact.place, read, fact.text)
            found += [(fact.place, value)] if value is not None else []
    return found


def _filled(order: Order, sheet: Sheet, facts: list[Fact]) -> dict[str, Any]:
    """Return the single-valued fields that were stated; a statement that cannot be trusted empties its field."""
    plan: tuple[tuple[str, str, Callable[[str], Any], Any], ...] = (
        ("service_start", "service_start", values.day, order.service_start),
        ("service_end", "service_end", values.day, order.service_end),
        ("discharge_deadline", "discharge_deadline", values.moment, order.discharge_deadline),
        ("ship_address", "delivery_address", values.address_text, None),
        ("contact_phone", "contact_phone", values.phone_in, None),
    )
    out: dict[str, Any] = {}
    for name, key, read, structured in plan:
        if not any(fact.field == name for fact in facts):
            continue
        found = _one(sheet, facts, name, read)
        if found and structured is not None:
            found.append(("its segment", structured))
        out[key] = None if name in sheet.unreadable else sheet.agreed(name, found)
    return out


def _collected(order: Order, sheet: Sheet, facts: list[Fact]) -> dict[str, Any]:
    """Return what several statements may add to: barriers, diagnoses, the parts of the equipment."""
    barriers = {b for _, found in _one(sheet, facts, "access_barriers", said.barriers) for b in found}
    parts = {
        part: sheet.agreed(f"equipment_{part}", _one(sheet, facts, f"equipment_{part}", values.clean))
        for part in ("brand", "model", "serial")
    }
    known = {d.code for d in order.diagnoses}
    codes = [c for _, found in _one(sheet, facts, "icd10", values.diagnosis_codes) for c in found if c not in known]
    return {
        "access_barriers": tuple(sorted(barriers)),
        "equipment": Equipment(**parts),
        "diagnoses": order.diagnoses + tuple(Diagnosis(code=c) for c in dict.fromkeys(codes)),
    }


def _frequency(
    order: Order, sheet: Sheet, facts: list[Fact], scopes: list[Segments], notes: list[str]
) -> Frequency | None:
    """Return the one frequency that is stated; a repeat pattern of TQ1 counts where the order type gives it a unit."""
    found: list[tuple[str, Frequency]] = []
    for fact in facts:
        if fact.field in _FREQUENCIES:
            value = sheet.attempt("frequency", fact.place, said.frequency, fact.text, fact.field, order.order_type)
            found += [(fact.place, value)] if value else []
    named = _KIND_BY_TYPE.get(order.order_type.value, "")
    for place in tables.INTERVAL_PLACES if named else ():
        for text in (t for scope in scopes for t in sheet.texts(scope, place)):
            try:
                value = said.frequency(text, named, order.order_type)
            except values.Unusable:
                continue  # intervals such as ONCE or PRN are no frequency of ours, and no mistake either
            found += [(place, value)] if value else []
    if not found and "frequency" not in sheet.unreadable:
        found = _in_words(order, scopes, notes)
    return None if "frequency" in sheet.unreadable else sheet.agreed("frequency", found)


def _in_words(order: Order, scopes: list[Segments], notes: list[str]) -> list[tuple[str, Frequency]]:
    """Return what no field says and the words do: those of the item itself first, then remarks about oxygen."""
    kind = order.order_type
    spoken = [(place, text) for place in tables.DESCRIPTION_PLACES for text in _said_at(scopes, place)]
    found = [(place, value) for place, text in spoken for value in frequencies_in(text, kind)]
    if found or kind not in {OrderType.DME, OrderType.UNKNOWN}:
        return found
    oxygen = any(_is_oxygen(line.code, line.description) for line in order.lines)
    remarks = [("NTE-3", note) for note in notes]
    for place in tables.REMARK_PLACES:
        remarks += [(place, text) for text in _said_at(scopes, place)]
    return [(place, value) for place, text in remarks for value in flows_ordered(text, oxygen=oxygen)]


def _said_at(scopes: list[Segments], place: str) -> Iterator[str]:
    """Yield the words at a place; they stay in `unmapped` too where nothing else has them."""
    at = place_of(place)
    for scope in scopes:
        for segment in scope.get(at.segment, ()):
            if at.segment == "OBX" and segment.get(2).upper() not in {"TX", "FT", "ST", ""}:
                continue
            for rep in segment.repetitions(at.field):
                if len(rep.raw) <= MAX_TEXT:
                    yield rep.text() if place in tables.REMARK_PLACES else " ".join(map(rep.get, (2, 5, 9)))


def _is_oxygen(code: str | None, words: str | None) -> bool:
    return any(low <= (code or "") <= high for low, high in tables.OXYGEN) or bool(
        re.search(r"\b(?:oxygen|o2|concentrator)\b", words or "", re.I)
    )
