"""The journal as a whole: what is durable when, and who may open it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, inspect, select

from doorstep.errors import Defect, Refused, SettingsError, Unavailable
from doorstep.journal import Journal, JournalDown, JournalUnit, Reader, tables
from doorstep.journal.migrations import steps
from tests.doorstep.journal.support import NOON, ROUTES, declined, opened, transmission


async def test_what_write_returned_for_is_seen_by_every_later_read(journal: Journal) -> None:
    event = await journal.write(lambda unit: unit.append(declined(), source="test"))
    assert await journal.read(lambda reader: reader.event(event.id)) == event


async def test_a_failing_job_undoes_itself_and_nothing_else(journal: Journal) -> None:
    def fails(unit: JournalUnit) -> None:
        unit.append(declined("bad"), source="test")
        raise Refused("test.no", "no")

    def good(number: int) -> Any:
        return lambda unit: unit.append(declined(number), source="test")

    results = await asyncio.gather(
        *(journal.write(fails if i % 3 == 1 else good(i)) for i in range(30)), return_exceptions=True
    )
    assert [isinstance(r, Refused) for r in results] == [i % 3 == 1 for i in range(30)]
    stored = await journal.read(lambda reader: reader.events_after(0))
    assert [e.data.reason for e in stored] == [str(i) for i in range(30) if i % 3 != 1]


async def test_a_database_error_in_one_job_undoes_itself_and_nothing_else(journal: Journal) -> None:
    def breaks(unit: JournalUnit) -> None:
        unit.append(declined("bad"), source="test")
        unit.connection.exec_driver_sql("INSERT INTO counter (name, value) VALUES (NULL, NULL)")

    good = journal.write(lambda unit: unit.append(declined(1), source="test"))
    results = await asyncio.gather(good, journal.write(breaks), return_exceptions=True)
    assert isinstance(results[1], Defect)
    assert [e.data.reason for e in await journal.read(lambda reader: reader.events_after(0))] == ["1"]
    assert journal.healthy


async def test_receivers_that_come_together_share_commits(journal: Journal) -> None:
    before = journal.commits
    receipts = await asyncio.gather(*(journal.receive(transmission(f"key {i}")) for i in range(200)))
    assert len({r.document_id for r in receipts}) == 200
    assert journal.commits - before <= 50
    assert len(await journal.read(lambda reader: reader.receipts())) == 200


async def test_one_receiver_alone_has_a_commit_of_its_own(journal: Journal) -> None:
    before = journal.commits
    for i in range(5):
        await journal.receive(transmission(f"key {i}"))
    assert journal.commits - before == 5


async def test_a_job_that_runs_off_an_iterator_fails_and_its_waiter_hears_of_it(journal: Journal) -> None:
    with pytest.raises(Defect):
        await asyncio.wait_for(journal.write(lambda _unit: next(iter(()))), timeout=60)


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, MemoryError, RecursionError])
async def test_whatever_a_job_raises_the_writer_lives_on(journal: Journal, error: type[BaseException]) -> None:
    def raises(_unit: JournalUnit) -> None:
        raise error

    with pytest.raises((Defect, error)):
        await asyncio.wait_for(journal.write(raises), timeout=60)
    assert (await journal.receive(transmission())).state == "pending"
    assert journal.healthy


async def test_a_job_whose_waiter_is_gone_is_kept_all_the_same(journal: Journal) -> None:
    task = asyncio.create_task(journal.write(lambda unit: unit.append(declined(), source="test")))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await journal.write(lambda unit: unit.now)
    assert len(await journal.read(lambda reader: reader.events_after(0))) == 1


async def test_close_writes_what_is_queued_and_refuses_what_comes_later(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path) as journal:
        writes = [asyncio.create_task(journal.receive(transmission(f"key {i}"))) for i in range(50)]
        await asyncio.sleep(0)
    await asyncio.gather(*writes)
    with pytest.raises(JournalDown):
        await journal.receive(transmission("late"))
    async with opened(database_url, tmp_path) as again:
        assert len(await again.read(lambda reader: reader.receipts())) == 50


async def test_times_come_back_aware_in_utc_whatever_zone_they_went_in(journal: Journal) -> None:
    eastern = NOON.astimezone(timezone(timedelta(hours=-5)))
    await journal.receive(transmission(received_at=eastern))
    [receipt] = await journal.read(lambda reader: reader.receipts())
    assert receipt.received_at == NOON
    assert receipt.received_at.tzinfo is UTC


async def test_a_naive_time_is_refused(journal: Journal) -> None:
    with pytest.raises(Exception, match="naive"):
        await journal.receive(transmission(received_at=datetime(2026, 11, 23)))  # noqa: DTZ001
    assert await journal.read(lambda reader: reader.receipts()) == []


async def test_a_reader_cannot_write(journal: Journal) -> None:
    def writes(reader: Reader) -> None:
        reader.connection.exec_driver_sql("INSERT INTO counter (name, value) VALUES ('x', 1)")

    with pytest.raises((Unavailable, Defect)):
        await journal.read(writes)


async def test_the_migrations_make_the_tables_that_the_code_uses(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path):
        pass
    engine = create_engine(database_url)
    found = inspect(engine)
    for table in tables.metadata.tables.values():
        columns = {c["name"]: c["nullable"] for c in found.get_columns(table.name)}
        assert set(columns) == {c.name for c in table.columns}, table.name
        assert found.get_pk_constraint(table.name)["constrained_columns"] == [c.name for c in table.primary_key]
    engine.dispose()


async def test_opening_again_migrates_nothing_and_keeps_everything(database_url: str, tmp_path: Path) -> None:
    for _ in range(2):
        async with opened(database_url, tmp_path) as journal:
            await journal.receive(transmission())
            assert len(await journal.read(lambda reader: reader.receipts())) == 1


async def test_a_database_newer_than_the_code_is_refused(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path):
        pass
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"INSERT INTO migration VALUES ({max(steps()) + 1}, 'later', 'now')")
    engine.dispose()
    with pytest.raises(SettingsError, match="upgrade"):
        Journal.open(database_url, data_dir=tmp_path, routes=ROUTES, rules_dir=tmp_path)


async def test_a_second_writer_of_the_same_file_is_refused_whatever_its_data_dir(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    async with opened(url, tmp_path):
        for folder in (tmp_path, tmp_path / "other"):
            with pytest.raises(SettingsError, match="another doorstep process"):
                Journal.open(url, data_dir=folder, routes=ROUTES, rules_dir=tmp_path)
    async with opened(url, tmp_path):
        pass


async def test_postgres_takes_several_writers_in_one_order(postgres_url: str, tmp_path: Path) -> None:
    async with opened(postgres_url, tmp_path) as one, opened(postgres_url, tmp_path) as two:
        await asyncio.gather(
            *((one, two)[i % 2].write(lambda unit: unit.append(declined(), source="test")) for i in range(40))
        )
        assert len(await one.read(lambda reader: reader.events_after(0))) == 40


async def test_a_running_journal_may_be_looked_at_by_another_process_but_not_written(
    database_url: str, tmp_path: Path
) -> None:
    async with opened(database_url, tmp_path) as journal:
        await journal.receive(transmission())
        async with opened(database_url, tmp_path, readonly=True) as looking:
            assert len(await looking.read(lambda reader: reader.receipts())) == 1
            with pytest.raises(SettingsError):
                await looking.receive(transmission("other"))


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://x/y", "sqlite://", "sqlite:///:memory:"])
def test_a_url_of_another_kind_is_refused_without_being_quoted(url: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="database_url"):
        Journal.open(url, data_dir=tmp_path, routes=ROUTES, rules_dir=tmp_path)


async def test_sqlite_is_set_so_that_a_commit_is_durable(tmp_path: Path) -> None:
    def settings(unit: JournalUnit) -> list[Any]:
        names = ("journal_mode", "synchronous", "foreign_keys", "wal_autocheckpoint", "mmap_size")
        return [unit.connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]

    async with opened(f"sqlite:///{tmp_path / 'journal.db'}", tmp_path) as journal:
        assert await journal.write(settings) == ["wal", 2, 1, 0, 0]


async def test_the_writer_moves_the_wal_into_the_database(tmp_path: Path) -> None:
    async with opened(f"sqlite:///{tmp_path / 'journal.db'}", tmp_path) as journal:
        for i in range(3):
            batch = [journal.receive(transmission(f"{i} {j}", bytes([j]) * 60_000)) for j in range(60)]
            await asyncio.gather(*batch)
        await journal.write(lambda unit: unit.now)
        assert (tmp_path / "journal.db-wal").stat().st_size < 16_000_000
        count = select(tables.content.c.sha256)
        assert await journal.read(lambda reader: len(reader.connection.execute(count).all())) == 60
