"""Deliveries: claimed in order, settled once, buried with a reason, and set back when a person says so."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text

from doorstep import clock
from doorstep.errors import Defect, Refused, Unavailable
from doorstep.journal import Journal, JournalUnit, tables
from doorstep.journal.deliveries import Claim
from doorstep.journal.queues import backlog_queries, due_query
from schemas.event import Event
from tests.doorstep.journal.support import confirmation, declined


def explained(unit: JournalUnit, statement: Any) -> str:
    """Return the database's plan for a query."""
    query = statement.compile(unit.connection, compile_kwargs={"literal_binds": True})
    explain = "EXPLAIN QUERY PLAN " if unit.dialect == "sqlite" else "EXPLAIN "
    return "\n".join(str(row) for row in unit.connection.exec_driver_sql(f"{explain}{query}".replace("%", "%%")))


async def appended(journal: Journal, *payloads: Any) -> list[Event[Any]]:
    return [await journal.write(lambda unit, p=p: unit.append(p, source="test")) for p in payloads]


async def due(journal: Journal, consumer: str = "count", limit: int = 100, **more: Any) -> list[str]:
    heads = await journal.read(lambda reader: reader.due(consumer, clock.now(), limit, **more))
    return [head.event().data.reason for head in heads]


async def test_only_consumers_whose_condition_holds_get_a_delivery(journal: Journal) -> None:
    await appended(journal, declined(1, "a"), declined(2, "b"), declined("x", "c"))
    assert await due(journal, "count") == ["1", "2", "x"]
    assert await due(journal, "even") == ["2"]
    assert await due(journal, "nobody") == []


async def test_only_the_head_of_a_lane_is_due(journal: Journal) -> None:
    one, *_ = await appended(journal, declined(1, "a"), declined(2, "a"), declined(3, "b"))
    assert await due(journal) == ["1", "3"]
    assert await due(journal, limit=1) == ["1"]
    assert await due(journal, without={"a"}) == ["3"]
    await journal.write(lambda unit: unit.done(one.id, "count"))
    assert await due(journal) == ["2", "3"]


async def test_a_later_event_of_a_lane_cannot_be_claimed_before_the_earlier_is_settled(journal: Journal) -> None:
    one, two = await appended(journal, declined(1), declined(2))

    def claims(unit: JournalUnit) -> list[Claim]:
        return [unit.claim(one.id, "count"), unit.claim(two.id, "count"), unit.claim(one.id, "even")]

    assert await journal.write(claims) == [Claim.TAKEN, Claim.DEFERRED, Claim.SETTLED]
    await journal.write(lambda unit: unit.done(one.id, "count"))
    assert await journal.write(claims) == [Claim.SETTLED, Claim.TAKEN, Claim.SETTLED]
    with pytest.raises(Defect):
        await journal.write(lambda unit: unit.done(one.id, "count"))


async def test_what_is_put_off_blocks_its_lane_until_it_is_due(journal: Journal) -> None:
    one, *_ = await appended(journal, declined(1, "a"), declined(2, "a"), declined(3, "b"))
    error = Unavailable("x.away", "away")
    later = clock.now() + timedelta(hours=1)
    assert await journal.write(lambda unit: unit.retry(one.id, "count", later, error)) == 1
    assert await due(journal) == ["3"]
    assert await journal.write(lambda unit: unit.retry(one.id, "count", clock.now(), error)) == 2
    assert await due(journal) == ["1", "3"]


async def test_a_dead_delivery_is_listed_announced_and_lets_its_lane_go_on(journal: Journal) -> None:
    one, _two = await appended(journal, declined(1), declined(2))
    await journal.write(lambda unit: unit.bury(one.id, "count", Refused("x.never", "will never work")))
    await journal.write(lambda unit: unit.bury(one.id, "count", Refused("x.never", "again")))
    assert await due(journal) == ["2"]
    [letter] = await journal.read(lambda reader: reader.dead_letters())
    assert (letter.event_id, letter.consumer, letter.error_code) == (one.id, "count", "x.never")
    assert (letter.reason, letter.attempts) == ("will never work", 1)
    [died] = await journal.read(lambda reader: reader.events_after(0, topics=["hub.delivery.dead"]))
    assert (died.data.event_id, died.data.consumer, died.data.reason) == (one.id, "count", "will never work")


async def test_a_dead_or_done_delivery_can_be_set_back_for_one_consumer_or_all(journal: Journal) -> None:
    [event] = await appended(journal, declined(2))
    await journal.write(lambda unit: unit.bury(event.id, "count", Refused("x", "x")))
    await journal.write(lambda unit: unit.done(event.id, "even"))
    assert await journal.write(lambda unit: unit.redeliver(event.id, "count")) == 1
    assert await journal.write(lambda unit: unit.redeliver(event.id)) == 1
    assert await journal.write(lambda unit: unit.redeliver(event.id)) == 0
    assert await due(journal, "count") == await due(journal, "even") == ["2"]
    assert await journal.read(lambda reader: reader.dead_letters()) == []
    assert await journal.write(lambda unit: unit.claim(event.id, "count")) is Claim.AGAIN
    with pytest.raises(Defect):
        await journal.write(lambda unit: unit.redeliver("unknown"))


async def test_an_inflight_delivery_is_claimed_again_after_a_crash_as_one_that_may_have_arrived(
    journal: Journal,
) -> None:
    [event] = await appended(journal, confirmation())
    assert await journal.write(lambda unit: unit.claim(event.id, "outbound")) is Claim.TAKEN
    assert await journal.write(lambda unit: unit.begin(event.id, "outbound")) == 1
    assert await journal.write(lambda unit: unit.claim(event.id, "outbound")) is Claim.AGAIN
    assert await journal.write(lambda unit: unit.begin(event.id, "outbound")) == 2


async def test_the_same_step_for_the_same_cause_appends_once(journal: Journal) -> None:
    [cause] = await appended(journal, declined(1))

    def follow(ordinal: int) -> Any:
        return lambda unit: unit.append(declined(9), source="t", cause=cause, consumer="count", ordinal=ordinal)

    first = await journal.write(follow(0))
    assert await journal.write(follow(0)) == first
    assert (await journal.write(follow(1))).id != first.id
    assert (first.causation_id, first.subject) == (cause.id, "DS-000001-8")
    assert len(await journal.read(lambda reader: reader.events_after(0))) == 3


async def test_backlog_counts_what_is_open_and_dead(journal: Journal) -> None:
    one, two, *_ = await appended(journal, *(declined(n, f"lane {n}") for n in (1, 3, 5, 7)))
    await journal.write(lambda unit: unit.bury(one.id, "count", Refused("x", "x")))
    await journal.write(lambda unit: unit.retry(two.id, "count", unit.now, Unavailable("x", "x")))
    [backlog] = await journal.read(lambda reader: reader.backlog())
    assert (backlog.pending, backlog.inflight, backlog.retrying, backlog.dead) == (2, 0, 1, 1)
    assert backlog.oldest == two.time


async def test_finding_due_work_reads_no_settled_rows(journal: Journal) -> None:
    [event] = await appended(journal, declined(1))
    done = {"consumer": "count", "lane": "x", "state": "done", "attempts": 1, "next_attempt_at": event.time}
    done["done_at"] = event.time

    def fill(unit: JournalUnit) -> None:
        columns = "id, type, topic, key, source, subject, time, traceparent, correlation, causation, data"
        copied = columns.replace("id,", "id || '-' || n.n,", 1)
        numbers = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 20000)"
        select_ = f"SELECT {copied} FROM event, n WHERE event.seq = {event.seq}"
        unit.connection.execute(
            text(f"INSERT INTO event ({columns}) {numbers} {select_}")
            if unit.dialect == "sqlite"
            else text(f"{numbers} INSERT INTO event ({columns}) {select_}")
        )
        rows = [{**done, "event_seq": seq} for seq in range(event.seq + 1, event.seq + 20_001)]
        unit.connection.execute(insert(tables.delivery), rows)

    await journal.write(fill)
    await appended(journal, declined(2, "b"))
    assert [backlog.pending for backlog in await journal.read(lambda reader: reader.backlog())] == [2, 1]
    assert await due(journal) == ["1", "2"]

    def plan(unit: JournalUnit) -> str:
        if unit.dialect == "postgresql":
            unit.connection.exec_driver_sql("ANALYZE delivery")
        query, parameters = due_query("count", unit.now, 10, {"busy"})
        return explained(unit, query.params(parameters))

    def plan_of_backlog(unit: JournalUnit) -> str:
        open_, dead = (explained(unit, query) for query in backlog_queries())
        assert "delivery_dead" in dead
        return open_

    found = await journal.write(plan_of_backlog)
    assert "delivery_open" in found or "delivery_lane" in found
    assert "Seq Scan on delivery" not in found  # PostgreSQL's words
    assert not re.search(r"SCAN delivery(?! USING INDEX)", found)  # SQLite's
    found = await journal.write(plan)
    assert "delivery_open" in found
    assert "SCAN delivery" not in found  # SQLite's word
    assert "Seq Scan on delivery" not in found  # PostgreSQL's
    assert "TEMP B-TREE" not in found
