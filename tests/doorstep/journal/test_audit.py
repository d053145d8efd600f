"""The audit finds whatever is done to the journal behind the hub's back, and names the place."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from sqlalchemy import text

from doorstep.journal import Audit, Head, Journal, JournalUnit
from doorstep.journal.chain import GENESIS, link, seal_new
from tests.doorstep.journal.support import declined, opened, transmission

LARGE = b"%PDF-" + bytes(100_000)


@pytest.fixture
async def full(journal: Journal) -> Journal:
    """Three inputs and five further events; events 2 to 4 share a commit."""
    await journal.receive(transmission("one"))
    await journal.write(lambda unit: [unit.append(declined(n), source="test") for n in range(3)])
    for number in (3, 4):
        await journal.write(lambda unit, n=number: unit.append(declined(n), source="test"))  # type: ignore[misc]
    await journal.receive(transmission("large", LARGE))
    await journal.receive(transmission("refused", b"nonsense", rejected="no message"))
    return journal


async def audited(journal: Journal, *anchors: Head) -> Audit:
    return await journal.read(lambda reader: reader.audit(anchors=anchors))


async def told(journal: Journal, *anchors: Head) -> list[str]:
    """Return the places of the findings."""
    return [finding.where for finding in (await audited(journal, *anchors)).findings]


async def behind_its_back(journal: Journal, *statements: str) -> None:
    def job(unit: JournalUnit) -> None:
        for statement in statements:
            unit.connection.execute(text(statement))

    await journal.write(job)


async def head_of(journal: Journal) -> Head:
    return await journal.read(lambda reader: reader.head())


async def test_an_untouched_journal_is_right_and_its_head_stands_for_all(full: Journal) -> None:
    found = await audited(full, await head_of(full))
    assert found.findings == []
    assert (found.events, found.seals, found.receipts, found.documents) == (7, 5, 3, 3)
    assert found.head == await head_of(full)
    assert found.head.seq == 7


async def test_an_empty_journal_is_right(journal: Journal) -> None:
    found = await audited(journal)
    assert (found.events, found.findings, found.head) == (0, [], Head(0, GENESIS))


@pytest.mark.parametrize(
    ("statement", "places"),
    [
        ("UPDATE event SET data = replace(data, '3', '9') WHERE seq = 5", ["event 5"]),
        ("UPDATE event SET source = 'nobody' WHERE seq = 3", ["event 3"]),
        ("UPDATE event SET time = (SELECT time FROM event WHERE seq = 6) WHERE seq = 2", ["event 2"]),
        ("DELETE FROM event WHERE seq = 6", ["events 6..6"]),
        ("DELETE FROM event WHERE seq = 3", ["events 2..4"]),
        ("DELETE FROM seal WHERE last_seq = 5", ["seal 6", "event 5"]),
        ("UPDATE seal SET digest = leaves WHERE last_seq = 5", ["seal 5", "seal 6"]),
        ("UPDATE receipt SET sha256 = 'other' WHERE idempotency_key = 'one'", ["input"]),
        ("DELETE FROM receipt WHERE state = 'pending'", ["input", "input"]),
        ("UPDATE content SET data = NULL WHERE data IS NOT NULL", ["document", "document"]),
        ("DELETE FROM content WHERE size > 50000", ["document"]),
    ],
)
async def test_whatever_is_changed_or_removed_is_found(full: Journal, statement: str, places: list[str]) -> None:
    first = "DELETE FROM delivery" if statement.startswith("DELETE FROM event") else "SELECT 1"
    await behind_its_back(full, first, statement)
    found = await told(full)
    assert [place.split(" ")[0] if place.startswith(("input", "document")) else place for place in found] == places


async def test_two_events_that_changed_places_are_both_found(full: Journal) -> None:
    await behind_its_back(
        full,
        "DELETE FROM delivery",
        "UPDATE event SET id = 'x' WHERE seq = 3",
        *(
            f"UPDATE event SET {column} = (SELECT {column} FROM event WHERE seq = {source}) WHERE seq = {to}"
            for column in ("data", "time")
            for source, to in ((3, 5), (4, 3), (5, 4))
        ),
    )
    assert await told(full) == ["event 3", "event 4", "event 5"]


async def test_an_event_that_the_hub_did_not_append_is_found(full: Journal) -> None:
    columns = "type, topic, key, source, subject, time, traceparent, correlation, causation, data"
    await behind_its_back(
        full, f"INSERT INTO event (id, {columns}) SELECT 'forged', {columns} FROM event WHERE seq = 5"
    )
    assert await told(full) == ["event 8"]


async def test_a_cut_tail_shows_by_the_head_that_was_noted(full: Journal) -> None:
    noted = await head_of(full)
    await behind_its_back(
        full,
        "DELETE FROM delivery",
        "DELETE FROM receipt WHERE document_id = (SELECT key FROM event WHERE seq = 7)",
        "DELETE FROM event WHERE seq = 7",
        "DELETE FROM seal WHERE last_seq = 7",
    )
    assert await told(full) == []
    assert await told(full, noted) == ["seal 7"]


async def test_a_journal_that_was_written_anew_as_a_whole_shows_by_the_head_that_was_noted(full: Journal) -> None:
    noted = await head_of(full)

    def anew(unit: JournalUnit) -> None:
        unit.connection.execute(text("UPDATE event SET source = 'nobody' WHERE seq = 2"))
        unit.connection.execute(text("DELETE FROM seal"))
        seal_new(unit.connection)

    await full.write(anew)
    assert await told(full) == []
    assert await told(full, noted) == ["seal 7"]


async def test_a_document_that_was_changed_on_the_disk_is_found(full: Journal, tmp_path: Path) -> None:
    digest = hashlib.sha256(LARGE).hexdigest()
    (tmp_path / "content" / digest[:2] / digest).write_bytes(LARGE[:-1] + b"x")
    assert await told(full) == [f"document {digest}"]


async def test_text_that_is_none_any_more_is_a_finding_like_any(tmp_path: Path) -> None:
    async with opened(f"sqlite:///{tmp_path / 'journal.db'}", tmp_path) as journal:
        await journal.receive(transmission())
        await behind_its_back(journal, "UPDATE event SET data = CAST(x'fffe' AS TEXT) WHERE seq = 1")
        assert (await told(journal))[0] == "event 1"


async def test_what_an_older_version_appended_is_sealed_at_the_start(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path) as journal:
        await journal.receive(transmission())
        await behind_its_back(journal, "DELETE FROM seal")
    async with opened(database_url, tmp_path) as journal:
        assert (await audited(journal)).seals == 1
        await journal.write(lambda unit: unit.append(declined(1), source="test"))
        assert await told(journal) == []


async def test_a_job_that_fails_leaves_no_gap_in_the_chain(full: Journal) -> None:
    def fails(unit: JournalUnit) -> None:
        unit.append(declined(8), source="test")
        raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        await full.write(fails)
    await full.write(lambda unit: unit.append(declined(9), source="test"))
    assert await told(full) == []


async def test_the_digests_can_be_worked_out_by_anybody(tmp_path: Path) -> None:
    """The formula of docs/journal.md, without our code."""
    async with opened(f"sqlite:///{tmp_path / 'journal.db'}", tmp_path) as journal:
        await journal.receive(transmission())

        def worked_out(unit: JournalUnit) -> bytes:
            (row,) = unit.connection.execute(text("SELECT * FROM event")).all()
            stored = unit.connection.exec_driver_sql("SELECT time FROM event").scalar_one()
            parts = [str(part).encode() for part in (*row[:7], stored, *row[8:])]
            leaf = hashlib.sha256(b"".join(str(len(part)).encode() + b":" + part + b"," for part in parts)).digest()
            return hashlib.sha256(bytes(32) + leaf).digest()

        assert (await head_of(journal)).digest == await journal.write(worked_out)
    assert link(GENESIS, b"") == hashlib.sha256(bytes(32)).digest()
