"""Connections to SQLite or PostgreSQL, set so that a commit is durable, and what their errors mean."""

from __future__ import annotations

import fcntl
import logging
import os
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.pool import NullPool, QueuePool

from doorstep.errors import Defect, HubError, SettingsError, Unavailable

log = logging.getLogger("doorstep.journal")

_SQLITE_FINAL = ("SQLITE_IOERR", "SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_READONLY")
_TOO_BIG = ("54", "SQLITE_TOOBIG")  # SQLSTATE class 54: program limit exceeded
_SQLITE_WRITER = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "busy_timeout=5000",
    "wal_autocheckpoint=0",
    "mmap_size=0",
    "cache_size=-32768",  # KiB: a batch touches more pages than the default holds, and would write them twice
)
_SQLITE_READER = ("query_only=ON", "busy_timeout=5000", "wal_autocheckpoint=0", "mmap_size=0")
_POSTGRES = (
    "SET TIME ZONE 'UTC'; SET synchronous_commit = on; SET lock_timeout = '10s'; "
    "SET idle_in_transaction_session_timeout = '30s'"
)
_POSTGRES_READER = "SET default_transaction_read_only = on; SET default_transaction_isolation = 'repeatable read'"
READERS = 4


class JournalDown(Unavailable):
    """The journal itself cannot be written: nothing was handled, so nothing is to blame for it."""


class Database:
    """One database by its URL; for SQLite also the lock that makes this process its only writer."""

    def __init__(self, url: str, data_dir: Path) -> None:
        self.url = _parse(url)
        self.dialect = self.url.get_backend_name()
        self.data_dir = data_dir
        self.file: Path | None = Path(self.url.database or "") if self.dialect == "sqlite" else None
        self._locks: list[int] = []
        self.readers = self._engine(_SQLITE_READER, readers=True)
        self._writers = self._engine(_SQLITE_WRITER, readers=False)

    def lock(self) -> None:
        """Refuse a second writing process on the same SQLite journal (PostgreSQL takes several)."""
        if self.file is None:
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        for folder in {self.data_dir.resolve(), self.file.parent.resolve()}:
            descriptor = os.open(folder / "journal.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._locks.append(descriptor)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                self.unlock()
                raise SettingsError(
                    "journal.locked",
                    f"another doorstep process writes the journal in {folder}: stop it, or use PostgreSQL",
                ) from None

    def unlock(self) -> None:
        while self._locks:
            os.close(self._locks.pop())

    def connect(self, *, autocommit: bool = False) -> Connection:
        """Return a new writing connection."""
        try:
            connection = self._writers.connect()
            return connection.execution_options(isolation_level="AUTOCOMMIT") if autocommit else connection
        except DBAPIError as error:
            raise self.translate(error) from None

    def translate(self, error: DBAPIError) -> HubError:
        """Return our error for the driver's, without the driver's text (it may quote values)."""
        code = self.code(error)
        if isinstance(error, (IntegrityError, DataError, ProgrammingError)) or code.startswith(_TOO_BIG):
            return Defect("journal.refused", "the database refused the data", detail=code)
        return JournalDown("journal.unavailable", "the journal cannot be used now", detail=code, retry_after=5)

    def code(self, error: DBAPIError) -> str:
        """Return the driver's stable word for an error: SQLITE_FULL, an SQLSTATE, else its class."""
        named = getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None)
        return str(named or type(error.orig).__name__)

    def is_final(self, error: DBAPIError, *, committing: bool) -> bool:
        """Say whether SQLite can no longer be trusted to keep what it says it kept (a failed write or fsync)."""
        if self.dialect != "sqlite":
            return False
        code = self.code(error)
        return code.startswith(_SQLITE_FINAL) or (committing and code not in {"SQLITE_FULL", "SQLITE_BUSY"})

    def close(self) -> None:
        self.readers.dispose()
        self._writers.dispose()
        self.unlock()

    def _engine(self, pragmas: tuple[str, ...], *, readers: bool) -> Engine:
        options: dict[str, Any] = {"hide_parameters": True}
        url = self.url
        if self.file is not None:
            options["connect_args"] = {"check_same_thread": False, "isolation_level": None}
            if readers:
                url = url.set(database=f"file:{self.file}", query={"mode": "ro", "uri": "true"})
        if readers:
            options |= {
                "poolclass": QueuePool,
                "pool_size": READERS,
                "max_overflow": 2,
                "pool_pre_ping": self.file is None,
            }
        else:
            options["poolclass"] = NullPool
        engine = create_engine(url, **options)
        if self.file is not None:
            _prepare_sqlite(engine, pragmas, "BEGIN" if readers else "BEGIN IMMEDIATE")
        else:
            _prepare_postgres(engine, readers=readers)
        return engine


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise SettingsError("database_url", "the database URL cannot be read") from None
    if parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed
    if parsed.get_backend_name() == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    raise SettingsError("database_url", "the database URL must be sqlite:///FILE or postgresql+psycopg://...")


def _prepare_sqlite(engine: Engine, pragmas: tuple[str, ...], begin: str) -> None:
    """Set pragmas and begin by ourselves: the driver's own implicit BEGIN breaks savepoints."""

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").fetchall()

    @event.listens_for(engine, "begin")
    def began(connection: Connection) -> None:
        connection.exec_driver_sql(begin)


def _prepare_postgres(engine: Engine, *, readers: bool) -> None:
    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.autocommit = True
        connection.execute(_POSTGRES)
        if readers:
            connection.execute(_POSTGRES_READER)
        connection.autocommit = False
