"""A hub on the real journal with the fax channel's routes and listener open, for the tests of gateways."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from connectors.fax import CONNECTOR, FaxSettings
from doorstep.connector import Delivery, Listen, Receipt, Sent, Transmission
from doorstep.errors import HubError
from doorstep.http import bind, build, serving
from doorstep.hub import record_fate
from doorstep.journal import Journal
from doorstep.settings import load
from schemas.outbound import ConfirmationDelivered, ConfirmationFailed
from schemas.transmission import TransmissionReceived
from tests.connectors.fax.answers import confirmation
from tests.connectors.fax.hubs import JournalHub, open_journal

API_KEY = "the-operators-own-api-key"


class House(JournalHub):
    """What the fax channel asks of the engine, on the real journal; `failing` is raised by the next receives."""

    def __init__(self, folder: Path, journal: Journal) -> None:
        super().__init__(folder, journal)
        self.url = ""
        self.failing: list[HubError] = []

    async def receive(self, transmission: Transmission) -> Receipt:
        if self.failing:
            raise self.failing.pop(0)
        return await super().receive(transmission)

    async def report(self, fate: ConfirmationDelivered | ConfirmationFailed) -> None:
        await self.journal.write(lambda unit: record_fate(unit, fate))

    async def find(self, **keys: Any) -> list[Receipt]:
        return await self.journal.read(lambda reader: reader.receipts(**keys))

    def base_url(self) -> str:
        return self.url

    async def received(self) -> list[TransmissionReceived]:
        events = await self.journal.read(lambda r: r.events_after(0, topics=[TransmissionReceived.topic]))
        return [event.data for event in events]

    async def fates(self) -> list[Any]:
        topics = [ConfirmationDelivered.topic, ConfirmationFailed.topic]
        return [e.data for e in await self.journal.read(lambda r: r.events_after(0, topics=topics))]

    async def answer(self, settings: FaxSettings, *, attempt: int = 1, again: bool = False, **changes: Any) -> Sent:
        """Request a confirmation as the engine does, and send it."""
        asked = confirmation(**changes)
        await self.journal.write(lambda unit: unit.append(asked, source="test"))
        assert CONNECTOR.send
        return await CONNECTOR.send(settings, self, Delivery(asked, attempt, again))


@asynccontextmanager
async def house(folder: Path) -> AsyncIterator[House]:
    await asyncio.to_thread(folder.mkdir, exist_ok=True)
    async with open_journal(folder) as journal:
        yield House(folder, journal)


@asynccontextmanager
async def running(hub: House, settings: FaxSettings) -> AsyncIterator[httpx.AsyncClient]:
    """Open routes and listener; the client calls the hub's own server, behind the API key's guard."""
    assert CONNECTOR.router
    assert CONNECTOR.inbound
    listener = bind("127.0.0.1", 0, "test")
    hub.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = build(load(http_port=0, api_key=API_KEY), [CONNECTOR.router(settings, hub)])
    async with (
        serving(app, load(http_port=0), listener),
        CONNECTOR.inbound(settings, hub, Listen("127.0.0.1", 0)),
        httpx.AsyncClient(base_url=hub.url, trust_env=False, timeout=20) as client,
    ):
        yield client


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.02)
