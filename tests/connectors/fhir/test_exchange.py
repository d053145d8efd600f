"""Bundles: each entry does what the same request does alone; a transaction is all or nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from schemas.case import CaseState
from schemas.fhir import validate
from tests.connectors.fhir.server import JSON, Served
from tests.connectors.fhir.working import Working, working
from tests.samples.make_fhir import contained
from tests.samples.people import order_truth

pytestmark = pytest.mark.asyncio(loop_scope="session")
NUMBERS = iter(range(700, 800))
PATIENT = {"resourceType": "Patient", "name": [{"family": "Bundled"}], "gender": "female"}


def request(method: str, url: str, resource: Any = None, **more: Any) -> dict[str, Any]:
    entry = {"request": {"method": method, "url": url, **more}}
    return entry if resource is None else {**entry, "resource": resource}


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    data = base64.b64encode(json.dumps(operations).encode()).decode()
    return {"resourceType": "Binary", "contentType": "application/json-patch+json", "data": data}


CANCELLED = {"resourceType": "Task", "id": "nothing", "status": "cancelled", "intent": "order"}
MALE = patch({"op": "replace", "path": "/gender", "value": "male"})


async def sent(site: Served, kind: str, *entries: dict[str, Any], **headers: str) -> Any:
    reply = await site.post("/fhir", {"resourceType": "Bundle", "type": kind, "entry": list(entries)}, **headers)
    assert validate(reply.json()) == []
    return reply


async def told(site: Served, kind: str, *entries: dict[str, Any], **headers: str) -> list[dict[str, Any]]:
    reply = await sent(site, kind, *entries, **headers)
    assert reply.status_code == 200, reply.text
    listed: list[dict[str, Any]] = reply.json()["entry"]
    return listed


async def made(site: Served) -> str:
    reply = await site.post("/fhir/Patient", {**PATIENT, "birthDate": str(1200 + next(NUMBERS))})
    return f"Patient/{reply.json()['id']}"


@pytest.mark.parametrize(
    "url",
    [
        "{it}",
        "/{it}",
        "{base}/{it}",
        "{it}/_history",
        "{it}/_history?_count=1",
        "{it}/_history/1",
        "{it}/_history/99",
        "metadata",
        "Subscription",
        "Subscription/nothing",
        "Patient?_id={it}&_summary=count",
        "Patient?nonsense=1",
        "Task?status=received",
        "Task/nothing/_history",
        "Questionnaire/dme",
        "Claim/1",
        "Patient/a%20b",
        "{it}/$everything",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_read_in_a_batch_is_answered_as_alone(site: Served, method: str, url: str) -> None:
    it = await made(site)
    named = url.format(it=it, base=f"{site.hub.base_url()}/fhir")
    alone = await site.client.request(method, named if "://" in named else f"/fhir/{named.lstrip('/')}")
    (entry,) = await told(site, "batch", request(method, named))
    assert entry["response"]["status"].startswith(f"{alone.status_code} ")
    assert entry["response"].get("etag") == alone.headers.get("etag")
    if method == "GET":
        assert (entry.get("resource") or entry["response"].get("outcome")) == alone.json()


async def test_what_is_written_in_a_batch_is_written_as_alone(site: Served) -> None:
    it = await made(site)
    here = (await site.client.get(f"/fhir/{it}")).json()
    listed = await told(
        site,
        "batch",
        request("PATCH", it, MALE),
        request("PATCH", it, MALE, ifMatch='W/"1"'),
        request("PUT", it, {**here, "gender": "other"}, ifMatch='W/"2"'),
        request("DELETE", it),
        request("GET", it, ifNoneMatch='W/"3"'),
        request("POST", "Patient", PATIENT, ifNoneExist=f"_id={it.split('/')[1]}"),
        request("POST", "Claim", {"resourceType": "Claim"}),
        request("POST", "Patient/$validate", PATIENT),
        request("POST", "Patient"),
        request("GET", "https://elsewhere.example/fhir/Patient/1"),
    )
    statuses = [entry["response"]["status"][:3] for entry in listed]
    assert statuses == ["200", "412", "200", "405", "304", "200", "404", "200", "422", "422"]
    assert listed[0]["response"]["etag"] == 'W/"2"'
    assert "resource" not in listed[0]
    assert all("outcome" in entry["response"] for entry in listed if entry["response"]["status"] >= "400")


async def test_what_was_written_is_shown_where_the_client_prefers_that(site: Served) -> None:
    entry = request("POST", "Patient", PATIENT)
    for kind in ("batch", "transaction"):
        (whole,) = await told(site, kind, entry, Prefer="return=representation")
        assert whole["resource"]["gender"] == "female"
        assert "resource" not in (await told(site, kind, entry))[0]


async def test_a_batch_is_asked_for_its_own_partner(site: Served) -> None:
    it = await made(site)
    other = {"X-Doorstep-Partner": "partner-498"}
    assert (await told(site, "batch", request("GET", f"Patient?_id={it}")))[0]["resource"]["total"] == 1
    assert (await told(site, "batch", request("GET", f"Patient?_id={it}"), **other))[0]["resource"]["total"] == 0


async def test_a_bundle_in_a_batch_is_refused(site: Served) -> None:
    inner = {"resourceType": "Bundle", "type": "batch", "entry": [request("GET", "metadata")]}
    (entry,) = await told(site, "batch", request("POST", "$process-message", inner))
    assert entry["response"]["status"].startswith("422")


async def test_a_transaction_writes_then_reads(site: Served) -> None:
    it = await made(site)
    listed = await told(
        site,
        "transaction",
        request("GET", it),
        request("GET", "Patient?gender=male&_summary=count"),
        request("PATCH", it, MALE),
        request("POST", "Patient", {**PATIENT, "gender": "male"}),
        request("HEAD", it),
    )
    assert [entry["response"]["status"][:3] for entry in listed] == ["200", "200", "200", "201", "200"]
    assert listed[0]["resource"]["gender"] == "male"
    assert listed[1]["resource"]["total"] == 2
    assert listed[2]["response"]["etag"] == listed[4]["response"]["etag"] == 'W/"2"'


@pytest.mark.parametrize(
    "entry",
    [
        request("GET", "Patient/nothing"),
        request("GET", "Patient?nonsense=1"),
        request("PATCH", "Patient/nothing", MALE),
        request("PATCH", "{it}", patch({"op": "remove", "path": "/nothing"})),
        request("PATCH", "{it}", MALE, ifMatch='W/"9"'),
        request("PATCH", "{it}", {"resourceType": "Binary", "contentType": "text/plain", "data": "QQ=="}),
        request("PATCH", "Patient?gender=female", MALE),
        request("DELETE", "{it}"),
        request("PUT", "Task/nothing", CANCELLED),
        request("POST", "{it}/$everything"),
    ],
)
async def test_a_transaction_of_which_one_entry_fails_leaves_nothing(site: Served, entry: dict[str, Any]) -> None:
    it = await made(site)
    entry["request"]["url"] = entry["request"]["url"].format(it=it)
    count = len(await site.received())
    reply = await sent(site, "transaction", request("POST", "Patient", {**PATIENT, "gender": "unknown"}), entry)
    assert 400 <= reply.status_code < 500
    assert "Bundle.entry[1]" in reply.json()["issue"][0]["expression"][0]
    assert len(await site.received()) == count
    assert (await site.client.get("/fhir/Patient?gender=unknown")).json()["total"] == 0


async def test_a_subscription_may_be_all_of_a_transaction(site: Served) -> None:
    wish = {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "r",
        "criteria": "Task?status=on-hold",
        "channel": {"type": "rest-hook", "endpoint": "http://127.0.0.1:9/hook"},
    }
    (entry,) = await told(site, "transaction", request("POST", "Subscription", wish))
    assert entry["response"]["status"] == "201 Created"
    both = await sent(site, "transaction", request("POST", "Subscription", wish), request("POST", "Patient", PATIENT))
    assert both.status_code == 422
    it = entry["response"]["location"].rpartition("/")[2]
    assert (await told(site, "batch", request("DELETE", f"Subscription/{it}")))[0]["response"]["status"][:3] == "204"


@pytest_asyncio.fixture(loop_scope="session")
async def house(tmp_path: Path) -> AsyncIterator[Working]:
    async with working(tmp_path) as found:
        yield found


@pytest.mark.parametrize("kind", ["batch", "transaction"])
async def test_a_sender_withdraws_its_order_in_a_bundle(house: Working, kind: str) -> None:
    await house.post("/fhir/ServiceRequest", contained(order_truth(next(NUMBERS)), "ServiceRequest"))
    await house.rest()
    task = (await house.get("/fhir/Task"))["entry"][0]["resource"]
    entry = request("PUT", f"Task/{task['id']}", {**task, "status": "cancelled"})
    (answer,) = await told(house, kind, entry)
    assert answer["response"]["status"] == "200 OK"
    await house.rest()
    assert (await house.case()).state is CaseState.CANCELLED


async def test_a_bundle_is_not_kept_as_a_resource(site: Served) -> None:
    reply = await site.client.post("/fhir/Bundle", headers=JSON, content=b'{"resourceType":"Bundle","type":"document"}')
    assert reply.status_code == 404
    assert "POST [base]" in reply.json()["issue"][0]["diagnostics"]
