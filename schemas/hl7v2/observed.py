"""What OBX says that no field of an order holds, as lines of its notes: a saturation, a weight."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from schemas.hl7v2.er7 import Segment
from schemas.hl7v2.facts import field_of
from schemas.hl7v2.groups import Segments
from schemas.hl7v2.values import Unusable, clean, day
from schemas.noted import line

MOST = 100
LONGEST = 300
"""What is longer is a report, and reports are documents."""
_TEXT = frozenset({"NM", "ST", "TX", "FT", "IS", "ID", "DT", "TS", "DTM", ""})
_CODED = frozenset({"CE", "CWE", "CNE", "CF"})


def observed(scopes: Iterable[Segments]) -> tuple[str, ...]:
    """Return a line for each result; one that was deleted or is wrong (OBX-11) says nothing."""
    segments = [segment for scope in scopes for segment in scope.get("OBX", ())][:MOST]
    said = [one for one in segments if one.get(11).upper() not in {"D", "X", "W"} and field_of(one) is None]
    lines = [_line(segment) for segment in said]
    return tuple(dict.fromkeys(text for text in lines if text))


def _line(segment: Segment) -> str | None:
    code = next((segment.get(3, at) for at in (1, 4) if segment.get(3, at + 2).upper() in {"LN", "LOINC"}), None)
    name = next((text for at in (2, 5, 1, 4) if (text := segment.get(3, at))), "")
    try:
        value, name, how = clean(_value(segment)), clean(name), clean(segment.get(17, 2) or segment.get(17))
        by = clean(" ".join(filter(None, (segment.get(16, 3), segment.get(16, 2)))))
    except Unusable:
        return None
    if not name or not value or len(value) > LONGEST:
        return None
    when = None
    with suppress(Unusable):
        when = day(segment.get(14))
    return line(name, value, code=code, day=when, by=by or None, said=how)


def _value(segment: Segment) -> str:
    kind, texts = segment.get(2).upper(), []
    for rep in segment.repetitions(5):
        if kind in _TEXT:
            texts.append(rep.text())
        elif kind in _CODED:
            texts.append(rep.get(2) or rep.get(1))
        elif kind == "SN":
            texts.append("".join(rep.get(part) for part in (1, 2, 3, 4)))
        elif kind == "CQ":
            texts.append(f"{rep.get(1)} {rep.get(2)}")
    text = ", ".join(filter(None, texts))
    unit = segment.get(6)
    return f"{text} {unit}" if text and unit else text
