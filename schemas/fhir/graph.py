"""The resources of one Bundle and how they refer to each other; nothing outside the Bundle is ever fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

Resource = dict[str, Any]
RELATIVE = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?")
CONDITIONAL = re.compile(r"([A-Z][A-Za-z]+)\?identifier=([^&]+)")
HISTORY = re.compile(r"/_history/[^/]*$")


def items(value: Any) -> list[Any]:
    """Return a FHIR element that may repeat as a list without nulls."""
    if value is None:
        return []
    return [item for item in value if item is not None] if isinstance(value, list) else [value]


def parts(value: Any) -> list[Resource]:
    """Return the objects of an element that may repeat."""
    return [item for item in items(value) if isinstance(item, dict)]


def part(value: Any) -> Resource:
    """Return the element if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


class Graph:
    """One Bundle's entries (or one bare resource) with their references resolved within it."""

    def __init__(self, bundle: Resource) -> None:
        self.resources: list[Resource] = []
        self._by_url: dict[str, Resource] = {}
        self._by_id: dict[str, list[Resource]] = {}
        self._by_identifier: dict[tuple[str, str, str], list[Resource]] = {}
        entries = bundle.get("entry") if bundle.get("resourceType") == "Bundle" else [{"resource": bundle}]
        for entry in parts(entries):
            self._add(part(entry.get("resource")), entry.get("fullUrl"))

    def _add(self, resource: Resource, full_url: Any) -> None:
        kind = resource.get("resourceType")
        if not isinstance(kind, str):
            return
        self.resources.append(resource)
        if isinstance(full_url, str):
            self._by_url.setdefault(full_url, resource)
        for found in filter(None, (resource.get("id"), tail_id(full_url, kind))):
            _note(self._by_id.setdefault(f"{kind}/{found}", []), resource)
        for identifier in parts(resource.get("identifier")):
            key = (kind, str(identifier.get("system") or ""), str(identifier.get("value") or ""))
            _note(self._by_identifier.setdefault(key, []), resource)

    def resolve(self, reference: Any, holder: Resource) -> Resource | None:
        """Return the resource that a Reference inside `holder` means: contained, in the Bundle, or none.

        A reference that fits several different patients means none of them.
        """
        return _only(self.candidates(reference, holder))

    def candidates(self, reference: Any, holder: Resource) -> list[Resource]:
        """Return every resource that a Reference inside `holder` may mean."""
        reference = part(reference)
        literal = reference.get("reference")
        if isinstance(literal, str):
            if literal.startswith("#"):
                inside = (inner for inner in parts(holder.get("contained")) if f"#{inner.get('id')}" == literal)
                return list(inside)[:1]
            return self._named(literal)
        identifier = part(reference.get("identifier"))
        kind, value = reference.get("type"), identifier.get("value")
        if isinstance(kind, str) and isinstance(value, str):
            return self._by_identifier.get((kind, str(identifier.get("system") or ""), value), [])
        return []

    def find(self, literal: str) -> Resource | None:
        """Return the entry that a literal reference means: its fullUrl, `Type/id` or `Type?identifier=`."""
        return _only(self._named(literal))

    def _named(self, literal: str) -> list[Resource]:
        url = HISTORY.sub("", literal)
        relative = RELATIVE.fullmatch(literal)
        conditional = CONDITIONAL.fullmatch(literal)
        if relative:
            return self._by_id.get(f"{relative[1]}/{relative[2]}", [])
        if conditional:
            system, _, value = conditional[2].rpartition("|")
            return self._by_identifier.get((conditional[1], system, value), [])
        found = self._by_url.get(literal) or self._by_url.get(url)
        return [found] if found else []

    def of_type(self, *kinds: str) -> Iterator[Resource]:
        return (resource for resource in self.resources if resource.get("resourceType") in kinds)


def _note(found: list[Resource], resource: Resource) -> None:
    if not any(other is resource for other in found):
        found.append(resource)


def _only(found: list[Resource]) -> Resource | None:
    """Return the first of several, unless they are patients who are not the same person."""
    first = next(iter(found), None)
    if first is not None and first.get("resourceType") == "Patient":
        return first if all(same_person(first, other) for other in found[1:]) else None
    return first


def same_person(one: Resource, other: Resource) -> bool:
    """Tell whether two Patient resources say the same name and the same date of birth; an identifier proves nothing."""
    if one is other:
        return True
    born = one.get("birthDate")
    if not isinstance(born, str) or born != other.get("birthDate"):
        return False
    return bool(_names(one) & _names(other))


def _names(patient: Resource) -> set[frozenset[str]]:
    """Return each name of a patient as its words, whatever their order and case."""
    found = set()
    for name in parts(patient.get("name")):
        words = [*items(name.get("given")), *items(name.get("family"))] or items(name.get("text"))
        text = " ".join(word for word in words if isinstance(word, str))
        found.add(frozenset(re.findall(r"[^\s,]+", text.casefold())))
    return found - {frozenset()}


def tail_id(full_url: Any, kind: str) -> str | None:
    """Return the id at the end of a RESTful fullUrl of that type."""
    found = (
        re.search(rf"(?:^|/){re.escape(kind)}/([A-Za-z0-9\-.]{{1,64}})$", full_url)
        if isinstance(full_url, str)
        else None
    )
    return found[1] if found else None


def identifiers(resource: Resource) -> list[tuple[str, str, str]]:
    """Return (type code, system, value) of each identifier that has a value."""
    found = []
    for identifier in parts(resource.get("identifier")):
        value = identifier.get("value")
        if isinstance(value, str) and value.strip():
            codes = [str(c.get("code") or "") for c in parts(part(identifier.get("type")).get("coding"))]
            found.append((codes[0] if codes else "", str(identifier.get("system") or ""), value.strip()))
    return found


def extensions(resource: Resource) -> list[tuple[str, Any]]:
    """Return (last word of the URL, value) of each extension, nested ones too."""
    found: list[tuple[str, Any]] = []
    for extension in parts(resource.get("extension")):
        name = re.split(r"[/#:]", str(extension.get("url") or ""))[-1].lower()
        found += [(name, value) for key, value in extension.items() if key.startswith("value")]
        found += extensions(extension)
    return found
