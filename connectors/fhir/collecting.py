"""All that an order needs as one Bundle: the input, what it refers to here, and the lines that it is changed with."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from connectors.fhir.bundles import Placed, references, stored_reference
from connectors.fhir.capability import ORDER_TYPES
from connectors.fhir.tasks import TASK_OF_TYPE, index_id
from doorstep.connector import Hub, StoredResource
from schemas.fhir import is_request
from schemas.fhir.following import TASK_TYPE
from schemas.fhir.groups import ACTION_SYSTEM, CANCELLED, DONE
from schemas.search import NEWEST_FIRST, Criterion, ResourceQuery

MAX_GATHERED = 100


@dataclass(slots=True)
class Collected:
    """The Bundle for the handlers, which requests are ordered with it, and the Tasks that they have from before."""

    bundle: dict[str, Any]
    ordered: set[str] = field(default_factory=set)
    tasks: dict[str, str] = field(default_factory=dict)
    patients: int = 0
    """How many Patients it changes that orders are about."""


async def collect(hub: Hub, placed: list[Placed], *, action: str | None) -> Collected:
    """Gather what the fresh resources of an input order; `action` is what the envelope cannot say (update, cancel)."""
    own = {p.reference: p.resource for p in placed}
    ordered = {p.reference for p in placed if p.fresh and is_request(p.kind)}
    found = Collected({"resourceType": "Bundle", "type": "collection"}, ordered)
    kept = await _lines(hub, placed, found) | own
    base = f"{hub.base_url()}/fhir"
    if ordered:
        await _refer(hub, kept, base)
    if action:
        found.bundle["meta"] = {"tag": [{"system": ACTION_SYSTEM, "code": action}]}
    # requests of earlier inputs that this one only refers to (basedOn, replaces) are not ordered again
    entries = [(ref, r) for ref, r in kept.items() if ref in ordered or not is_request(str(r.get("resourceType")))]
    found.bundle["entry"] = [{"fullUrl": f"{base}/{ref}", "resource": resource} for ref, resource in entries]
    return found


def changed_patients(placed: list[Placed]) -> list[Placed]:
    """Return the Patients that an input changes (or has changed, when it is sent again)."""
    return [one for one in placed if one.version > 1 and one.kind == "Patient"]


async def collect_patients(hub: Hub, patients: list[Placed], partner: str, but: Collection[str]) -> Collected:
    """Gather changed Patients with the partner's requests about them; `but` those that come with them."""
    base = f"{hub.base_url()}/fhir"
    entries = [{"fullUrl": f"{base}/{one.reference}", "resource": one.resource} for one in patients]
    found = Collected({"resourceType": "Bundle", "type": "collection", "entry": entries})
    await add_orders_of_patients(hub, patients, partner, found, but)
    return found


async def add_orders_of_patients(
    hub: Hub, patients: list[Placed], partner: str, found: Collected, but: Collection[str] = ()
) -> None:
    """Put beside each Patient that an input changes the partner's own requests that are about it."""
    for one in patients:
        about = (Criterion("patient", "is", (one.reference,)),)
        requests: list[StoredResource] = []
        for kind in ORDER_TYPES:
            query = ResourceQuery(kind, partner, about, order=NEWEST_FIRST, limit=MAX_GATHERED, counted=False)
            requests += [
                r for _, r in (await hub.search(query)).found if f"{r.resource_type}/{r.resource_id}" not in but
            ]
        found.patients += bool(requests)
        found.bundle["entry"] += [
            {"fullUrl": f"{hub.base_url()}/fhir/{r.resource_type}/{r.resource_id}", "resource": r.body}
            for r in requests
        ]


async def collect_cancelled(hub: Hub, requests: list[str]) -> dict[str, Any]:
    """Return the Bundle by which an order is cancelled whose requests themselves do not say so."""
    kept: dict[str, dict[str, Any]] = {}
    for reference in requests:
        resource = await hub.resource(*_split(reference))
        if resource is not None:
            kept[reference] = resource
    base = f"{hub.base_url()}/fhir"
    await _refer(hub, kept, base)
    entries = [{"fullUrl": f"{base}/{reference}", "resource": resource} for reference, resource in kept.items()]
    meta = {"tag": [{"system": ACTION_SYSTEM, "code": "cancel"}]}
    return {"resourceType": "Bundle", "type": "collection", "meta": meta, "entry": entries}


async def _lines(hub: Hub, placed: list[Placed], found: Collected) -> dict[str, dict[str, Any]]:
    """Return all lines of orders of which one line is updated, in their sequence: an order is changed as a whole.

    A line that is cancelled while others stay is left out, so that the order goes on without it.
    """
    lines: dict[str, dict[str, Any]] = {}
    own = {p.reference: p.resource for p in placed}
    for one in [p for p in placed if p.fresh and p.version > 1 and is_request(p.kind)]:
        noted = await hub.resource(TASK_OF_TYPE, index_id(one.reference))
        facts = await hub.resource(TASK_TYPE, str(noted["task"])) if noted else None
        if noted is None or facts is None:
            continue
        group = [str(reference) for reference in _list(facts.get("basedOn"))]
        found.tasks |= dict.fromkeys([*group, one.reference], str(noted["task"]))
        stay = {}
        for reference in group:
            resource = own.get(reference) or await hub.resource(*_split(reference))
            if resource is not None and resource.get("status") not in CANCELLED | DONE:
                stay[reference] = resource
        if stay and one.resource.get("status") in CANCELLED:
            found.ordered.discard(one.reference)
        if stay and one.resource.get("status") not in DONE:
            lines |= stay
            found.ordered |= set(stay)
    return lines


async def _refer(hub: Hub, kept: dict[str, dict[str, Any]], base: str) -> None:
    """Add what the resources refer to in our own store, and what that refers to."""
    todo, gathered = list(kept.values()), 0
    while todo and gathered < MAX_GATHERED:
        for literal in references(todo.pop()):
            target = stored_reference(literal, base)
            if target is None or "/".join(target) in kept or gathered >= MAX_GATHERED:
                continue
            resource = await hub.resource(*target)
            if resource is not None:
                gathered += 1
                kept["/".join(target)] = resource
                todo.append(resource)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _split(reference: str) -> tuple[str, str]:
    kind, _, identity = reference.partition("/")
    return kind, identity
