"""The hub as connectors see it: `doorstep.connector.Hub` over the journal, the workers and the settings."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from doorstep.connector import Receipt, StoredResource, Transmission
from doorstep.errors import Refused
from doorstep.journal import Journal, JournalUnit
from doorstep.settings import Settings
from doorstep.workers import Workers
from schemas.case import Case, Offer
from schemas.document import ReviewRequested
from schemas.outbound import ConfirmationDelivered, ConfirmationFailed, ConfirmationRequested
from schemas.search import ResourceQuery
from schemas.transmission import Content


class LiveHub:
    """What a running hub lets its connectors ask; nothing here knows a channel."""

    def __init__(self, settings: Settings, journal: Journal, workers: Workers) -> None:
        self._settings = settings
        self._journal = journal
        self._workers = workers
        self._secret = _secret(settings.data_dir / "secret")
        self.http_port = settings.http_port

    async def receive(self, transmission: Transmission) -> Receipt:
        return await self._journal.receive(transmission)

    async def report(self, fate: ConfirmationDelivered | ConfirmationFailed) -> None:
        await self._journal.write(lambda unit: record_fate(unit, fate))

    async def find(
        self,
        *,
        control_id: str | None = None,
        message_id: str | None = None,
        identifier: str | None = None,
        sha256: str | None = None,
        document_id: str | None = None,
    ) -> list[Receipt]:
        return await self._journal.read(
            lambda reader: reader.receipts(
                control_id=control_id,
                message_id=message_id,
                identifier=identifier,
                sha256=sha256,
                document_id=document_id,
            )
        )

    async def case(self, case_id: str) -> Case | None:
        return await self._journal.read(lambda reader: reader.case(case_id))

    async def cases_of(self, document_id: str) -> list[Case]:
        return await self._journal.read(lambda reader: reader.cases_of(document_id))

    async def review(self, review_id: str) -> ReviewRequested | None:
        return await self._journal.read(lambda reader: reader.open_review(review_id))

    async def offer(self, offer_id: str) -> Offer | None:
        return await self._journal.read(lambda reader: reader.offer(offer_id))

    async def resource(self, resource_type: str, resource_id: str) -> dict[str, JsonValue] | None:
        return await self._journal.read(lambda reader: reader.resource(resource_type, resource_id))

    async def search(self, query: ResourceQuery) -> tuple[int, list[tuple[datetime, StoredResource]]]:
        return await self._journal.read(lambda reader: reader.search(query))

    async def resources_of(self, document_id: str) -> list[StoredResource]:
        return await self._journal.read(lambda reader: reader.resources_of(document_id))

    async def content(self, ref: Content) -> bytes:
        return await self._journal.content(ref)

    async def keep(self, data: bytes, content_type: str, title: str | None = None) -> Content:
        """Store bytes for a handler's `prepare` (doorstep.handler.Tools)."""
        return await self._journal.keep(data, content_type, title)

    async def run(self, fn: Callable[..., Any], *args: Any, timeout: float) -> Any:
        return await self._workers.run(fn, *args, timeout=timeout)

    def sign(self, purpose: str, value: str) -> str:
        mac = hmac.new(self._secret, f"{purpose}\0{value}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()

    def base_url(self) -> str:
        if self._settings.base_url:
            return self._settings.base_url.rstrip("/")
        scheme = "https" if self._settings.tls_cert else "http"
        return f"{scheme}://{reachable(self._settings.host)}:{self.http_port}"

    def data_dir(self, name: str) -> Path:
        folder = self._settings.data_dir.resolve() / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def reachable(host: str) -> str:
    """Return a listener's address as an URL of this machine names it."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def record_fate(unit: JournalUnit, fate: ConfirmationDelivered | ConfirmationFailed) -> None:
    """Append what became of a send; the same attempt told again, or told otherwise, appends nothing."""
    requested = unit.latest(ConfirmationRequested, fate.confirmation_id)
    if requested is None:
        raise Refused("no-such-send", "nothing was requested under this id", detail=fate.confirmation_id)
    unit.append(fate, source=f"connectors/{fate.channel}", cause=requested, consumer="fate", ordinal=fate.attempt)


def _secret(path: Path) -> bytes:
    """Return the hub's own secret, made once (0600); split processes on one data folder share it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    if not path.exists():
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:  # another process of this hub was first: its secret holds
            pass
        finally:
            draft.unlink()
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    return path.read_bytes()
