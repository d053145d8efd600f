"""Fixtures of the FHIR connector's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.connectors.fhir.server import Served, served


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    folder: Path = tmp_path_factory.mktemp("fhir")
    async with served(folder, partners={f"partner-{n}": "" for n in range(500)}, max_bytes=64 * 1024) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def site(shared: Served) -> AsyncIterator[Served]:
    """The one server as a new partner sees it: nothing of other tests."""
    shared.partners += 1
    headers = {"X-Doorstep-Partner": f"partner-{shared.partners}"}
    seq = await shared.journal.read(lambda reader: reader.last_seq())
    async with httpx.AsyncClient(base_url=shared.client.base_url, headers=headers, timeout=20) as client:
        yield Served(client, shared.hub, shared.journal, since=seq, partners=shared.partners)
