"""A hub in memory for connectors' tests: the port's promises (same key, same answer) without a journal."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from doorstep.connector import Access, Receipt, StoredResource, Transmission
from doorstep.errors import HubError
from schemas.case import Case, Offer
from schemas.document import ReviewRequested
from schemas.network import Entry
from schemas.transmission import Content, ReceiptState


class MemoryHub:
    """Keeps what it received in order; `failing` is raised instead, `delay` passes before a receipt.

    `entered` is set once something has come as far as here.
    """

    def __init__(self) -> None:
        self.received: list[Transmission] = []
        self.receipts: dict[tuple[str, str], Receipt] = {}
        self.offers: dict[str, Offer] = {}
        self.cases: dict[str, Case] = {}
        self.packets: dict[str, bytes] = {}
        self.reviews: dict[str, ReviewRequested] = {}
        self.network: list[Entry] = []
        self.failing: HubError | None = None
        self.refusing: str | None = None
        self.delay = 0.0
        self.entered = asyncio.Event()

    async def receive(self, transmission: Transmission) -> Receipt:
        self.entered.set()
        if self.failing:
            raise self.failing
        await asyncio.sleep(self.delay)
        data = transmission.blobs[0].data
        assert isinstance(data, bytes)
        digest = hashlib.sha256(data).hexdigest()
        key = (transmission.channel, transmission.idempotency_key)
        first = self.receipts.get(key)
        state = ReceiptState.REJECTED if transmission.rejected else ReceiptState.PENDING
        known = first is not None
        if self.refusing:
            state = ReceiptState.REJECTED
        receipt = Receipt(
            document_id=first.document_id if first else f"doc-{len(self.received) + 1}",
            channel=transmission.channel,
            received_at=transmission.received_at,
            state=first.state if first else state,
            sha256=digest,
            duplicate=known and first is not None and first.sha256 == digest,
            conflict=known and first is not None and first.sha256 != digest,
            message_id=transmission.message_id,
            reason=self.refusing,
        )
        if not known:
            self.received.append(transmission)
            self.receipts[key] = receipt
        return receipt

    async def find(self, **keys: str | None) -> list[Receipt]:
        return [r for r in self.receipts.values() if all(v is None or getattr(r, k) == v for k, v in keys.items())]

    async def case(self, case_id: str) -> Case | None:
        return self.cases.get(case_id)

    async def packet(self, case_id: str) -> bytes | None:
        return self.packets.get(case_id)

    async def cases_of(self, document_id: str) -> list[Case]:
        return [case for case in self.cases.values() if document_id in case.document_ids]

    async def offers_to(self, npi: str) -> list[Offer]:
        return [offer for offer in self.offers.values() if offer.npi == npi]

    async def providers(self) -> list[Entry]:
        return self.network

    async def review(self, review_id: str) -> ReviewRequested | None:
        return self.reviews.get(review_id)

    async def offer(self, offer_id: str) -> Offer | None:
        return self.offers.get(offer_id)

    async def resource(self, resource_type: str, resource_id: str) -> dict[str, JsonValue] | None:
        return None

    async def versions(self, resource_type: str, resource_id: str) -> list[dict[str, JsonValue]]:
        return []

    async def resources_of(self, document_id: str) -> list[StoredResource]:
        return []

    async def content(self, ref: Content) -> bytes:
        raise NotImplementedError

    async def run(self, fn: Callable[..., Any], *args: Any, timeout: float) -> Any:
        async with asyncio.timeout(timeout):
            return await asyncio.to_thread(fn, *args)

    def sign(self, purpose: str, value: str) -> str:
        return hmac.new(b"a test's secret", f"{purpose}\0{value}".encode(), "sha256").hexdigest()

    def access(self) -> Access:
        return Access()

    def base_url(self) -> str:
        return "http://127.0.0.1:8080"

    def data_dir(self, name: str) -> Path:
        raise NotImplementedError
