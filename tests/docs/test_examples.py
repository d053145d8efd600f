"""The examples of docs/examples do on real Kafka what they say: each subscriber gets a case that moves on as FHIR."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import sys
from pathlib import Path

import pytest

import handlers.publish  # noqa: F401 - subscribes
from doorstep.handler import SUBSCRIPTIONS
from schemas.case import CaseState, CaseStateChanged
from schemas.fhir import validate
from tests.doorstep.stream.kafka_support import Hub, hub
from tests.factories import case, order
from tests.services.java import jars

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
PUBLISH = [s for s in SUBSCRIPTIONS if s.consumer == "publish"]
TOOLS = "org.apache.kafka:kafka-tools:4.0.0"
STATES = (CaseState.OPEN, CaseState.COMPLETE, CaseState.DISPATCHING)


async def _move_on(there: Hub, case_id: str, seed: int) -> None:
    """Save the case in one state after the other; each is published before the next, so that none is passed over."""
    for revision, state in enumerate(STATES, start=1):
        made = case(
            order(seed, document_id=case_id), case_id=case_id, state=state, revision=revision, order_key=case_id
        )
        change = CaseStateChanged(case_id=case_id, from_state=None, to_state=state, cause="test")

        def write(unit: object, made: object = made, change: CaseStateChanged = change) -> None:
            unit.save_case(made)  # type: ignore[attr-defined]
            unit.append(change, source="test")  # type: ignore[attr-defined]

        await there.journal.write(write)
        async with asyncio.timeout(30):
            while await _published(there, case_id) < revision:
                await asyncio.sleep(0.05)


async def _published(there: Hub, case_id: str) -> int:
    events = await there.journal.read(lambda reader: reader.events_after(0, topics=["fhir.message"]))
    return sum(event.key == case_id for event in events)


async def _ran(*argv: str | Path, **environment: str) -> list[str]:
    """Run an example to its end and return what it printed."""
    process = await asyncio.create_subprocess_exec(
        *map(str, argv),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), timeout=60)
    assert process.returncode == 0, err.decode()[-2000:]
    return out.decode().splitlines()


@pytest.mark.kafka
async def test_both_subscribers_get_each_state_of_each_order_as_fhir(
    tmp_path: Path, kafka_bootstrap: str, kafka_prefix: str
) -> None:
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    async with hub(url, tmp_path, kafka_bootstrap, kafka_prefix, subscriptions=PUBLISH) as there:
        for number in (1, 2):
            await _move_on(there, f"DS-00000{number}-0", number)
        database = tmp_path / "orders.db"
        script = [sys.executable, EXAMPLES / "orders_from_kafka.py", kafka_bootstrap, "--prefix", kafka_prefix]
        script += ["--database", database, "--stop-after", "6", "--group"]
        shim = tmp_path / "kafka-console-consumer.sh"
        tool = (
            f'exec java -cp "{jars("kafka-tools", [TOOLS])}/*" org.apache.kafka.tools.consumer.ConsoleConsumer "$@"\n'
        )
        shim.write_text(f"#!/bin/sh\n{tool}")
        shim.chmod(0o755)
        shell = ["sh", EXAMPLES / "orders_on_the_console.sh", kafka_bootstrap, kafka_prefix, "--max-messages", "6"]
        told, printed = await asyncio.gather(
            _ran(*script, f"{kafka_prefix}one"), _ran(*shell, PATH=f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        )
        assert await _ran(*script, f"{kafka_prefix}two") == [], "what another group reads again is kept once"
    wanted = ["OrderNew under-review", "OrderStatus order-complete", "OrderStatus offered"]
    for number in (1, 2):
        assert [line for line in told if f"DS-00000{number}-0" in line] == [f"DS-00000{number}-0 {w}" for w in wanted]
    kept = sqlite3.connect(database).execute("SELECT case_id, revision, status FROM orders ORDER BY 1").fetchall()
    assert kept == [("DS-000001-0", 3, "offered"), ("DS-000002-0", 3, "offered")]
    pairs = [line.split("\t", 1) for line in printed]
    assert sorted(key for key, _ in pairs) == ["DS-000001-0"] * 3 + ["DS-000002-0"] * 3
    assert all(validate(json.loads(bundle)) == [] for _, bundle in pairs)
