"""A sender takes back what still waits for a person: by its Task, or by its own request."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from connectors.fhir import FhirSettings
from connectors.fhir.subscriptions.watch import watch
from schemas.fhir import validate
from schemas.held import OrderWithdrawn
from schemas.subscription import PayloadContent, Subscription, SubscriptionState
from schemas.transmission import WITHDRAWN, ReceiptState
from tests.connectors.fhir.working import Working, working
from tests.samples.make_fhir import contained
from tests.samples.people import order_truth

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def house(tmp_path: Path) -> AsyncIterator[Working]:
    async with working(tmp_path) as found:
        yield found


async def waiting_order(house: Working) -> tuple[Any, Any]:
    """Send an order of nobody in particular: a person must say whose it is."""
    order = contained(order_truth(850), "ServiceRequest")
    (member,) = [one for one in order["contained"] if one["id"] == "member"]
    del member["birthDate"], member["name"]
    made = (await house.post("/fhir/ServiceRequest", order)).json()
    await house.rest()
    return made, await house.task()


async def taken_back(house: Working, address: str, body: Any) -> Any:
    reply = await house.client.put(address, json=body)
    assert reply.status_code == 200
    await house.rest()
    assert await house.cases() == []
    assert await house.journal.read(lambda reader: reader.reviews()) == []
    receipts = [await house.hub.find(document_id=one.document_id) for one in await house.received()]
    assert {(one.state, one.reason) for found in receipts for one in found} == {(ReceiptState.ACCEPTED, WITHDRAWN)}
    return await house.task()


@pytest.mark.parametrize("by", ["Task", "ServiceRequest"])
async def test_an_order_that_waits_for_a_person_is_taken_back_and_its_task_says_so(house: Working, by: str) -> None:
    made, task = await waiting_order(house)
    assert task["status"] == "received"
    taken = {"Task": {**task, "status": "cancelled"}, "ServiceRequest": {**made, "status": "revoked"}}[by]
    shown = await taken_back(house, f"/fhir/{by}/{taken['id']}", taken)
    assert (shown["status"], shown["statusReason"]["text"]) == ("cancelled", WITHDRAWN)
    assert shown["businessStatus"]["coding"][0]["code"] == "cancelled"
    assert validate(shown) == []
    assert shown["meta"]["versionId"] != task["meta"]["versionId"]
    assert (await house.get(f"/fhir/Task?status=cancelled&_id={shown['id']}"))["entry"][0]["resource"] == shown
    assert (await house.get("/fhir/Task?status=received"))["total"] == 0
    told = await house.get(f"/fhir/Task/{shown['id']}/_history")
    assert (told["entry"][0]["resource"], told["entry"][-1]["resource"]) == (shown, task)
    again = await house.client.put(f"/fhir/Task/{shown['id']}", json={**task, "status": "cancelled"})
    assert (again.status_code, again.json()["status"]) == (200, "cancelled")


async def test_subscribers_hear_of_it(house: Working) -> None:
    made, task = await waiting_order(house)
    (sent,) = await house.received()
    wish = Subscription(
        subscription_id="s1",
        tenant=str(await house.hub.tenant_of(sent.document_id)),
        state=SubscriptionState.ACTIVE,
        resource={},
        endpoint="https://riverside.example/told",
        content=PayloadContent.ID_ONLY,
        criteria=("Task?status=cancelled",),
        updated_at=sent.received_at,
    )
    await house.hub.save_subscription(wish)
    await taken_back(house, f"/fhir/ServiceRequest/{made['id']}", {**made, "status": "revoked"})
    events = await house.journal.read(lambda reader: reader.events_after(0))
    (told,) = [event for event in events if isinstance(event.data, OrderWithdrawn)]
    found = await watch(FhirSettings(), house.hub, told)
    assert [(match.subscription.subscription_id, match.focus) for match in found] == [("s1", f"Task/{task['id']}")]
