"""Queries: what operators and connectors ask about inputs, cases and events."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from doorstep.errors import Defect
from doorstep.journal import Journal, JournalUnit
from schemas.case import CaseState
from schemas.event import Event
from tests.doorstep.journal.support import NOON, case, confirmation, declined, transmission


async def test_inputs_are_found_by_each_of_their_keys_oldest_first(journal: Journal) -> None:
    for number in (2, 1):
        received = NOON + timedelta(minutes=number)
        await journal.receive(
            transmission(
                f"k{number}", f"{number}".encode(), control_id="C", received_at=received, message_id=f"<{number}>"
            )
        )
    both = await journal.read(lambda reader: reader.receipts(control_id="C"))
    assert [r.message_id for r in both] == ["<1>", "<2>"]
    one = both[0]
    for key in ({"message_id": "<1>"}, {"sha256": one.sha256}, {"document_id": one.document_id}):
        assert await journal.read(lambda reader, key=key: reader.receipts(**key)) == [one]
    assert await journal.read(lambda reader: reader.receipts(identifier="none")) == []


async def test_cases_are_listed_newest_first_by_state_and_page(journal: Journal) -> None:
    ids = [await journal.write(lambda unit: unit.new_case_id()) for _ in range(5)]
    for number, case_id in enumerate(ids):
        state = CaseState.INCOMPLETE if number % 2 else CaseState.OPEN
        await journal.write(lambda unit, c=case_id, s=state: unit.save_case(case(c, state=s)))
    assert [c.case_id for c in await journal.read(lambda reader: reader.cases())] == ids[::-1]
    assert [c.case_id for c in await journal.read(lambda reader: reader.cases(state="incomplete"))] == [ids[3], ids[1]]
    page = await journal.read(lambda reader: reader.cases(limit=2, before=ids[3]))
    assert [c.case_id for c in page] == [ids[2], ids[1]]


async def test_a_timeline_has_the_documents_and_confirmations_of_its_case_and_of_no_other(journal: Journal) -> None:
    receipt = await journal.receive(transmission())
    [received] = await journal.read(lambda reader: reader.events_after(0))
    mine, other = "DS-000001-8", "DS-000002-6"

    def story(unit: JournalUnit) -> list[Event[object]]:
        for case_id in (mine, other):
            unit.save_case(case(case_id, document_ids=(receipt.document_id,)))
        early = confirmation(1, case_id=None, document_id=receipt.document_id)
        return [
            unit.append(early, source="t", cause=received, consumer="a"),
            unit.append(declined(1, mine), source="t", cause=received, consumer="b"),
            unit.append(declined(2, other), source="t", cause=received, consumer="c"),
            unit.append(confirmation(2, case_id=mine), source="t", cause=received, consumer="d"),
            unit.append(confirmation(3, case_id=other), source="t", cause=received, consumer="e"),
            unit.append(declined(3, mine), source="t"),
        ]

    early, first, _, told, _, last = await journal.write(story)
    assert await journal.read(lambda reader: reader.timeline(mine)) == [received, early, first, told, last]
    assert await journal.read(lambda reader: reader.timeline("none")) == []


async def test_events_are_read_on_from_where_one_stopped(journal: Journal) -> None:
    for number in range(6):
        payload = declined(number) if number % 2 else confirmation(number)
        await journal.write(lambda unit, p=payload: unit.append(p, source="test"))
    every = await journal.read(lambda reader: reader.events_after(0))
    assert [e.seq for e in every] == sorted(e.seq for e in every)
    assert await journal.read(lambda reader: reader.events_after(every[1].seq, limit=2)) == every[2:4]
    assert await journal.read(lambda reader: reader.events_after(0, topics=["dispatch.offer.declined"])) == every[1::2]
    assert await journal.read(lambda reader: reader.last_seq()) == every[-1].seq


async def test_a_tail_misses_nothing_while_many_write(journal: Journal) -> None:
    seen: list[int] = []

    async def tail() -> None:
        while len(seen) < 150:
            new = await journal.read(lambda reader: reader.events_after(seen[-1] if seen else 0, limit=7))
            seen.extend(e.seq for e in new)

    writes = [journal.write(lambda unit: unit.append(declined(), source="test")) for _ in range(150)]
    await asyncio.wait_for(asyncio.gather(tail(), *writes), timeout=60)
    assert len(seen) == len(set(seen)) == 150


async def test_stored_data_that_no_longer_fits_is_a_defect_that_quotes_nothing(journal: Journal) -> None:
    event = await journal.write(lambda unit: unit.append(declined("SECRET"), source="test"))
    broken = 'UPDATE event SET data = \'{"case_id": "SECRET"}\''
    await journal.write(lambda unit: unit.connection.exec_driver_sql(broken).rowcount)
    with pytest.raises(Defect) as caught:
        await journal.read(lambda reader: reader.event(event.id))
    assert "SECRET" not in f"{caught.value} {caught.value.detail}"
    assert event.id in caught.value.detail
