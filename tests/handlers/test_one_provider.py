"""Exactly one provider gets the order, however many accept at once: on both databases, and from several processes."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from doorstep import clock
from doorstep.connector import Blob, Transmission
from doorstep.journal import Journal
from doorstep.journal.inbox import document_id_of
from schemas.case import CaseState, OfferAccepted, OfferRecalled, OfferState
from schemas.order import ReferralReceived
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.service import ServiceScheduled
from tests.doorstep.journal.support import database_url  # noqa: F401 - a fixture
from tests.factories import HOSPITAL, order
from tests.handlers.racer import opened, race

ROOT = Path(__file__).parents[2]
EACH = 12
"""How often each of the providers accepts, each time with another start, so that each is an answer of its own."""


async def offered(journal: Journal) -> list[str]:
    """Bring one order to its offers."""
    now = clock.now()
    await journal.receive(Transmission("test", "order", [Blob("text/plain", b"order")], now))
    made = order(document_id=document_id_of("test", "order"), service_start=now.date().isoformat())
    sent = ReferralReceived(document_id=made.document_id, order=made, reply_to=HOSPITAL, received_at=now)
    await journal.write(lambda unit: unit.append(sent, source="test"))
    await race(journal)
    return [offer.offer_id for offer in await journal.read(lambda reader: reader.offers())]


async def accepts(journal: Journal, offers: list[str]) -> None:
    now = clock.now()
    answers = [
        {"offer_id": offer, "answer": "accept", "start": (now + timedelta(days=1, hours=n)).isoformat()}
        for n in range(EACH)
        for offer in offers
    ]
    sent = [
        Transmission("dispatch", f"{n}", [Blob("application/json", json.dumps(body).encode())], now)
        for n, body in enumerate(answers)
    ]
    await asyncio.gather(*(journal.receive(one) for one in sent))


async def one_has_it(journal: Journal, offers: list[str]) -> None:
    (case,) = await journal.read(lambda reader: reader.cases())
    states = Counter(offer.state for offer in await journal.read(lambda reader: reader.offers()))
    assert case.state is CaseState.SCHEDULED
    assert states == {OfferState.ACCEPTED: 1, OfferState.RECALLED: len(offers) - 1}
    events = await journal.read(lambda reader: reader.events_after(0, limit=100_000))
    seen = Counter(type(event.data) for event in events)
    assert (seen[OfferAccepted], seen[ServiceScheduled], seen[OfferRecalled]) == (1, 1, len(offers) - 1)
    told = Counter(e.data.kind for e in events if isinstance(e.data, ConfirmationRequested))
    assert (told[ConfirmationKind.SCHEDULED], told[ConfirmationKind.ASSIGNED]) == (1, 1)
    receipts = await journal.read(lambda reader: reader.receipts(limit=1000))
    settled = Counter(str(r.state) for r in receipts if r.channel == "dispatch")
    assert settled == {"accepted": EACH, "rejected": EACH * (len(offers) - 1)}
    assert not await journal.read(lambda reader: reader.dead_letters())


async def test_many_acceptances_at_once_have_one_winner(database_url: str, tmp_path: Path) -> None:  # noqa: F811
    async with opened(database_url, tmp_path) as journal:
        offers = await offered(journal)
        assert len(offers) == 3
        await accepts(journal, offers)
        await asyncio.gather(*(race(journal) for _ in range(6)))
        await one_has_it(journal, offers)


@pytest.mark.postgres
async def test_two_processes_that_handle_the_same_acceptances_have_one_winner(
    postgres_url: str, tmp_path: Path
) -> None:
    async with opened(postgres_url, tmp_path) as journal:
        offers = await offered(journal)
        await accepts(journal, offers)
        racers = [
            await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.handlers.racer", postgres_url, str(tmp_path), cwd=ROOT
            )
            for _ in range(2)
        ]
        await asyncio.gather(race(journal), *(racer.wait() for racer in racers))
        assert [racer.returncode for racer in racers] == [0, 0]
        await race(journal)
        await one_has_it(journal, offers)
