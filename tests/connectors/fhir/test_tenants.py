"""Partners held apart: each finds, reads and changes its own only; another's is as if it were not there."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.connectors.fhir.server import SAMPLES
from tests.doorstep.access.house import NORTH_KEY, OPERATOR_KEY, SOUTH_KEY, House, house, settings_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(settings_of(tmp_path_factory.mktemp("tenants"))) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def sent(hub: House) -> dict[str, str]:
    """North's transaction: resource type -> one of its references."""
    bundle = json.loads((SAMPLES / "transaction.json").read_text("utf-8"))
    answer = await hub.ask("POST", "/fhir", NORTH_KEY, bundle)
    assert answer.status_code == 200, answer.text
    listed = [
        e["response"]["location"].partition("/fhir/")[2].rpartition("/_history")[0] for e in answer.json()["entry"]
    ]
    found = {reference.partition("/")[0]: reference for reference in listed}
    order = next(r for kind, r in found.items() if kind in {"ServiceRequest", "DeviceRequest", "MedicationRequest"})
    task = (await hub.ask("GET", f"/fhir/Task?focus={order}", NORTH_KEY)).json()
    return found | {"order": order, "Task": f"Task/{task['entry'][0]['resource']['id']}"}


async def test_everything_of_ones_own_is_there_and_nothing_of_anothers(hub: House, sent: dict[str, str]) -> None:
    for kind in ("order", "Patient", "Coverage", "Task"):
        reference = sent[kind]
        for address in (f"/fhir/{reference}", f"/fhir/{reference}/_history", f"/fhir/{reference}/_history/1"):
            if kind == "Task" and address.endswith("/1"):
                address = address.removesuffix("1") + "0"  # noqa: PLW2901 - a Task begins before its case
            own = await hub.ask("GET", address, NORTH_KEY)
            assert own.status_code == 200, address
            assert (await hub.ask("GET", address, OPERATOR_KEY)).status_code == 200
            other = await hub.ask("GET", address, SOUTH_KEY)
            never = await hub.ask("GET", address.replace(reference, f"{reference[:-4]}0000"), SOUTH_KEY)
            assert (other.status_code, other.json()) == (404, never.json()), "an oracle for ids"
        found = [
            (
                await hub.ask("GET", f"/fhir/{reference.partition('/')[0]}?_id={reference.rpartition('/')[2]}", key)
            ).json()
            for key in (NORTH_KEY, OPERATOR_KEY, SOUTH_KEY)
        ]
        assert [bundle["total"] for bundle in found] == [1, 1, 0], kind


async def test_tasks_are_found_by_their_own_partner_only(hub: House, sent: dict[str, str]) -> None:
    for query in (f"focus={sent['order']}", f"based-on={sent['order']}", f"_id={sent['Task'].partition('/')[2]}"):
        totals = [(await hub.ask("GET", f"/fhir/Task?{query}", key)).json()["total"] for key in (NORTH_KEY, SOUTH_KEY)]
        assert totals == [1, 0], query


async def test_the_partner_header_counts_for_an_operator_only(hub: House, sent: dict[str, str]) -> None:
    named = {"X-Doorstep-Partner": "north"}
    for key, total in (
        (SOUTH_KEY, 0),
        (OPERATOR_KEY, 0),
    ):  # `north` is no partner of [connectors.fhir]: it is `default`
        answer = await hub.ask("GET", "/fhir/Patient", key, **named)
        assert answer.json()["total"] == total
    assert (await hub.ask("GET", "/fhir/Patient", OPERATOR_KEY)).json()["total"] > 0


async def test_nobody_writes_over_what_another_keeps(hub: House, sent: dict[str, str]) -> None:
    kept = (await hub.ask("GET", f"/fhir/{sent['Patient']}", NORTH_KEY)).json()
    evil = {**kept, "name": [{"family": "Evil"}], "meta": {}}
    unknown = "00000000-0000-5000-8000-000000000000"
    refused = await hub.ask("PUT", f"/fhir/{sent['Patient']}", SOUTH_KEY, evil)
    never = await hub.ask("PUT", f"/fhir/Patient/{unknown}", SOUTH_KEY, {**evil, "id": unknown})
    assert (refused.status_code, refused.json()) == (never.status_code, never.json())
    assert refused.status_code in {404, 405}
    entry = {"resource": evil, "request": {"method": "PUT", "url": sent["Patient"]}}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    made = await hub.ask("POST", "/fhir", SOUTH_KEY, bundle)
    assert sent["Patient"] not in made.text
    task = (await hub.ask("GET", f"/fhir/{sent['Task']}", NORTH_KEY)).json()
    withdrawn = await hub.ask("PUT", f"/fhir/{sent['Task']}", SOUTH_KEY, {**task, "status": "cancelled"})
    assert withdrawn.status_code in {404, 405}
    assert (await hub.ask("GET", f"/fhir/{sent['Task']}", NORTH_KEY)).json()["status"] == task["status"]
    assert (await hub.ask("GET", f"/fhir/{sent['Patient']}", NORTH_KEY)).json() == kept


async def test_a_batch_reads_ones_own_only(hub: House, sent: dict[str, str]) -> None:
    asked = (sent["Patient"], sent["Task"], f"Task?focus={sent['order']}", "Patient?_count=10")
    entry = [{"request": {"method": "GET", "url": url}} for url in asked]
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": entry}
    family = (await hub.ask("GET", f"/fhir/{sent['Patient']}", NORTH_KEY)).json()["name"][-1]["family"]
    assert family in (await hub.ask("POST", "/fhir", NORTH_KEY, bundle)).text
    answer = await hub.ask("POST", "/fhir", SOUTH_KEY, bundle)
    assert family not in answer.text
    assert [one["response"]["status"][:3] for one in answer.json()["entry"]] == ["404", "404", "200", "200"]


async def test_a_reference_to_anothers_patient_brings_nothing_of_it(hub: House, sent: dict[str, str]) -> None:
    order: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "code": {"coding": [{"code": "E1390"}]},
        "subject": {"reference": sent["Patient"]},
    }
    answer = await hub.ask("POST", "/fhir/ServiceRequest", SOUTH_KEY, order)
    assert answer.status_code == 201
    asked = await hub.ask("GET", "/fhir/ServiceRequest?_include=ServiceRequest:subject", SOUTH_KEY)
    assert [entry["search"]["mode"] for entry in asked.json()["entry"]] == ["match"]
    events = await hub.journal.read(lambda reader: reader.events_after(0))
    collection = await hub.hub.content(events[-1].data.contents[1])
    family = (await hub.ask("GET", f"/fhir/{sent['Patient']}", NORTH_KEY)).json()["name"][0]["family"]
    assert family.encode() not in collection


async def test_the_same_order_of_two_partners_is_two_orders(hub: House) -> None:
    order = {
        "resourceType": "ServiceRequest",
        "identifier": [{"system": "urn:x", "value": "77"}],
        "status": "active",
        "intent": "order",
        "code": {"coding": [{"code": "E1390"}]},
        "subject": {"display": "A person"},
    }
    places = [
        (await hub.ask("POST", "/fhir/ServiceRequest", key, order)).headers["location"]
        for key in (NORTH_KEY, SOUTH_KEY)
    ]
    assert places[0] != places[1]
    condition = {"If-None-Exist": "identifier=urn:x|77"}
    again = [await hub.ask("POST", "/fhir/ServiceRequest", key, order, **condition) for key in (NORTH_KEY, SOUTH_KEY)]
    assert [a.status_code for a in again] == [200, 200]


async def test_receipts_and_cases_are_each_partners_own(hub: House, sent: dict[str, str]) -> None:
    mine = (await hub.ask("GET", "/api/receipts", NORTH_KEY)).json()
    others = (await hub.ask("GET", "/api/receipts", SOUTH_KEY)).json()
    everyone = (await hub.ask("GET", "/api/receipts", OPERATOR_KEY)).json()
    assert mine
    assert not {r["id"] for r in mine} & {r["id"] for r in others}
    assert {r["id"] for r in mine + others} <= {r["id"] for r in everyone}
    one = mine[0]
    for name in ("sha256", "identifier"):
        if one[name]:
            assert (await hub.ask("GET", f"/api/receipts?{name}={one[name]}", SOUTH_KEY)).json() == []
    assert (await hub.ask("GET", f"/api/receipts?document_id={one['id']}", SOUTH_KEY)).json() == []
