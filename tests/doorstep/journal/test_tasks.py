"""How an order stands that its sender follows is known in the commit that changes it, and again after a migration."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, select

from doorstep.connector import StoredResource
from doorstep.errors import Refused
from doorstep.journal import Journal, Reader
from doorstep.journal.tables import search, task
from doorstep.journal.tasks import rebuild
from schemas.case import CaseState
from schemas.fhir.following import TASK_TYPE
from schemas.search import Criterion, Order, Page, ResourceQuery
from schemas.transmission import ReceiptState
from tests.doorstep.journal.support import NOON, case, opened, transmission
from tests.doorstep.journal.test_migrations import make_first


async def sent(journal: Journal, name: str, tenant: str = "north", words: str = "") -> str:
    """Keep an order that is followed as the Task `name`; return its input."""
    focus = f"ServiceRequest/{name}"
    facts: dict[str, Any] = {"sha256": "s", "focus": focus, "basedOn": [focus], "subject": f"Patient/of-{name}"}
    facts["profile"] = words or None
    about = tuple((param, f"Patient/of-{name}") for param in ("patient", "subject"))
    order = StoredResource("ServiceRequest", name, {"id": name}, search=(("patient", f"Patient/of-{name}"),))
    followed = StoredResource(TASK_TYPE, name, facts, search=about, words=words)
    receipt = await journal.receive(
        transmission(name, name.encode(), channel="fhir", tenant=tenant, resources=(order, followed))
    )
    return receipt.document_id


async def tasks(journal: Journal, *criteria: Criterion, **asked: Any) -> Page[Any]:
    query = ResourceQuery(TASK_TYPE, asked.pop("partner", "north"), criteria, **asked)
    return await journal.read(lambda reader: reader.tasks(query))


def states(page: Page[Any]) -> dict[str, str]:
    return {one.task_id: one.case.state.value if one.case else one.receipt.state.value for one in page.found}


def stands(*values: str) -> Criterion:
    return Criterion("standing", "is", values)


async def test_an_order_stands_as_its_input_and_then_as_its_case(journal: Journal) -> None:
    one, two = await sent(journal, "one"), await sent(journal, "two", words="bser")
    await sent(journal, "three", tenant="south")
    assert states(await tasks(journal)) == {"one": "pending", "two": "pending"}
    assert states(await tasks(journal, stands("bser|pending"))) == {"two": "pending"}
    mine = case("DS-000001-8").model_copy(update={"document_ids": (one,), "provider_npi": "1", "provider_name": "n"})
    await journal.write(lambda unit: unit.save_case(mine))
    await journal.write(lambda unit: unit.settle_receipt(two, ReceiptState.REJECTED, reason="r"))
    assert states(await tasks(journal, stands("|open", "bser|rejected"))) == {"one": "open", "two": "rejected"}
    assert states(await tasks(journal, stands("|pending", "|rejected"))) == {}
    moved = mine.model_copy(update={"revision": 2, "state": CaseState.CANCELLED, "updated_at": NOON + timedelta(1)})
    await journal.write(lambda unit: unit.save_case(moved))
    assert states(await tasks(journal, stands("|cancelled"))) == {"one": "cancelled"}
    assert (await tasks(journal, Criterion("provider", "is", ("1",)))).total == 1
    assert (await tasks(journal, Criterion("identifier", "is", ("case:DS-000001-8",)))).total == 1
    assert (await tasks(journal, Criterion("identifier", "is", (f"document:{one}",)))).total == 0
    assert (await tasks(journal, Criterion("identifier", "is", (f"document:{two}",)))).total == 1
    assert (await tasks(journal, Criterion("patient", "is", ("Patient/of-two",)))).found[0].task_id == "two"
    assert (await tasks(journal, Criterion("patient", "not", ("Patient/of-two",)))).found[0].task_id == "one"
    later = Criterion("modified", "range", ((NOON + timedelta(hours=1)).isoformat(), (NOON + timedelta(2)).isoformat()))
    assert states(await tasks(journal, later)) == {"one": "cancelled"}
    assert (await tasks(journal, partner=None)).total == 3


async def test_tasks_come_in_pages_by_what_they_are_sorted_by(journal: Journal) -> None:
    for name in ("c", "a", "d", "b"):
        document = await sent(journal, name)
        if name in "ad":
            opened = case(f"DS-00000{ord(name)}-8").model_copy(update={"document_ids": (document,)})
            await journal.write(lambda unit, opened=opened: unit.save_case(opened))
    ranks = (("|open", "z"), ("|pending", "y"))
    for order, wanted in (
        ((), "adcb"),  # the cases are of November
        ((Order("_id"),), "abcd"),
        ((Order("_lastUpdated", descending=True), Order("_id")), "bcad"),
        ((Order("standing", ranks=ranks), Order("_id", descending=True)), "cbda"),
        ((Order("priority", descending=True), Order("_id")), "adbc"),
    ):
        seen, after = "", None
        while True:
            page = await tasks(journal, order=order, limit=1, after=after)
            seen += "".join(one.task_id for one in page.found)
            after = page.after
            if after is None:
                break
        assert seen == wanted, order
    for wrong in (("x",), ("x", "y"), ("2026-11-23", "a")):
        with pytest.raises(Refused):
            await tasks(journal, after=wrong)


async def test_a_journal_of_before_knows_its_tasks_after_the_migration(journal: Journal) -> None:
    documents = [await sent(journal, name) for name in ("one", "two", "three")]
    mine = case("DS-000001-8").model_copy(update={"document_ids": (documents[0],)})
    await journal.write(lambda unit: unit.save_case(mine))
    await journal.write(lambda unit: unit.settle_receipt(documents[1], ReceiptState.REJECTED, reason="r"))

    def kept(connection: Connection) -> list[Any]:
        rows = connection.execute(select(task).order_by(task.c.task_id)).mappings()
        index = select(search).where(search.c.type == TASK_TYPE).order_by(*search.c)
        settled = [{**row, "updated_at": None} if row["case_id"] is None else dict(row) for row in rows]
        return [settled, {tuple(row) for row in connection.execute(index) if row.value != "of-" + row.id}]

    before = await journal.read(lambda reader: kept(reader.connection))

    def anew(unit: Any) -> None:
        unit.connection.execute(delete(task))
        unit.connection.execute(delete(search).where(search.c.type == TASK_TYPE))
        rebuild(unit.connection)

    await journal.write(anew)
    assert await journal.read(lambda reader: kept(reader.connection)) == before


async def test_the_first_schema_comes_to_the_tasks_of_today(database_url: str, tmp_path: Path) -> None:
    time = "2026-11-23T12:00:00+00:00"
    facts = '{"sha256":"s","focus":"ServiceRequest/1","basedOn":["ServiceRequest/1"],"subject":null}'
    make_first(
        database_url,
        "INSERT INTO receipt (document_id, channel, idempotency_key, sha256, state, received_at) "
        f"VALUES ('d', 'fhir', 'd', 's', 'pending', '{time}')",
        "INSERT INTO resource (type, id, version, document_id, body, updated_at) "
        f"VALUES ('{TASK_TYPE}', 't', 1, 'd', '{facts}', '{time}')",
    )
    async with opened(database_url, tmp_path) as journal:
        assert states(await tasks(journal, partner=None)) == {"t": "pending"}


async def test_resources_are_sorted_by_what_they_are_indexed_under(journal: Journal) -> None:
    for name, values in (("a", ("2", "urn|2")), ("b", ("1", "9")), ("c", ()), ("d", ("2",))):
        pairs = tuple(("p", value) for value in values)
        kept = StoredResource("Patient", name, {"id": name}, search=pairs)
        await journal.receive(transmission(name, name.encode(), tenant="north", resources=(kept,)))

    def sorted_by(reader: Reader, *order: Order) -> str:
        seen, after = "", None
        while True:
            page = reader.search(ResourceQuery("Patient", "north", order=order, limit=1, after=after))
            seen += "".join(stored.resource_id for _, stored in page.found)
            assert page.total == 4
            if page.after is None:
                return seen
            after = page.after

    assert await journal.read(lambda reader: sorted_by(reader, Order("p"))) == "cbad"
    assert await journal.read(lambda reader: sorted_by(reader, Order("p", descending=True), Order("_id"))) == "badc"
    assert await journal.read(lambda reader: sorted_by(reader, Order("_id", descending=True))) == "dcba"
