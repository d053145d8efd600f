"""A FHIR endpoint with every step behind it: what is sent over HTTP goes all the way when `rest` is called."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from connectors.fhir import CONNECTOR, FhirSettings
from doorstep import http, registry
from doorstep.handler import Subscription
from doorstep.hub import LiveHub
from doorstep.journal import Journal, Routes
from doorstep.rules import rules_dir
from doorstep.settings import Settings
from doorstep.stream.work import Worker
from doorstep.workers import Workers
from schemas.case import Case
from tests.connectors.fhir.server import Served


@dataclass
class Working(Served):
    """A hub whose steps run when they are asked to, so that a test waits for nothing."""

    steps: tuple[Subscription, ...] = ()

    async def rest(self) -> None:
        """Run every step on every event until nothing new follows."""
        worker = Worker(self.journal, self.hub)
        seq = self.since
        while events := await self.journal.read(lambda reader, after=seq: reader.events_after(after)):
            for event in events:
                seq = event.seq
                for step in self.steps:
                    if step.payload is type(event.data) and (step.where is None or step.where(event.data)):
                        await worker.run(step, event)

    async def cases(self) -> list[Case]:
        return await self.journal.read(lambda reader: reader.cases())

    async def case(self) -> Case:
        (only,) = await self.cases()
        return only

    async def get(self, address: str) -> Any:
        return (await self.client.get(address)).json()

    async def task(self) -> Any:
        """Return the Task of the order that was sent last."""
        facts = [one for data in await self.received() for one in await self.hub.resources_of(data.document_id)]
        return await self.get(
            f"/fhir/Task/{[one.resource_id for one in facts if one.resource_type == 'Doorstep.Task'][-1]}"
        )


@asynccontextmanager
async def working(folder: Path, **options: Any) -> AsyncIterator[Working]:
    settings = Settings(data_dir=folder, http_port=0)
    steps = tuple(registry.subscriptions())
    journal = Journal.open(settings.journal_url, data_dir=folder, routes=Routes.of(steps), rules_dir=rules_dir())
    workers = Workers(1, scratch=folder / "scratch")
    try:
        await workers.start()
        hub = LiveHub(settings, journal, workers)
        assert CONNECTOR.router is not None
        app = http.build(settings, [CONNECTOR.router(FhirSettings(**options), hub)])
        listener = http.bind("127.0.0.1", 0, "http_port")
        async with http.serving(app, settings, listener) as port:
            hub.http_port = port
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
                yield Working(client, hub, journal, steps=steps)
    finally:
        await workers.stop()
        await journal.close()
