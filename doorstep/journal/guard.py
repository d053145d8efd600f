"""Short-lived exclusive rights among the processes of one journal; they end with the process that holds them."""

from __future__ import annotations

import hashlib
import logging
import threading

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from doorstep.errors import HubError
from doorstep.journal.database import Database

log = logging.getLogger("doorstep.journal")


class Guard:
    """Named locks: within the process always, across processes by PostgreSQL's session locks.

    They spare work that would be done twice (reading a fax) and choose the one sender; what must not happen
    twice is still decided inside the transaction. All calls block: use them from a thread.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._held: set[str] = set()
        self._connection: Connection | None = None
        self._lock = threading.Lock()

    def take(self, name: str) -> bool:
        """Try to take a name; False when it is taken, here or elsewhere."""
        with self._lock:
            if name in self._held:
                return False
            if self._database.file is None and not self._ask("pg_try_advisory_lock", name):
                return False
            self._held.add(name)
            return True

    def keeps(self, name: str) -> bool:
        """Say whether a name taken before is still ours: a lost connection loses every name."""
        with self._lock:
            return name in self._held and (self._database.file is not None or self._ask("pg_backend_pid", None))

    def release(self, name: str) -> None:
        with self._lock:
            if name in self._held:
                self._held.discard(name)
                if self._database.file is None:
                    self._ask("pg_advisory_unlock", name)

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _ask(self, function: str, name: str | None) -> bool:
        try:
            if self._connection is None:
                self._held.clear()
                self._connection = self._database.connect(autocommit=True)
            argument = "" if name is None else str(_key(name))
            return bool(self._connection.exec_driver_sql(f"SELECT {function}({argument})").scalar_one())
        except (DBAPIError, HubError) as error:
            log.warning("the lock connection is lost: %s", type(error).__name__)
            self._drop()
            return False

    def _drop(self) -> None:
        self._held.clear()
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except DBAPIError as error:
                log.debug("closing the lock connection failed: %s", self._database.code(error))


def _key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
