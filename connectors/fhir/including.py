"""What goes along with the matches of a search: what they refer to (_include), what refers to them (_revinclude)."""

from __future__ import annotations

from datetime import datetime

from connectors.fhir.authority import may_read, may_search
from connectors.fhir.bundles import references, stored_reference
from connectors.fhir.seeking import tasks_page
from doorstep.connector import Hub, StoredResource
from schemas.fhir.search import table_of
from schemas.search import Criterion, ResourceQuery

Found = list[tuple[datetime, StoredResource]]
MOST_REFERRING = 200


async def included(hub: Hub, parameters: list[str], found: Found, base: str) -> list[StoredResource]:
    """Return the stored resources that the matches refer to by these parameters, each once."""
    kept: dict[tuple[str, str], StoredResource] = {}
    for _, one in found if parameters else ():
        for param in parameters:
            element = table_of(one.resource_type)[param][1].split(".")[0]
            for literal in references(one.body.get(element)):
                target = stored_reference(literal, base)
                if target is None or target in kept or not may_read(target[0]):
                    continue
                body = await hub.resource(*target)
                if body is not None:
                    kept[target] = StoredResource(*target, body)
    return list(kept.values())


async def referring(
    hub: Hub, parameters: list[tuple[str, str]], found: Found, partner: str | None
) -> list[StoredResource]:
    """Return the resources that refer to the matches by (type, parameter), each once; Tasks as their cases stand."""
    matched = [f"{one.resource_type}/{one.resource_id}" for _, one in found]
    kept: dict[tuple[str, str], StoredResource] = {}
    for kind, param in parameters if matched else ():
        if not may_search(kind):
            continue
        about = (Criterion(param, "is", tuple(matched)),)
        query = ResourceQuery(kind, partner, about, limit=MOST_REFERRING, counted=False)
        page = await (tasks_page(hub, query) if kind == "Task" else hub.search(query))
        kept |= {(kind, other.resource_id): other for _, other in page.found}
    own = {tuple(reference.split("/")) for reference in matched}
    return [one for key, one in kept.items() if key not in own]
