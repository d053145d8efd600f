"""Files that must survive a power cut: the notes on attempts, and the outbox that others send from."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is known of the last attempt: how old it is, and what it ended with ("" = nobody saw its end)."""

    age: float
    result: str


class Attempts:
    """One small file for each confirmation: written before the hand-over and again after it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def look(self, tag: str) -> Attempt | None:
        try:
            path = self._folder / tag
            return Attempt(max(0.0, time.time() - path.stat().st_mtime), path.read_text("utf-8").strip())
        except FileNotFoundError:
            return None

    def begin(self, tag: str) -> None:
        write(self._folder, tag, b"")

    def end(self, tag: str, result: str) -> None:
        write(self._folder, tag, f"{result}\n".encode())

    def forget(self, tag: str) -> None:
        (self._folder / tag).unlink(missing_ok=True)


def put_in_outbox(outbox: Path, tag: str, pdf: bytes, facts: Mapping[str, object]) -> None:
    """Put the page, then its facts: who sends from here takes a page only when its .json is there."""
    write(outbox, f"{tag}.pdf", pdf)
    write(outbox, f"{tag}.json", json.dumps(facts, sort_keys=True).encode() + b"\n")


def write(folder: Path, name: str, data: bytes) -> None:
    """Write, fsync, rename, fsync the folder."""
    folder.mkdir(mode=0o770, parents=True, exist_ok=True)
    draft = folder / f".{name}.{secrets.token_hex(6)}.tmp"
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / name)
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
