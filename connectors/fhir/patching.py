"""JSON Patch (RFC 6902) over a resource. Pure: a patch yields the whole resource, which is judged as any PUT is."""

from __future__ import annotations

import copy
import re
from typing import Any

from connectors.fhir.wire import refusal
from schemas.codec import CodecError
from schemas.fhir import dumps, loads
from schemas.fhir.strict import canonical

MEDIA_TYPES = frozenset({"application/json-patch+json"})
MOST_OPERATIONS = 200
_NEEDS = {
    "add": ("path", "value"),
    "replace": ("path", "value"),
    "test": ("path", "value"),
    "remove": ("path",),
    "move": ("path", "from"),
    "copy": ("path", "from"),
}
_INDEX = re.compile(r"0|[1-9]\d{0,8}")


def operations_of(body: bytes, max_bytes: int) -> list[dict[str, Any]]:
    """Return the operations of a patch; refuse with 400 what is none."""
    try:
        found = loads(b'{"patch":' + body + b"}", max_bytes=max_bytes)
    except CodecError as broken:
        raise refusal(413 if broken.code == "too-long" else 400, broken.code, broken.message) from None
    listed = found["patch"]
    if found.keys() != {"patch"} or not isinstance(listed, list) or not listed:
        raise refusal(400, "structure", "a patch is a JSON array of operations")
    if len(listed) > MOST_OPERATIONS:
        raise refusal(400, "too-costly", f"a patch may have {MOST_OPERATIONS} operations")
    for number, one in enumerate(listed):
        needs = _NEEDS.get(str(one.get("op"))) if isinstance(one, dict) else None
        if needs is None:
            raise refusal(400, "structure", f"operation {number} is none of {', '.join(_NEEDS)}")
        if any(name not in one for name in needs):
            raise refusal(400, "required", f"operation {number} needs {' and '.join(needs)}")
        if not all(isinstance(one[name], str) for name in needs if name != "value"):
            raise refusal(400, "structure", f"a pointer of operation {number} is no text")
    return listed


def patched(resource: dict[str, Any], operations: list[dict[str, Any]], max_bytes: int) -> dict[str, Any]:
    """Return the resource with the operations done, all or none; 422 for one that does not fit what is here."""
    box: dict[str, Any] = {"": copy.deepcopy(resource)}
    for number, one in enumerate(operations):
        try:
            _do(box, one)
        except (KeyError, IndexError, ValueError) as wrong:
            raise refusal(422, "processing", f"operation {number} ({one['op']}) does not fit: {_why(wrong)}") from None
        if one["op"] == "copy":
            _bounded(box.get(""), max_bytes)
    found = box.get("")
    if not isinstance(found, dict):
        raise refusal(422, "structure", "the patch leaves no resource")
    _bounded(found, max_bytes)
    for name in ("resourceType", "id"):
        if found.get(name) != resource.get(name):
            raise refusal(422, "invalid", f"a patch changes no {name}", name)
    return found


def _bounded(resource: Any, max_bytes: int) -> None:
    """Refuse what grew beyond what a body may be, in size or depth."""
    try:
        if isinstance(resource, dict):
            loads(dumps(resource), max_bytes=max_bytes)
    except CodecError as broken:
        raise refusal(413 if broken.code == "too-long" else 422, broken.code, broken.message) from None
    except TypeError:  # deeper than the writer goes
        raise refusal(422, "structure", "the patched resource is nested too deep") from None


class _Misfit(ValueError):
    """What an operation met; its text names no value."""


def _why(wrong: Exception) -> str:
    return str(wrong) if isinstance(wrong, _Misfit) else "there is nothing at its path"


def _do(box: dict[str, Any], one: dict[str, Any]) -> None:
    path = _pointer(one["path"])
    match one["op"]:
        case "add":
            _add(box, path, copy.deepcopy(one["value"]))
        case "remove":
            _remove(box, path)
        case "replace":
            _get(box, path)
            parent, key = _at(box, path)
            parent[key] = copy.deepcopy(one["value"])
        case "move":
            source = _pointer(one["from"])
            if path[: len(source)] == source and path != source:
                raise _Misfit("a value cannot move into itself")
            value = _get(box, source)
            _remove(box, source)
            _add(box, path, value)
        case "copy":
            _add(box, path, copy.deepcopy(_get(box, _pointer(one["from"]))))
        case _:
            if canonical(_get(box, path)) != canonical(one["value"]):
                raise _Misfit("the value is another one")


def _pointer(text: str) -> list[str]:
    """Return the steps of a JSON Pointer (RFC 6901) below the box."""
    if text and not text.startswith("/"):
        raise _Misfit("a path begins with /")
    return [step.replace("~1", "/").replace("~0", "~") for step in text.split("/")]


def _get(box: dict[str, Any], path: list[str]) -> Any:
    parent, key = _at(box, path)
    return parent[key]


def _at(box: dict[str, Any], path: list[str]) -> tuple[Any, Any]:
    """Return the parent of what a path names, and its key there."""
    here: Any = box
    for step in path[:-1]:
        here = here[_key(here, step)]
    return here, _key(here, path[-1])


def _key(parent: Any, step: str) -> str | int:
    if isinstance(parent, dict):
        return step
    if isinstance(parent, list) and _INDEX.fullmatch(step):
        return int(step)
    raise _Misfit("there is nothing at its path")


def _add(box: dict[str, Any], path: list[str], value: Any) -> None:
    if path[-1] == "-":
        parent = _get(box, path[:-1]) if len(path) > 1 else None
        if isinstance(parent, list):
            parent.append(value)
            return
    parent, key = _at(box, path)
    if isinstance(parent, list):
        if key > len(parent):
            raise _Misfit("there is nothing at its path")
        parent.insert(key, value)
    else:
        parent[key] = value


def _remove(box: dict[str, Any], path: list[str]) -> None:
    parent, key = _at(box, path)
    del parent[key]
