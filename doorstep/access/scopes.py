"""SMART scopes of system clients (SMART App Launch 2.x, "Scopes for requesting FHIR resources"), v2 and v1 style."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_SCOPE = re.compile(r"system/(\*|[A-Z][A-Za-z]{1,60})\.(read|write|\*|c?r?u?d?s?)")
_V1 = {"read": "rs", "write": "cud", "*": "cruds"}
MOST = 100
"""Scopes in one request; more is an attack."""


@dataclass(frozen=True, slots=True)
class Scope:
    """One scope: a resource type (or `*`) and the interactions c, r, u, d, s on it; `text` is how it was written."""

    resource_type: str
    may: str
    text: str

    def allows(self, resource_type: str, interaction: str) -> bool:
        return self.resource_type in {"*", resource_type} and interaction in self.may


def parse(text: str) -> Scope:
    """Return a scope; ValueError for what is none of a system client, or restricted in a way that is not kept here."""
    match = _SCOPE.fullmatch(text)
    if match is None or not match[2]:
        raise ValueError("a scope is system/TYPE.cruds (letters in that order), system/TYPE.read or system/TYPE.write")
    return Scope(match[1], _V1.get(match[2], match[2]), text)


PROVIDERS = parse("system/Task.rus")
"""The most that a provider of the network may do."""
EVERYTHING = (parse("system/*.cruds"),)


def allowed(scopes: Iterable[Scope], resource_type: str, interaction: str) -> bool:
    return any(scope.allows(resource_type, interaction) for scope in scopes)


def granted(asked: Sequence[Scope], registered: Sequence[Scope]) -> list[Scope]:
    """Return what of the asked scopes the client is registered for, never more than either says."""
    found: dict[str, Scope] = {}
    for wish in asked:
        for kind, may in _shared(wish, registered).items():
            whole = kind == wish.resource_type and may == wish.may
            text = wish.text if whole else f"system/{kind}.{may}"
            found.setdefault(text, Scope(kind, may, text))
    return list(found.values())


def _shared(wish: Scope, registered: Sequence[Scope]) -> dict[str, str]:
    """Return type -> interactions that a wish and the registration have in common."""
    letters: dict[str, set[str]] = {}
    for known in registered:
        kind = {known.resource_type: wish.resource_type, wish.resource_type: known.resource_type}.get("*")
        if kind is None and known.resource_type == wish.resource_type:
            kind = wish.resource_type
        if kind is not None:
            letters.setdefault(kind, set()).update(set(known.may) & set(wish.may))
    return {kind: "".join(c for c in "cruds" if c in may) for kind, may in letters.items() if may}
