"""Search as R4 has it: what was asked, looked up, as a Bundle in stable pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from connectors.fhir.asked import PAGE, Asked, asked_of, token_of
from connectors.fhir.authority import may_search
from connectors.fhir.including import included, referring
from connectors.fhir.seeking import tasks_page
from connectors.fhir.shaping import Shape
from connectors.fhir.wire import refusal
from doorstep.connector import Hub, StoredResource
from doorstep.errors import Refused
from schemas.search import Criterion, Page, ResourceQuery

MOST_CHAINED = 200
"""Resources that the inner part of a chained parameter (`patient.identifier`) may find."""
Found = Page[tuple[datetime, StoredResource]]


async def searchset(hub: Hub, asked: Asked, base: str) -> dict[str, Any]:
    """Return the Bundle of one page, with the links to itself and to the next."""
    kind = asked.query.resource_type
    if asked.count_only:
        asked.query = replace(asked.query, limit=1, counted=True)
    page = await _page(hub, asked)
    link = f"{base}/{kind}"
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
    bundle |= {"total": page.total} if asked.query.counted else {}
    bundle["link"] = [{"relation": "self", "url": _url(link, asked.used)}]
    if asked.count_only:
        return bundle
    if page.after is not None:
        bundle["link"].append({"relation": "next", "url": _url(link, [*asked.used, (PAGE, token_of(page.after))])})
    along = await included(hub, asked.include, page.found, base)
    along += await referring(hub, asked.revinclude, page.found, asked.query.partner)
    entries = [_entry(base, one, "match", asked.shape) for _, one in page.found]
    entries += [_entry(base, one, "include", asked.shape) for one in along]
    return bundle | ({"entry": entries} if entries else {})


def _url(link: str, parameters: list[tuple[str, str]]) -> str:
    return f"{link}?{urlencode(parameters)}" if parameters else link


def _entry(base: str, one: StoredResource, mode: str, shape: Shape) -> dict[str, Any]:
    url = f"{base}/{one.resource_type}/{one.resource_id}"
    return {"fullUrl": url, "resource": shape.of(one.body), "search": {"mode": mode}}


async def matches(hub: Hub, asked: Asked, *, limit: int) -> list[StoredResource]:
    """Return the first resources that fit a condition."""
    asked.query = replace(asked.query, limit=limit, counted=False)
    return [one for _, one in (await _page(hub, asked)).found]


async def _page(hub: Hub, asked: Asked) -> Found:
    query = await _without_chains(hub, asked)
    if query is None:
        return Page([])
    try:
        return await (tasks_page(hub, query) if query.resource_type == "Task" else hub.search(query))
    except Refused as wrong:
        raise refusal(400, "value", wrong.message, PAGE) from None


async def _without_chains(hub: Hub, asked: Asked) -> ResourceQuery | None:
    """Put what a chained parameter finds in its place; None when it finds nothing, so that nothing fits."""
    query = asked.query
    for one in asked.chained:
        found: list[str] = []
        for kind in one.kinds:
            if not may_search(kind):
                said = f"the scopes do not allow this: system/{kind}.s is needed"
                raise refusal(403, "forbidden", said, one.head)
            inner = asked_of(kind, [(one.rest, one.value)], query.partner)
            named = await matches(hub, inner, limit=MOST_CHAINED + 1)
            if len(named) > MOST_CHAINED:
                said = f"more than {MOST_CHAINED} {kind} resources fit this; say it more narrowly"
                raise refusal(400, "too-costly", said, f"{one.head}.{one.rest}"[:60])
            found += [f"{kind}/{each.resource_id}" if len(one.kinds) > 1 else each.resource_id for each in named]
        if not found:
            return None
        query = replace(query, criteria=(*query.criteria, Criterion(one.head, "is", tuple(found))))
    return query
