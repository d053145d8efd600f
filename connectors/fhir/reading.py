"""From bytes to checked resources: pure functions that may run in a thread, refusing in FHIR's own words."""

from __future__ import annotations

from typing import Any

from connectors.fhir.wire import XML_TYPE, Refusal, refusal
from schemas.codec import CodecError
from schemas.fhir import loads, validate, xml_loads


def parse(body: bytes, media: str, max_bytes: int) -> dict[str, Any]:
    """Return a body's resource in its JSON form; refuse with 400 what cannot be parsed."""
    try:
        return (xml_loads if media == XML_TYPE else loads)(body, max_bytes=max_bytes)
    except CodecError as broken:
        status = 413 if broken.code == "too-long" else 400
        raise refusal(status, broken.code, broken.message, broken.location) from None


def check(resource: dict[str, Any], kind: str) -> None:
    """Refuse with 422 a resource of another type than `kind`, or one that breaks FHIR R4."""
    if resource.get("resourceType") is None:
        raise refusal(422, "required", "resourceType is missing", "resourceType")
    if resource["resourceType"] != kind:
        raise refusal(422, "invalid", f"this address takes a {kind}", "resourceType")
    issues = validate(resource)
    if issues:
        raise Refusal(422, *issues)
