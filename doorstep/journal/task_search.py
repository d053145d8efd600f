"""Finds the orders that their senders follow by how they stand: a page of them is read in four queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, false, func, not_, or_, select
from sqlalchemy import case as case_when

from doorstep.connector import Receipt, Standing
from doorstep.journal import search
from doorstep.journal.events import parse
from doorstep.journal.inbox import load_receipt
from doorstep.journal.paging import Key, cut, paged
from doorstep.journal.resources import body_of
from doorstep.journal.tables import case_, receipt, resource, task
from schemas.case import Case
from schemas.fhir.following import TASK_TYPE
from schemas.search import ID, LAST_UPDATED, Criterion, Order, Page, ResourceQuery


class TaskReads:
    """The followed orders' share of a reader."""

    connection: Connection

    def tasks(self, query: ResourceQuery) -> Page[Standing]:
        """Return one page of the orders that fit, each with what is needed to show it.

        Beside what orders are indexed under, criteria may name `standing` (`words|state`), `priority`, `provider` (its
        NPI), `identifier` (`case:ID`, `document:ID`), and the instants `authored` and `modified`.
        """
        query = search.narrowed(self.connection, query, but=_OWN)
        found, keys = _found(query), _keys(query)
        rows = self.connection.execute(paged(found, keys, query.after, query.limit)).mappings().all()
        shown, after = cut(rows, keys, query.limit)
        number = select(func.count()).select_from(found.with_only_columns(task.c.task_id).subquery())
        total = self.connection.execute(number).scalar_one() if query.counted else 0
        return Page(self._standings(shown), total, after)

    def _standings(self, rows: Any) -> list[Standing]:
        ids = [row["task_id"] for row in rows]
        query = select(resource.c.id, resource.c.version, resource.c.body)
        query = query.where(resource.c.type == TASK_TYPE, resource.c.id.in_(ids)).order_by(resource.c.version)
        told = {row.id: (row.version, row.body) for row in self.connection.execute(query)}
        cases = self._cases([row["case_id"] for row in rows if row["case_id"]])
        receipts = self._receipts([row["document_id"] for row in rows])
        return [
            Standing(
                task_id=row["task_id"],
                facts=body_of(told[row["task_id"]][1], f"{TASK_TYPE}/{row['task_id']}"),
                told=told[row["task_id"]][0],
                receipt=receipts[row["document_id"]],
                case=cases[row["case_id"]] if row["case_id"] else None,
                turn=row["turn"],
            )
            for row in rows
        ]

    def _cases(self, ids: list[str]) -> dict[str, Case]:
        query = select(case_.c.case_id, case_.c.data).where(case_.c.case_id.in_(ids))
        return {row.case_id: parse(Case, row.data, f"case {row.case_id}") for row in self.connection.execute(query)}

    def _receipts(self, ids: list[str]) -> dict[str, Receipt]:
        rows = self.connection.execute(select(receipt).where(receipt.c.document_id.in_(ids))).mappings()
        return {row["document_id"]: load_receipt(row) for row in rows}


def _found(query: ResourceQuery) -> Select[Any]:
    found = select(task)
    # where ids are known they lead: as an expression the tenant is served by no index, which would be all its Tasks
    tenant = task.c.tenant if query.ids is None else task.c.tenant.concat("")
    if query.partner is not None:
        found = found.where(tenant == query.partner)
    if query.ids is not None:
        found = found.where(task.c.task_id.in_(query.ids))
    if query.updated_from is not None:
        found = found.where(task.c.updated_at >= query.updated_from)
    if query.updated_before is not None:
        found = found.where(task.c.updated_at < query.updated_before)
    return found.where(*(_fits(one) for one in query.criteria))


def _keys(query: ResourceQuery) -> list[Key]:
    keys = [Key(_sorted_by(one), one.descending) for one in query.order]
    sorted_by = {one.param for one in query.order}
    last = bool(query.order) and query.order[-1].descending
    if not sorted_by & {LAST_UPDATED, "modified"}:
        keys.append(Key(task.c.updated_at, last))
    return keys if ID in sorted_by else [*keys, Key(task.c.task_id, last)]


_COLUMNS: dict[str, ColumnElement[Any]] = {
    LAST_UPDATED: task.c.updated_at,
    "modified": task.c.updated_at,
    "authored": task.c.authored_at,
    ID: task.c.task_id,
    "standing": task.c.words + "|" + task.c.state,
    "priority": func.coalesce(task.c.priority, ""),
}


def _sorted_by(one: Order) -> ColumnElement[Any]:
    column = _COLUMNS[one.param]
    return case_when(dict(one.ranks), value=column, else_="") if one.ranks else column


def _fits(one: Criterion) -> ColumnElement[bool]:
    own = _OWN.get(one.param)
    return search.fits(TASK_TYPE, task.c.task_id, one) if own is None else own(one)


def _standing(one: Criterion) -> ColumnElement[bool]:
    states: dict[str, list[str]] = {}
    for value in one.values:
        words, _, state = value.partition("|")
        states.setdefault(words, []).append(state)
    return or_(false(), *(and_(task.c.words == words, task.c.state.in_(listed)) for words, listed in states.items()))


def _identifier(one: Criterion) -> ColumnElement[bool]:
    named = {kind: [v.partition(":")[2] for v in one.values if v.startswith(kind)] for kind in ("case:", "document:")}
    waits = and_(task.c.case_id.is_(None), task.c.document_id.in_(named["document:"]))
    if one.how == "not":
        return not_(or_(func.coalesce(task.c.case_id, "").in_(named["case:"]), waits))
    return or_(task.c.case_id.in_(named["case:"]), waits)


def _text(column: ColumnElement[str | None]) -> Callable[[Criterion], ColumnElement[bool]]:
    def fits(one: Criterion) -> ColumnElement[bool]:
        match one.how:
            case "missing":
                return column.is_(None)
            case "present":
                return column.is_not(None)
            case "not":
                return or_(column.is_(None), column.not_in(one.values))
        return column.in_(one.values)

    return fits


def _instant(column: ColumnElement[datetime]) -> Callable[[Criterion], ColumnElement[bool]]:
    def fits(one: Criterion) -> ColumnElement[bool]:
        low, high = one.values
        bounds = [column >= datetime.fromisoformat(low)] if low else []
        return and_(*bounds, *([column < datetime.fromisoformat(high)] if high else []))

    return fits


_OWN: dict[str, Callable[[Criterion], ColumnElement[bool]]] = {
    "standing": _standing,
    "identifier": _identifier,
    "priority": _text(task.c.priority),
    "provider": _text(task.c.provider),
    "authored": _instant(task.c.authored_at),
    "modified": _instant(task.c.updated_at),
}
