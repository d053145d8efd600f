"""Finds stored resources by the values they were indexed under."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, delete, exists, false, func, or_, select

from doorstep.connector import StoredResource
from doorstep.journal.paging import Key, cut, paged
from doorstep.journal.tables import resource, search, upsert
from schemas.search import ID, LAST_UPDATED, Criterion, Order, ResourceQuery

FEW = 1000
"""Fewer candidates than these are looked up by their ids."""
OWNER = "_owner"
"""The parameter under which every indexed resource stands, whatever else it says: whose it is."""


def index(connection: Connection, dialect: str, kept: StoredResource, partner: str, version: int = 1) -> None:
    """Index a resource under its values; what an older version of it said is not found any more."""
    if version > 1:
        mine = (search.c.type == kept.resource_type, search.c.id == kept.resource_id)
        connection.execute(delete(search).where(*mine))
    pairs = {(OWNER, ""), *(kept.search or ())}
    rows = [
        {"type": kept.resource_type, "id": kept.resource_id, "partner": partner, "param": param, "value": value}
        for param, value in sorted(pairs)
    ]
    connection.execute(upsert(dialect, search).on_conflict_do_nothing(), rows)
    if kept.replaces is not None:
        kind, _, old = kept.replaces.partition("/")
        connection.execute(delete(search).where(search.c.type == kind, search.c.id == old))


def as_text(body: Mapping[str, Any]) -> str:
    """Return a resource's JSON; a Decimal is written with the digits it came with."""

    def digits(value: Any) -> Any:
        if isinstance(value, Decimal):
            return orjson.Fragment(str(value))
        raise TypeError(f"{type(value).__name__} is not JSON")

    return orjson.dumps(dict(body), default=digits).decode()


def narrowed(connection: Connection, query: ResourceQuery, but: Container[str] = ()) -> ResourceQuery:
    """Return the query with the ids that can fit at all, where one of its criteria leaves few.

    Without it a search for one patient's orders would look at the orders of all patients. `but` are parameters that
    are not in the index.
    """
    for one in query.criteria:
        if one.param in but or one.how not in {"is", "begins", "range"}:
            continue
        fit = select(search.c.id).where(search.c.type == query.resource_type, search.c.param == one.param, _value(one))
        whose = () if query.partner is None else (search.c.partner == query.partner,)
        few = connection.execute(fit.where(*whose).limit(FEW)).scalars().all()
        if len(few) < FEW:
            both = set(few) if query.ids is None else set(few).intersection(query.ids)
            return replace(query, ids=tuple(sorted(both)))
    return query


def total(connection: Connection, query: ResourceQuery) -> int:
    """Return how many resources fit, on all pages together: counted in the index, which holds newest versions only."""
    owner = search.alias()
    found = select(func.count()).where(owner.c.type == query.resource_type, owner.c.param == OWNER)
    if query.partner is not None:
        found = found.where(owner.c.value == "", owner.c.partner == query.partner)
    if query.ids is not None:
        found = found.where(owner.c.id.in_(query.ids))
    if query.updated_from is not None or query.updated_before is not None:
        found = found.where(owner.c.id.in_(_resources(query).with_only_columns(resource.c.id)))
    found = found.where(*(fits(query.resource_type, owner.c.id, one) for one in query.criteria))
    return int(connection.execute(found).scalar_one())


def page(connection: Connection, query: ResourceQuery) -> tuple[Sequence[RowMapping], tuple[str, ...] | None]:
    """Return the rows (id, body, updated_at) of one page as they are sorted, and where the next one begins."""
    keys = _keys(query)
    found = _resources(query).where(*(fits(query.resource_type, resource.c.id, one) for one in query.criteria))
    rows = connection.execute(paged(found, keys, query.after, query.limit)).mappings().all()
    return cut(rows, keys, query.limit)


def _keys(query: ResourceQuery) -> list[Key]:
    """Return what a query's results are sorted by; those that are alike in it come as they were last changed."""
    updated: ColumnElement[Any] = resource.c.updated_at
    if query.ids is not None:  # as an expression it is served by no index, which would be all of the type: ids lead
        updated = func.coalesce(updated, updated)
    own = {LAST_UPDATED: updated, ID: resource.c.id}
    keys = [Key(own.get(one.param, _value_of(query.resource_type, one)), one.descending) for one in query.order]
    sorted_by = {one.param for one in query.order}
    last = bool(query.order) and query.order[-1].descending
    if LAST_UPDATED not in sorted_by:
        keys.append(Key(updated, last))
    return keys if ID in sorted_by else [*keys, Key(resource.c.id, last)]


def _value_of(of_type: str, one: Order) -> ColumnElement[Any]:
    """Return the first (or last) of a resource's values of a parameter, nothing where it has none."""
    # of a token only the code itself: `system|code` and `system|` are there for asking
    plain = _rows(of_type, resource.c.id, one.param) & search.c.value.notlike("%|%")
    first = func.max(search.c.value) if one.descending else func.min(search.c.value)
    return func.coalesce(select(first).where(plain).scalar_subquery(), "")


def _resources(query: ResourceQuery) -> Select[Any]:
    """Select what is meant by type, owner, id and time, each resource in its newest version."""
    newer = resource.alias()
    replaced = exists().where(
        newer.c.type == resource.c.type, newer.c.id == resource.c.id, newer.c.version > resource.c.version
    )
    whose = () if query.partner is None else (search.c.partner == query.partner,)
    owned = exists().where(_rows(query.resource_type, resource.c.id, OWNER), *whose)
    found = select(resource.c.id, resource.c.body, resource.c.updated_at).where(
        resource.c.type == query.resource_type, owned, ~replaced
    )
    if query.ids is not None:
        found = found.where(resource.c.id.in_(query.ids))
    if query.updated_from is not None:
        found = found.where(resource.c.updated_at >= query.updated_from)
    if query.updated_before is not None:
        found = found.where(resource.c.updated_at < query.updated_before)
    return found


def _rows(of_type: str, identity: ColumnElement[str], param: str) -> ColumnElement[bool]:
    return and_(search.c.type == of_type, search.c.id == identity, search.c.param == param)


def fits(of_type: str, identity: ColumnElement[str], one: Criterion) -> ColumnElement[bool]:
    """Say which ids of a type are indexed under what a criterion asks for."""
    rows = _rows(of_type, identity, one.param)
    match one.how:
        case "missing":
            return ~exists().where(rows)
        case "present":
            return exists().where(rows)
        case "not":
            return ~exists().where(rows, search.c.value.in_(one.values))
    return exists().where(rows, _value(one))


def _value(one: Criterion) -> ColumnElement[bool]:
    value = search.c.value
    if one.how == "range":
        low, high = one.values
        # a year or month stands for all of its days: its text sorts before them, so it is compared by its own length
        return and_(value >= low[:4], or_(value >= low, func.length(value) < 10), *([value < high] if high else []))
    if one.how == "is":
        return value.in_(one.values)
    return or_(false(), *(_texts(one.how, text) for text in one.values))


def _texts(how: str, text: str) -> ColumnElement[bool]:
    value = search.c.value
    return value.startswith(text, autoescape=True) if how == "begins" else value.contains(text, autoescape=True)
