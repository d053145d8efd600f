"""The queue to a partner's listener: in order, one at a time, whatever it answers, and never twice by our doing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from connectors.hl7v2 import CONNECTOR, Hl7v2Settings
from doorstep.connector import Delivery, Sent
from doorstep.journal import Journal, Route, Routes
from doorstep.stream.sender import BreakerPolicy, Sender
from doorstep.stream.work import RetryPolicy
from schemas.hl7v2 import control_id_of, header_of
from schemas.outbound import ConfirmationRequested, ConfirmationSent
from tests.connectors.hl7v2.test_client import ack, confirmation
from tests.connectors.hl7v2.wire import partner
from tests.connectors.memory_hub import MemoryHub


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    routes = Routes({ConfirmationRequested.topic: [Route("outbound", lane=lambda _: "partner")]})
    journal = Journal.open(f"sqlite:///{tmp_path / 'j.db'}", data_dir=tmp_path, routes=routes, rules_dir=tmp_path)
    yield journal
    await journal.close()


class Capricious:
    """A partner that answers each message badly a few times, each time in another way, and then well."""

    def __init__(self) -> None:
        self.tries: dict[str, int] = {}
        self.taken: list[str] = []

    def answer(self, message: bytes) -> list[bytes]:
        name = header_of(message).control_id
        self.tries[name] = number = self.tries.get(name, 0) + 1
        if name == control_id_of("confirmation-2"):
            return [ack(message, "AR")]
        match number:
            case 1:
                return [ack(message, "AE")]
            case 2:
                return []  # hangs up
            case 3:
                return [ack(message, "AA", "ANOTHER"), b"\x0bgarbage\x1c\r"]  # and then silence
            case _:
                self.taken.append(name)
                return [ack(message, "AR", "STALE"), ack(message, "AA"), ack(message, "AE")]


async def test_each_goes_in_its_turn_until_its_own_acknowledgement_says_so(journal: Journal) -> None:
    far = Capricious()
    for number in (1, 2, 3):
        await journal.write(lambda unit, n=number: unit.append(confirmation(n), source="test"))  # type: ignore[misc]
    async with partner(far.answer) as (target, got):
        settings = Hl7v2Settings.model_validate({"partners": {"APP|FAC": target}, "answer_timeout": 1.5})

        async def send(delivery: Delivery) -> Sent:
            assert CONNECTOR.send is not None
            return await CONNECTOR.send(settings, MemoryHub(), delivery)

        policy = RetryPolicy(base=0.002, cap=0.01, attempts=20)
        sender = Sender(journal, send, policy=policy, breaker=BreakerPolicy(failures=1000))
        sender.start()
        async with asyncio.timeout(60):
            while any(b.pending + b.inflight + b.retrying for b in await journal.read(lambda r: r.backlog())):
                await asyncio.sleep(0.01)
        await sender.stop(grace=5)
    ids = [control_id_of(f"confirmation-{n}") for n in (1, 2, 3)]
    assert [header_of(m).control_id for m in got] == [ids[0]] * 4 + [ids[1]] + [ids[2]] * 4
    assert far.taken == [ids[0], ids[2]]
    sent = [e.data for e in await journal.read(lambda r: r.events_after(0, topics=[ConfirmationSent.topic]))]
    assert [(s.confirmation_id, s.provider_status, s.attempt) for s in sent] == [
        ("confirmation-1", "AA", 4),
        ("confirmation-3", "AA", 4),
    ]
    (dead,) = await journal.read(lambda r: r.dead_letters())
    assert "rejected" in dead.reason
