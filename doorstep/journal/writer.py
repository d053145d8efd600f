"""The one thread that writes: it gathers waiting jobs into one transaction, so that they share one fsync."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from doorstep.errors import Defect, HubError
from doorstep.journal.chain import seal_new
from doorstep.journal.database import Database, JournalDown
from doorstep.journal.unit import Context, JournalUnit

log = logging.getLogger("doorstep.journal.writer")

BATCH_JOBS = 512
BATCH_SECONDS = 0.025
CHECKPOINT_BYTES = 16 * 1024 * 1024
_WRITER_LOCK = 0x646F6F73
"""PostgreSQL: writers of all processes take turns, so that the order of `seq` is the order of commits."""


RunAll = Callable[[JournalUnit, list[Any]], list[Any]]


@dataclass(slots=True)
class Job:
    """`run` gets the arguments of all jobs it is run for: jobs in a row that share it, where `together` says so."""

    run: RunAll
    argument: Any
    together: bool
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    result: Any = None
    error: BaseException | None = None


class _TransactionLostError(Exception):
    """The database dropped the whole transaction, not only one job's part of it."""


class Writer:
    """Group commit. `commits` and `jobs` count what was made durable."""

    def __init__(
        self,
        database: Database,
        context: Context,
        *,
        on_commit: Callable[[set[str]], None],
        on_failure: Callable[[BaseException], None],
    ) -> None:
        self._database = database
        self._context = context
        self._on_commit = on_commit
        self._on_failure = on_failure
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._ahead: Job | None = None
        self._connection: Connection | None = None
        self._closing = False
        self._unsealed = False
        self._checkpoint_at = CHECKPOINT_BYTES
        self._guard = threading.Lock()
        self.failed: str | None = None
        self.commits = 0
        self.jobs = 0
        self._thread = threading.Thread(target=self._work, name="journal-writer", daemon=True)

    def start(self, connection: Connection) -> None:
        """Seal what an older version appended, and begin."""
        sealed = True
        while sealed:
            with connection.begin():
                self._take_turn(connection)
                sealed = bool(seal_new(connection, most=10_000))
        self._connection = connection
        self._thread.start()

    def submit(self, run: Callable[[JournalUnit], Any]) -> asyncio.Future[Any]:
        """Queue a job; its future is resolved after the commit is durable."""
        return self._submit(_alone, run, together=False)

    def submit_all(self, run: RunAll, argument: Any) -> asyncio.Future[Any]:
        """Queue a job that may share its statements with its neighbours; when they fail together, each runs alone."""
        return self._submit(run, argument, together=True)

    def _submit(self, run: RunAll, argument: Any, *, together: bool) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        job = Job(run, argument, together, loop.create_future(), loop)
        with self._guard:
            if self._closing or self.failed is not None:
                raise self._down()
            self._queue.put(job)
        return job.future

    def stop(self) -> None:
        """Write what is queued, checkpoint, close. Blocks."""
        with self._guard:
            if self._closing:
                return
            self._closing = True
            self._queue.put(None)
        self._thread.join()

    def fail(self, error: BaseException) -> None:
        """Give up for good: what could not be made durable is never tried again by this process."""
        with self._guard:
            if self.failed is not None:
                return
            self.failed = type(error).__name__
        log.critical("journal failed, nothing more is written: %s", _code(self._database, error))
        self._on_failure(error)

    def _down(self) -> JournalDown:
        return JournalDown(
            "journal.unavailable", "the journal cannot be written", detail=self.failed or "closing", retry_after=5
        )

    def _work(self) -> None:
        while (job := self._next(wait=True)) is not None:
            batch = [job]
            touched: set[str] = set()
            if self.failed is None:
                touched = self._batch(batch)
            else:
                job.error = self._down()
            _resolve(batch)
            if touched:
                self._on_commit(touched)
            if self.failed is None:
                self._checkpoint()
        self._close()

    def _batch(self, batch: list[Job]) -> set[str]:
        """Run the first job and all that wait in one transaction; return the consumers that got deliveries."""
        touched: set[str] = set()
        committing = False
        try:
            connection = self._connection = self._connection or self._database.connect()
            transaction = connection.begin()
            self._take_turn(connection)
            deadline = monotonic() + BATCH_SECONDS
            group = self._group(batch[0], BATCH_JOBS)
            batch += group[1:]
            while group:
                self._run(connection, group, touched)
                more = len(batch) < BATCH_JOBS and monotonic() < deadline
                job = self._next(wait=False) if more else None
                group = self._group(job, BATCH_JOBS - len(batch)) if job else []
                batch += group
            if self._unsealed:
                seal_new(connection)
                self._unsealed = False
            committing = True
            transaction.commit()
        except BaseException as error:  # noqa: BLE001 - this thread must answer its waiters, whatever happens
            self._lost(batch, error, committing=committing)
            return set()
        self.commits += 1
        self.jobs += len(batch)
        return touched

    def _take_turn(self, connection: Connection) -> None:
        if self._database.dialect == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})")

    def _next(self, *, wait: bool) -> Job | None:
        """Return the next job, None when there is none (if told to wait: when there will be none)."""
        job, self._ahead = self._ahead, None
        try:
            job = job or self._queue.get(block=wait)
        except queue.Empty:
            return None
        if job is None and not wait:
            self._queue.put(None)  # the stop sign stays last
        return job

    def _group(self, first: Job, room: int) -> list[Job]:
        """Return the job with those waiting right behind it that share its statements."""
        group = [first]
        while first.together and len(group) < room and (job := self._next(wait=False)) is not None:
            if not job.together or job.run is not first.run:
                self._ahead = job
                break
            group.append(job)
        return group

    def _run(self, connection: Connection, group: list[Job], touched: set[str]) -> None:
        connection.exec_driver_sql("SAVEPOINT job")
        unit = JournalUnit(connection, self._context)
        try:
            results = group[0].run(unit, [job.argument for job in group])
        except BaseException as error:  # noqa: BLE001 - a job's failure is its waiter's, and its neighbours go on
            try:
                connection.exec_driver_sql("ROLLBACK TO SAVEPOINT job")
                connection.exec_driver_sql("RELEASE SAVEPOINT job")
            except SQLAlchemyError as lost:
                raise _TransactionLostError from (error if isinstance(error, DBAPIError) else lost)
            if len(group) == 1:
                group[0].error = self._ours(error)
                return
            for job in group:
                self._run(connection, [job], touched)
            return
        connection.exec_driver_sql("RELEASE SAVEPOINT job")
        touched |= unit.touched
        self._unsealed |= unit.appended
        for job, result in zip(group, results, strict=True):
            job.result = result

    def _ours(self, error: BaseException) -> BaseException:
        if isinstance(error, DBAPIError):
            return self._database.translate(error)
        if isinstance(error, StopIteration) or not isinstance(error, Exception):  # no future could carry it
            return Defect("journal.job", f"a job ended with {type(error).__name__}")
        return error

    def _lost(self, batch: list[Job], error: BaseException, *, committing: bool) -> None:
        """Nobody in the batch is told yes. Reconnect at the next batch, unless the file itself failed."""
        cause = error.__cause__ if isinstance(error, _TransactionLostError) and error.__cause__ else error
        log.error("batch of %d jobs not committed: %s", len(batch), _code(self._database, cause))
        for job in batch:
            job.result = None
            job.error = JournalDown(
                "journal.unavailable",
                "the journal cannot be written now",
                detail=_code(self._database, cause),
                retry_after=5,
            )
        known = isinstance(cause, (SQLAlchemyError, HubError))
        if not known or (isinstance(cause, DBAPIError) and self._database.is_final(cause, committing=committing)):
            self.fail(cause)
            return  # the connection stays as it is: closing it would write
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.invalidate()
                connection.close()
            except SQLAlchemyError as failure:
                log.warning("closing the broken connection failed: %s", type(failure).__name__)

    def _checkpoint(self) -> None:
        """Move a WAL that has grown into the database, after the waiters have their answer."""
        wal = self._database.file.with_name(self._database.file.name + "-wal") if self._database.file else None
        if wal is None or self._connection is None or not wal.exists() or wal.stat().st_size < self._checkpoint_at:
            return
        self._pragma_checkpoint()
        self._checkpoint_at = wal.stat().st_size + CHECKPOINT_BYTES  # not empty: a reader was in the way

    def _pragma_checkpoint(self) -> None:
        """Empty the WAL; RESTART would leave the file its size, and the next commit would look as large again."""
        assert self._connection is not None
        driver: Any = self._connection.connection.driver_connection
        try:
            driver.execute("PRAGMA busy_timeout=50").fetchall()  # readers are not waited for
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            driver.execute("PRAGMA busy_timeout=5000").fetchall()
        except self._database.readers.dialect.loaded_dbapi.Error as error:
            wrapped = DBAPIError("checkpoint", None, error)
            if self._database.is_final(wrapped, committing=False):
                self.fail(wrapped)
            else:
                log.warning("checkpoint put off: %s", self._database.code(wrapped))

    def _close(self) -> None:
        if self._connection is None or self.failed is not None:
            return
        if self._database.file is not None:
            self._pragma_checkpoint()
        self._connection.close()
        self._connection = None


def _alone(unit: JournalUnit, runs: list[Callable[[JournalUnit], Any]]) -> list[Any]:
    """Run one job of its own kind."""
    return [run(unit) for run in runs]


def _code(database: Database, error: BaseException) -> str:
    if isinstance(error, DBAPIError):
        return database.code(error)
    return error.code if isinstance(error, HubError) else type(error).__name__


def _resolve(batch: list[Job]) -> None:
    """Answer the waiters, with one wake-up of each event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Job]] = {}
    for job in batch:
        by_loop.setdefault(job.loop, []).append(job)
    for loop, jobs in by_loop.items():
        try:
            loop.call_soon_threadsafe(_answer, jobs)
        except RuntimeError:
            log.info("%d waiters are gone with their event loop", len(jobs))


def _answer(jobs: list[Job]) -> None:
    for job in jobs:
        if job.future.done():  # its waiter was cancelled; the work is durable all the same
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)
