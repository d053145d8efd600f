"""The invariants of R4 that decide what a referral means: a rule key of the specification, where it is broken, and why.

They are told by $validate. An order that breaks one is taken all the same, for what it lacks is asked for; what
contradicts itself in what is used (a period that ends before it begins) is a conflict of the order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from schemas.fhir.elements import RESOURCE, elements_of, resource_class
from schemas.fhir.graph import parts
from schemas.fhir.outcome import Issue

Node = dict[str, Any]


def broken(resource: Node) -> list[Issue]:
    """Return the invariants that a structurally valid resource breaks, each with its path."""
    kind = str(resource["resourceType"])
    found = list(_walk(resource, resource_class(kind), kind, kind))
    contained = {f"#{one.get('id')}" for one in parts(resource.get("contained"))}
    for path, literal in _local(resource, kind):
        if literal != "#" and literal not in contained:
            found.append(_issue("ref-1", "the reference leads to no contained resource", path))
    return found


def _walk(value: Node, model: Any, kind: str, path: str) -> Iterator[Issue]:
    for key, said, holds in RULES.get(kind, ()):
        if not holds(value):
            yield _issue(key, said, path)
    for name, element in elements_of(model).items():
        if name not in value or element.kind not in {"complex", RESOURCE}:
            continue
        items = value[name] if isinstance(value[name], list) else [value[name]]
        for number, item in enumerate(items):
            where = f"{path}.{element.path}[{number}]" if element.is_list else f"{path}.{element.path}"
            if element.kind == RESOURCE:
                inner = str(item["resourceType"])
                yield from _walk(item, resource_class(inner), inner, f"{where}.ofType({inner})")
            else:
                yield from _walk(item, element.model, str(element.model.get_resource_type()), where)


def _issue(key: str, said: str, path: str) -> Issue:
    return Issue("error", "invariant", f"{key}: {said}", path)


def _local(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield every reference into `contained`, but for those of Bundle entries, which have containers of their own."""
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _local(item, f"{path}[{number}]")
    elif isinstance(value, dict) and not (path.endswith(".resource") and "resourceType" in value):
        for name, item in value.items():
            if name == "reference" and isinstance(item, str) and item.startswith("#"):
                yield path, item
            elif isinstance(item, (dict, list)):
                yield from _local(item, f"{path}.{name}")


def _needs(name: str, *others: str) -> Callable[[Node], bool]:
    """Return a rule: who has this element has one of the others."""
    return lambda value: name not in value or any(other in value for other in others)


def _in_order(first: str, last: str) -> Callable[[Node], bool]:
    """Return a rule: the one date or number is not after the other; what cannot be compared does not count."""

    def holds(value: Node) -> bool:
        low, high = _comparable(value.get(first)), _comparable(value.get(last))
        if isinstance(low, str) and isinstance(high, str):
            return low[: len(high)] <= high[: len(low)] if "T" not in low + high else low[:10] <= high[:10]
        return not (isinstance(low, Decimal) and isinstance(high, Decimal)) or low <= high

    return holds


def _comparable(value: Any) -> str | Decimal | None:
    if isinstance(value, dict):
        value = value.get("value")
    if isinstance(value, str):
        return value
    return Decimal(str(value)) if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) else None


def _together(one: str, other: str) -> Callable[[Node], bool]:
    return lambda value: (one in value) == (other in value)


def _one_of(*names: str) -> Callable[[Node], bool]:
    return lambda value: any(name in value for name in names)


def _value_or_inner(value: Node) -> bool:
    said = any(name.removeprefix("_").startswith("value") for name in value)
    return said != bool(value.get("extension"))


Rule = tuple[str, str, Callable[[Node], bool]]
_PERIOD = _in_order("start", "end")
RULES: dict[str, tuple[Rule, ...]] = {
    "Period": (("per-1", "the start is after the end", _PERIOD),),
    "Range": (("rng-2", "the low value is above the high one", _in_order("low", "high")),),
    "Ratio": (("rat-1", "numerator and denominator go together", _together("numerator", "denominator")),),
    "Quantity": (("qty-3", "a coded unit needs its system", _needs("code", "system")),),
    "ContactPoint": (("cpt-2", "a value needs its system (phone, fax, email)", _needs("value", "system")),),
    "Attachment": (("att-1", "data need their content type", _needs("data", "contentType")),),
    "Extension": (("ext-1", "an extension has a value or extensions, not both", _value_or_inner),),
    "TimingRepeat": (
        ("tim-1", "a duration needs its unit", _needs("duration", "durationUnit")),
        ("tim-2", "a period needs its unit", _needs("period", "periodUnit")),
        ("tim-6", "a longest period needs a period", _needs("periodMax", "period")),
        ("tim-7", "a longest duration needs a duration", _needs("durationMax", "duration")),
        ("tim-8", "a highest count needs a count", _needs("countMax", "count")),
        ("tim-9", "an offset needs the event that it is from", _needs("offset", "when")),
    ),
    "PatientContact": (
        ("pat-1", "a contact says who or how", _one_of("name", "telecom", "address", "organization")),
    ),
    "ServiceRequest": (("prr-1", "an order detail needs a code", _needs("orderDetail", "code")),),
    "NutritionOrder": (
        ("nor-1", "a diet, a supplement or a formula is ordered", _one_of("oralDiet", "supplement", "enteralFormula")),
    ),
    "Task": (("inv-1", "it was modified before it was authored", _in_order("authoredOn", "lastModified")),),
    "BundleEntry": (
        ("bdl-5", "an entry has a resource, a request or a response", _one_of("resource", "request", "response")),
    ),
}  # fmt: skip
"""Type -> (rule of R4, what is wrong, whether it holds); keys and meaning are those of the type's page in R4."""
