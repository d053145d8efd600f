"""What group commit is worth, and whether it belongs in its own thread: rows a second and loop stalls on this disk.

    python -m bench.commit [FOLDER]

Three ways to make 256 waiting senders' rows durable in SQLite (WAL, synchronous=FULL), raw driver, one small
table with a unique key: a commit for each row; grouped in the event loop's own thread; grouped in a thread.
The last line is the journal as it is (`Journal.receive`: receipt, content, event and delivery rows for each).
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import doorstep  # noqa: F401 - the single door: before any room is imported
from doorstep import clock
from doorstep.connector import Blob, Transmission
from doorstep.journal import Journal, Route, Routes

SENDERS = 256
SECONDS = 4.0
BODY = b"x" * 1000
Waiter = tuple[str, "asyncio.Future[None]"]


def connect(folder: Path, name: str) -> sqlite3.Connection:
    connection = sqlite3.connect(folder / name, isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=0"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    connection.execute("CREATE TABLE row (key TEXT PRIMARY KEY, body BLOB)")
    return connection


def store(connection: sqlite3.Connection, waiting: list[Waiter]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for key, _ in waiting:
        connection.execute("SAVEPOINT job")
        connection.execute("INSERT INTO row VALUES (?, ?)", (key, BODY))
        connection.execute("RELEASE job")
    connection.execute("COMMIT")


async def measure(name: str, put: Callable[[str], Awaitable[object]]) -> None:
    """Let the senders put rows for a while; print rows a second and the longest stall of the event loop."""
    done, stall, stop = 0, 0.0, time.perf_counter() + SECONDS

    async def send(sender: int) -> None:
        nonlocal done
        number = 0
        while time.perf_counter() < stop:
            await put(f"{sender}-{number}")
            number += 1
            done += 1

    async def watch() -> None:
        nonlocal stall
        while time.perf_counter() < stop:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            stall = max(stall, time.perf_counter() - before - 0.001)

    await asyncio.gather(watch(), *(send(n) for n in range(SENDERS)))
    print(f"{name:45} {done / SECONDS:9.0f} rows/s   longest loop stall {stall * 1000:6.1f} ms")


async def each(folder: Path) -> None:
    connection = connect(folder, "each.db")
    loop = asyncio.get_running_loop()

    async def put(key: str) -> None:
        store(connection, [(key, loop.create_future())])
        await asyncio.sleep(0)

    await measure("a commit for each row, in the loop", put)


async def inline(folder: Path) -> None:
    connection = connect(folder, "inline.db")
    loop = asyncio.get_running_loop()
    waiting: list[Waiter] = []

    def flush() -> None:
        batch = waiting.copy()
        waiting.clear()
        store(connection, batch)
        for _, future in batch:
            future.set_result(None)

    async def put(key: str) -> None:
        if not waiting:
            loop.call_soon(flush)
        waiting.append((key, loop.create_future()))
        await waiting[-1][1]

    await measure("grouped, in the loop's own thread", put)


async def thread(folder: Path) -> None:
    connection = connect(folder, "thread.db")
    loop = asyncio.get_running_loop()
    jobs: queue.SimpleQueue[Waiter | None] = queue.SimpleQueue()

    def answer(batch: list[Waiter]) -> None:
        for _, future in batch:
            future.set_result(None)

    def work() -> None:
        while (first := jobs.get()) is not None:
            batch = [first]
            while not jobs.empty() and (more := jobs.get()) is not None:
                batch.append(more)
            store(connection, batch)
            loop.call_soon_threadsafe(answer, batch)

    async def put(key: str) -> None:
        future: asyncio.Future[None] = loop.create_future()
        jobs.put((key, future))
        await future

    writer = threading.Thread(target=work, daemon=True)
    writer.start()
    await measure("grouped, in a writer thread", put)
    jobs.put(None)
    writer.join()


async def whole(folder: Path) -> None:
    routes = Routes({"intake.transmission.received": [Route("read")]})
    url = f"sqlite:///{folder / 'journal.db'}"
    async with Journal.open(url, data_dir=folder, routes=routes, rules_dir=folder) as journal:

        def put(key: str) -> Awaitable[object]:
            return journal.receive(Transmission("hl7v2", key, [Blob("x/y", key.encode() + BODY)], clock.now()))

        await measure("Journal.receive (4 rows, in its thread)", put)
        print(f"{'':45} {journal.jobs / journal.commits:9.0f} receipts a commit")


async def main() -> None:
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
        for way in (each, inline, thread, whole):
            await way(Path(folder))


if __name__ == "__main__":
    asyncio.run(main())
