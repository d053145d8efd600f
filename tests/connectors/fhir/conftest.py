"""Fixtures of the FHIR connector's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.connectors.fhir.server import Served, served


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[Served]:
    async with served(tmp_path, partners={"clinic": ""}) as found:
        yield found
