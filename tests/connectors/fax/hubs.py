"""The hub as the fax connector sees it: on a plain folder that counts every call, and on the real journal."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from doorstep.connector import Hub, Receipt, Transmission
from doorstep.journal import Journal, Route, Routes
from schemas.transmission import ReceiptState, TransmissionReceived


class FolderHub(Hub):
    """Only what the fax connector asks of the engine: receive and data_dir."""

    def __init__(self, folder: Path, before: Callable[[Transmission], None] | None = None) -> None:
        self.folder = folder
        self.before = before
        for name in ("kept", "calls", "data"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self.seen: list[Transmission] = []

    def data_dir(self, name: str) -> Path:
        path = self.folder / "data" / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    async def receive(self, transmission: Transmission) -> Receipt:
        if self.before:
            self.before(transmission)
        (self.folder / "calls" / uuid.uuid4().hex).touch()
        self.seen.append(transmission)
        data = transmission.blobs[0].data
        assert isinstance(data, bytes)
        digest = sha256(data).hexdigest()
        kept = self.folder / "kept" / sha256(transmission.idempotency_key.encode()).hexdigest()
        draft = self.folder / f"draft-{uuid.uuid4().hex}"
        draft.write_text(
            json.dumps({"sha256": digest, "rejected": transmission.rejected, "title": transmission.blobs[0].title})
        )
        duplicate = conflict = False
        try:
            kept.hardlink_to(draft)
        except FileExistsError:
            duplicate = json.loads(kept.read_text())["sha256"] == digest
            conflict = not duplicate
        draft.unlink()
        state = ReceiptState.REJECTED if transmission.rejected else ReceiptState.PENDING
        return Receipt(uuid.uuid4().hex, "fax", transmission.received_at, state, digest, duplicate, conflict)

    @property
    def calls(self) -> int:
        return len(list((self.folder / "calls").iterdir()))

    @property
    def kept(self) -> list[dict[str, Any]]:
        return [json.loads(path.read_text()) for path in (self.folder / "kept").iterdir()]


def open_journal(folder: Path, *, readonly: bool = False) -> Journal:
    routes = Routes({TransmissionReceived.topic: [Route("read")]})
    url = f"sqlite:///{folder / 'journal.db'}"
    return Journal.open(url, data_dir=folder, routes=routes, rules_dir=folder / "rules", readonly=readonly)


class JournalHub(Hub):
    """The real journal behind the two calls."""

    def __init__(self, folder: Path, journal: Journal) -> None:
        self.folder, self.journal = folder, journal

    def data_dir(self, name: str) -> Path:
        (self.folder / name).mkdir(parents=True, exist_ok=True)
        return self.folder / name

    async def receive(self, transmission: Transmission) -> Receipt:
        return await self.journal.receive(transmission)
