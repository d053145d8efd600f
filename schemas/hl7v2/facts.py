"""What OBX and NTE say in words: `name: value` facts for fields that HL7 v2 has no segment for, and free notes."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from schemas.hl7v2 import tables
from schemas.hl7v2.er7 import Segment
from schemas.hl7v2.groups import Segments
from schemas.hl7v2.sheet import Sheet
from schemas.hl7v2.values import Unusable, clean
from schemas.order import Frequency, OrderType
from schemas.said import KINDS, stated

Barrier = Literal["stairs", "gated", "elevator"]

MAX_NOTES = 100
MAX_NOTE = 2000
_KEYED = re.compile(r"([A-Za-z][A-Za-z0-9 _./()#?-]{1,60}?) ?[:=] ?(\S.*)")
_ASIDE = re.compile(r"\([^()]*\)")
_LISTS = frozenset({"ship_address", "access_barriers", "icd10"})
_OPEN = re.compile(r"(?<!\d{5}),$")
"""A value that goes on in the next line; a ZIP code ends an address, with or without a comma."""


class Fact(NamedTuple):
    """A named value: the field it fills and where it was said."""

    field: str
    text: str
    place: str


def facts_of(sheet: Sheet, scope: Segments) -> tuple[list[Fact], list[str]]:
    """Return the facts and the free notes of a scope's OBX and NTE segments."""
    facts = [fact for segment in scope.get("OBX", ()) if (fact := _observed(sheet, segment))]
    notes: list[str] = []
    goes_on = False
    for segment in scope.get("NTE", ()):
        for rep in segment.repetitions(3):
            sheet.use(segment, 3)
            for line in filter(str.strip, rep.text().split("\n")):
                known = len(facts)
                _note_line(line, facts, notes)
                if len(facts) == known:
                    goes_on = goes_on and _added(line, facts)
                goes_on = (goes_on or len(facts) > known) and _is_open(facts[-1])
    return facts, notes


def _is_open(fact: Fact) -> bool:
    return fact.field in _LISTS and _OPEN.search(fact.text) is not None


def _added(line: str, facts: list[Fact]) -> bool:
    """Put a line without a name to the value before it; it stays a note as well, for it may have been one."""
    text = f"{facts[-1].text} {line.strip()}"
    if _KEYED.fullmatch(line.strip()) or len(text) > MAX_NOTE:
        return False
    facts[-1] = facts[-1]._replace(text=text)
    return True


def _note_line(line: str, facts: list[Fact], notes: list[str]) -> None:
    try:
        text = clean(line)
    except Unusable:
        text = line.strip()  # a note is for people: the replacement character shows them what was lost
    found = _KEYED.fullmatch(text) if len(text) <= MAX_NOTE else None
    field = tables.NAMED_FIELDS.get(_key(found[1])) if found else None
    if found and field:
        facts.append(Fact(field, found[2], "NTE-3"))
    elif text and len(notes) < MAX_NOTES:
        notes.append(text[:MAX_NOTE])


def _key(text: str) -> str:
    """Return a name as the table has it: small letters, no punctuation, nothing in parentheses."""
    return " ".join(re.sub(r"[_\-/.:?#*]", " ", _ASIDE.sub(" ", text.lower())).split())


def field_of(segment: Segment) -> str | None:
    """Return the field of an order that an OBX fills, by the code or the name of what was observed."""
    field = None
    for at in (1, 4):
        code, system = segment.get(3, at), segment.get(3, at + 2).upper()
        if system in {"LN", "LOINC"}:
            field = field or tables.LOINC_FIELDS.get(code)
        field = field or tables.NAMED_FIELDS.get(_key(segment.get(3, at + 1))) or tables.NAMED_FIELDS.get(_key(code))
    return field


def _observed(sheet: Sheet, segment: Segment) -> Fact | None:
    """Read one OBX when its name is one of ours; a deleted or wrong one (OBX-11) says nothing."""
    field = field_of(segment)
    if field is None or segment.get(11).upper() in {"D", "X", "W"}:
        return None
    kind, texts = segment.get(2).upper(), []
    for rep in segment.repetitions(5):
        if kind in {"XAD", "AD"}:
            street = " ".join(part for part in (rep.get(1), rep.get(2)) if part)
            texts.append(f"{street}, {rep.get(3)}, {rep.get(4)} {rep.get(5)}")
        elif kind in {"CE", "CWE", "CNE", "CF"}:
            texts.append(rep.get(2) or rep.get(1))
        elif kind in {"SN", "CQ"}:
            texts.append(rep.get(2) if kind == "SN" else rep.get(1))
        elif kind in {"XTN", "TN"}:
            texts.append(next((t for t in (rep.get(1), rep.get(12), rep.get(6) + rep.get(7)) if t), ""))
        else:
            texts.append(rep.text())
    for number in (3, 5, 6):
        sheet.use(segment, number)
    unit = segment.get(6)
    text = ", ".join(t for t in texts if t)
    return Fact(field, f"{text} {unit}".strip() if unit else text, "OBX-5") if text else None


def frequency(text: str, named: str, order_type: OrderType) -> Frequency | None:
    """Read a frequency; `named` is the kind its name gave, or `frequency` when the text itself must say it."""
    lower = clean(text).lower()
    if not lower:
        return None
    for kind in [kind for kind in KINDS if kind == named] or KINDS:
        if kind == "dressings_per_week" and named != kind and order_type is not OrderType.DME and "dress" not in lower:
            continue
        found = stated(lower, kind, named=named == kind)
        if len(found) > 1:
            raise Unusable("states more than one value")
        if found:
            value = found.pop()
            if value <= 0:
                raise Unusable("is not a positive number")
            return Frequency(kind=kind, value=value)
    raise Unusable("is not a frequency we know")


def barriers(text: str) -> tuple[Barrier, ...] | None:
    """Read access barriers out of a list such as `stairs; gated community; no elevator`."""
    found: set[Barrier] = set()
    lower = clean(text).lower()
    parts = [p.strip() for p in re.split(r"[,;/&+|]| and ", lower) if p.strip()]
    denied = 0
    for part in parts:
        words = re.findall(r"[a-z]+", part)
        if words and words[0] in {"no", "none", "without", "not", "n"}:
            denied += 1
        else:
            found.update(tables.BARRIERS[w] for w in words if w in tables.BARRIERS)
    if not found and denied < len(parts):
        raise Unusable("names no barrier we know")
    return tuple(sorted(found))
