"""What a search asks: parameters by the table of schemas.fhir.search, and those of R4 that shape the result. Pure."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.fhir import seeking
from connectors.fhir.capability import ORDER_TYPES
from connectors.fhir.instants import span
from connectors.fhir.shaping import SUMMARIES, WHOLE, Shape
from connectors.fhir.wire import refusal
from schemas.codec import CodecError
from schemas.fhir.search import criterion, table_of
from schemas.search import ID, LAST_UPDATED, Criterion, Order, ResourceQuery

DEFAULT_COUNT, MOST_COUNT = 50, 200
PAGE = "_page"
IGNORED = frozenset({"_format", "_pretty", "_totalMethod"})
"""What says nothing of which resources are meant; the last is how fhirpy asks for a count."""
MOST_VALUE = 10_000
"""Longer than any list of ids that a client asks for at once; SQLite takes no pattern of 50,000."""
_MOST_SORTED = 4
_CHAINS = {
    "patient": ("Patient",),
    "subject": ("Patient",),
    "beneficiary": ("Patient",),
    "requester": ("Practitioner",),
    "focus": ORDER_TYPES,
    "based-on": ORDER_TYPES,
}


@dataclass(frozen=True, slots=True)
class Chained:
    """`patient.identifier=...`: the parameter, what it may refer to, and what that is searched by."""

    head: str
    kinds: tuple[str, ...]
    rest: str
    value: str


@dataclass(slots=True)
class Asked:
    """A search request taken apart: the query, which parameters it used, and what goes with the matches."""

    query: ResourceQuery
    used: list[tuple[str, str]] = field(default_factory=list)
    chained: list[Chained] = field(default_factory=list)
    include: list[str] = field(default_factory=list)
    revinclude: list[tuple[str, str]] = field(default_factory=list)
    shape: Shape = WHOLE
    count_only: bool = False


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
    if dot:
        asked.chained.append(_chained(kind, head, rest, value))
    elif name in _RESULTS:
        _RESULTS[name](asked, value)
    elif name not in IGNORED:
        return seeking.parameter(name, value) if kind == "Task" else criterion(kind, name, value)
    return None


def _chained(kind: str, head: str, rest: str, value: str) -> Chained:
    param, _, modifier = head.partition(":")
    kinds = _CHAINS.get(param, ())
    if param not in table_of(kind) or not kinds or (modifier and modifier not in kinds):
        raise CodecError("not-supported", "this search parameter is not offered here", head[:40])
    return Chained(param, (modifier,) if modifier else kinds, rest, value)


def _relative(kind: str, name: str, value: str, base: str) -> str:
    """Write a reference as it is kept, where it names a resource of this server in full (R4 3.1.1.4.12)."""
    if not base or table_of(kind).get(name.partition(":")[0], ("",))[0] != "reference":
        return value
    return ",".join(part.removeprefix(f"{base}/") for part in value.split(","))


def _by_id(asked: Asked, value: str) -> None:
    ids = [part.rpartition("/")[2] for part in value.split(",")]
    before = asked.query.ids
    asked.query = replace(asked.query, ids=tuple(one for one in ids if before is None or one in before))


def _count(asked: Asked, value: str) -> None:
    if not value.isascii() or not value.isdigit():
        raise CodecError("value", "_count is a number", "_count")
    number = int(value[:6])
    asked.count_only = asked.count_only or number == 0
    asked.query = replace(asked.query, limit=max(1, min(number, MOST_COUNT)))


def _summary(asked: Asked, value: str) -> None:
    if value not in {"count", "false", *SUMMARIES}:
        raise CodecError("value", "_summary is true, text, data, count or false", "_summary")
    asked.count_only = asked.count_only or value == "count"
    if value in SUMMARIES:
        asked.shape = replace(asked.shape, summary=value)


def _elements(asked: Asked, value: str) -> None:
    names = frozenset(name.rpartition(".")[2].strip() for name in value.split(","))
    asked.shape = replace(asked.shape, elements=asked.shape.elements | names)


def _total(asked: Asked, value: str) -> None:
    if value not in {"none", "estimate", "accurate"}:
        raise CodecError("value", "_total is none, estimate or accurate", "_total")
    asked.query = replace(asked.query, counted=value != "none")


def _sort(asked: Asked, value: str) -> None:
    listed = [_sorted_by(asked.query.resource_type, name) for name in value.split(",")]
    if len(listed) > _MOST_SORTED or len({one.param for one in listed}) != len(listed):
        raise CodecError("value", f"_sort takes up to {_MOST_SORTED} parameters, each once", "_sort")
    asked.query = replace(asked.query, order=tuple(listed))


def _sorted_by(kind: str, text: str) -> Order:
    name, descending = text.removeprefix("-"), text.startswith("-")
    if name in {LAST_UPDATED, ID}:
        return Order(name, descending)
    if kind == "Task":
        return seeking.order(name, descending=descending)
    if table_of(kind).get(name, ("reference",))[0] == "reference":
        raise CodecError("not-supported", "results are not sorted by this here", "_sort")
    return Order(name, descending)


def _include(asked: Asked, value: str) -> None:
    kind, _, param = value.partition(":")
    param = param.partition(":")[0]
    if kind != asked.query.resource_type or table_of(kind).get(param, ("",))[0] != "reference":
        raise CodecError("not-supported", "_include takes TYPE:PARAMETER of a reference", "_include")
    asked.include.append(param)


def _revinclude(asked: Asked, value: str) -> None:
    kind, _, param = value.partition(":")
    param = param.partition(":")[0]
    if table_of(kind).get(param, ("",))[0] != "reference":
        raise CodecError("not-supported", "_revinclude takes TYPE:PARAMETER of a reference", "_revinclude")
    asked.revinclude.append((kind, param))


def _page(asked: Asked, value: str) -> None:
    asked.query = replace(asked.query, after=after_of(value))


def _last_updated(asked: Asked, value: str) -> None:
    low, high = span(value, LAST_UPDATED)
    query = asked.query
    asked.query = replace(
        query,
        updated_from=max((one for one in (query.updated_from, low) if one), default=None),
        updated_before=min((one for one in (query.updated_before, high) if one), default=None),
    )


_RESULTS: dict[str, Callable[[Asked, str], None]] = {
    ID: _by_id,
    LAST_UPDATED: _last_updated,
    "_count": _count,
    "_summary": _summary,
    "_sort": _sort,
    "_include": _include,
    "_revinclude": _revinclude,
    "_elements": _elements,
    "_total": _total,
    PAGE: _page,
}


def after_of(token: str) -> tuple[str, ...]:
    """Return what the link to a page carried; CodecError for what is none of ours."""
    try:
        found: Any = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, binascii.Error):
        found = None
    if not isinstance(found, list) or not found or not all(isinstance(one, str) for one in found):
        raise CodecError("value", "this is no page of ours; begin anew", PAGE)
    return tuple(found)


def token_of(after: tuple[str, ...]) -> str:
    """Return what the link to the next page carries."""
    return base64.urlsafe_b64encode(json.dumps(after).encode()).decode().rstrip("=")
