"""Task search: a Task is in no index of values, so what is asked of it is put as what its order stands by."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import quote

from connectors.fhir.capability import ORDER_TYPES
from connectors.fhir.instants import span
from connectors.fhir.settings import task_profiles
from connectors.fhir.subscriptions.criteria import fits
from connectors.fhir.tasks import TASK_OF_TYPE, index_id, shown_task, spoken
from doorstep.connector import Hub, StoredResource
from schemas.case import CaseState
from schemas.codec import CodecError
from schemas.fhir.following import TASK_TYPE
from schemas.fhir.graph import RELATIVE, part, parts
from schemas.fhir.search import criterion
from schemas.fhir.task import CASE_SYSTEM, DOCUMENT_SYSTEM, NPI_SYSTEM, standing
from schemas.search import Criterion, Order, Page, ResourceQuery
from schemas.transmission import BeforeCase

_BY_STATE = ("status", "business-status", "code", "intent")
"""What a Task says by nothing but the state of its case."""
_SORTED = {"authored-on": "authored", "modified": "modified", "priority": "priority"}
_BY_ORDER = ("focus", "based-on")
_ALWAYS = {"identifier": True, "focus": True, "based-on": True, "authored-on": True, "modified": True, "owner": False}
"""What every Task has a value of, and none: owners are named, with an NPI, but are no resources here."""
_NONE = Criterion("standing", "is")


@cache
def _states() -> dict[str, dict[str, Any]]:
    """Return what a Task says in each state, in each partner's words, as the journal names it (`words|state`)."""
    return {
        f"{words}|{state.value}": spoken({"resourceType": "Task", **standing(state)}, {"profile": words})
        for words in ("", *task_profiles())
        for state in (*CaseState, *BeforeCase)
    }


def parameter(name: str, value: str) -> Criterion | None:
    """Return one parameter of a Task search, None where every Task fits; CodecError for what is not offered."""
    param, _, modifier = name.partition(":")
    if param in _BY_STATE:
        asked = f"Task?{name}={quote(value, safe='')}"
        return Criterion("standing", "is", tuple(state for state, said in _states().items() if fits(asked, said)))
    if param in {"authored-on", "modified"} and not modifier:
        return Criterion(_SORTED[param], "range", _texts(*span(value, param)))
    if param == "owner" and modifier == "identifier":
        return Criterion("provider", "is", tuple(_of_system(value, NPI_SYSTEM)))
    found = criterion("Task", name, value)
    if modifier == "missing" and param in _ALWAYS:
        return None if (found.how == "present") == _ALWAYS[param] else _NONE
    if param == "identifier":
        named = [f"case:{one}" for one in _of_system(value, CASE_SYSTEM)]
        return Criterion(param, found.how, (*named, *(f"document:{one}" for one in _of_system(value, DOCUMENT_SYSTEM))))
    return _NONE if param == "owner" else found


def _of_system(value: str, system: str) -> list[str]:
    """Return the values of a token that are of this system, or of any."""
    listed = [one.rpartition("|") for one in value.split(",")]
    return [text for named, bar, text in listed if text and (not bar or named == system)]


def _texts(low: datetime | None, high: datetime | None) -> tuple[str, str]:
    return (low.isoformat() if low else "", high.isoformat() if high else "")


def order(name: str, *, descending: bool) -> Order:
    """Return by what Tasks are sorted; CodecError where they are not."""
    if name in _SORTED:
        return Order(_SORTED[name], descending)
    if name not in {"status", "business-status"}:
        raise CodecError("not-supported", "Tasks are not sorted by this here", "_sort")
    return Order("standing", descending, tuple((state, _word(said, name)) for state, said in _states().items()))


def _word(said: dict[str, Any], name: str) -> str:
    if name == "status":
        return str(said["status"])
    return next((str(coding.get("code")) for coding in parts(part(said["businessStatus"]).get("coding"))), "")


async def tasks_page(hub: Hub, query: ResourceQuery) -> Page[tuple[datetime, StoredResource]]:
    """Return one page of Tasks as they stand now."""
    asked = replace(query, resource_type=TASK_TYPE)
    for one in query.criteria:
        if one.param in _BY_ORDER:
            asked = await _by_order(hub, asked, one)
    page = await hub.tasks(asked)
    found = []
    for each in page.found:
        task = await shown_task(hub, each)
        changed = datetime.fromisoformat(str(task["meta"]["lastUpdated"]))
        found.append((changed, StoredResource("Task", each.task_id, task)))
    return Page(found, page.total, page.after)


async def _by_order(hub: Hub, query: ResourceQuery, one: Criterion) -> ResourceQuery:
    """Put Tasks in the place of the requests that they are asked by: every request that a Task ever had leads to it."""
    rest = tuple(other for other in query.criteria if other is not one)
    found: set[str] = set()
    for text in one.values:
        named = [text] if RELATIVE.fullmatch(text) else [f"{kind}/{text}" for kind in ORDER_TYPES]
        for reference in named:
            noted = await hub.resource(TASK_OF_TYPE, index_id(reference))
            found |= {str(noted["task"])} if noted else set()
    both = found if query.ids is None else found.intersection(query.ids)
    return replace(query, criteria=rest, ids=tuple(sorted(both)))
