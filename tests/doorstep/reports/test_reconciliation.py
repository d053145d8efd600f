"""Whatever came is stored, rejected or known: counted at the door, held against the journal and the sources' own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete

from doorstep.journal import Journal
from doorstep.journal.tables import receipt
from doorstep.reports import Report, named_period, reconciliation
from tests.doorstep.journal.support import NOON, transmission

DAY = named_period("2026-11-23", ZoneInfo("America/New_York"), NOON + timedelta(days=1))


def rows(report: Report) -> dict[str, dict[str, Any]]:
    return {str(row[0]): dict(zip(report.tables[0].columns, row, strict=True)) for row in report.tables[0].rows}


async def test_every_call_of_receive_is_counted_by_what_became_of_it(journal: Journal) -> None:
    for key, data in (("a", b"A"), ("a", b"A"), ("a", b"other"), ("b", b"B")):
        await journal.receive(transmission(key, data))
    await journal.receive(transmission("c", b"C", rejected="no MSH"))
    await journal.receive(transmission("late", b"L", received_at=NOON + timedelta(days=1)))
    await journal.receive(transmission("f", b"F", channel="fax"))
    report = await journal.read(lambda reader: reconciliation.report(reader, DAY))
    found = rows(report)["hl7v2"]
    assert [found[n] for n in ("counted", "stored", "rejected", "duplicate", "conflict")] == [5, 2, 1, 1, 1]
    assert [row["difference"] for row in rows(report).values()] == [0, 0]
    assert report.ok


async def test_inputs_that_share_a_commit_are_counted_one_by_one(journal: Journal) -> None:
    import asyncio

    await asyncio.gather(*(journal.receive(transmission(str(n % 30), b"x")) for n in range(60)))
    found = rows(await journal.read(lambda reader: reconciliation.report(reader, DAY)))["hl7v2"]
    assert (found["stored"], found["duplicate"]) == (30, 30)


async def test_a_receipt_that_is_gone_is_a_difference(journal: Journal) -> None:
    kept = await journal.receive(transmission("a", b"A"))
    gone = delete(receipt).where(receipt.c.document_id == kept.document_id)
    await journal.write(lambda unit: unit.connection.execute(gone) and None)
    report = await journal.read(lambda reader: reconciliation.report(reader, DAY))
    assert rows(report)["hl7v2"]["difference"] == 1
    assert not report.ok


async def test_a_fax_that_only_its_source_knows_is_named(journal: Journal) -> None:
    await journal.receive(transmission("a", b"A", channel="fax", identifier="hylafax:1:f.tif"))
    await journal.receive(transmission("b", b"B", channel="fax", identifier="hylafax:2:g.tif", rejected="empty"))
    own = {"hylafax": ("hylafax:1:f.tif", "hylafax:2:g.tif", "hylafax:3:h.tif", "hylafax:1:f.tif")}
    report = await journal.read(lambda reader: reconciliation.report(reader, DAY, own))
    found = rows(report)["hylafax"]
    assert [found[n] for n in ("counted", "stored", "rejected", "duplicate", "difference")] == [4, 1, 1, 1, 1]
    assert report.tables[1].rows == (("hylafax", "hylafax:3:h.tif"),)
    assert not report.ok
