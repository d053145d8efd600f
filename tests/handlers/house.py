"""Every handler that needs no worker process on a real journal, one delivery at a time, as a script that can be played.

The journal's clock and the ids of its root events come from the script, so that playing it again on an empty journal
must give the same tables, down to the ids.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import pytest
from sqlalchemy import select

from doorstep import registry
from doorstep.connector import Blob, Transmission
from doorstep.handler import Subscription
from doorstep.journal import Journal, Routes, events, tables
from doorstep.rules import rules_dir
from doorstep.stream.work import State, Worker
from schemas.order import ReferralReceived
from tests.factories import NOW
from tests.hands import Hands

KEPT = (
    tables.case_,
    tables.case_document,
    tables.case_clock,
    tables.case_token,
    tables.mark,
    tables.offer,
    tables.review,
    tables.timer,
    tables.receipt,
    tables.counter,
)
Step = tuple[str, Any]


def steps_without_workers() -> list[Subscription]:
    return [one for one in registry.subscriptions() if one.prepare is None]


class House:
    """A journal in a temporary folder; what is done to it is written down in `script`."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="house-"))
        self.patch = pytest.MonkeyPatch()
        self.hands = Hands(NOW).hold(self.patch)
        self.roots = 0
        self.patch.setattr(events, "new_id", self._next_id)
        self.script: list[Step] = []
        self.steps = {one.consumer: one for one in steps_without_workers()}
        self.loop = asyncio.new_event_loop()
        self.journal = Journal.open(
            f"sqlite:///{self.folder / 'journal.db'}",
            data_dir=self.folder,
            routes=Routes.of(list(self.steps.values())),
            rules_dir=rules_dir(),
        )
        self.worker = Worker(self.journal, None)  # type: ignore[arg-type]  # nothing here prepares anything

    def _next_id(self) -> str:
        self.roots += 1
        return str(uuid5(NAMESPACE_OID, f"root {self.roots}"))

    def close(self) -> None:
        self.loop.run_until_complete(self.journal.close())
        self.loop.close()
        self.patch.undo()
        shutil.rmtree(self.folder)

    def read(self, query: Callable[[Any], Any]) -> Any:
        return self.loop.run_until_complete(self.journal.read(query))

    def write(self, job: Callable[[Any], Any]) -> Any:
        return self.loop.run_until_complete(self.journal.write(job))

    def do(self, name: str, what: Any = None) -> Any:
        """Do one step and write it down."""
        self.script.append((name, what))
        return getattr(self, f"_{name}")(what)

    def _clock(self, at: datetime) -> None:
        self.hands.at = at

    def _order(self, ordered: tuple[str, ReferralReceived]) -> None:
        """Receive an input of a channel that nobody reads, and let the order in it be what is said."""
        key, payload = ordered
        sent = Transmission("test", key, [Blob("text/plain", key.encode())], self.hands.at)
        self.loop.run_until_complete(self.journal.receive(sent))
        self.write(lambda unit: unit.append(payload, source="test"))

    def _say(self, said: tuple[str, str, dict[str, Any]]) -> None:
        channel, key, body = said
        blob = Blob("application/json", json.dumps(body).encode())
        sent = Transmission(channel, key, [blob], self.hands.at)
        self.loop.run_until_complete(self.journal.receive(sent))

    def _command(self, said: tuple[str, str, dict[str, Any]]) -> None:
        """Let a person at the desk say something of a case."""
        case_id, key, body = said
        blob = Blob("application/json", json.dumps({"agent": "Marta", **body}).encode())
        details = {"command": str(body["command"]), "case_id": case_id}
        self.loop.run_until_complete(
            self.journal.receive(Transmission("desk", key, [blob], self.hands.at, details=details))
        )

    def _fire(self, _: None) -> int:
        fired: int = self.write(lambda unit: unit.fire_timers())
        return fired

    def _handle(self, which: tuple[str, str]) -> State:
        consumer, event_id = which
        event = self.read(lambda reader: reader.event(event_id))
        outcome = self.loop.run_until_complete(self.worker.run(self.steps[consumer], event))
        return outcome.state

    def _again(self, which: tuple[str, str]) -> None:
        consumer, event_id = which
        self.write(lambda unit: unit.redeliver(event_id, consumer))

    def waiting(self) -> list[tuple[str, str]]:
        """Return the heads of all lanes that may be handled now."""

        def heads(reader: Any) -> list[tuple[str, str]]:
            open_ones = select(tables.delivery.c.consumer).where(tables.delivery.c.done_at.is_(None)).distinct()
            names = sorted(reader.connection.execute(open_ones).scalars())
            return [(n, p.event_id) for n in names for p in reader.due(n, self.hands.at, 50)]

        found: list[tuple[str, str]] = self.read(heads)
        return found

    def drain(self) -> None:
        """Handle all that waits and all that follows."""
        for _ in range(2000):
            waiting = self.waiting()
            if not waiting:
                return
            for which in waiting:
                self.do("handle", which)
        raise AssertionError("it never comes to rest")

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return all that the handlers keep, and the log itself, for comparison."""

        def dump(reader: Any) -> dict[str, list[tuple[Any, ...]]]:
            found = {t.name: sorted(map(repr, reader.connection.execute(select(t)))) for t in KEPT}
            log = select(tables.event.c.seq, tables.event.c.id, tables.event.c.topic, tables.event.c.data)
            found["event"] = [tuple(row) for row in reader.connection.execute(log.order_by(tables.event.c.seq))]
            return found

        kept: dict[str, list[tuple[Any, ...]]] = self.read(dump)
        return kept


def played(script: list[Step]) -> dict[str, list[tuple[Any, ...]]]:
    """Return what an empty journal holds after the same script."""
    house = House()
    try:
        for name, what in script:
            house.do(name, what)
        return house.rows()
    finally:
        house.close()
