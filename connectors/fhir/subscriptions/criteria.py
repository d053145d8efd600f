"""Criteria of subscriptions: read like a search, held against one resource. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from schemas.codec import CodecError
from schemas.fhir.search import criterion, index_of
from schemas.search import Criterion

REQUESTS = ("ServiceRequest", "DeviceRequest", "MedicationRequest", "NutritionOrder")
TASK_STATUS_TOPIC = "urn:doorstep:subscription-topic:task-status"
ORDER_TOPIC = "urn:doorstep:subscription-topic:order"
TOPICS: dict[str, tuple[str, ...]] = {TASK_STATUS_TOPIC: ("Task",), ORDER_TOPIC: REQUESTS}
"""Topic -> resource types it is about: the status of a Task moved; an order came or changed."""
KINDS = ("Task", *REQUESTS)
_MOST = 2000


@lru_cache(maxsize=1024)
def parse(text: str) -> tuple[str, tuple[Criterion, ...]]:
    """Return (resource type, criteria) of `Task?status=accepted`; CodecError for what is not offered."""
    kind, _, query = text.partition("?")
    if kind not in KINDS or len(text) > _MOST:
        raise CodecError("not-supported", f"criteria are about {', '.join(KINDS)}")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), max_num_fields=20)
    except ValueError:
        raise CodecError("value", "the criteria cannot be read") from None
    return kind, tuple(_criterion(kind, name, value) for name, value in pairs)


def _criterion(kind: str, name: str, value: str) -> Criterion:
    if name == "_id":
        return Criterion("_id", "is", tuple(part.rpartition("/")[2] for part in value.split(",")))
    return criterion(kind, name, value)


def fits(text: str, resource: Mapping[str, Any]) -> bool:
    """Say whether a resource is what the criteria ask for."""
    kind, criteria = parse(text)
    if resource.get("resourceType") != kind:
        return False
    pairs = [*index_of(resource), ("_id", str(resource.get("id")))]
    return all(_holds(one, [value for param, value in pairs if param == one.param]) for one in criteria)


def _holds(one: Criterion, values: list[str]) -> bool:
    match one.how:
        case "missing":
            return not values
        case "present":
            return bool(values)
        case "range":
            low, high = one.values
            return any(_within(value, low, high) for value in values)
        case "begins":
            return any(value.startswith(wanted) for value in values for wanted in one.values)
        case "holds":
            return any(wanted in value for value in values for wanted in one.values)
        case "is":
            return any(value in one.values for value in values)
        case "not":
            return not any(value in one.values for value in values)


def _within(value: str, low: str, high: str) -> bool:
    """Compare days as the journal's search does: a year or month stands for all of its days."""
    return value >= low[:4] and (value >= low or len(value) < 10) and (not high or value < high)
