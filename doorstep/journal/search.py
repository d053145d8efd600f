"""Finds stored resources by the values they were indexed under."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Select, and_, delete, exists, func, or_, select

from doorstep.connector import StoredResource
from doorstep.journal.tables import resource, search, upsert
from schemas.search import Criterion, ResourceQuery

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


def total(connection: Connection, query: ResourceQuery) -> int:
    """Return how many resources fit, on all pages together."""
    found = _found(query).subquery()
    return int(connection.execute(select(func.count()).select_from(found)).scalar_one())


def page(connection: Connection, query: ResourceQuery) -> list[Mapping[str, Any]]:
    """Return the rows (id, body, updated_at) of one page in the order of their last change."""
    found = _found(query)
    key = (resource.c.updated_at, resource.c.id)
    if query.after is not None:
        moment, last = query.after
        at, by = key
        beyond = (at < moment, by < last) if query.newest_first else (at > moment, by > last)
        found = found.where(or_(beyond[0], and_(at == moment, beyond[1])))
    found = found.order_by(*(column.desc() for column in key) if query.newest_first else key).limit(query.limit)
    return [dict(row) for row in connection.execute(found).mappings()]


def _found(query: ResourceQuery) -> Select[Any]:
    """Select what fits, each resource in its newest version."""
    newer = resource.alias()
    replaced = exists().where(
        newer.c.type == resource.c.type, newer.c.id == resource.c.id, newer.c.version > resource.c.version
    )
    found = select(resource.c.id, resource.c.body, resource.c.updated_at).where(
        resource.c.type == query.resource_type, _owned(query), ~replaced
    )
    if query.ids:
        found = found.where(resource.c.id.in_(query.ids))
    if query.updated_from is not None:
        found = found.where(resource.c.updated_at >= query.updated_from)
    if query.updated_before is not None:
        found = found.where(resource.c.updated_at < query.updated_before)
    return found.where(*(_fits(query.resource_type, one) for one in query.criteria))


def _rows(of_type: str, param: str) -> ColumnElement[bool]:
    return and_(search.c.type == of_type, search.c.id == resource.c.id, search.c.param == param)


def _owned(query: ResourceQuery) -> ColumnElement[bool]:
    whose = () if query.partner is None else (search.c.partner == query.partner,)
    return exists().where(_rows(query.resource_type, OWNER), *whose)


def _fits(of_type: str, one: Criterion) -> ColumnElement[bool]:
    rows = _rows(of_type, one.param)
    if one.how == "missing":
        return ~exists().where(rows)
    if one.how == "present":
        return exists().where(rows)
    return exists().where(rows, _value(one))


def _value(one: Criterion) -> ColumnElement[bool]:
    value = search.c.value
    if one.how == "range":
        low, high = one.values
        # a year or month stands for all of its days: its text sorts before them, so it is compared by its own length
        return and_(value >= low[:4], or_(value >= low, func.length(value) < 10), *([value < high] if high else []))
    return or_(*(_texts(one.how, text) for text in one.values))


def _texts(how: str, text: str) -> ColumnElement[bool]:
    value = search.c.value
    if how == "begins":
        return value.startswith(text, autoescape=True)
    return value.contains(text, autoescape=True) if how == "holds" else value == text
