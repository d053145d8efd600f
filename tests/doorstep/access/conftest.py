"""One hub with access on for the package's tests: each test looks at what it made itself."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.doorstep.access.house import House, ec_key, house, public, rsa_key, settings_of


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    keys = {"keys": [public(rsa_key(), "r1"), public(ec_key(), "e1")]}
    ehr = {"tenant": "north", "jwks": keys, "scopes": ["system/ServiceRequest.crs", "system/Task.read"]}
    async with house(settings_of(tmp_path_factory.mktemp("access"), ehr=ehr)) as found:
        yield found
