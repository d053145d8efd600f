"""The JSON form of a resource to FHIR XML, its elements in the order of their definition (R4 section 2.6.1)."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any

from fhir.resources.R4B.element import Element as ElementModel
from fhir.resources.R4B.extension import Extension
from fhir.resources.R4B.resource import Resource

from schemas.fhir.elements import RESOURCE, Element, elements_of, resource_class
from schemas.fhir.xhtml import attribute, div_of
from schemas.fhir.xml_in import FHIR


def xml_dumps(resource: dict[str, Any]) -> bytes:
    """Return a resource as a FHIR XML document in UTF-8; what R4 does not know of is left out."""
    out = ['<?xml version="1.0" encoding="UTF-8"?>']
    _resource(out, resource, f' xmlns="{FHIR}"')
    return "".join(out).encode()


@cache
def _sequence(model: Any) -> tuple[Element, ...]:
    """Return the elements of a type in the order in which XML must have them."""
    known = elements_of(model)
    order = {name: place for place, name in enumerate(model.elements_sequence())}
    listed = [e for e in known.values() if e.kind != "extension" and e.name in order]
    return tuple(sorted(listed, key=lambda element: order[element.name]))


def _resource(out: list[str], resource: dict[str, Any], namespace: str = "") -> None:
    name = resource.get("resourceType")
    model = resource_class(name)
    if model is not None:
        _complex(out, str(name), resource, model, namespace)


def _complex(out: list[str], name: str, value: dict[str, Any], model: Any, extra: str = "") -> None:
    said = [extra]
    is_resource = issubclass(model, Resource)
    if not is_resource and isinstance(value.get("id"), str):
        said.append(f' id="{attribute(value["id"])}"')
    if issubclass(model, Extension) and isinstance(value.get("url"), str):
        said.append(f' url="{attribute(value["url"])}"')
    inner: list[str] = []
    for element in _sequence(model):
        if element.name == "id" and not is_resource:
            continue
        if element.name == "url" and issubclass(model, Extension):
            continue
        _element(inner, element, value)
    out.append(f"<{name}{''.join(said)}" + ("/>" if not inner else ">"))
    if inner:
        out += inner
        out.append(f"</{name}>")


def _element(out: list[str], element: Element, parent: dict[str, Any]) -> None:
    values, extras = _listed(parent.get(element.name)), _listed(parent.get(f"_{element.name}"))
    for place in range(max(len(values), len(extras))):
        value = values[place] if place < len(values) else None
        if element.kind == RESOURCE:
            if isinstance(value, dict):
                out.append(f"<{element.name}>")
                _resource(out, value)
                out.append(f"</{element.name}>")
        elif element.kind == "complex":
            if isinstance(value, dict):
                _complex(out, element.name, value, element.model)
        elif element.kind == "Xhtml":
            out.append(div_of(str(value or "")))
        else:
            extra = extras[place] if place < len(extras) else None
            _primitive(out, element.name, value, extra if isinstance(extra, dict) else {})


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _primitive(out: list[str], name: str, value: Any, extra: dict[str, Any]) -> None:
    if value is None and not extra:
        return
    said = "" if value is None else f' value="{attribute(_text(value))}"'
    _complex(out, name, extra, ElementModel, said)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, Decimal, str)) else repr(value)
