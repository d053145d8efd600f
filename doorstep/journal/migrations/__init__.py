"""Bring a database to the schema of this code: numbered steps, each in one transaction, never backwards."""

from __future__ import annotations

import logging
from importlib import import_module
from pkgutil import iter_modules

from sqlalchemy import Connection

from doorstep import clock
from doorstep.errors import SettingsError

log = logging.getLogger("doorstep.journal")

_LOCK = 0x646F6F72  # any constant of ours: one migrating process at a time on PostgreSQL


def steps() -> dict[int, str]:
    """Return number -> module name of every migration."""
    names = sorted(module.name for module in iter_modules(__path__) if module.name.startswith("m"))
    return {int(name[1:5]): name for name in names}


def migrate(connection: Connection) -> int:
    """Apply what is missing and return the version; refuse a database that is newer than the code."""
    dialect = connection.dialect.name
    available = steps()
    while True:
        with connection.begin():
            if dialect == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
            connection.exec_driver_sql(
                "CREATE TABLE IF NOT EXISTS migration "
                "(number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied TEXT NOT NULL)"
            )
            current = version(connection)
            if current > max(available):
                raise SettingsError(
                    "journal.newer",
                    f"the database has schema {current}, this program knows {max(available)}: upgrade it",
                )
            if current == max(available):
                return current
            number = min(n for n in available if n > current)
            step = import_module(f"{__name__}.{available[number]}")
            for statement in step.statements(dialect):
                connection.exec_driver_sql(statement)
            if hasattr(step, "fill"):  # what SQL alone cannot say
                step.fill(connection)
            # both are ours: a number and an identifier from a file name
            connection.exec_driver_sql(
                f"INSERT INTO migration VALUES ({number}, '{available[number]}', '{clock.now().isoformat()}')"  # noqa: S608
            )
            log.info("journal migrated to schema %d", number)


def version(connection: Connection) -> int:
    """Return the number of the newest applied migration, 0 for none."""
    return int(connection.exec_driver_sql("SELECT coalesce(max(number), 0) FROM migration").scalar_one())
