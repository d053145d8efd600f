"""Documents inside of resources: taken out, held against what the sender says of them, and read like a fax.

A DocumentReference brings its attachment, or names a Binary of the same Bundle; an address outside is never fetched.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from connectors.fhir.bundles import Entry
from connectors.fhir.wire import refusal
from schemas.fhir.graph import part, parts

READABLE = frozenset({"application/pdf", "image/tiff", "image/jpeg", "image/png"})
"""What the document reader takes; any other content is kept in its resource only."""
OF_PEOPLE = frozenset({"Patient", "Practitioner", "RelatedPerson", "Person"})
"""Their attachments are portraits."""


@dataclass(frozen=True, slots=True)
class Enclosed:
    """One document: its bytes, and at which entry and place of the input it stood."""

    data: bytes
    content_type: str
    title: str | None
    entry: int
    path: str


def enclosed_in(entries: list[Entry]) -> list[Enclosed]:
    """Return the readable documents of an input, each once; refuse with 422 what is not what it says it is."""
    binaries = {name: entry for entry in entries if entry.kind == "Binary" for name in _names(entry)}
    found: dict[str, Enclosed] = {}
    for number, entry in enumerate(entries):
        for place, attachment in _attachments(entry):
            one = _taken(attachment, binaries, number, place)
            if one is not None:
                found.setdefault(hashlib.sha256(one.data).hexdigest(), one)
    return list(found.values())


def _names(entry: Entry) -> list[str]:
    named = [entry.full_url, f"Binary/{entry.resource['id']}" if entry.resource.get("id") else None]
    return [name for name in named if name]


def _attachments(entry: Entry) -> Iterator[tuple[str, dict[str, Any]]]:
    path = entry.path or entry.kind
    if entry.kind == "Binary":
        yield path, entry.resource
    elif entry.kind not in OF_PEOPLE:
        yield from _below(entry.resource, path)


def _below(value: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every Attachment: it has a content type and its data or where that is."""
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _below(item, f"{path}[{number}]")
    elif isinstance(value, dict):
        if isinstance(value.get("contentType"), str) and ("data" in value or "url" in value):
            yield path, value
        else:
            for key, item in value.items():
                if isinstance(item, (dict, list)):
                    yield from _below(item, f"{path}.{key}")


def _taken(said: dict[str, Any], binaries: dict[str, Entry], number: int, path: str) -> Enclosed | None:
    holder, where = said, path
    if "data" not in said:
        binary = binaries.get(str(said.get("url") or ""))
        if binary is None:
            return None
        holder, where = binary.resource, binary.path
    content_type = str(said.get("contentType") or holder.get("contentType") or "").partition(";")[0].strip().lower()
    text = holder.get("data")
    if not isinstance(text, str):
        return None
    data = _decoded(text, f"{where}.data")
    _held_against(said, data, path)
    if content_type not in READABLE:
        return None
    title = said.get("title")
    return Enclosed(data, content_type, title if isinstance(title, str) else None, number, path)


def _decoded(text: str, where: str) -> bytes:
    compact = "".join(text.split())
    try:
        if len(compact) % 4:
            raise ValueError
        return base64.b64decode(compact, validate=True)
    except (binascii.Error, ValueError):
        raise refusal(422, "value", "the data are not base64", where) from None


def _held_against(said: dict[str, Any], data: bytes, path: str) -> None:
    """Refuse a document whose size or SHA-1 (R4 2.24.0.2, Attachment.hash) is another than the sender says."""
    size, digest = said.get("size"), said.get("hash")
    if isinstance(size, int) and size != len(data):
        raise refusal(422, "invalid", "the data have not the size that is said", f"{path}.size")
    if (
        isinstance(digest, str)
        and _decoded(digest, f"{path}.hash") != hashlib.sha1(data, usedforsecurity=False).digest()
    ):
        raise refusal(422, "invalid", "the data have not the SHA-1 hash that is said", f"{path}.hash")


def related(resource: dict[str, Any]) -> list[str]:
    """Return the resources that a DocumentReference says it belongs to."""
    listed = [*parts(part(resource.get("context")).get("related")), *parts(resource.get("basedOn"))]
    return [str(one["reference"]) for one in listed if isinstance(one.get("reference"), str)]
