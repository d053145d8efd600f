"""Files to and from a payer: whole or not there, taken once, and never lost between the folders."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.payer import PayerSettings
from connectors.payer.exchange import send
from connectors.payer.folder import watching
from connectors.payer.settings import Partner
from doorstep.connector import Listen
from doorstep.errors import Refused, Unavailable
from schemas.x12 import parse
from tests.connectors.memory_hub import MemoryHub
from tests.connectors.payer.test_exchange import delivery
from tests.schemas.x12.messages import TRACE, answer_271, wrapped


class FolderHub(MemoryHub):
    """A hub with a folder of its own."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def data_dir(self, name: str) -> Path:
        found = self.folder / name
        found.mkdir(parents=True, exist_ok=True)
        return found


@pytest.fixture
def hub(tmp_path: Path) -> FolderHub:
    return FolderHub(tmp_path / "data")


@pytest.fixture
def settings(tmp_path: Path) -> PayerSettings:
    return PayerSettings(partners={"sample": Partner(folder=tmp_path / "payer")}, poll_seconds=0.02)


async def until(hub: FolderHub, count: int) -> None:
    await true(lambda: len(hub.received) >= count)


async def true(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_request_is_one_whole_file_named_after_its_trace(hub: FolderHub, settings: PayerSettings) -> None:
    sent = await send(settings, hub, delivery())
    again = await send(settings, hub, delivery(2))
    out = settings.partners["sample"].folder
    assert out is not None
    (path,) = (out / "out").iterdir()
    assert path.name == f"{TRACE}.270"
    assert parse(path.read_bytes())[0].transactions[0].kind == "270"
    assert sent == again
    assert sent.provider_status == "written"


async def test_what_became_of_a_278_is_not_asked_by_file(hub: FolderHub, settings: PayerSettings) -> None:
    with pytest.raises(Refused):
        await send(settings, hub, delivery(ask="authorization-inquiry", way="x12"))


async def test_what_the_rules_ask_by_fhir_is_not_put_into_a_folder(hub: FolderHub, settings: PayerSettings) -> None:
    with pytest.raises(Refused):
        await send(settings, hub, delivery(ask="authorization", way="pas"))
    assert not (hub.folder / "payer").exists()


async def test_an_answer_is_taken_once_and_put_aside(hub: FolderHub, settings: PayerSettings, tmp_path: Path) -> None:
    inbox = tmp_path / "payer" / "in"
    async with watching(settings, hub, Listen("127.0.0.1", 0)):
        inbox.mkdir(parents=True, exist_ok=True)
        (inbox / "a.271").write_bytes(answer_271("EB*1**30"))
        (inbox / "b.271.part").write_bytes(b"unfinished")
        await until(hub, 1)
        (inbox / "same.271").write_bytes(answer_271("EB*1**30"))
        await true(lambda: len(list((inbox / "done").iterdir())) == 2)
    assert len(hub.received) == 1
    assert sorted(path.name for path in inbox.iterdir()) == ["b.271.part", "done"]


async def test_an_answer_that_cannot_be_kept_stays_until_it_can(
    hub: FolderHub, settings: PayerSettings, tmp_path: Path
) -> None:
    inbox = tmp_path / "payer" / "in"
    inbox.mkdir(parents=True)
    (inbox / "a.271").write_bytes(answer_271("EB*1**30"))
    hub.failing = Unavailable("journal", "no")
    async with watching(settings, hub, Listen("127.0.0.1", 0)):
        await asyncio.sleep(0.15)
        assert (inbox / "a.271").exists()
        hub.failing = None
        await until(hub, 1)


async def test_an_acknowledgement_is_brought_to_its_request_by_the_control_number(
    hub: FolderHub, settings: PayerSettings, tmp_path: Path
) -> None:
    await send(settings, hub, delivery())
    control = next((tmp_path / "data" / "payer" / "sample").iterdir()).name
    inbox = tmp_path / "payer" / "in"
    inbox.mkdir(parents=True)
    (inbox / "ack").write_bytes(wrapped("999", "005010X231A1", "FA", f"AK1*HS*{control}", "AK9*R*1*1*0"))
    async with watching(settings, hub, Listen("127.0.0.1", 0)):
        await until(hub, 1)
    assert hub.received[0].details[f"control {control}"] == TRACE


async def test_without_folders_there_is_nothing_to_watch(hub: FolderHub) -> None:
    async with watching(PayerSettings(), hub, Listen("127.0.0.1", 0)) as inbound:
        assert inbound.port is None
