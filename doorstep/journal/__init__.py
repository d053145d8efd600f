"""The only durable state of the hub: inbox, outbox, message browser, replay source and the handlers' tables in one."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError

from doorstep.connector import Blob, Receipt, Transmission
from doorstep.errors import SettingsError
from doorstep.journal.audit import Audit, Finding
from doorstep.journal.chain import Head
from doorstep.journal.content import INLINE_LIMIT, ContentStore
from doorstep.journal.database import READERS, Database, JournalDown
from doorstep.journal.guard import Guard
from doorstep.journal.inbox import Input, cleaned, document_id_of
from doorstep.journal.migrations import migrate
from doorstep.journal.queues import Backlog, DeadLetter
from doorstep.journal.reader import Reader
from doorstep.journal.routes import ALL_TOPICS, Route, Routes
from doorstep.journal.transaction import Context, RuleBook
from doorstep.journal.unit import JournalUnit
from doorstep.journal.writer import Writer
from schemas.transmission import Content

__all__ = [
    "ALL_TOPICS",
    "Audit",
    "Backlog",
    "DeadLetter",
    "Finding",
    "Head",
    "Journal",
    "JournalDown",
    "JournalUnit",
    "Reader",
    "Route",
    "Routes",
    "document_id_of",
]

log = logging.getLogger("doorstep.journal")

T = TypeVar("T")


class Journal:
    """Open it with `Journal.open`, leave it with `await journal.close()` (or use it as an async context manager)."""

    def __init__(
        self, database: Database, routes: Routes, rules: RuleBook, on_failure: Callable[[BaseException], None] | None
    ) -> None:
        self._database = database
        self._store = ContentStore(database.data_dir, self._fail)
        self._context = Context(routes, rules, self._store)
        self._names = Guard(database)
        self._on_failure = on_failure
        self._failed = False
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="journal-reader")
        self._listeners: dict[str, list[tuple[asyncio.AbstractEventLoop, Callable[[], None]]]] = {}
        self._guard = threading.Lock()
        self._writer: Writer | None = None

    @classmethod
    def open(
        cls,
        url: str,
        *,
        data_dir: Path,
        routes: Routes,
        rules_dir: Path,
        live_rules: Mapping[str, Callable[[], Mapping[str, Any]]] | None = None,
        on_failure: Callable[[BaseException], None] | None = None,
        readonly: bool = False,
    ) -> Journal:
        """Open and migrate the journal.

        `on_failure` is called once, from any thread, when the journal has failed for good: the process
        should end and start again. `readonly` takes no lock, migrates nothing and refuses `write`: for
        looking at the journal of a hub that runs.
        """
        database = Database(url, data_dir)
        _make_folder(data_dir)
        journal = cls(database, routes, RuleBook(rules_dir, live_rules), on_failure)
        if not readonly:
            journal._start()
        return journal

    def _start(self) -> None:
        self._database.lock()
        try:
            self._store.prepare(sweep=not self.shared)
            connection = self._database.connect()
            migrate(connection)
        except DBAPIError as error:
            self._database.close()
            raise self._database.translate(error) from None
        except BaseException:
            self._database.close()
            raise
        self._writer = Writer(self._database, self._context, on_commit=self._notify, on_failure=self._tell_failure)
        self._writer.start(connection)

    @property
    def healthy(self) -> bool:
        """False once the journal has failed for good."""
        return not self._failed and (self._writer is None or self._writer.failed is None)

    @property
    def shared(self) -> bool:
        """True when other processes may write to the same journal (PostgreSQL)."""
        return self._database.dialect == "postgresql"

    @property
    def commits(self) -> int:
        return self._writer.commits if self._writer else 0

    @property
    def jobs(self) -> int:
        return self._writer.jobs if self._writer else 0

    async def write(self, job: Callable[[JournalUnit], T]) -> T:
        """Run `job` in the writer's thread and return its result once it is durable.

        Jobs that wait together share a commit; an exception undoes its own job only and is raised here.
        JournalDown (an Unavailable) means that nothing may be acknowledged.
        """
        result: T = await self._writing().submit(job)
        return result

    def _writing(self) -> Writer:
        if self._writer is None:
            raise SettingsError("journal.readonly", "this journal was opened for reading only")
        return self._writer

    async def read(self, query: Callable[[Reader], T]) -> T:
        """Run `query` in a reader's thread on a consistent snapshot and return its result."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, query)

    def _read(self, query: Callable[[Reader], T]) -> T:
        try:
            with self._database.readers.connect() as connection:
                return query(Reader(connection, self._store))
        except DBAPIError as error:
            log.warning("read failed: %s", self._database.code(error))
            raise self._database.translate(error) from None

    async def receive(self, transmission: Transmission) -> Receipt:
        """Keep one input for good and return its receipt: the same answer at every re-send (see Receipt)."""
        transmission = cleaned(transmission)
        if any(_is_large(blob) for blob in transmission.blobs):
            document_id = document_id_of(transmission.channel, transmission.idempotency_key)
            known = await self.read(lambda reader: reader.receipts(document_id=document_id))
            stage = self._store.measure if known else self._store.stage
            staged = await asyncio.to_thread(lambda: [stage(blob) for blob in transmission.blobs])
        else:
            staged = [self._store.stage(blob) for blob in transmission.blobs]
        receipt: Receipt = await self._writing().submit_all(JournalUnit.receive_all, Input(transmission, staged))
        return receipt

    async def keep(self, data: bytes, content_type: str, title: str | None = None) -> Content:
        """Store bytes durably and return their reference; the same bytes are stored once."""
        staged = await asyncio.to_thread(self._store.stage, Blob(content_type, data, title))
        return await self.write(lambda unit: unit.put(staged))

    async def content(self, ref: Content) -> bytes:
        """Return the bytes of a reference; Defect when they are gone or changed."""
        return await self.read(lambda reader: reader.content(ref))

    def rules(self, name: str) -> Mapping[str, Any]:
        """Return a parsed file of `rules/`, as the handlers get it."""
        return self._context.rules(name)

    async def hold(self, name: str) -> bool:
        """Try to take a name that no other task or process of this journal holds now (see Guard)."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._names.take, name)

    async def holds(self, name: str) -> bool:
        """Say whether a name taken before is still ours."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._names.keeps, name)

    async def release(self, name: str) -> None:
        await asyncio.get_running_loop().run_in_executor(self._readers, self._names.release, name)

    def listen(self, consumer: str, wake: Callable[[], None]) -> Callable[[], None]:
        """Have `wake` called in this event loop when the consumer may have something to do; returns how to stop."""
        entry = (asyncio.get_running_loop(), wake)
        with self._guard:
            self._listeners.setdefault(consumer, []).append(entry)

        def stop() -> None:
            with self._guard:
                self._listeners[consumer].remove(entry)

        return stop

    def _notify(self, consumers: set[str]) -> None:
        with self._guard:
            entries = [entry for consumer in consumers for entry in self._listeners.get(consumer, ())]
        for loop, wake in entries:
            try:
                loop.call_soon_threadsafe(wake)
            except RuntimeError:
                log.debug("a listener's event loop is closed")

    def _fail(self, error: BaseException) -> None:
        if self._writer is not None:
            self._writer.fail(error)

    def _tell_failure(self, error: BaseException) -> None:
        self._failed = True
        if self._on_failure is not None:
            self._on_failure(error)

    async def close(self) -> None:
        """Write what is queued, checkpoint and close."""
        if self._writer is not None:
            await asyncio.to_thread(self._writer.stop)
        self._readers.shutdown(wait=True)
        self._names.close()
        self._database.close()

    async def __aenter__(self) -> Journal:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _is_large(blob: Blob) -> bool:
    return isinstance(blob.data, Path) or len(blob.data) > INLINE_LIMIT


def _make_folder(data_dir: Path) -> None:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError("data_dir", f"the data directory {data_dir} cannot be made: {error.strerror}") from None
