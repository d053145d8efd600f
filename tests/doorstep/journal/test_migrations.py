"""A journal of an older schema comes to the present one with everything it held."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from sqlalchemy import create_engine

from doorstep.journal import JournalUnit, migrations
from doorstep.journal.migrations import migrate, steps
from tests.doorstep.journal.support import case, opened


def make_first(url: str, *inserts: str) -> None:
    """Make a journal as the first schema made it."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE migration (number INTEGER PRIMARY KEY, name TEXT, applied TEXT)")
        connection.exec_driver_sql("INSERT INTO migration VALUES (1, 'm0001_initial', '2026-11-23')")
        first = import_module(f"{migrations.__name__}.{steps()[1]}")
        for statement in (*first.statements(connection.dialect.name), *inserts):
            connection.exec_driver_sql(statement)
    engine.dispose()


def indexed(number: int, token: str, case_ids: str) -> str:
    columns = "id, type, topic, key, source, subject, time, traceparent, correlation, causation, data"
    data = f'{{"token":"{token}","case_ids":{case_ids}}}'
    values = f"'{number}', 't', 'case.indexed', '{token}', 's', '', '2026-11-23T12:00:00+00:00', '', '', '', '{data}'"
    return f"INSERT INTO event ({columns}) VALUES ({values})"


async def test_cases_known_by_index_events_are_known_by_their_tokens(database_url: str, tmp_path: Path) -> None:
    one, two = case("DS-000001-8"), case("DS-000002-6")
    columns = "case_id, state, identity_key, order_key, opened_at, updated_at, revision, data"
    time = "2026-11-23T12:00:00+00:00"
    make_first(
        database_url,
        *(
            f"INSERT INTO case_ ({columns}) VALUES "
            f"('{c.case_id}', 'open', 'i', '{c.order_key}', '{time}', '{time}', 1, '{c.model_dump_json()}')"
            for c in (one, two)
        ),
        indexed(1, "number", '["DS-000001-8"]'),
        indexed(2, "number", '["DS-000001-8","DS-000002-6"]'),
        indexed(3, "cancelled", "[]"),
        "INSERT INTO delivery (event_seq, consumer, lane, state, attempts, next_attempt_at) "
        f"VALUES (1, 'relay', 'l', 'pending', 0, '{time}')",
    )
    async with opened(database_url, tmp_path) as journal:

        def look(unit: JournalUnit) -> None:
            assert unit.cases_by_token("number") == [one, two]
            assert (unit.marked("cancelled"), unit.marked("number")) == (True, False)

        await journal.write(look)
        assert await journal.read(lambda reader: reader.events_after(0)) == []
        assert await journal.read(lambda reader: reader.backlog()) == []


async def test_inputs_by_fhir_are_their_partners(database_url: str, tmp_path: Path) -> None:
    columns = "document_id, channel, idempotency_key, sha256, state, received_at"
    time = "2026-11-23T12:00:00+00:00"
    event = "id, type, topic, key, source, subject, time, traceparent, correlation, causation, data"
    data = '{"sender":"north"}'
    make_first(
        database_url,
        *(
            f"INSERT INTO receipt ({columns}) VALUES ('{name}', '{channel}', '{name}', 's', 'pending', '{time}')"
            for name, channel in (("d1", "fhir"), ("d2", "hl7v2"), ("d3", "fhir"))
        ),
        *(
            f"INSERT INTO event ({event}) VALUES ('{n}', 't', 'intake.transmission.received', '{name}', 's', '', "
            f"'{time}', '', '', '', '{data}')"
            for n, name in enumerate(("d1", "d2"))
        ),
    )
    async with opened(database_url, tmp_path) as journal:
        found = await journal.read(lambda reader: reader.receipts(tenant="north"))
        assert [receipt.document_id for receipt in found] == ["d1"]


def test_every_migration_has_a_number_of_its_own() -> None:
    names = [path.name for path in Path(migrations.__file__).parent.glob("m[0-9]*.py")]
    assert len({name[:5] for name in names}) == len(names) == len(steps())


def test_a_journal_of_today_is_left_alone(database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.connect() as connection:
        assert migrate(connection) == max(steps())
    with engine.connect() as connection:
        assert migrate(connection) == max(steps())
    engine.dispose()
