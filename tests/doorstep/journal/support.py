"""What the journal's and the stream's tests have in common: both databases, and small valid inputs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from doorstep.connector import Blob, Transmission
from doorstep.journal import Journal, Route, Routes
from schemas.case import Case, CaseManager, CaseState, Offer, OfferDeclined, OfferState
from schemas.order import Order
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.transmission import ReplyTo, TransmissionReceived

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ROUTES = Routes(
    {
        TransmissionReceived.topic: [Route("read")],
        OfferDeclined.topic: [
            Route("count"),
            Route("even", where=lambda p: p.reason.isdigit() and int(p.reason) % 2 == 0),
        ],
        ConfirmationRequested.topic: [Route("outbound", lane=lambda p: p.recipient.address)],
    }
)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Every test that asks for it runs on both databases."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'journal.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest_asyncio.fixture
async def journal(database_url: str, tmp_path: Path) -> AsyncIterator[Journal]:
    async with opened(database_url, tmp_path) as journal:
        yield journal


@asynccontextmanager
async def opened(url: str, folder: Path, routes: Routes = ROUTES, **options: Any) -> AsyncIterator[Journal]:
    journal = Journal.open(url, data_dir=folder, routes=routes, rules_dir=folder / "rules", **options)
    try:
        yield journal
    finally:
        await journal.close()


def transmission(key: str = "k", data: bytes | Path = b"MSH|", **changes: Any) -> Transmission:
    values: dict[str, Any] = {"channel": "hl7v2", "idempotency_key": key, "received_at": NOON}
    values["blobs"] = [Blob("application/hl7-v2", data)]
    return Transmission(**{**values, **changes})


def declined(number: int | str = 1, case_id: str = "DS-000001-8") -> OfferDeclined:
    """A small event with the case as its key."""
    return OfferDeclined(case_id=case_id, offer_id="offer", npi="1234567893", reason=str(number))


def confirmation(number: int = 1, address: str = "orders@example.org", **changes: Any) -> ConfirmationRequested:
    values: dict[str, Any] = {
        "confirmation_id": f"confirmation-{number}",
        "kind": ConfirmationKind.ACKNOWLEDGED,
        "recipient": ReplyTo(channel="email", address=address),
        "case_id": "DS-000001-8",
        "document_id": "document",
        "reference": "DS-000001-8",
    }
    return ConfirmationRequested(**{**values, **changes})


def case(case_id: str = "DS-000001-8", **changes: Any) -> Case:
    values: dict[str, Any] = {
        "case_id": case_id,
        "state": CaseState.OPEN,
        "order": Order(order_id="order", document_id="document", channel="hl7v2"),
        "manager": CaseManager(name="Desk", extension="100"),
        "reply_to": None,
        "identity_key": "identity",
        "order_key": f"order of {case_id}",
        "document_ids": ("document",),
        "received_at": NOON,
        "opened_at": NOON,
        "updated_at": NOON,
    }
    return Case(**{**values, **changes})


def offer(offer_id: str = "offer", **changes: Any) -> Offer:
    values: dict[str, Any] = {
        "offer_id": offer_id,
        "case_id": "DS-000001-8",
        "npi": "1234567893",
        "provider_name": "Provider",
        "wave": 1,
        "state": OfferState.SENT,
        "sent_at": NOON,
        "respond_by": NOON + timedelta(hours=4),
    }
    return Offer(**{**values, **changes})
