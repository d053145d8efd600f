"""Clients that others wrote: HAPI's generic client in JSON and XML, and fhirpy."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from fhirpy import AsyncFHIRClient

from schemas.case import CaseState
from tests.connectors.fhir.working import Working, working
from tests.samples.make_fhir import bundle, contained
from tests.samples.people import order_truth
from tests.services.fhir_client import FhirClient

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def house(tmp_path: Path) -> AsyncIterator[Working]:
    async with working(tmp_path) as found:
        yield found


@pytest.mark.hapi
@pytest.mark.usefixtures("fhir_client_ready")
async def test_hapis_generic_client_can_do_all_that_is_offered_in_both_forms(house: Working) -> None:
    client = FhirClient(f"{house.client.base_url}/fhir")
    try:
        for number, form in enumerate(("json", "xml")):
            sent = json.dumps(bundle(order_truth(870 + number), "ServiceRequest")).encode()
            assert await asyncio.to_thread(client.walk, form, sent) == [
                "metadata 4.0.1",
                "transaction 201 Created",
                "read 1",
                "create true Schröder & <Söhne>",
                "if-none-exist true",
                "update 2",
                "conditional-update 3",
                "vread false",
                "history 3",
                "search 1 2",
                "validate information",
                "gone 404 not-found",
                "revoke 2",
            ]
            await house.rest()
    finally:
        client.close()
    assert [case.state for case in await house.cases()] == [CaseState.CANCELLED] * 2


async def test_fhirpy_sends_finds_changes_and_reads(house: Working) -> None:
    client = AsyncFHIRClient(f"{house.client.base_url}/fhir")
    order = client.resource("ServiceRequest", **contained(order_truth(872), "ServiceRequest"))
    await order.create()
    await house.rest()
    found: list[Any] = await client.resources("ServiceRequest").search(status="active").fetch_all()
    assert [one.id for one in found] == [order.id]
    (task,) = await client.resources("Task").search(focus=f"ServiceRequest/{order.id}").fetch()
    assert task["identifier"][0]["value"] == (await house.case()).case_id
    assert await client.resources("Task").search(status=task["status"]).count() == 1
    order["priority"] = "stat"
    await order.save()
    await house.rest()
    assert (await house.case()).order.priority == "stat"
    assert order["meta"]["versionId"] == "2"
