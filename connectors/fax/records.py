"""Small durable records as one JSON file each: what is under way in `open`, what is settled in `done`."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from connectors.fax.files import age
from connectors.fax.handover import write


class Records:
    """A folder of records by key. A record's presence decides, so that nothing needs cleaning up after a crash."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open, self._done = folder / "open", folder / "done"
        self._beginning = threading.Lock()
        self._next_purge = 0.0
        for path in (folder, self._open, self._done):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)

    @staticmethod
    def _name(key: str) -> str:
        return f"{hashlib.sha256(key.encode()).hexdigest()[:40]}.json"

    def begin(self, key: str, record: Mapping[str, Any]) -> bool:
        """Keep a new record; False when the key is known, under way or settled."""
        with self._beginning:
            if self.get(key) is not None or self.settled(key) is not None:
                return False
            self.put(key, record)
            return True

    def put(self, key: str, record: Mapping[str, Any]) -> None:
        write(self._open, self._name(key), json.dumps({"key": key, **record}, sort_keys=True).encode())

    def get(self, key: str) -> dict[str, Any] | None:
        return _load(self._open / self._name(key))

    def settled(self, key: str) -> dict[str, Any] | None:
        return _load(self._done / self._name(key))

    def settle(self, key: str, record: Mapping[str, Any]) -> None:
        write(self._done, self._name(key), json.dumps({"key": key, **record}, sort_keys=True).encode())
        self.forget(key)

    def forget(self, key: str) -> None:
        (self._open / self._name(key)).unlink(missing_ok=True)

    def under_way(self) -> list[dict[str, Any]]:
        """Return the open records, oldest first."""
        found = [record for path in self._open.glob("*.json") if (record := _load(path))]
        return sorted(found, key=lambda record: float(record.get("first", 0)))

    def all(self) -> list[dict[str, Any]]:
        """Return every record that is kept, under way or settled, in no order."""
        paths = (*self._open.glob("*.json"), *self._done.glob("*.json"))
        return list({record["key"]: record for path in paths if (record := _load(path))}.values())

    def purge(self, days: float) -> None:
        """Remove what was settled long ago, and drafts that a crash left; looks once an hour."""
        if time.monotonic() < self._next_purge:
            return
        self._next_purge = time.monotonic() + 3600
        for draft in (*self._open.glob(".*.tmp"), *self._done.glob(".*.tmp")):
            with suppress(FileNotFoundError):
                if age(draft.stat()) > 3600:
                    draft.unlink()
        for path in self._done.glob("*.json"):
            with suppress(FileNotFoundError):
                if age(path.stat()) > days * 86_400:
                    path.unlink()


def _load(path: Path) -> dict[str, Any] | None:
    try:
        record = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:  # a record is renamed into place whole: this one was damaged by other hands
        return None
    return record if isinstance(record, dict) else None


def stamp() -> float:
    return time.time()
