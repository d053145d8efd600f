"""What group commit is worth, and whether it belongs in its own thread: rows a second and loop stalls on this disk.

    python -m bench.commit [FOLDER [POSTGRES_URL]]

Three ways to make 256 waiting senders' rows durable in SQLite (WAL, synchronous=FULL), raw driver, one small
table with a unique key: a commit for each row; grouped in the event loop's own thread; grouped in a thread.
The last lines are the journal as it is: `Journal.receive` of 64 receivers (receipt, content, event and delivery rows
for each), and handlers through the dispatcher (claim, one event that follows, done). On a busy machine only what was
measured in one run may be compared; the processor time of each says most.
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
from secrets import token_hex
from typing import Any

import doorstep  # noqa: F401 - the single door: before any room is imported
from doorstep import clock
from doorstep.connector import Blob, Transmission
from doorstep.handler import Subscription, Unit
from doorstep.journal import Journal, JournalUnit, Route, Routes
from doorstep.stream.dispatcher import Dispatcher
from doorstep.stream.work import Worker
from schemas.case import OfferDeclined, OfferRecalled
from schemas.event import Event, Payload
from schemas.transmission import Content

SENDERS = 256
SECONDS = 4.0
BODY = b"x" * 1000
MESSAGE = b"x" * 1600
EVENTS = 3000
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


async def measure(name: str, put: Callable[[str], Awaitable[object]], senders: int = SENDERS) -> None:
    """Let the senders put rows for a while; print rows a second and the longest stall of the event loop."""
    done, stall, stop, used = 0, 0.0, time.perf_counter() + SECONDS, time.process_time()

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

    await asyncio.gather(watch(), *(send(n) for n in range(senders)))
    cpu = (time.process_time() - used) / done * 1e6
    print(f"{name:42} {done / SECONDS:7.0f} rows/s {cpu:6.0f} us of CPU each; longest stall {stall * 1000:6.1f} ms")


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


async def receive(folder: Path, url: str) -> None:
    routes = Routes({"intake.transmission.received": [Route("read")]})
    async with Journal.open(url, data_dir=folder, routes=routes, rules_dir=folder) as journal:
        run = token_hex(4)

        def put(key: str) -> Awaitable[object]:
            return journal.receive(
                Transmission(
                    "hl7v2", f"{run} {key}", [Blob("x/y", key.encode() + MESSAGE)], clock.now(), control_id=key
                )
            )

        await measure(f"Journal.receive, {url.partition(':')[0]}", put, senders=64)
        print(f"{'':42} {journal.jobs / journal.commits:7.0f} receipts a commit")


def follow(event: Event[OfferDeclined], _unit: Unit) -> list[Payload]:
    return [OfferRecalled(case_id=event.data.case_id, offer_id="offer", npi="1", reason="bench")]


def end(_event: Event[OfferRecalled], _unit: Unit) -> list[Payload]:
    return []


async def handle(folder: Path) -> None:
    steps = [Subscription(OfferDeclined, "follow", follow), Subscription(OfferRecalled, "end", end)]
    url = f"sqlite:///{folder / 'handle.db'}"
    async with Journal.open(url, data_dir=folder, routes=Routes.of(steps), rules_dir=folder) as journal:

        def fill(unit: JournalUnit) -> None:
            for number in range(EVENTS):
                payload = OfferDeclined(case_id=f"case {number}", offer_id="offer", npi="1", reason="bench")
                unit.append(payload, source="bench")

        await journal.write(fill)
        dispatcher = Dispatcher(journal, steps, Worker(journal, _NoTools()))
        began, used, jobs = time.perf_counter(), time.process_time(), journal.jobs
        dispatcher.start()
        while journal.jobs - jobs < 2 * EVENTS:
            await asyncio.sleep(0.02)
        seconds, cpu = time.perf_counter() - began, (time.process_time() - used) / EVENTS / 2
        await dispatcher.stop()
        name = "Handlers through the dispatcher"
        print(f"{name:42} {2 * EVENTS / seconds:7.0f} events/s {cpu * 1e6:4.0f} us of CPU each")


class _NoTools:
    """Nothing here is prepared."""

    async def content(self, ref: Content) -> bytes:
        raise NotImplementedError

    async def keep(self, data: bytes, content_type: str, title: str | None = None) -> Content:
        raise NotImplementedError

    async def run(self, fn: Callable[..., Any], *args: Any, timeout: float) -> Any:
        raise NotImplementedError


async def main() -> None:
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
        for way in (each, inline, thread):
            await way(Path(folder))
        await receive(Path(folder), f"sqlite:///{Path(folder) / 'journal.db'}")
        if len(sys.argv) > 2:
            await receive(Path(folder), sys.argv[2])
        await handle(Path(folder))


if __name__ == "__main__":
    asyncio.run(main())
