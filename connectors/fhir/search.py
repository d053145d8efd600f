"""Search as R4 has it: parameters by the table of schemas.fhir.search, results in stable pages."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from connectors.fhir.authority import may_search
from connectors.fhir.including import TASK, included, referring
from connectors.fhir.shaping import SUMMARIES, WHOLE, Shape
from connectors.fhir.wire import refusal
from doorstep.connector import Hub, StoredResource
from schemas.codec import CodecError
from schemas.fhir.search import SEARCH, criterion
from schemas.search import Criterion, ResourceQuery

DEFAULT_COUNT, MOST_COUNT = 50, 200
MOST_CHAINED = 200
"""Resources that the inner part of a chained parameter (`patient.identifier`) may find."""
PAGE = "_page"
_IGNORED = frozenset({"_format", "_pretty"})
_CHAINS = {"patient": "Patient", "subject": "Patient", "beneficiary": "Patient", "requester": "Practitioner"}


@dataclass(slots=True)
class Asked:
    """A search request taken apart: the query, which parameters it used, and what goes with the matches."""

    query: ResourceQuery
    used: list[tuple[str, str]] = field(default_factory=list)
    chained: list[tuple[str, str, str]] = field(default_factory=list)
    include: list[str] = field(default_factory=list)
    revinclude: list[tuple[str, str]] = field(default_factory=list)
    shape: Shape = WHOLE
    count_only: bool = False
    total: bool = True


MOST_VALUE = 10_000
"""Longer than any list of ids that a client asks for at once; SQLite takes no pattern of 50,000."""


def asked_of(
    kind: str, parameters: Sequence[tuple[str, str]], partner: str | None, *, lenient: bool = False, base: str = ""
) -> Asked:
    """Read the parameters of a search; refuse with 400 what is not offered: a filter left out would show too much.

    A `lenient` client asked that parameters which are not offered be left out; the self link shows which were used.
    A reference that is written in full under the server's `base` means the one that is kept as `TYPE/ID`.
    """
    asked = Asked(ResourceQuery(kind, partner, limit=DEFAULT_COUNT))
    criteria: list[Criterion] = []
    for name, value in parameters:
        try:
            found = _parameter(asked, kind, name, _relative(kind, name, value, base))
        except CodecError as wrong:
            if lenient and wrong.code == "not-supported":
                continue
            raise refusal(400, wrong.code, wrong.message, wrong.location) from None
        if found is not None:
            criteria.append(found)
        if name != PAGE:
            asked.used.append((name, value))
    asked.query = replace(asked.query, criteria=tuple(criteria))
    return asked


def _parameter(asked: Asked, kind: str, name: str, value: str) -> Criterion | None:
    """Take one parameter into the query; return it where it is one of the type's own."""
    if len(value) > MOST_VALUE:
        raise CodecError("too-long", f"a search value may have {MOST_VALUE} characters", name[:40])
    head, dot, rest = name.partition(".")
    if dot and head in _CHAINS:
        if head not in SEARCH.get(kind, {}):
            raise CodecError("not-supported", "this search parameter is not offered here", head[:40])
        asked.chained.append((head, rest, value))
    elif name in _RESULTS:
        _RESULTS[name](asked, value)
    elif name not in _IGNORED:
        return criterion(kind, name, value)
    return None


def _relative(kind: str, name: str, value: str, base: str) -> str:
    """Write a reference as it is kept, where it names a resource of this server in full (R4 3.1.1.4.12)."""
    if not base or SEARCH.get(kind, {}).get(name.partition(":")[0], ("",))[0] != "reference":
        return value
    return ",".join(part.removeprefix(f"{base}/") for part in value.split(","))


def _by_id(asked: Asked, value: str) -> None:
    asked.query = replace(asked.query, ids=tuple(part.rpartition("/")[2] for part in value.split(",")))


def _count(asked: Asked, value: str) -> None:
    if not value.isascii() or not value.isdigit():
        raise CodecError("value", "_count is a number", "_count")
    number = int(value[:6])
    asked.count_only = number == 0
    asked.query = replace(asked.query, limit=max(1, min(number, MOST_COUNT)))


def _summary(asked: Asked, value: str) -> None:
    if value not in {"count", "false", *SUMMARIES}:
        raise CodecError("value", "_summary is true, text, data, count or false", "_summary")
    asked.count_only = value == "count"
    if value in SUMMARIES:
        asked.shape = replace(asked.shape, summary=value)


def _elements(asked: Asked, value: str) -> None:
    names = frozenset(name.rpartition(".")[2].strip() for name in value.split(","))
    asked.shape = replace(asked.shape, elements=asked.shape.elements | names)


def _total(asked: Asked, value: str) -> None:
    if value not in {"none", "estimate", "accurate"}:
        raise CodecError("value", "_total is none, estimate or accurate", "_total")
    asked.total = value != "none"


def _sort(asked: Asked, value: str) -> None:
    if value not in {"_lastUpdated", "-_lastUpdated"}:
        raise CodecError("not-supported", "results are sorted by _lastUpdated only", "_sort")
    asked.query = replace(asked.query, newest_first=value.startswith("-"))


def _include(asked: Asked, value: str) -> None:
    kind, _, param = value.partition(":")
    param = param.partition(":")[0]
    if kind != asked.query.resource_type or SEARCH[kind].get(param, ("",))[0] != "reference":
        raise CodecError("not-supported", "_include takes TYPE:PARAMETER of a reference", "_include")
    asked.include.append(param)


def _revinclude(asked: Asked, value: str) -> None:
    kind, _, param = value.partition(":")
    param = param.partition(":")[0]
    known = SEARCH.get(kind, {}).get(param, ("",))[0] == "reference" or (kind, param) == TASK
    if not known:
        raise CodecError(
            "not-supported", "_revinclude takes TYPE:PARAMETER of a reference, or Task:focus", "_revinclude"
        )
    asked.revinclude.append((kind, param))


def _page(asked: Asked, value: str) -> None:
    asked.query = replace(asked.query, after=_after(value))


def _last_updated(asked: Asked, value: str) -> None:
    asked.query = _updated(asked.query, value)


_RESULTS: dict[str, Callable[[Asked, str], None]] = {
    "_id": _by_id,
    "_lastUpdated": _last_updated,
    "_count": _count,
    "_summary": _summary,
    "_sort": _sort,
    "_include": _include,
    "_revinclude": _revinclude,
    "_elements": _elements,
    "_total": _total,
    PAGE: _page,
}


def _updated(query: ResourceQuery, value: str) -> ResourceQuery:
    prefix, text = (value[:2], value[2:]) if value[:2].isalpha() else ("eq", value)
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00").replace(" ", "+"))
    except ValueError:
        raise CodecError("value", "this is no instant or day", "_lastUpdated") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    after = moment + (timedelta(days=1) if len(text) <= 10 else timedelta(milliseconds=1))
    match prefix:
        case "ge":
            return replace(query, updated_from=moment)
        case "gt" | "sa":
            return replace(query, updated_from=after)
        case "lt" | "eb":
            return replace(query, updated_before=moment)
        case "le":
            return replace(query, updated_before=after)
        case "eq":
            return replace(query, updated_from=moment, updated_before=after)
    raise CodecError("not-supported", "this prefix is not offered here", "_lastUpdated")


def _after(token: str) -> tuple[datetime, str]:
    try:
        moment, _, last = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode().partition("|")
        return datetime.fromisoformat(moment), last
    except (ValueError, binascii.Error):
        raise CodecError("value", "this is no page of ours; begin anew", PAGE) from None


def _token(moment: datetime, last: str) -> str:
    return base64.urlsafe_b64encode(f"{moment.isoformat()}|{last}".encode()).decode().rstrip("=")


async def searchset(hub: Hub, asked: Asked, base: str) -> dict[str, Any]:
    """Return the Bundle of one page, with the links to itself and to the next."""
    kind = asked.query.resource_type
    query = await _without_chains(hub, asked)
    number, found = (0, []) if query is None else await hub.search(query)
    link = f"{base}/{kind}"
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
    bundle |= {"total": number} if asked.total or asked.count_only else {}
    bundle["link"] = [{"relation": "self", "url": _url(link, asked.used)}]
    if asked.count_only:
        return bundle
    if query is not None and len(found) == query.limit:
        moment, last = found[-1][0], found[-1][1].resource_id
        rest = query.after is None and number <= query.limit
        if not rest:
            bundle["link"].append({"relation": "next", "url": _url(link, [*asked.used, (PAGE, _token(moment, last))])})
    along = await included(hub, asked.include, found, base)
    along += await referring(hub, asked.revinclude, found, asked.query.partner)
    entries = [_entry(base, one, "match", asked.shape) for _, one in found]
    entries += [_entry(base, one, "include", asked.shape) for one in along]
    return bundle | ({"entry": entries} if entries else {})


def _url(link: str, parameters: list[tuple[str, str]]) -> str:
    return f"{link}?{urlencode(parameters)}" if parameters else link


def _entry(base: str, one: StoredResource, mode: str, shape: Shape) -> dict[str, Any]:
    url = f"{base}/{one.resource_type}/{one.resource_id}"
    return {"fullUrl": url, "resource": shape.of(one.body), "search": {"mode": mode}}


async def matches(hub: Hub, asked: Asked, *, limit: int) -> list[StoredResource]:
    """Return the first resources that fit a condition."""
    query = await _without_chains(hub, asked)
    if query is None:
        return []
    _, found = await hub.search(replace(query, limit=limit))
    return [one for _, one in found]


async def _without_chains(hub: Hub, asked: Asked) -> ResourceQuery | None:
    """Put what a chained parameter finds in its place; None when it finds nothing, so that nothing fits."""
    query = asked.query
    for head, rest, value in asked.chained:
        if not may_search(_CHAINS[head]):
            raise refusal(403, "forbidden", f"the scopes do not allow this: system/{_CHAINS[head]}.s is needed", head)
        inner = asked_of(_CHAINS[head], [(rest, value)], query.partner).query
        _, found = await hub.search(replace(inner, limit=MOST_CHAINED))
        if not found:
            return None
        ids = tuple(one.resource_id for _, one in found)
        query = replace(query, criteria=(*query.criteria, Criterion(head, "is", ids)))
    return query
