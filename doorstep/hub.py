"""The hub as connectors see it: `doorstep.connector.Hub` over the journal, the workers and the settings."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from doorstep.access.caller import current
from doorstep.access.gate import TOKEN_PATH
from doorstep.connector import Access, Receipt, Standing, StoredResource, Transmission, Version
from doorstep.errors import Refused
from doorstep.journal import Journal, JournalUnit, Reader
from doorstep.journal.subscriptions import events_count, listed, load, notices, sealed_headers, versions
from doorstep.providers import entries
from doorstep.secret import hub_secret, purpose_key
from doorstep.secretbox import seal, unseal
from doorstep.settings import Settings
from doorstep.stream.notices import forget_subscription, keep_subscription
from doorstep.workers import Workers
from schemas.case import Case, Offer
from schemas.document import ReviewRequested
from schemas.network import Entry
from schemas.outbound import ConfirmationDelivered, ConfirmationFailed, ConfirmationRequested
from schemas.past import SubscriptionVersion
from schemas.search import Page, ResourceQuery
from schemas.subscription import Subscription, SubscriptionNotice
from schemas.transmission import Content

_MOST_NOTICES = 1000


class LiveHub:
    """What a running hub lets its connectors ask; nothing here knows a channel."""

    def __init__(self, settings: Settings, journal: Journal, workers: Workers) -> None:
        self._settings = settings
        self._journal = journal
        self._workers = workers
        self._secret = hub_secret(settings.data_dir)
        self._sealing_key = purpose_key(self._secret, "subscription-headers")
        self.http_port = settings.http_port

    async def receive(self, transmission: Transmission) -> Receipt:
        tenant = current().tenant
        if tenant is not None and transmission.tenant != tenant:
            transmission = replace(transmission, tenant=tenant)
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
        tenant = current().tenant
        return await self._journal.read(
            lambda reader: reader.receipts(
                control_id=control_id,
                message_id=message_id,
                identifier=identifier,
                sha256=sha256,
                document_id=document_id,
                tenant=tenant,
            )
        )

    async def case(self, case_id: str) -> Case | None:
        return await self._journal.read(lambda reader: reader.case(case_id))

    async def case_versions(self, case_id: str) -> list[Case]:
        def past(reader: Reader) -> list[Case]:
            case = reader.case(case_id)
            if case is None:
                return []
            older = [one for one in reader.case_versions(case_id) if one.revision < case.revision]
            return [*(one.within(case) for one in older), case]

        return await self._journal.read(past)

    async def decided_at(self, document_id: str) -> datetime | None:
        return await self._journal.read(lambda reader: reader.decided_at(document_id))

    async def packet(self, case_id: str) -> bytes | None:
        from doorstep.packet import PACKET_SECONDS, gather, typeset

        found = await self._journal.read(lambda reader: gather(reader, case_id))
        if found is None:
            return None
        pdf: bytes = await self._workers.run(typeset, found, timeout=PACKET_SECONDS)
        return pdf

    async def cases_of(self, document_id: str) -> list[Case]:
        return await self._journal.read(lambda reader: reader.cases_of(document_id))

    async def review(self, review_id: str) -> ReviewRequested | None:
        return await self._journal.read(lambda reader: reader.open_review(review_id))

    async def providers(self) -> list[Entry]:
        return await entries(self._journal)

    async def offer(self, offer_id: str) -> Offer | None:
        found = await self._journal.read(lambda reader: reader.offer(offer_id))
        provider = current().provider
        return found if found is None or provider in {None, found.npi} else None

    async def offers_to(self, npi: str) -> list[Offer]:
        if current().provider not in {None, npi}:
            return []
        return await self._journal.read(lambda reader: reader.offers(npi=npi, newest=True))

    async def resource(self, resource_type: str, resource_id: str) -> dict[str, JsonValue] | None:
        tenant = current().tenant
        return await self._journal.read(lambda reader: reader.resource(resource_type, resource_id, tenant))

    async def versions(self, resource_type: str, resource_id: str) -> list[dict[str, JsonValue]]:
        tenant = current().tenant
        return await self._journal.read(lambda reader: reader.versions(resource_type, resource_id, tenant))

    async def search(self, query: ResourceQuery) -> Page[tuple[datetime, StoredResource]]:
        asked = _own(query)
        return await self._journal.read(lambda reader: reader.search(asked))

    async def history(self, query: ResourceQuery) -> Page[Version]:
        asked = _own(query)
        return await self._journal.read(lambda reader: reader.history(asked))

    async def tasks(self, query: ResourceQuery) -> Page[Standing]:
        asked = _own(query)
        return await self._journal.read(lambda reader: reader.tasks(asked))

    async def resources_of(self, document_id: str) -> list[StoredResource]:
        tenant = current().tenant
        return await self._journal.read(lambda reader: reader.resources_of(document_id, tenant))

    async def subscriptions(self, subscription_id: str | None = None, *, serving: bool = False) -> list[Subscription]:
        tenant = current().tenant
        if subscription_id is None:
            return await self._journal.read(lambda reader: listed(reader.connection, tenant=tenant, serving=serving))
        found = await self._journal.read(lambda reader: load(reader.connection, subscription_id, tenant))
        return [found] if found is not None else []

    async def save_subscription(self, saved: Subscription, headers: Sequence[str] | None = None) -> None:
        sealed = None
        if headers is not None:
            sealed = seal(self._sealing_key, json.dumps(list(headers)).encode(), saved.subscription_id)
        await self._journal.write(lambda unit: keep_subscription(unit, saved, sealed))

    async def remove_subscription(self, subscription_id: str) -> None:
        await self._journal.write(lambda unit: forget_subscription(unit, subscription_id))

    async def subscription_versions(self, subscription_id: str) -> list[SubscriptionVersion]:
        tenant = current().tenant
        return await self._journal.read(lambda reader: versions(reader.connection, subscription_id, tenant))

    async def subscription_headers(self, subscription_id: str) -> list[str]:
        sealed = await self._journal.read(lambda reader: sealed_headers(reader.connection, subscription_id))
        found: list[str] = json.loads(unseal(self._sealing_key, sealed, subscription_id)) if sealed else []
        return found

    async def notices(self, subscription_id: str, low: int, high: int) -> tuple[int, list[SubscriptionNotice]]:
        def both(reader: Reader) -> tuple[int, list[SubscriptionNotice]]:
            count = events_count(reader.connection, subscription_id)
            return count, notices(reader.connection, subscription_id, low, high, _MOST_NOTICES) if low <= high else []

        return await self._journal.read(both)

    async def tenant_of(self, document_id: str) -> str | None:
        return await self._journal.read(lambda reader: reader.tenant_of(document_id))

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

    def access(self) -> Access:
        clients = self._settings.access.clients.values()
        token_url = self.base_url() + TOKEN_PATH if any(client.asserts for client in clients) else ""
        certificates = any(client.certificates for client in clients)
        return Access(self._settings.access_on, token_url, certificates)

    def base_url(self) -> str:
        if self._settings.base_url:
            return self._settings.base_url.rstrip("/")
        scheme = "https" if self._settings.tls_cert else "http"
        return f"{scheme}://{reachable(self._settings.host)}:{self.http_port}"

    def data_dir(self, name: str) -> Path:
        folder = self._settings.data_dir.resolve() / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def _own(query: ResourceQuery) -> ResourceQuery:
    """Return a question as the caller may put it: a tenant asks for what is its own."""
    tenant = current().tenant
    return query if tenant is None else replace(query, partner=tenant)


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
