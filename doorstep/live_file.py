"""A rules file of the operator's own: taken only when it is right, and read anew when it changes while we run."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from doorstep.errors import SettingsError
from schemas.desk_rules import Escalations
from schemas.faults import first_fault

log = logging.getLogger("doorstep.rules")

ESCALATIONS = "escalations"
"""The rules file whose place the operator's file of escalations takes."""
MOST_BYTES = 1024 * 1024


class LiveFile:
    """Gives what a file holds now; a file that is not right is refused, and what it held before stays."""

    def __init__(self, path: Path, read: Callable[[Path], Mapping[str, Any]], what: str) -> None:
        self._path = path
        self._read = read
        self._what = what
        self._guard = threading.Lock()
        self._seen = self._stamp()
        self._held = read(path)

    def __call__(self) -> Mapping[str, Any]:
        with self._guard:
            stamp = self._stamp()
            if stamp != self._seen:
                self._seen = stamp
                try:
                    self._held = self._read(self._path)
                    log.info("%s: the changed file was read", self._what)
                except SettingsError as wrong:
                    log.error("%s: the changed file is refused, the one before stays: %s", self._what, wrong.message)
            return self._held

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def read_right(path: Path, code: str, most_bytes: int, check: Callable[[object], object]) -> dict[str, Any]:
    """Return a YAML file as it is parsed, once `check` raises no ValueError; SettingsError says what is wrong."""
    try:
        if path.stat().st_size > most_bytes:
            raise SettingsError(code, f"{path}: over {most_bytes // 1024 // 1024} MB")
        raw = yaml.safe_load(path.read_text("utf-8"))
        check(raw)
    except OSError as unreadable:
        raise SettingsError(code, f"{path} cannot be read: {unreadable.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        raise SettingsError(code, f"{path} is not YAML") from None
    except ValueError as wrong:
        raise SettingsError(code, f"{path}: {wrong}") from None
    found: dict[str, Any] = raw
    return found


def escalations(path: Path) -> dict[str, Any]:
    """Return a file of who answers for escalations, once it is known to be right; SettingsError says what is not."""
    return read_right(path, "escalations", MOST_BYTES, _levels)


def _levels(raw: object) -> None:
    try:
        Escalations.model_validate(raw)
    except ValidationError as wrong:
        fault = first_fault(wrong)
        raise ValueError(f"{fault.place or 'the file'}: {fault.expected}") from None
