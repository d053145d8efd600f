"""Receiving: a new input is kept whole, a re-send gets the first answer, a conflict keeps nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from doorstep import clock
from doorstep.connector import Blob, Receipt, StoredResource
from doorstep.errors import Defect
from doorstep.journal import Journal, JournalUnit, Reader, document_id_of, tables
from doorstep.journal.inbox import storable
from schemas.transmission import ReceiptState, ReplyTo, TransmissionReceived
from tests.doorstep.journal.support import NOON, opened, transmission

BIG = bytes(range(256)) * 1024


async def rows(journal: Journal) -> dict[str, int]:
    names = ("event", "delivery", "receipt", "content", "resource")

    def count(reader: Reader) -> dict[str, int]:
        found = {n: select(func.count()).select_from(tables.metadata.tables[n]) for n in names}
        return {n: reader.connection.execute(query).scalar_one() for n, query in found.items()}

    return await journal.read(count)


async def test_a_new_input_is_kept_with_its_event_delivery_and_resources_in_one_commit(journal: Journal) -> None:
    resources = [StoredResource("Patient", "p1", {"resourceType": "Patient", "id": "p1"})]
    before = journal.commits
    receipt = await journal.receive(
        transmission(
            control_id="C1",
            reply_to=ReplyTo(channel="hl7v2", address="APP|FAC", context={"MSH-9": "ORM^O01"}),
            details={"MSH-9": "ORM^O01"},
            sender="APP|FAC",
            resources=resources,
        )
    )
    assert journal.commits == before + 1
    assert await rows(journal) == {"event": 1, "delivery": 1, "receipt": 1, "content": 1, "resource": 1}
    assert receipt.state is ReceiptState.PENDING
    assert not receipt.duplicate
    [event] = await journal.read(lambda reader: reader.events_after(0))
    assert isinstance(event.data, TransmissionReceived)
    assert event.data.control_id == "C1"
    assert event.data.received_at == NOON
    assert event.key == event.correlation_id == receipt.document_id
    assert await journal.content(event.data.contents[0]) == b"MSH|"
    assert await journal.read(lambda reader: reader.resources_of(receipt.document_id)) == resources
    assert await journal.read(lambda reader: reader.details_of(receipt.document_id)) == {"MSH-9": "ORM^O01"}
    assert await journal.read(lambda reader: reader.details_of("another")) == {}


async def test_a_resend_gets_the_first_receipt_and_keeps_nothing(journal: Journal) -> None:
    first = await journal.receive(transmission())
    before = await rows(journal)
    again = await journal.receive(transmission(received_at=NOON.replace(hour=13)))
    assert again == replace(first, duplicate=True)
    assert await rows(journal) == before


async def test_a_resend_hears_what_became_of_the_first(journal: Journal) -> None:
    first = await journal.receive(transmission())
    await journal.write(
        lambda unit: unit.settle_receipt(first.document_id, ReceiptState.ACCEPTED, case_id="DS-000001-8")
    )
    again = await journal.receive(transmission())
    assert (again.state, again.case_id, again.duplicate) == (ReceiptState.ACCEPTED, "DS-000001-8", True)


@pytest.mark.parametrize("data", [b"other", BIG], ids=["small", "large"])
async def test_the_same_key_with_other_content_is_a_conflict_and_keeps_nothing(
    journal: Journal, data: bytes, tmp_path: Path
) -> None:
    await journal.receive(transmission())
    before = await rows(journal)
    answer = await journal.receive(transmission(data=data))
    assert (answer.conflict, answer.duplicate) == (True, False)
    assert await rows(journal) == before
    assert [p for p in (tmp_path / "content").rglob("*") if p.is_file()] == []


async def test_the_same_key_on_another_channel_is_another_input(journal: Journal) -> None:
    one = await journal.receive(transmission())
    other = await journal.receive(transmission(channel="email"))
    assert one.document_id != other.document_id
    assert not other.duplicate


async def test_a_rejected_input_is_kept_with_its_reason_and_starts_nothing(journal: Journal) -> None:
    receipt = await journal.receive(transmission(rejected="no PID segment"))
    assert (receipt.state, receipt.reason) == (ReceiptState.REJECTED, "no PID segment")
    assert await rows(journal) == {"event": 0, "delivery": 0, "receipt": 1, "content": 1, "resource": 0}
    again = await journal.receive(transmission(rejected="no PID segment"))
    assert (again.duplicate, again.state) == (True, ReceiptState.REJECTED)


async def test_of_ten_racing_resends_one_is_the_first(journal: Journal) -> None:
    receipts = await asyncio.gather(*(journal.receive(transmission(data=BIG)) for _ in range(10)))
    assert sorted(r.duplicate for r in receipts) == [False] + [True] * 9
    assert (await rows(journal))["event"] == 1


async def test_two_processes_racing_with_the_same_keys_keep_each_once(postgres_url: str, tmp_path: Path) -> None:
    async with opened(postgres_url, tmp_path) as one, opened(postgres_url, tmp_path) as two:
        receipts = await asyncio.gather(
            *(journal.receive(transmission(f"key {i}")) for i in range(30) for journal in (one, two))
        )
        assert sum(not r.duplicate for r in receipts) == 30
        assert (await rows(one))["event"] == 30


async def test_a_large_input_is_a_file_and_comes_back_whole(journal: Journal, tmp_path: Path) -> None:
    spool = tmp_path / "fax.tif"
    spool.write_bytes(BIG)
    receipt = await journal.receive(transmission(data=spool))
    spool.unlink()
    [event] = await journal.read(lambda reader: reader.events_after(0))
    assert await journal.content(event.data.contents[0]) == BIG
    assert event.data.contents[0].size == len(BIG)
    assert (tmp_path / "content" / receipt.sha256[:2] / receipt.sha256).read_bytes() == BIG


async def test_a_resource_sent_again_in_another_bundle_is_a_new_version(journal: Journal) -> None:
    for number in (1, 2):
        resource = StoredResource("Patient", "p1", {"resourceType": "Patient", "id": "p1", "n": number})
        await journal.receive(transmission(f"bundle {number}", channel="fhir", resources=[resource]))
    newest = await journal.read(lambda reader: reader.resource("Patient", "p1"))
    assert newest is not None
    assert newest["n"] == 2
    assert len(await journal.read(lambda reader: reader.resources("Patient"))) == 1


async def test_a_transmission_without_content_is_our_own_fault(journal: Journal) -> None:
    with pytest.raises(Defect):
        await journal.receive(transmission(blobs=[]))


async def test_a_file_that_is_gone_is_refused_and_nothing_is_kept(journal: Journal, tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"content\.source"):
        await journal.receive(transmission(data=tmp_path / "gone.tif"))
    assert (await rows(journal))["receipt"] == 0
    assert journal.healthy


@pytest.mark.parametrize("text", ["nul \0 in it", "lone \ud800 surrogate", "long " * 10_000, "\U0001f4e0" * 5000, ""])
async def test_a_hostile_key_is_stored_found_and_recognised(journal: Journal, text: str) -> None:
    hostile = transmission(
        text, control_id=text, message_id=text, identifier=text, sender=text, details={text: text},
        reply_to=ReplyTo(channel="hl7v2", address=text), blobs=[Blob("text/plain", b"x", title=text)],
    )  # fmt: skip
    first = await journal.receive(hostile)
    assert (await journal.receive(hostile)).duplicate
    for key in ("control_id", "message_id", "identifier"):
        found = await journal.read(lambda reader, key=key: reader.receipts(**{key: text}))
        assert [r.document_id for r in found] == [first.document_id]


@given(st.text(), st.text())
def test_storable_text_stays_different_where_it_was_storable_and_never_grows_past_an_index_entry(
    a: str, b: str
) -> None:
    for text in (a, b * 300):
        stored = storable(text)
        assert len(stored.encode()) <= 700
        assert storable(stored) == stored or len(stored.encode()) > 600
    if a != b and "\0" not in a + b and "\ufffd" not in a + b:
        assert document_id_of("x", a) != document_id_of("x", b)


async def test_inputs_that_come_together_are_each_answered_for_themselves(journal: Journal) -> None:
    """New, repeated within the batch, in conflict, rejected, with a resource, and one that the database refuses."""
    await journal.receive(transmission("known", b"first"))
    kept = StoredResource("Task", "1", {"resourceType": "Task"})
    inputs = [
        transmission("new"),
        transmission("known", b"first"),
        transmission("known", b"second"),
        transmission("twice", b"a"),
        transmission("twice", b"a"),
        transmission("twice", b"b"),
        transmission("broken", rejected="no MSH"),
        transmission("fhir", resources=[kept]),
        transmission("naive", received_at=NOON.replace(tzinfo=None)),
        transmission("none", blobs=[]),
        transmission("last"),
    ]
    answers = await asyncio.gather(*(journal.receive(one) for one in inputs), return_exceptions=True)
    good = [a for a in answers if isinstance(a, Receipt)]
    assert [isinstance(a, Receipt) for a in answers] == [True] * 8 + [False, False, True]
    assert [a.duplicate for a in good] == [False, True, False, False, True, False, False, False, False]
    assert [a.conflict for a in good] == [False, False, True, False, False, True, False, False, False]
    events = await journal.read(lambda reader: reader.events_after(0))
    assert [e.data.document_id for e in events] == [
        document_id_of("hl7v2", key) for key in ("known", "new", "twice", "fhir", "last")
    ]
    assert len(await journal.read(lambda reader: reader.receipts())) == 6
    assert await journal.read(lambda reader: reader.resources_of(document_id_of("hl7v2", "fhir"))) == [kept]
    heads = await journal.read(lambda reader: reader.due("read", clock.now(), 100))
    assert [head.seq for head in heads] == [event.seq for event in events]


async def test_other_jobs_keep_their_place_between_inputs(journal: Journal) -> None:
    seen: list[int] = []

    def count(unit: JournalUnit) -> None:
        seen.append(unit.connection.exec_driver_sql("SELECT count(*) FROM receipt").scalar_one())

    jobs = [journal.write(count) if i % 4 == 3 else journal.receive(transmission(f"{i}")) for i in range(20)]
    await asyncio.gather(*jobs)
    assert seen == [3, 6, 9, 12, 15]
