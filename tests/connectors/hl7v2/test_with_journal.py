"""The listener with the real journal: what was acknowledged is on disk, refused input is found with its reason."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from doorstep.connector import Receipt, Transmission
from doorstep.journal import Journal, Routes
from schemas.transmission import ReceiptState
from tests.connectors.hl7v2.wire import framed, listening, order, sending


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    journal = Journal.open(f"sqlite:///{tmp_path / 'j.db'}", data_dir=tmp_path, routes=Routes({}), rules_dir=tmp_path)
    yield journal
    await journal.close()


def hub_of(journal: Journal) -> Any:
    async def receive(transmission: Transmission) -> Receipt:
        return await journal.receive(transmission)

    return SimpleNamespace(receive=receive)


async def find(journal: Journal, **key: str) -> list[Receipt]:
    return await journal.read(lambda reader: reader.receipts(**key))


async def test_pipelined_orders_are_all_on_disk_when_they_are_acknowledged(journal: Journal) -> None:
    ids = [f"ID{n}" for n in range(200)]
    async with listening(hub_of(journal)) as server, sending(server) as sender:
        await sender.send(b"".join(framed(order(i)) for i in ids))
        for i in ids:
            assert await sender.ack() == ("AA", i, "")
            (receipt,) = await find(journal, control_id=i)
            assert receipt.state is ReceiptState.PENDING


async def test_a_resend_is_answered_the_same_and_another_content_is_refused(journal: Journal) -> None:
    async with listening(hub_of(journal)) as server, sending(server) as sender:
        await sender.send(framed(order()))
        first = await sender.answer()
        await asyncio.sleep(1.05)
        await sender.send(framed(order()) + framed(order(more="|other")))
        assert await sender.answer() == first
        assert await sender.ack() == ("AE", "ID1", "205")
    assert len(await find(journal, control_id="ID1")) == 1


@pytest.mark.parametrize("data", [b"", b"garbage", order("", kind="QRY^A19"), order(kind="QRY^A19")])
async def test_a_refused_message_is_kept_and_says_why(journal: Journal, data: bytes) -> None:
    async with listening(hub_of(journal)) as server, sending(server) as sender:
        for _ in range(2):
            await sender.send(framed(data))
            code, _, error = await sender.ack()
            assert code == "AR"
    (receipt,) = await find(journal, sha256=hashlib.sha256(data).hexdigest())
    assert receipt.state is ReceiptState.REJECTED
    assert (receipt.reason or "").startswith(error)
