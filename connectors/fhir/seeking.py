"""Task search: which Tasks are meant by an order, a case, a patient or an id, and which of them fit the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from connectors.fhir.capability import ORDER_TYPES
from connectors.fhir.subscriptions.criteria import fits
from connectors.fhir.tasks import current_task, task_of_case, task_of_request
from connectors.fhir.wire import refusal
from doorstep.connector import Hub
from schemas.codec import CodecError
from schemas.fhir.graph import RELATIVE
from schemas.fhir.search import criterion
from schemas.search import ResourceQuery

LEADING = ("focus", "based-on", "identifier", "_id", "patient", "subject")
"""Each leads to the Tasks it means; one at least must be there, for nothing lists all Tasks."""
NARROWING = ("status", "business-status", "code", "intent", "priority")
_IGNORED = frozenset({"_format", "_pretty"})
_MOST_ORDERS = 200
Tasks = dict[str, dict[str, Any]]


@dataclass(slots=True)
class _Asked:
    leading: list[tuple[str, str, str]] = field(default_factory=list)
    narrowing: list[str] = field(default_factory=list)
    used: list[tuple[str, str]] = field(default_factory=list)


async def found_tasks(
    hub: Hub, asked_for: Sequence[tuple[str, str]], partner: str | None, base: str, *, lenient: bool = False
) -> dict[str, Any]:
    """Return the searchset of the Tasks that every parameter fits (R4 3.1.1.4: parameters are joined by AND)."""
    asked = _read(asked_for, lenient=lenient)
    found: Tasks | None = None
    for name, kind, value in asked.leading:
        meant: Tasks = {}
        for text in value.split(","):
            meant |= await _meant(hub, name, f"{kind}/{text}" if kind and "/" not in text else text, partner, base)
        found = meant if found is None else {key: task for key, task in found.items() if key in meant}
    tasks = [task for task in (found or {}).values() if all(fits(one, task) for one in asked.narrowing)]
    entries = [
        {"fullUrl": f"{base}/Task/{task['id']}", "resource": task, "search": {"mode": "match"}} for task in tasks
    ]
    link = [{"relation": "self", "url": f"{base}/Task?{urlencode(asked.used)}"}]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(tasks), "link": link}
    return bundle | ({"entry": entries} if entries else {})


def _read(asked_for: Sequence[tuple[str, str]], *, lenient: bool) -> _Asked:
    """Take the parameters apart; refuse with 400 what is not offered: a filter left out would show too much."""
    asked = _Asked()
    for name, value in asked_for:
        param, _, modifier = name.partition(":")
        if param in LEADING and (not modifier or (modifier[:1].isupper() and param not in {"identifier", "_id"})):
            asked.leading.append((param, modifier, value))
        elif param in NARROWING:
            narrowing = f"Task?{urlencode([(name, value)])}"
            try:
                fits(narrowing, {})
            except CodecError as wrong:
                raise refusal(400, wrong.code, wrong.message, wrong.location) from None
            asked.narrowing.append(narrowing)
        elif name in _IGNORED:
            pass
        elif lenient:
            continue
        else:
            raise refusal(400, "not-supported", "this search parameter is not offered here", name[:40])
        asked.used.append((name, value))
    if not asked.leading:
        raise refusal(400, "not-supported", f"search Tasks by {', '.join(LEADING[:-1])} or {LEADING[-1]}")
    return asked


async def _meant(hub: Hub, name: str, text: str, partner: str | None, base: str) -> Tasks:
    """Return the Tasks that one value of a leading parameter means, by their ids."""
    literal = text.removeprefix(f"{base}/")
    if name == "_id":
        found = [await current_task(hub, text)]
    elif name == "identifier":
        found = [await task_of_case(hub, text.rpartition("|")[2])]
    else:
        named = [literal] if RELATIVE.fullmatch(literal) else [f"{kind}/{literal}" for kind in ORDER_TYPES]
        if name in {"patient", "subject"}:
            named = await _orders_of(hub, literal, partner)
        found = [await task_of_request(hub, reference) for reference in named]
    return {str(task["id"]): task for task in found if task is not None}


async def _orders_of(hub: Hub, patient: str, partner: str | None) -> list[str]:
    """Return the references of a patient's orders, the newest of each kind first."""
    if not patient:
        return []
    named: list[str] = []
    for kind in ORDER_TYPES:
        query = ResourceQuery(
            kind, partner, (criterion(kind, "patient", patient),), newest_first=True, limit=_MOST_ORDERS
        )
        _, found = await hub.search(query)
        named += [f"{kind}/{one.resource_id}" for _, one in found]
    return named
