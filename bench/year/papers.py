"""What the record says of an element that a later gate wants: any value that passes the element's own check."""

from __future__ import annotations

from datetime import date
from functools import cache

from doorstep.rules import load, rules_dir
from schemas.rules import Element, Ruleset


@cache
def elements() -> dict[str, Element]:
    """Return every element of the rules that is said in notes, by its id."""
    names = (path.stem for path in sorted((rules_dir() / "elements").glob("*.yaml")) if path.stem != "order_types")
    found = (Ruleset.model_validate(load(f"elements/{name}")) for name in names)
    return {element.id: element for ruleset in found for element in ruleset.elements if element.notes}


def in_the_record(element_id: str, day: date) -> str | None:
    """Return the value; None for an element that has a field of its own."""
    element = elements().get(element_id)
    if element is None:
        return None
    number = element.check.at_most or element.check.at_least or 1
    words = " ".join(word.partition("|")[0] for word in element.check.says)
    return f"{number} {words} on {day}"


def note_of(element_id: str, day: date) -> str | None:
    """Return the value as a line of an order's notes."""
    value = in_the_record(element_id, day)
    return None if value is None else f"{elements()[element_id].label}: {value}"
