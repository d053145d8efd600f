"""A subscriber of the hub in Python: every order as a FHIR message Bundle, kept once, the newest state of each case.

    pip install aiokafka
    python orders_from_kafka.py kafka.example.org:9092 --database orders.db

What makes it safe to stop and start at any time: the record's work and the mark that it was done are one transaction
of the subscriber's own database, and the offset is committed after it. A record that comes again is known by its ce_id.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
from typing import Any

from aiokafka import AIOKafkaConsumer

TABLES = """
CREATE TABLE IF NOT EXISTS seen (ce_id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS orders (case_id TEXT PRIMARY KEY, revision INTEGER, status TEXT, bundle TEXT);
"""


def keep(database: sqlite3.Connection, ce_id: str, bundle: dict[str, Any]) -> str | None:
    """Keep one message; return what it told, None when it was here before."""
    case = bundle["meta"]["tag"][0]["code"]
    task = next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Task")
    event = bundle["entry"][0]["resource"]["eventCoding"]["code"]
    status = task["businessStatus"]["coding"][0]["code"]
    revision = int(task["meta"]["versionId"])
    with database:
        if not database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (ce_id,)).rowcount:
            return None
        database.execute(
            "INSERT INTO orders VALUES (?, ?, ?, ?) ON CONFLICT (case_id) DO UPDATE SET revision = excluded.revision,"
            " status = excluded.status, bundle = excluded.bundle WHERE excluded.revision > orders.revision",
            (case, revision, status, json.dumps(bundle)),
        )
    return f"{case} {event} {status}"


async def follow(bootstrap: str, topic: str, group: str, path: str, stop_after: int) -> None:
    database = sqlite3.connect(path)
    database.executescript(TABLES)
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        group_id=group,
        enable_auto_commit=False,  # else an offset may be committed before its work is done
        auto_offset_reset="earliest",  # else what came before the first start is never seen
    )
    async with consumer:
        async for record in consumer:
            headers = dict(record.headers)
            told = keep(database, headers["ce_id"].decode(), json.loads(record.value))
            if told is not None:
                print(told, flush=True)
            await consumer.commit()
            stop_after -= 1
            if stop_after == 0:
                return


def main() -> None:
    parser = argparse.ArgumentParser(description="Follow the orders of a Doorstep hub.")
    parser.add_argument("bootstrap", help="host:port of Kafka")
    parser.add_argument("--prefix", default="", help="DOORSTEP_KAFKA_PREFIX of the hub")
    parser.add_argument("--group", default="orders-example", help="the consumer group: one name a subscriber")
    parser.add_argument("--database", default="orders.db", help="SQLite file to keep the orders in")
    parser.add_argument("--stop-after", type=int, default=-1, help="records to read; endless without it")
    given = parser.parse_args()
    topic = f"{given.prefix}fhir.message"
    asyncio.run(follow(given.bootstrap, topic, given.group, given.database, given.stop_after))


if __name__ == "__main__":
    main()
