"""Faults: killed at any moment, a full disk, a failed write, a database that goes away."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from doorstep.errors import Unavailable
from doorstep.journal import JournalDown, JournalUnit
from schemas.transmission import TransmissionReceived
from tests.doorstep.journal.receiver import data_of
from tests.doorstep.journal.support import declined, opened, transmission
from tests.services.postgres import LocalPostgres


def killed(url: str, folder: Path, first: int, after: float, *wrapper: str) -> set[str]:
    """Run a receiver, kill -9 it `after` seconds of work, and return the keys that it acknowledged."""
    command = [*wrapper, sys.executable, "-m", "tests.doorstep.journal.receiver", url, str(folder), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True) as child:
        assert child.stdout is not None
        first_line = child.stdout.readline()
        assert first_line in {b"ready\n", b""} if wrapper else first_line == b"ready\n"
        try:
            child.wait(after)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)  # strace, where it is there, and the receiver
        lines = child.stdout.read().split(b"\n")
        return {line.decode() for line in lines[:-1]}


async def assert_whole(url: str, folder: Path, acknowledged: set[str]) -> None:
    """Everything acknowledged is there; every receipt has its event, every event its whole content."""
    async with opened(url, folder) as journal:
        receipts = {r.control_id: r for r in await journal.read(lambda reader: reader.receipts(limit=100_000))}
        events = await journal.read(lambda reader: reader.events_after(0, limit=100_000))
        assert acknowledged <= set(receipts)
        assert {e.key for e in events} == {r.document_id for r in receipts.values()}
        for event in events:
            assert isinstance(event.data, TransmissionReceived)
            assert event.data.control_id is not None
            assert await journal.content(event.data.contents[0]) == data_of(event.data.control_id)
        for key in sorted(acknowledged, key=int)[-1:]:
            assert (await journal.receive(transmission(key, data_of(key)))).duplicate


@pytest.mark.slow
async def test_kill_9_loses_nothing_acknowledged_and_leaves_nothing_half_stored(
    database_url: str, tmp_path: Path
) -> None:
    acknowledged: set[str] = set()
    for number, after in enumerate((0.05, 0.5)):
        new = await asyncio.to_thread(killed, database_url, tmp_path, number * 1_000_000 + 1, after)
        acknowledged |= new
    assert len(acknowledged) > 20
    await assert_whole(database_url, tmp_path, acknowledged)


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["error=EIO", "signal=KILL"])
@pytest.mark.parametrize(("call", "when"), [("fdatasync", 30), ("fsync", 6), ("rename", 3), ("pwrite64", 1200)])
async def test_a_system_call_that_fails_or_kills_loses_nothing_acknowledged(
    tmp_path: Path, call: str, when: int, fault: str
) -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    calls = "rename,renameat,renameat2" if call == "rename" else call
    inject = ("-e", f"trace={calls}", "-e", f"inject={calls}:{fault}:when={when}")
    strace = ("strace", "-f", "-qq", "-o", "/dev/null", *inject)
    acknowledged = await asyncio.to_thread(killed, url, tmp_path, 1, 20.0, *strace)
    assert acknowledged, "the fault came before the first acknowledgement: nothing was tested"
    await assert_whole(url, tmp_path, acknowledged)


async def test_a_full_database_refuses_for_now_and_keeps_nothing_half(tmp_path: Path) -> None:
    def limit(unit: JournalUnit) -> None:
        pages = unit.connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        unit.connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 4}")

    async with opened(f"sqlite:///{tmp_path / 'journal.db'}", tmp_path) as journal:
        await journal.receive(transmission("before"))
        await journal.write(limit)
        with pytest.raises(Unavailable):
            await journal.receive(transmission("big", bytes(50_000)))
        assert journal.healthy
        assert len(await journal.read(lambda reader: reader.receipts())) == 1
        assert len(await journal.read(lambda reader: reader.events_after(0))) == 1
        assert not (
            await journal.receive(transmission("big", bytes(50_000)))
        ).duplicate  # the limit went with its connection


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("only root can mount a small file system")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


async def test_a_full_disk_refuses_for_now_and_recovers_with_space(small_disk: Path) -> None:
    filler = small_disk / "filler"
    acknowledged: list[str] = []
    async with opened(f"sqlite:///{small_disk / 'journal.db'}", small_disk) as journal:
        filler.write_bytes(bytes(800_000))
        refused = 0
        for number in range(300):
            size = 100_000 if number % 10 == 0 else 20_000
            try:
                await journal.receive(transmission(str(number), f"{number:04d} ".encode() * (size // 5)))
                acknowledged.append(str(number))
            except Unavailable:
                refused += 1
                if refused == 5:
                    break
        assert refused == 5
        assert journal.healthy
        filler.unlink()
        assert not (await journal.receive(transmission("space"))).duplicate
        acknowledged.append("space")
        receipts = await journal.read(lambda reader: reader.receipts())
        events = await journal.read(lambda reader: reader.events_after(0))
        assert len(receipts) == len(events) == len(acknowledged)
        for event in events:
            assert len(await journal.content(event.data.contents[0])) == event.data.contents[0].size


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    """Make every write past `size` bytes of a file fail, as a broken disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_failed_commit_is_final_nobody_is_told_yes_and_nothing_more_is_written(tmp_path: Path) -> None:
    failures: list[BaseException] = []
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    async with opened(url, tmp_path, on_failure=failures.append) as journal:
        await journal.receive(transmission("before"))
        with files_limited_to((tmp_path / "journal.db-wal").stat().st_size):
            hit = [journal.receive(transmission(f"hit {i}")) for i in range(10)]
            results = await asyncio.gather(*hit, return_exceptions=True)
        assert all(isinstance(r, JournalDown) for r in results)
        assert not journal.healthy
        assert len(failures) == 1
        with pytest.raises(JournalDown):  # although the disk would work again
            await journal.receive(transmission("after"))
    async with opened(url, tmp_path) as again:
        assert [r.state for r in await again.read(lambda reader: reader.receipts())] == ["pending"]
        assert not (await again.receive(transmission("hit 0"))).duplicate


async def test_a_store_that_cannot_be_written_refuses_for_now_and_leaves_no_row(tmp_path: Path) -> None:
    async with opened(f"sqlite:///{tmp_path / 'journal.db'}", tmp_path) as journal:
        await journal.receive(transmission("before"))
        with files_limited_to(100_000), pytest.raises(Unavailable):
            await journal.receive(transmission("big", bytes(200_000)))
        assert len(await journal.read(lambda reader: reader.receipts())) == 1
        assert [p for p in (tmp_path / "content").rglob("*") if p.is_file()] == []
        assert not (await journal.receive(transmission("big", bytes(200_000)))).duplicate


async def test_a_data_dir_that_cannot_be_made_is_a_setting_to_correct(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Exception, match="data directory"):
        async with opened(f"sqlite:///{tmp_path / 'journal.db'}", tmp_path / "file" / "sub"):
            pass


@pytest.mark.postgres
async def test_postgres_away_is_unavailable_and_back_is_back(own_postgres: LocalPostgres, tmp_path: Path) -> None:
    url = own_postgres.server.url(own_postgres.server.create_database())
    async with opened(url, tmp_path) as journal:
        await journal.receive(transmission("before"))
        ask = "SELECT pg_backend_pid()"
        ours = await journal.write(lambda unit: unit.connection.exec_driver_sql(ask).scalar_one())
        own_postgres.kill()
        os.kill(ours, signal.SIGKILL)  # a backend outlives its server for a moment, and could still commit
        results = await asyncio.gather(
            *(journal.receive(transmission(f"{i}")) for i in range(5)), return_exceptions=True
        )
        assert all(isinstance(r, JournalDown) for r in results)
        with pytest.raises(Unavailable):
            await journal.read(lambda reader: reader.receipts())
        assert journal.healthy
        await asyncio.to_thread(own_postgres.start)
        assert not (await journal.receive(transmission("after"))).duplicate
        assert len(await journal.read(lambda reader: reader.receipts())) == 2


@pytest.mark.postgres
@pytest.mark.parametrize("quiet", [False, True])
async def test_a_connection_cut_in_the_middle_of_a_job_keeps_nothing_of_its_batch(
    postgres_url: str, tmp_path: Path, quiet: bool
) -> None:
    def cut(unit: JournalUnit) -> None:
        unit.append(declined("cut"), source="test")
        try:
            unit.connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
        except DBAPIError:
            if quiet:
                raise ValueError("hides the cause") from None
            raise

    async with opened(postgres_url, tmp_path) as journal:
        with pytest.raises(JournalDown):
            await journal.write(cut)
        assert journal.healthy
        await journal.write(lambda unit: unit.append(declined("next"), source="test"))
        assert [e.data.reason for e in await journal.read(lambda reader: reader.events_after(0))] == ["next"]


@pytest.mark.postgres
def test_postgres_that_was_never_there_is_unavailable(tmp_path: Path) -> None:
    async def run() -> None:
        async with opened("postgresql+psycopg://nobody@127.0.0.1:1/none", tmp_path):
            pass

    with pytest.raises(Unavailable):
        asyncio.run(run())
