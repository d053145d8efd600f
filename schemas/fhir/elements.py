"""What each FHIR R4B type may contain, read once per type from the models of fhir.resources."""

from __future__ import annotations

import re
import typing
from dataclasses import dataclass, replace
from functools import cache
from types import UnionType
from typing import Any

from fhir.resources.R4B import get_fhir_model_class
from fhir.resources.R4B.resource import Resource

REQUESTS = ("ServiceRequest", "DeviceRequest", "MedicationRequest", "NutritionOrder")
RESOURCE = "resource"
CUT_SHORT = frozenset({"+", "etc.", "..."})
"""How the specification's short texts, from which fhir.resources has its lists, say that there are more codes."""
REVIEWED = (
    *("Address", "Identifier", "ContactPoint", "TimingRepeat", "HumanName", "Narrative", "RelatedArtifact"),
    *(
        "Task",
        "ServiceRequest",
        "DeviceRequest",
        "MedicationRequest",
        "NutritionOrder",
        "Patient",
        "Coverage",
        "Practitioner",
    ),
    *("DocumentReference", "Encounter", "Bundle", "MessageHeader", "Location", "Device", "Medication"),
    *("Observation", "Provenance", "Communication", "RelatedPerson"),
)
"""Types (and their parts) whose code lists were compared with the specification: others are wrong in places."""
FULL_VALUES = {
    "Task.status": "draft requested received accepted rejected ready cancelled in-progress on-hold failed completed "
    "entered-in-error",
    "Encounter.status": "planned arrived triaged in-progress onleave finished cancelled entered-in-error unknown",
    "Observation.status": "registered preliminary final amended corrected cancelled entered-in-error unknown",
}
TYPE_NAME = re.compile(r"[A-Z][A-Za-z]{1,63}")


@dataclass(frozen=True, slots=True)
class Element:
    """One JSON property: `kind` is a primitive's name, `complex`, `resource` or `extension` (the `_name` sibling)."""

    name: str
    kind: str
    model: Any
    is_list: bool
    required: bool
    values: frozenset[str]
    choice: str
    choice_required: bool

    @property
    def path(self) -> str:
        """The element as FHIRPath names it: occurrencePeriod is `occurrence.ofType(Period)`."""
        if not self.choice:
            return self.name.removeprefix("_")
        suffix = self.name.removeprefix("_").removeprefix(self.choice)
        if self.kind not in {"complex", RESOURCE}:
            suffix = suffix[:1].lower() + suffix[1:]
        return f"{self.choice}.ofType({suffix})"


def is_request(resource_type: str) -> bool:
    return resource_type in REQUESTS


@cache
def _resource_class(resource_type: str) -> Any:
    try:
        model: Any = get_fhir_model_class(resource_type)
    except (ValueError, KeyError):
        return None
    return model if issubclass(model, Resource) else None


def resource_class(resource_type: object) -> Any:
    """Return the model of a resource type, None when FHIR R4B has no such resource."""
    if not isinstance(resource_type, str) or not TYPE_NAME.fullmatch(resource_type):
        return None
    return _resource_class(resource_type)


def is_resource_type(name: str) -> bool:
    return resource_class(name) is not None


@cache
def elements_of(model: Any) -> dict[str, Element]:
    """Return every JSON property that the model's type may have, by its JSON name."""
    found: dict[str, Element] = {}
    for field_name, field in model.model_fields.items():
        name = field.alias or field_name
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        is_list, kind, of = _kind(field.annotation)
        found[name] = Element(
            name=name,
            kind=kind,
            model=of,
            is_list=is_list,
            required=bool(extra.get("element_required")) or field.is_required(),
            values=_values(model.get_resource_type(), name, extra.get("enum_values")),
            choice=str(extra.get("one_of_many") or ""),
            choice_required=bool(extra.get("one_of_many_required")),
        )
    return found | _forgotten(found)


def _forgotten(known: dict[str, Element]) -> dict[str, Element]:
    """Return the siblings that the library leaves out: those of an extension's own values (`_valueString`)."""
    other = {"complex", "extension", RESOURCE}
    plain = (e for e in known.values() if e.choice == "value" and e.kind not in other)
    names = {f"_{e.name}": e for e in plain if f"_{e.name}" not in known}
    return {n: replace(e, name=n, kind="extension", values=frozenset(), choice="") for n, e in names.items()}


def _values(type_name: str, name: str, listed: Any) -> frozenset[str]:
    """Return the codes an element may have; empty when the library's list is cut short or absent."""
    full = FULL_VALUES.get(f"{type_name}.{name}")
    if full:
        return frozenset(full.split())
    values = frozenset(str(value) for value in listed or ()) if type_name.startswith(REVIEWED) else frozenset()
    return frozenset() if values & CUT_SHORT else values


def _kind(annotation: Any) -> tuple[bool, str, Any]:
    """Return (is a list, kind, model) of a field's annotation."""
    is_list = False
    while True:
        origin, args = typing.get_origin(annotation), typing.get_args(annotation)
        if origin is typing.Annotated:
            return is_list, type(args[1]).__name__, None
        if origin is list:
            is_list, annotation = True, args[0]
        elif origin is typing.Union or origin is UnionType:
            annotation = next(arg for arg in args if arg is not type(None))
        elif hasattr(annotation, "get_model_klass"):
            name = annotation.__name__.removesuffix("Type")
            if name == "Resource":
                return is_list, RESOURCE, None
            if name == "FHIRPrimitiveExtension":
                return is_list, "extension", None
            return is_list, "complex", annotation.get_model_klass()
        else:
            return is_list, {bool: "Boolean"}.get(annotation, "String"), None
