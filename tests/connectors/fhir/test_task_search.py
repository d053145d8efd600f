"""Tasks are searched as any other type is: by what a subscriber may ask for, in pages, sorted, with what goes along."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from connectors.fhir.subscriptions.criteria import parse
from schemas.case import CaseState
from schemas.codec import CodecError
from schemas.fhir import validate
from schemas.fhir.search import TASK
from schemas.transmission import ReceiptState
from tests.connectors.fhir.server import Served
from tests.connectors.fhir.test_tasks import opened
from tests.connectors.fhir.working import Working, working
from tests.samples.make_fhir import contained
from tests.samples.people import order_truth

pytestmark = pytest.mark.asyncio(loop_scope="session")
NUMBERS = iter(range(880, 10_000))


async def ordered(site: Served, **changes: Any) -> str:
    """Send an order; return its reference."""
    reply = await site.post("/fhir/ServiceRequest", contained(order_truth(next(NUMBERS)), "ServiceRequest") | changes)
    return f"ServiceRequest/{reply.json()['id']}"


async def standing(site: Served) -> list[str]:
    """Send three orders, of which one waits, one is scheduled and one was turned down; return them in this order."""
    scheduled = await ordered(site)
    await opened(site, CaseState.SCHEDULED, provider_name="Oxygen Co", provider_npi="1234567893")
    refused = await ordered(site)
    document = (await site.received())[-1].document_id
    await site.journal.write(lambda unit: unit.settle_receipt(document, ReceiptState.REJECTED, reason="not for us"))
    return [await ordered(site), scheduled, refused]


async def search(site: Served, query: str) -> dict[str, Any]:
    reply = await site.client.get(f"/fhir/Task?{query}")
    assert reply.status_code == 200, reply.text
    bundle: dict[str, Any] = reply.json()
    assert validate(bundle) == []
    return bundle


async def orders(site: Served, query: str) -> list[str]:
    bundle = await search(site, query)
    return [entry["resource"]["focus"]["reference"] for entry in bundle.get("entry", ())]


WAITS, SCHEDULED, REFUSED = 0, 1, 2


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ("", {WAITS, SCHEDULED, REFUSED}),
        ("status=received", {WAITS}),
        ("status=received,rejected", {WAITS, REFUSED}),
        ("status:not=received", {SCHEDULED, REFUSED}),
        ("status=completed", set()),
        ("status=in-progress&business-status=scheduled", {SCHEDULED}),
        ("business-status=urn:doorstep:business-status|scheduled", {SCHEDULED}),
        ("business-status=urn:other|scheduled", set()),
        ("status=received&status=rejected", set()),
        ("code=fulfill&intent=order", {WAITS, SCHEDULED, REFUSED}),
        ("intent=plan", set()),
        ("status:missing=false", {WAITS, SCHEDULED, REFUSED}),
        ("status:missing=true", set()),
        ("priority=routine", {SCHEDULED}),
        ("priority:missing=true", {WAITS, REFUSED}),
        ("priority:not=routine", {WAITS, REFUSED}),
        ("owner:identifier=http://hl7.org/fhir/sid/us-npi|1234567893", {SCHEDULED}),
        ("owner:identifier=1234567893", {SCHEDULED}),
        ("owner:identifier=urn:x|1234567893", set()),
        ("owner=Practitioner/1", set()),
        ("_lastUpdated=ge2020-01-01", {WAITS, SCHEDULED, REFUSED}),
        ("_lastUpdated=2026-11-23T12:00:00Z", {SCHEDULED}),
        ("_lastUpdated=lt2020", set()),
        ("modified=2026-11-23&_lastUpdated=le2026-11-23T12:00:00.000Z", {SCHEDULED}),
        ("authored-on=2026-11-23T12:00&authored-on=lt2026-11-24", {SCHEDULED}),
        ("authored-on=2026-11&status=in-progress", {SCHEDULED}),
        ("authored-on=gt2100", set()),
        ("identifier=urn:other|DS-000000-0", set()),
        ("patient=Patient/nobody", set()),
        ("identifier:missing=false&focus:missing=false&authored-on:missing=false", {WAITS, SCHEDULED, REFUSED}),
        ("modified:missing=true", set()),
        ("owner:missing=false", set()),
    ],
)
async def test_each_parameter_alone_finds_what_it_means(site: Served, query: str, hits: set[int]) -> None:
    sent = await standing(site)
    assert set(await orders(site, query)) == {sent[hit] for hit in hits}


@pytest.mark.parametrize("modifier", ["", ":not", ":missing", ":ServiceRequest", ":Practitioner", ":identifier"])
@pytest.mark.parametrize("param", TASK)
async def test_what_a_subscription_takes_as_criteria_a_search_takes_too(
    site: Served, param: str, modifier: str
) -> None:
    value = {":missing": "false"}.get(modifier, "2026" if TASK[param][0] == "date" else "x")
    text = f"Task?{param}{modifier}={value}"
    try:
        parse(text)
    except CodecError:
        return
    assert (await site.client.get(f"/fhir/{text}")).status_code == 200


async def test_a_task_is_found_by_the_identifier_it_shows(site: Served) -> None:
    sent = await standing(site)
    for entry in (await search(site, ""))["entry"]:
        named = entry["resource"]["identifier"][0]
        for text in (named["value"], f"{named['system']}|{named['value']}"):
            mine = entry["resource"]["focus"]["reference"]
            assert await orders(site, f"identifier={text}") == [mine]
            assert set(await orders(site, f"identifier:not={text}")) == {*sent} - {mine}
    assert len(sent) == 3


async def test_another_partners_tasks_are_not_found(site: Served) -> None:
    await standing(site)
    reply = await site.client.get(
        "/fhir/Task?status=received,in-progress,rejected", headers={"X-Doorstep-Partner": "p"}
    )
    mine = {entry["resource"]["id"] for entry in (await search(site, ""))["entry"]}
    assert not mine & {entry["resource"]["id"] for entry in reply.json().get("entry", ())}


async def test_pages_of_tasks_follow_each_other(site: Served) -> None:
    sent = [await ordered(site) for _ in range(5)]
    for sort, wanted in (("", sent), ("&_sort=-_lastUpdated", sent[::-1]), ("&_sort=status,-authored-on", sent[::-1])):
        seen: list[str] = []
        address = f"status=received&_count=2{sort}"
        for _ in range(3):
            bundle = await search(site, address)
            assert bundle["total"] == 5
            seen += [entry["resource"]["focus"]["reference"] for entry in bundle["entry"]]
            links = {link["relation"]: link["url"] for link in bundle["link"]}
            address = urlsplit(links.get("next", "")).query
        assert seen == wanted
        assert address == ""


async def test_tasks_are_sorted_by_their_state(site: Served) -> None:
    waits, scheduled, refused = await standing(site)
    assert await orders(site, "_sort=status") == [scheduled, waits, refused]
    assert await orders(site, "_sort=-business-status") == [scheduled, refused, waits]
    assert await orders(site, "_sort=modified") == [scheduled, refused, waits]


async def test_what_the_results_need_goes_along_and_is_shortened_as_asked(site: Served) -> None:
    patient = (await site.post("/fhir/Patient", {"resourceType": "Patient", "name": [{"family": "Along"}]})).json()
    sent = await ordered(site, subject={"reference": f"Patient/{patient['id']}"})
    bundle = await search(site, "patient.family=along&_include=Task:focus&_include=Task:patient&_elements=status")
    kinds = [(entry["resource"]["resourceType"], entry["search"]["mode"]) for entry in bundle["entry"]]
    assert kinds == [("Task", "match"), ("ServiceRequest", "include"), ("Patient", "include")]
    assert "note" not in bundle["entry"][0]["resource"]
    counted = await search(site, "status=received&_summary=count")
    assert (counted["total"], "entry" in counted) == (1, False)
    assert "total" not in await search(site, "status=received&_total=none")
    assert await orders(site, f"focus={sent}&patient=Patient/{patient['id']}") == [sent]
    found = await site.client.get(f"/fhir/Patient?_id={patient['id']}&_revinclude=Task:patient")
    assert [entry["resource"]["resourceType"] for entry in found.json()["entry"]] == ["Patient", "Task"]


async def test_tasks_are_found_by_what_their_orders_say(site: Served) -> None:
    sent = await ordered(site, identifier=[{"system": "urn:placer", "value": "P-77"}])
    await ordered(site)
    assert await orders(site, "focus:ServiceRequest.identifier=urn:placer|P-77") == [sent]
    assert await orders(site, "based-on.identifier=P-77") == [sent]
    assert await orders(site, "focus:DeviceRequest.identifier=P-77") == []


async def test_a_page_of_another_search_is_refused(site: Served) -> None:
    for _ in range(2):
        await ordered(site)
    links = (await search(site, "_count=1"))["link"]
    query = urlsplit(links[-1]["url"]).query
    for address in (f"{query}&_sort=status", "_page=WyJ4Il0", "_page=bm9uZQ", "_page=%00"):
        reply = await site.client.get(f"/fhir/Task?{address}")
        assert reply.status_code == 400, address


@pytest_asyncio.fixture(loop_scope="session")
async def house(tmp_path: Path) -> AsyncIterator[Working]:
    async with working(tmp_path) as found:
        yield found


async def test_the_search_agrees_with_every_task_however_its_order_goes_on(house: Working) -> None:
    truth = order_truth(990)
    first = contained(truth, "ServiceRequest")
    await house.post("/fhir/ServiceRequest", first)
    await agrees(house)
    await house.rest()
    await agrees(house)
    made = (await house.client.get("/fhir/ServiceRequest")).json()["entry"][0]["resource"]
    await house.client.put(f"/fhir/ServiceRequest/{made['id']}", json=made | {"priority": "stat"})
    await agrees(house)
    await house.rest()
    await agrees(house)
    revoked = {**(await house.get(f"/fhir/ServiceRequest/{made['id']}")), "status": "revoked"}
    await house.client.put(f"/fhir/ServiceRequest/{made['id']}", json=revoked)
    await house.rest()
    assert (await agrees(house)) == ["cancelled"]
    await house.client.put(f"/fhir/ServiceRequest/{made['id']}", json={**revoked, "status": "active"})
    await house.rest()
    await house.post("/fhir/ServiceRequest", contained(order_truth(991), "ServiceRequest"))
    await house.rest()
    assert len(await agrees(house)) == 2


async def agrees(house: Working) -> list[str]:
    """Hold every Task, and the newest version of its history, against the searches that should find it."""
    found = []
    for entry in (await house.get("/fhir/Task"))["entry"]:
        task = entry["resource"]
        history = await house.get(f"/fhir/Task/{task['id']}/_history")
        assert history["entry"][0]["resource"] == task == await house.get(f"/fhir/Task/{task['id']}")
        business = task["businessStatus"]["coding"][0]["code"]
        changed = task["meta"]["lastUpdated"]
        query = f"status={task['status']}&business-status={business}&_lastUpdated=ge{changed}&_id={task['id']}"
        assert (await house.get(f"/fhir/Task?{query}"))["total"] == 1
        assert (await house.get(f"/fhir/Task?status:not={task['status']}&_id={task['id']}"))["total"] == 0
        found.append(task["status"])
    return found
