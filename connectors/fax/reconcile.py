"""Reads HylaFAX's xferfaxlog: every received fax in it must be with the hub, and every end of a send must be known."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
from collections.abc import Awaitable, Callable
from datetime import UTC
from pathlib import Path

from connectors.fax import hylafax
from connectors.fax.files import open_file, open_folder, read_fd
from connectors.fax.framing import frame, frame_fetched, hylafax_key, ten_digits
from connectors.fax.gateways.port import Status
from connectors.fax.handover import write
from connectors.fax.records import stamp
from connectors.fax.settings import FaxSettings
from doorstep.clock import now
from doorstep.connector import Hub

log = logging.getLogger("doorstep.fax.reconcile")

_POSITION = "xferfaxlog.json"


class Reconciler:
    """Goes through the log line by line; its place is kept on disk and never passes a fax that is not accounted for."""

    def __init__(self, settings: FaxSettings, hub: Hub, folder: Path) -> None:
        assert settings.hylafax_log is not None
        self._path, self._grace = settings.hylafax_log, settings.hylafax_grace_seconds
        self._spool = settings.hylafax_log.parent.parent
        self._max = settings.max_bytes
        self._hub, self._folder = hub, folder
        self._waiting: tuple[int, float] = (-1, 0.0)

    async def look(self, told: Callable[[str, Status], Awaitable[None]]) -> None:
        """Go on from where we were to the end of the log, or to a fax that may still be on its way."""
        start, inode = await asyncio.to_thread(self._place)
        for line in await asyncio.to_thread(lambda: list(hylafax.read_log(self._path, start))):
            if line.kind == "RECV" and line.pages and line.commid and line.job:
                if not await self._accounted(line):
                    return
            elif line.kind in {"SEND", "UNSENT"} and line.tag:
                await told(line.tag, hylafax.status_of_line(line, last=False))
            await asyncio.to_thread(self._keep, line.end, inode)

    def _place(self) -> tuple[int, int]:
        """Return where to go on; at the first sight of a log, and of a log older than us, that is its end."""
        at = self._path.stat()
        try:
            kept = json.loads((self._folder / _POSITION).read_text("utf-8"))
            start, inode = int(kept["offset"]), int(kept["inode"])
        except FileNotFoundError:
            self._keep(at.st_size, at.st_ino)
            return at.st_size, at.st_ino
        except (ValueError, KeyError, TypeError):
            start, inode = 0, at.st_ino
        if inode != at.st_ino or at.st_size < start:
            log.info("xferfaxlog was rotated: read from its beginning")
            return 0, at.st_ino
        return start, inode

    def _keep(self, offset: int, inode: int) -> None:
        write(self._folder, _POSITION, json.dumps({"offset": offset, "inode": inode}).encode())

    async def _accounted(self, line: hylafax.Line) -> bool:
        """Say whether the hub has this fax; when it did not come in time, fetch it from recvq."""
        key = hylafax_key(line.commid, line.job)
        if await self._hub.find(identifier=key):
            return True
        if self._waiting[0] != line.end:
            self._waiting = (line.end, stamp())
        if stamp() - self._waiting[1] < self._grace:
            return False
        data = await asyncio.to_thread(self._from_recvq, line.job)
        calling = next((number for one in line.callers if (number := ten_digits(one))), "")
        if data is None:
            log.error("fax %s of HylaFAX is in its log and nowhere else", line.commid)
            reason = "HylaFAX received this fax, but it did not reach the hub and is not in recvq"
            facts = {"calling_number": calling, "tsid": line.tsid, "pages": str(line.pages)}
            note = f"{reason}: {line.commid} {line.job}\n".encode()
            await self._hub.receive(frame_fetched("missing", key, facts, note, now(), rejected=reason))
            return True
        log.warning("fax %s of HylaFAX was not handed over: fetched from recvq", line.commid)
        facts = {"commid": line.commid, "qfile": line.job, "tsid": line.tsid, "calling_number": calling}
        facts |= {"error": line.reason} if line.reason else {}
        facts |= {"received_at": line.at.astimezone(UTC).isoformat()} if line.at else {}
        await self._hub.receive(frame(line.job, data, json.dumps(facts).encode(), now()))
        return True

    def _from_recvq(self, name: str) -> bytes | None:
        if not re.fullmatch(r"(?!\.)[A-Za-z0-9._-]{1,100}", name):
            return None
        try:
            with open_folder(self._spool / "recvq") as folder, open_file(folder, name) as handle:
                size = os.fstat(handle).st_size
                return read_fd(handle, self._max) if 0 < size <= self._max else None
        except OSError:
            return None
