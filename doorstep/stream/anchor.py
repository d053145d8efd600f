"""Notes the head of the audit chain outside of the journal: who rewrites the journal does not reach these notes.

Each minute in which something was appended there is one line in the log, and one in the file of
DOORSTEP_AUDIT_ANCHOR: `doorstep audit verify` holds the journal against it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
from pathlib import Path

from doorstep import clock
from doorstep.errors import HubError, SettingsError
from doorstep.journal import Head, Journal

log = logging.getLogger("doorstep.stream.anchor")

EVERY_SECONDS = 60.0


class Anchor:
    """One loop a process; processes on one journal may share the file."""

    def __init__(self, journal: Journal, file: Path | None, *, every: float = EVERY_SECONDS) -> None:
        self._journal = journal
        self._file = file
        self._every = every
        self._noted: Head | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="anchor")

    async def stop(self) -> None:
        """Note the last head and end."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._note()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            await self._note()

    async def _note(self) -> None:
        try:
            found = await self._journal.read(lambda reader: reader.head())
            if found.seq == 0 or found == self._noted:
                return
            log.info("audit head %s", found)
            if self._file is not None:
                await asyncio.to_thread(_add, self._file, found)
            self._noted = found
        except HubError as error:
            log.warning("the audit head cannot be read: %s", error.code)
        except OSError as error:
            log.error("the audit head cannot be added to DOORSTEP_AUDIT_ANCHOR: %s", error.strerror)


def _add(file: Path, found: Head) -> None:
    line = json.dumps({"at": clock.now().isoformat(timespec="seconds"), "head": str(found)}) + "\n"
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def noted_in(file: Path) -> list[Head]:
    """Return the heads that a file of notes has; SettingsError when it is none."""
    try:
        lines = file.read_text("utf-8").splitlines()
        return [head_of(json.loads(line)["head"]) for line in lines if line.strip()]
    except OSError as error:
        raise SettingsError("audit.anchor", f"{file} cannot be read: {error.strerror}") from None
    except (ValueError, LookupError, TypeError, AttributeError):
        raise SettingsError("audit.anchor", f"{file} has a line that notes no head") from None


def head_of(text: str) -> Head:
    """Return the head that `SEQ:DIGEST` says; ValueError when it says none."""
    seq, _, digest = text.partition(":")
    head = Head(int(seq), bytes.fromhex(digest))
    if head.seq < 1 or len(head.digest) != 32:
        raise ValueError("not a head")
    return head
