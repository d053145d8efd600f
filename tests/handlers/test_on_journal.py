"""The same way on the real journal: what the handlers keep must survive the tables, and racing answers one winner."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from doorstep import clock
from doorstep.connector import Blob, Transmission
from doorstep.handler import SUBSCRIPTIONS
from doorstep.journal import Journal, Routes
from doorstep.journal.inbox import document_id_of
from doorstep.rules import rules_dir
from doorstep.stream.work import Worker
from handlers.translate import orders_in
from schemas.case import CaseState, OfferState
from schemas.codec import CodecError
from schemas.document import ReviewRequested
from schemas.fields import fields_of
from schemas.order import ReferralReceived
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.transmission import ReplyTo
from tests.factories import NOW, order
from tests.handlers.memory import OURS

SAMPLES = Path(__file__).parent.parent / "samples" / "hl7v2"
OUR_STEPS = [s for s in SUBSCRIPTIONS if s.consumer.split(".")[0] in OURS]


class Store:
    """The tools of `prepare`, over the journal's own content store."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal

    async def content(self, ref: Any) -> bytes:
        return await self.journal.read(lambda reader: reader.content(ref))


class Hub:
    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.worker = Worker(journal, Store(journal))  # type: ignore[arg-type]

    async def receive(self, channel: str, key: str, data: bytes, reply_to: ReplyTo | None = None) -> None:
        blob = Blob("application/octet-stream", data)
        sent = Transmission(channel, key, [blob], NOW, reply_to=reply_to)
        await self.journal.receive(sent)

    async def rest(self) -> None:
        """Run every step on every event until nothing new follows."""
        seq = 0
        while events := await self.journal.read(lambda reader, after=seq: reader.events_after(after)):
            for event in events:
                seq = event.seq
                for step in OUR_STEPS:
                    if step.payload is type(event.data) and (step.where is None or step.where(event.data)):
                        await self.worker.run(step, event)

    async def cases(self) -> list[Any]:
        return await self.journal.read(lambda reader: reader.cases())

    async def seen(self, payload: type[Any]) -> list[Any]:
        events = await self.journal.read(lambda reader: reader.events_after(0, topics=[payload.topic]))
        return [event.data for event in events]


@pytest_asyncio.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    routes = Routes.of(OUR_STEPS)
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    journal = Journal.open(url, data_dir=tmp_path, routes=routes, rules_dir=rules_dir())
    try:
        yield Hub(journal)
    finally:
        await journal.close()


EHR = ReplyTo(channel="hl7v2", address="EPIC|RIVERSIDE")


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.hl7").read_bytes()


async def test_a_message_goes_all_the_way_and_racing_acceptances_have_one_winner(hub: Hub) -> None:
    await hub.receive("hl7v2", "1", sample("orm_o01_v23_dme"), EHR)
    await hub.rest()
    (case,) = await hub.cases()
    assert case.state is CaseState.DISPATCHING
    offers = await hub.journal.read(lambda reader: reader.offers())
    assert len(offers) > 1
    start = (clock.now() + timedelta(days=1)).isoformat()
    answers = [json.dumps({"offer_id": o.offer_id, "answer": "accept", "start": start}).encode() for o in offers]
    await asyncio.gather(*(hub.receive("dispatch", str(n), body) for n, body in enumerate(answers)))
    await asyncio.gather(hub.rest(), hub.rest())
    (case,) = await hub.cases()
    assert case.state is CaseState.SCHEDULED
    states = [offer.state for offer in await hub.journal.read(lambda reader: reader.offers())]
    assert states.count(OfferState.ACCEPTED) == 1
    assert set(states) == {OfferState.ACCEPTED, OfferState.RECALLED}
    told = [c.kind for c in await hub.seen(ConfirmationRequested) if c.recipient == EHR]
    assert told == [ConfirmationKind.ACKNOWLEDGED, ConfirmationKind.SCHEDULED]


async def test_the_same_message_twice_is_one_case(hub: Hub) -> None:
    await hub.receive("hl7v2", "1", sample("orm_o01_v23_dme"), EHR)
    await hub.receive("hl7v2", "2", sample("orm_o01_v23_dme"), EHR)
    await hub.rest()
    (case,) = await hub.cases()
    assert len(case.document_ids) == 2
    told = [c for c in await hub.seen(ConfirmationRequested) if c.recipient == EHR]
    assert [(c.kind, c.reference) for c in told] == [(ConfirmationKind.ACKNOWLEDGED, case.case_id)] * 2


async def test_a_message_without_an_order_waits_for_a_person(hub: Hub) -> None:
    await hub.receive("hl7v2", "1", b"MSH|^~\\&|A|B|C|D|20261123||ORM^O01|1|P|2.5.1\r", EHR)
    await hub.rest()
    assert await hub.cases() == []
    (review,) = await hub.seen(ReviewRequested)
    body = json.dumps({"review_id": review.review_id, "decision": "reject", "reviewer": "R"}).encode()
    await hub.receive("desk", "w", body)
    await hub.rest()
    receipts = await hub.journal.read(lambda reader: reader.receipts(document_id=review.document_id))
    assert [str(receipt.state) for receipt in receipts] == ["rejected"]


async def receipt_of(hub: Hub, key: str) -> Any:
    (found,) = await hub.journal.read(lambda reader: reader.receipts(document_id=document_id_of("hl7v2", key)))
    return found


@pytest.mark.parametrize("known_first", [True, False], ids=["known first", "new first"])
async def test_a_receipt_of_several_orders_names_one_case_and_only_the_reason_of_that(
    hub: Hub, known_first: bool
) -> None:
    await hub.receive("hl7v2", "1", sample("orm_o01_v23_dme"), EHR)
    await hub.rest()
    (known,) = await hub.cases()
    found = orders_in("hl7v2", sample("orm_o01_v23_dme"), "both")
    assert not isinstance(found, CodecError)
    orders = list(found)
    other = order(9, order_id="other", document_id="both")
    orders.insert(1 if known_first else 0, other)
    await hub.receive("hl7v2", "both", b"orders follow", EHR)
    document_id = document_id_of("hl7v2", "both")
    for one in orders:
        sent = ReferralReceived(
            document_id=document_id,
            order=one.model_copy(update={"document_id": document_id}),
            reply_to=EHR,
            received_at=NOW,
        )
        await hub.journal.write(lambda unit, sent=sent: unit.append(sent, source="test"))
        await hub.rest()
    cases = {case.case_id for case in await hub.cases()}
    assert len(cases) == 2
    receipt = await receipt_of(hub, "both")
    if known_first:
        assert (receipt.case_id, receipt.reason) == (known.case_id, f"duplicate of case {known.case_id}")
    else:
        assert receipt.case_id in cases - {known.case_id}
        assert receipt.reason is None


async def test_a_receipt_that_a_person_let_through_no_longer_says_under_review(hub: Hub) -> None:
    await hub.receive("hl7v2", "1", b"MSH|^~\\&|A|B|C|D|20261123||ORM^O01|1|P|2.5.1\r", EHR)
    await hub.rest()
    assert (await receipt_of(hub, "1")).reason.startswith("under review")
    (review,) = await hub.seen(ReviewRequested)
    said = {"review_id": review.review_id, "decision": "accept", "reviewer": "R", "fields": fields_of(order())}
    await hub.receive("desk", "w", json.dumps(said).encode())
    await hub.rest()
    (case,) = await hub.cases()
    receipt = await receipt_of(hub, "1")
    assert (str(receipt.state), receipt.reason, receipt.case_id) == ("accepted", None, case.case_id)
