"""Tasks and Subscriptions in their earlier versions: each as it was shown then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from schemas.case import CaseState
from schemas.fhir import validate
from schemas.transmission import ReceiptState
from tests.connectors.fhir.server import Served
from tests.connectors.fhir.working import Working, working
from tests.samples.make_fhir import contained
from tests.samples.people import order_truth

pytestmark = pytest.mark.asyncio(loop_scope="session")

WISH = {
    "resourceType": "Subscription",
    "status": "requested",
    "reason": "status of orders",
    "criteria": "Task?status=accepted",
    "channel": {"type": "rest-hook", "payload": "application/fhir+json"},
}


@pytest_asyncio.fixture(loop_scope="session")
async def house(tmp_path: Path) -> AsyncIterator[Working]:
    async with working(tmp_path) as found:
        yield found


async def history(site: Served, address: str, **asked: str) -> Any:
    reply = await site.client.get(f"{address}/_history", params=asked)
    found = reply.json()
    assert (reply.status_code, validate(found)) == (200, [])
    return found


def versions(found: Any) -> list[str]:
    return [entry["response"]["etag"] for entry in found.get("entry", [])]


async def test_a_task_is_read_as_it_was_at_each_revision_of_its_case(house: Working) -> None:
    lacking = contained(order_truth(850), "ServiceRequest")
    lacking.pop("requester", None)
    made = (await house.post("/fhir/ServiceRequest", lacking)).json()
    shown = [await house.task()]
    address = f"/fhir/Task/{shown[0]['id']}"
    await house.rest()
    shown.append(await house.task())
    await house.client.put(f"/fhir/ServiceRequest/{made['id']}", json={**made, "status": "revoked"})
    await house.rest()
    shown.append(await house.task())
    assert [task["status"] for task in shown] == ["received", "on-hold", "cancelled"]
    assert "output" in shown[1]
    for task in shown:
        tag = f'W/"{task["meta"]["versionId"]}"'
        old = await house.client.get(f"{address}/_history/{task['meta']['versionId']}")
        assert (old.json(), old.headers["etag"]) == (task, tag)
        known = await house.client.get(
            f"{address}/_history/{task['meta']['versionId']}", headers={"If-None-Match": tag}
        )
        assert known.status_code == 304
    told = await history(house, address)
    numbers = [entry["resource"]["meta"]["versionId"] for entry in told["entry"]]
    assert numbers == [str(n) for n in reversed(range(int(shown[-1]["meta"]["versionId"]) + 1))]
    assert told["total"] == len(numbers)
    for entry in told["entry"]:
        assert entry["response"]["lastModified"] == entry["resource"]["meta"]["lastUpdated"]
    assert [entry["request"]["method"] for entry in told["entry"]] == ["PUT"] * (len(numbers) - 1) + ["POST"]
    assert (await house.client.get(f"{address}/_history/99")).status_code == 404


async def test_a_history_is_given_in_pages_and_from_a_moment_on(house: Working) -> None:
    await house.post("/fhir/ServiceRequest", contained(order_truth(850), "ServiceRequest"))
    await house.rest()
    task = await house.task()
    address = f"/fhir/Task/{task['id']}"
    whole, read = versions(await history(house, address)), []
    page = await history(house, address, _count="2")
    while True:
        read += versions(page)
        following = [link["url"] for link in page["link"] if link["relation"] == "next"]
        if not following:
            break
        page = await house.get(following[0])
    assert read == whole
    assert len(whole) >= 3
    since = await history(house, address, _since=task["meta"]["lastUpdated"])
    assert versions(since) == whole[: since["total"]]
    assert 1 <= since["total"] < len(whole)
    assert (await history(house, address, _count="0")).keys() == {"resourceType", "type", "total", "link"}
    assert (await history(house, address, _since="2999-01-01T00:00:00Z"))["total"] == 0
    for asked in ("_count=x", "_since=soon", "_at=2026", "_page=none"):
        assert (await house.client.get(f"{address}/_history?{asked}")).status_code == 400, asked


async def test_a_task_that_was_refused_has_another_version_than_while_it_waited(site: Served) -> None:
    made = (await site.post("/fhir/ServiceRequest", contained(order_truth(850), "ServiceRequest"))).json()
    asked = f"/fhir/Task?focus=ServiceRequest/{made['id']}"
    waiting = (await site.client.get(asked)).json()["entry"][0]["resource"]
    document = (await site.received())[-1].document_id
    await site.journal.write(lambda unit: unit.settle_receipt(document, ReceiptState.REJECTED, reason="not for us"))
    refused = (await site.client.get(asked)).json()["entry"][0]["resource"]
    assert refused["status"] == "rejected"
    told = await history(site, f"/fhir/Task/{refused['id']}")
    assert [entry["resource"] for entry in told["entry"]] == [refused, waiting]
    assert len(set(versions(told))) == 2


async def test_a_second_case_of_an_order_does_not_take_the_versions_of_the_first(site: Served) -> None:
    made = (await site.post("/fhir/ServiceRequest", contained(order_truth(850), "ServiceRequest"))).json()
    await site.open_case(CaseState.CANCELLED, case_id="DS-800001-0", order_key="DS-800001-0")
    again = {**made, "priority": "urgent"}
    assert (await site.client.put(f"/fhir/ServiceRequest/{made['id']}", json=again)).status_code == 200
    case = await site.open_case(CaseState.OPEN, case_id="DS-800002-0", order_key="DS-800002-0")
    (entry,) = (await site.client.get(f"/fhir/Task?identifier={case.case_id}")).json()["entry"]
    assert entry["resource"]["meta"]["versionId"] == "2.1"
    told = await history(site, f"/fhir/Task/{entry['resource']['id']}")
    assert [one["resource"]["meta"]["versionId"] for one in told["entry"]] == ["2.1", "1", "0"]
    assert [one["resource"]["priority"] for one in told["entry"][:2]] == ["urgent", "routine"]


async def test_a_subscription_is_read_in_each_of_its_versions_and_is_gone_when_it_was_taken_away(site: Served) -> None:
    wish = {**WISH, "channel": {**WISH["channel"], "endpoint": "http://127.0.0.1:9/told"}}  # type: ignore[dict-item]
    made = await site.post("/fhir/Subscription", wish)
    address = f"/fhir/Subscription/{made.json()['id']}"
    later = await site.client.put(address, json={**made.json(), "reason": "another"}, headers={"If-Match": 'W/"1"'})
    assert (later.status_code, later.headers["etag"]) == (200, 'W/"2"')
    assert (await site.client.get(f"{address}/_history/1")).json() == made.json()
    assert (await site.client.get(address, headers={"If-None-Match": 'W/"2"'})).status_code == 304
    for _ in range(2):
        assert (await site.client.delete(address)).status_code == 204
    for gone in (await site.client.get(address), await site.client.get(f"{address}/_history/3")):
        assert (gone.status_code, gone.json()["issue"][0]["code"]) == (410, "deleted")
    assert (await site.client.get(f"{address}/_history/4")).status_code == 404
    assert (await site.client.get(f"{address}/_history/2")).json() == later.json()
    listed = (await site.client.get("/fhir/Subscription")).json()
    assert made.json()["id"] not in [entry["resource"]["id"] for entry in listed.get("entry", [])]
    again = await site.post("/fhir/Subscription", wish)
    assert (again.status_code, again.headers["etag"]) == (201, 'W/"4"')
    told = await history(site, address)
    assert [entry["request"]["method"] for entry in told["entry"]] == ["POST", "DELETE", "PUT", "POST"]
    assert versions(told) == ['W/"4"', 'W/"3"', 'W/"2"', 'W/"1"']
    assert "resource" not in told["entry"][1]


async def test_a_subscription_that_never_was_has_no_history(site: Served) -> None:
    for address in ("none", "none/_history", "none/_history/1"):
        assert (await site.client.get(f"/fhir/Subscription/{address}")).status_code == 404


async def test_the_statement_says_that_versions_are_kept(site: Served) -> None:
    statement = (await site.client.get("/fhir/metadata")).json()
    offered = {one["type"]: one for one in statement["rest"][0]["resource"]}
    for kind in ("Task", "Subscription"):
        assert {"vread", "history-instance"} <= {one["code"] for one in offered[kind]["interaction"]}
        assert offered[kind]["readHistory"] is True
