"""Says what is wrong with a FHIR resource and where: a strict walk by type, then fhir.resources as second opinion."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from schemas.faults import faults_of
from schemas.fhir.elements import RESOURCE, Element, elements_of, resource_class
from schemas.fhir.outcome import Issue
from schemas.fhir.primitives import primitive_problem

MAX_ISSUES = 50


def validate(resource: dict[str, Any]) -> list[Issue]:
    """Return the errors of a resource (none: it is valid R4B); at most 50, and never a value of the input."""
    return walked(resource) or second_opinion(resource)


def walked(resource: dict[str, Any]) -> list[Issue]:
    """Return what our own walk finds."""
    walk = _Walk()
    walk.resource(resource, "")
    return walk.issues


class _Walk:
    def __init__(self) -> None:
        self.issues: list[Issue] = []

    def say(self, code: str, diagnostics: str, path: str) -> None:
        if len(self.issues) < MAX_ISSUES:
            self.issues.append(Issue("error", code, diagnostics, path))

    def resource(self, value: Any, path: str) -> None:
        """Walk a resource; at the root `path` is empty, below it is where the resource hangs."""
        if not isinstance(value, dict):
            self.say("structure", "a resource must be a JSON object", path)
            return
        name = value.get("resourceType")
        if name is None:
            self.say("required", "resourceType is missing", path)
            return
        model = resource_class(name)
        if model is None:
            self.say("structure", "resourceType is not a resource of FHIR R4", path)
            return
        here = f"{path}.ofType({name})" if path else str(name)
        self.children(model, {key: item for key, item in value.items() if key != "resourceType"}, here)

    def children(self, model: Any, value: dict[str, Any], path: str) -> None:
        known = elements_of(model)
        if not value and "." in path:
            self.say("structure", "an object must not be empty", path)
        for key, item in value.items():
            element = known.get(key)
            if element is None or key == "resourceType":
                self.say("structure", "unknown element", f"{path}.{key}" if _tame(key) else path)
            else:
                self.element(element, item, value, f"{path}.{element.path}")
        self.presence(known, value, path)

    def presence(self, known: dict[str, Element], value: dict[str, Any], path: str) -> None:
        """Check what must be there and which forms of one choice exclude each other."""
        choices: dict[str, list[Element]] = {}
        for element in known.values():
            if element.choice:
                choices.setdefault(element.choice, []).append(element)
            elif element.required and element.name not in value and f"_{element.name}" not in value:
                self.say("required", "a required element is missing", f"{path}.{element.path}")
        for choice, forms in choices.items():
            here = [form for form in forms if form.name in value or f"_{form.name}" in value]
            if len(here) > 1:
                self.say("structure", "only one form of this element may be there", f"{path}.{choice}")
            elif not here and forms[0].choice_required:
                self.say("required", "a required element is missing", f"{path}.{choice}")

    def element(self, element: Element, value: Any, parent: dict[str, Any], path: str) -> None:
        if element.kind == "extension":
            self.list_or_one(element, value, path, many=element.is_list, nulls=True)
        else:
            nulls = isinstance(parent.get(f"_{element.name}"), list)
            self.list_or_one(element, value, path, many=element.is_list, nulls=nulls)

    def list_or_one(self, element: Element, value: Any, path: str, *, many: bool, nulls: bool) -> None:
        if not many:
            self.one(element, value, path)
            return
        if not isinstance(value, list):
            self.say("structure", "must be an array", path)
            return
        if not value:
            self.say("structure", "an array must not be empty", path)
        for number, item in enumerate(value):
            if item is not None or not nulls:
                self.one(element, item, f"{path}[{number}]")

    def one(self, element: Element, value: Any, path: str) -> None:
        if element.kind == RESOURCE:
            self.resource(value, path)
        elif element.kind == "complex":
            if isinstance(value, dict):
                self.children(element.model, value, path)
            else:
                self.say("structure", "must be an object", path)
        elif element.kind == "extension":
            self.primitive_extension(value, path)
        else:
            problem = primitive_problem(element.kind, value)
            if problem:
                self.say(*problem, path)
            elif element.values and value not in element.values:
                self.say("code-invalid", "not a code that this element may have", path)

    def primitive_extension(self, value: Any, path: str) -> None:
        if not isinstance(value, dict) or not value or value.keys() - {"id", "extension"}:
            self.say("structure", "must be an object with id or extension only", path)
            return
        own = elements_of(_element_model())
        for key, item in value.items():
            self.element(own[key], item, value, f"{path}.{key}")


def _element_model() -> Any:
    from fhir.resources.R4B.element import Element as Base

    return Base


def _tame(key: str) -> bool:
    """Tell whether a key may be shown: element-like, not a value in disguise."""
    return key.removeprefix("_").isascii() and key.removeprefix("_").isalpha() and len(key) <= 40


def second_opinion(resource: dict[str, Any]) -> list[Issue]:
    """Return what fhir.resources says of a resource; siblings that it does not know are held back from it."""
    issues = _judged(resource)
    bare = _as_the_library_knows(resource) if issues else resource
    return issues if bare == resource else _judged(bare)


def _judged(resource: dict[str, Any]) -> list[Issue]:
    """Let fhir.resources judge what the walk found clean."""
    try:
        resource_class(resource["resourceType"]).model_validate(resource)
    except ValidationError as wrong:
        return [
            Issue("error", _issue_type(fault.kind), "refused by the R4B model", expression(resource, fault.path))
            for fault in faults_of(wrong)[:MAX_ISSUES]
        ]
    except (AttributeError, KeyError, ValueError, TypeError, OverflowError, RecursionError):
        # the library leaks these from some corners (a wrong type inside contained resources, for one)
        return [Issue("error", "invalid", "refused by the R4B model", str(resource["resourceType"]))]
    return []


def _as_the_library_knows(value: Any) -> Any:
    """Return a resource without the siblings of extension values: the library does not know them."""
    if isinstance(value, list):
        return [_as_the_library_knows(item) for item in value]
    if not isinstance(value, dict):
        return value
    known = (k for k in value if not (k.startswith("_value") and "url" in value))
    return {k: _as_the_library_knows(value[k]) for k in known}


def _issue_type(error_type: str) -> str:
    if "missing" in error_type:
        return "required"
    return "structure" if "extra" in error_type or error_type.endswith("_type") else "value"


def expression(resource: dict[str, Any], loc: tuple[int | str, ...]) -> str:
    """Return the FHIRPath of a pydantic location inside this resource."""
    path = str(resource.get("resourceType", ""))
    at: Any = resource
    for part in loc:
        if isinstance(part, int):
            path += f"[{part}]"
            at = at[part] if isinstance(at, list) and part < len(at) else {}
        else:
            path += f".{part}" if _tame(part) else ""
            at = at.get(part, {}) if isinstance(at, dict) else {}
        if isinstance(at, dict) and isinstance(at.get("resourceType"), str):
            path += f".ofType({at['resourceType']})"
    return path
