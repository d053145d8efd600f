"""How each order stands that its sender follows: one slim row for each, kept in the commit that changes it.

A sender asks for its Tasks by their state and their last change; neither stands in what it sent.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, insert, literal_column, select, update

from doorstep.connector import StoredResource
from doorstep.journal import search
from doorstep.journal.events import parse
from doorstep.journal.tables import case_, case_document, receipt, resource, task, upsert
from doorstep.journal.tables import search as table
from doorstep.journal.transaction import Transaction
from schemas.case import Case
from schemas.fhir.following import TASK_TYPE, case_of_order
from schemas.transmission import BeforeCase, ReceiptState, before_case

_TOLD = (
    select(resource.c.document_id, resource.c.body)
    .where(resource.c.type == literal_column(f"'{TASK_TYPE}'"), resource.c.id == bindparam("value"))
    .order_by(resource.c.version)
)
_CASES = (
    select(case_.c.case_id, case_.c.data)
    .join(case_document, case_document.c.case_id == case_.c.case_id)
    .where(case_document.c.document_id == bindparam("value"))
    .order_by(case_.c.opened_at, case_.c.case_id)
)
_ORDERS = (
    select(func.count())
    .select_from(resource)
    .where(resource.c.document_id == bindparam("value"), resource.c.type == literal_column(f"'{TASK_TYPE}'"))
)
_OF_CASE = (
    select(resource.c.id)
    .join(case_document, case_document.c.document_id == resource.c.document_id)
    .where(case_document.c.case_id == bindparam("value"), resource.c.type == literal_column(f"'{TASK_TYPE}'"))
    .distinct()
)
_MOVED = update(task).where(task.c.case_id == bindparam("known"))
_ATTACHED = update(task).where(task.c.task_id == bindparam("known"))
_SETTLED = update(task).where(
    task.c.document_id == bindparam("known"), task.c.case_id.is_(None), task.c.state != bindparam("before")
)


class TaskWrites(Transaction):
    """The followed orders' share of a unit of work."""

    def follow(self, kept: StoredResource, tenant: str, document_id: str, received_at: datetime) -> None:
        """Follow an order that an input brought; while the new word on it is read, it stands as it stood."""
        row = {
            "task_id": kept.resource_id,
            "tenant": tenant,
            "document_id": document_id,
            "words": kept.words,
            "state": BeforeCase.WAITING.value,
            "turn": 0,
            "authored_at": received_at,
            "updated_at": self.now,
        }
        insert_ = upsert(self.dialect, task)
        new = insert_.excluded
        waits = task.c.case_id.is_(None)
        changes: dict[str, Any] = {"document_id": new.document_id, "words": new.words}
        for name in ("state", "authored_at", "updated_at"):
            changes[name] = case((waits, new[name]), else_=task.c[name])
        self.connection.execute(insert_.on_conflict_do_update(index_elements=["task_id"], set_=changes), row)

    def follow_case(self, saved: Case, *, joined: bool) -> None:
        """Have the orders of a case stand as it does; where it is new or an input `joined` it, find which those are."""
        self.connection.execute(_MOVED, {"known": saved.case_id, **_standing(saved)})
        if joined:
            for task_id in self.connection.execute(_OF_CASE, {"value": saved.case_id}).scalars().all():
                attach(self.connection, task_id)

    def follow_receipt(self, document_id: str, state: BeforeCase) -> None:
        """Have the orders of an input that has no case stand as it does."""
        changes = {"state": state.value, "updated_at": self.now}
        self.connection.execute(_SETTLED, {"known": document_id, "before": state.value, **changes})


def _standing(saved: Case) -> dict[str, Any]:
    return {
        "state": saved.state.value,
        "priority": saved.order.priority,
        "provider": saved.provider_npi if saved.provider_name else None,
        "authored_at": saved.opened_at,
        "updated_at": saved.updated_at,
    }


def attach(connection: Connection, task_id: str) -> None:
    """Find the newest case of an order among all that it has had, and have it stand as that one does."""
    cases: dict[str, Case] = {}
    newest: Case | None = None
    for document_id, body in connection.execute(_TOLD, {"value": task_id}).all():
        found = [
            parse(Case, data, f"case {case_id}")
            for case_id, data in connection.execute(_CASES, {"value": document_id}).all()
        ]
        orders = connection.execute(_ORDERS, {"value": document_id}).scalar_one() if found else 0
        own = case_of_order(found, str(json.loads(body)["focus"]), document_id, orders=orders)
        if own is not None:
            cases.setdefault(own.case_id, own)
            newest = own
    if newest is not None:
        place = {"case_id": newest.case_id, "turn": list(cases).index(newest.case_id) + 1}
        connection.execute(_ATTACHED, {"known": task_id, **place, **_standing(newest)})


def rebuild(connection: Connection) -> None:
    """Fill the table, and what its rows are searched by, from what the journal holds (migration m0012)."""
    told = (
        select(resource.c.id, resource.c.document_id, resource.c.body, resource.c.updated_at)
        .add_columns(receipt.c.tenant, receipt.c.state, receipt.c.reason, receipt.c.case_id, receipt.c.received_at)
        .join(receipt, receipt.c.document_id == resource.c.document_id)
        .where(resource.c.type == TASK_TYPE)
        .order_by(resource.c.id, resource.c.version)
    )
    newest: dict[str, Any] = {}
    for row in connection.execute(told).mappings():
        newest[row["id"]] = row
    for task_id, row in newest.items():
        facts = json.loads(row["body"])
        state = before_case(ReceiptState(row["state"]), row["reason"], row["case_id"])
        values = {
            "task_id": task_id,
            "tenant": row["tenant"] or "",
            "document_id": row["document_id"],
            "words": facts.get("profile") or "",
            "state": state.value,
            "turn": 0,
            "authored_at": row["received_at"],
            "updated_at": row["updated_at"],
        }
        connection.execute(insert(task), values)
        kept = StoredResource(TASK_TYPE, task_id, {}, search=_patients(connection, facts))
        search.index(connection, connection.dialect.name, kept, row["tenant"] or "")
        attach(connection, task_id)


def _patients(connection: Connection, facts: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return what an order of before is found by: the patient that its requests are indexed under."""
    found = {str(facts["subject"]), str(facts["subject"]).rpartition("/")[2]} if facts.get("subject") else set()
    for reference in facts["basedOn"]:
        kind, _, identity = str(reference).partition("/")
        rows = select(table.c.value).where(table.c.type == kind, table.c.id == identity, table.c.param == "patient")
        found.update(connection.execute(rows).scalars())
    return tuple((param, value) for param in ("patient", "subject") for value in sorted(found))
