"""The connector's routes on a real HTTP server over the real journal, and a partner that takes Tasks."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx

from connectors.fhir import CONNECTOR, FhirSettings
from doorstep import http
from doorstep.hub import LiveHub
from doorstep.journal import Journal, Routes
from doorstep.settings import Settings
from doorstep.workers import Workers
from schemas.case import Case, CaseManager, CaseState
from schemas.fhir import loads, orders_of
from schemas.transmission import ReceiptState, TransmissionReceived

SAMPLES = Path(__file__).parents[2] / "samples" / "fhir"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
JSON = {"Content-Type": "application/fhir+json"}


@dataclass
class Served:
    """A hub's FHIR endpoint with a client, and the journal behind it."""

    client: httpx.AsyncClient
    hub: LiveHub
    journal: Journal
    since: int = 0
    partners: int = 0

    async def post(self, address: str, body: Any, **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.client.post(address, content=content, headers={**JSON, **headers})

    async def send_sample(self, name: str) -> httpx.Response:
        expected = json.loads((SAMPLES / f"{name}.expected.json").read_text("utf-8"))
        return await self.post(expected["post_to"], (SAMPLES / f"{name}.json").read_bytes())

    async def received(self) -> list[TransmissionReceived]:
        topics = [TransmissionReceived.topic]
        events = await self.journal.read(lambda reader: reader.events_after(self.since, topics=topics))
        return [event.data for event in events]

    async def orders(self, data: TransmissionReceived) -> Any:
        body = await self.hub.content(data.contents[1])
        return orders_of(loads(body, max_bytes=10**7), data.document_id)

    async def open_case(self, state: CaseState = CaseState.OPEN, position: int = -1, **changes: Any) -> Case:
        """Do what the handlers do at the end: a case for the first order of one input."""
        data = (await self.received())[position]
        values: dict[str, Any] = {
            "case_id": "DS-000123-7",
            "state": state,
            "order": (await self.orders(data))[0],
            "manager": CaseManager(name="Robin Field", extension="4417"),
            "reply_to": data.reply_to,
            "identity_key": "i",
            "order_key": "o",
            "document_ids": (data.document_id,),
            "received_at": data.received_at,
            "opened_at": NOON,
            "updated_at": NOON,
        }
        case = Case(**{**values, **changes})

        def keep(unit: Any) -> None:
            unit.save_case(case)
            unit.settle_receipt(data.document_id, ReceiptState.ACCEPTED, case_id=case.case_id)

        await self.journal.write(keep)
        return case


@asynccontextmanager
async def served(folder: Path, **options: Any) -> AsyncIterator[Served]:
    settings = Settings(data_dir=folder, http_port=0)
    journal = Journal.open(settings.journal_url, data_dir=folder, routes=Routes({}), rules_dir=folder)
    try:
        hub = LiveHub(settings, journal, Workers(1))
        assert CONNECTOR.router is not None
        app = http.build(settings, [CONNECTOR.router(FhirSettings(**options), hub)])
        listener = http.bind("127.0.0.1", 0, "http_port")
        async with http.serving(app, settings, listener) as port:
            hub.http_port = port
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
                yield Served(client, hub, journal)
    finally:
        await journal.close()


@dataclass
class Partner:
    """A sender's FHIR server: answers with `replies` in turn, then 200."""

    url: str = ""
    replies: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    tasks: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


@contextmanager
def partner() -> Iterator[Partner]:
    found = Partner()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.tasks.append((self.path, json.loads(body)))
            status, headers = found.replies.pop(0) if found.replies else (200, {})
            self.send_response(status)
            for name, value in {"Content-Length": "0", **headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_address[1]}/fhir"
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
