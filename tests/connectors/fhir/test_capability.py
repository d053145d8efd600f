"""The CapabilityStatement holds, both ways: what it names is answered, what it does not name is refused."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.fhir.capability import CREATED
from schemas.fhir import validate
from tests.connectors.fhir.server import Served

pytestmark = pytest.mark.asyncio(loop_scope="session")

HER = {"reference": "Patient/1"}
CODE = {"coding": [{"code": "E1390"}]}
LEAST: dict[str, dict[str, Any]] = {
    "ServiceRequest": {"status": "active", "intent": "order", "subject": HER},
    "DeviceRequest": {"intent": "order", "subject": HER, "codeCodeableConcept": CODE},
    "MedicationRequest": {"status": "active", "intent": "order", "subject": HER, "medicationCodeableConcept": CODE},
    "NutritionOrder": {
        "status": "active",
        "intent": "order",
        "patient": HER,
        "dateTime": "2026-11-23",
        "oralDiet": {"instruction": "soft"},
    },
    "Coverage": {"status": "active", "beneficiary": HER, "payor": [{"display": "Payer"}]},
    "Condition": {"subject": HER},
    "DocumentReference": {"status": "current", "content": [{"attachment": {"title": "a note"}}]},
    "Encounter": {"status": "finished", "class": {"code": "IMP"}},
    "QuestionnaireResponse": {"status": "in-progress"},
    "Observation": {"status": "final", "code": {"text": "height"}},
    "Subscription": {
        "status": "requested",
        "reason": "r",
        "criteria": "Task?status=on-hold",
        "channel": {"type": "rest-hook", "endpoint": "http://127.0.0.1:9/hook"},
    },
    "Task": {"status": "requested", "intent": "order"},
}
ALL = ("read", "vread", "history-instance", "history-type", "search-type", "update", "patch", "create", "delete")
OFFERED = {200, 201, 202, 204}
VALUES = {"token": "x", "reference": "Patient/x", "string": "x", "date": "2026-11-23", "uri": "http://x.example"}
TYPES = (*CREATED, "Task", "Questionnaire", "Subscription")


async def stated(site: Served) -> dict[str, Any]:
    statement: dict[str, Any] = (await site.client.get("/fhir/metadata")).json()
    assert validate(statement) == []
    (rest,) = statement["rest"]
    return {one["type"]: one for one in rest["resource"]} | {"": rest}


async def one_of(site: Served, kind: str) -> str:
    """Return the id of a resource of this type that is here."""
    if kind == "Questionnaire":
        return "dme"
    if kind == "Task":
        await site.post("/fhir/ServiceRequest", LEAST["ServiceRequest"] | {"resourceType": "ServiceRequest"})
        return str((await site.client.get("/fhir/Task")).json()["entry"][0]["resource"]["id"])
    made = await site.post(f"/fhir/{kind}", LEAST.get(kind, {"language": "en"}) | {"resourceType": kind})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def asked(site: Served, kind: str, interaction: str, identity: str) -> int:
    here = f"/fhir/{kind}/{identity}"
    now = (await site.client.get(here)).json()
    version = now.get("meta", {}).get("versionId", "1")
    reads = {
        "read": here,
        "vread": f"{here}/_history/{version}",
        "history-instance": f"{here}/_history",
        "history-type": f"/fhir/{kind}/_history",
        "search-type": f"/fhir/{kind}",
    }
    if interaction in reads:
        return (await site.client.get(reads[interaction])).status_code
    if interaction == "update":
        return (await site.client.put(here, json=now)).status_code
    if interaction == "patch":
        headers = {"Content-Type": "application/json-patch+json"}
        body = b'[{"op":"test","path":"/resourceType","value":"%s"}]' % kind.encode()
        return (await site.client.patch(here, content=body, headers=headers)).status_code
    if interaction == "create":
        focus = {"focus": now.get("focus")} if kind == "Task" else {}
        return (await site.post(f"/fhir/{kind}", LEAST.get(kind, {}) | {"resourceType": kind} | focus)).status_code
    return (await site.client.delete(here)).status_code


@pytest.mark.parametrize("kind", TYPES)
async def test_every_interaction_is_offered_as_stated(site: Served, kind: str) -> None:
    statement = await stated(site)
    said = {one["code"] for one in statement[kind]["interaction"]}
    assert said <= set(ALL)
    identity = await one_of(site, kind)
    for interaction in ALL:
        status = await asked(site, kind, interaction, identity)
        assert (status in OFFERED) == (interaction in said), (interaction, status)
        assert status in OFFERED or status in {404, 405, 415, 422}, (interaction, status)


@pytest.mark.parametrize("kind", TYPES)
async def test_every_search_parameter_is_offered_as_stated(site: Served, kind: str) -> None:
    statement = await stated(site)
    own = {one["name"]: one["type"] for one in statement[kind].get("searchParam", [])}
    every = {one["name"]: one["type"] for each in statement.values() for one in each.get("searchParam", [])}
    for name, how in every.items():
        reply = await site.client.get(f"/fhir/{kind}", params={name: VALUES[how]})
        assert (reply.status_code == 200) == (name in own), (name, reply.text)
    for word in ("searchInclude", "searchRevInclude"):
        for one in statement[kind].get(word, []):
            param = "_include" if word == "searchInclude" else "_revinclude"
            assert (await site.client.get(f"/fhir/{kind}", params={param: one})).status_code == 200, one


@pytest.mark.parametrize("kind", TYPES)
async def test_every_operation_is_offered_as_stated(site: Served, kind: str) -> None:
    statement = await stated(site)
    assert "validate" in {one["name"] for one in statement[kind]["operation"]}
    identity = await one_of(site, kind)
    whole = (await site.client.get(f"/fhir/{kind}/{identity}")).json()
    for address in (f"{kind}/$validate", f"{kind}/{identity}/$validate", "$validate"):
        reply = await site.post(f"/fhir/{address}", whole)
        assert reply.status_code == 200
        assert [issue["severity"] for issue in reply.json()["issue"]] == ["information"], reply.text
    assert (await site.client.get(f"/fhir/{kind}/{identity}/$validate")).status_code == 200
    other = await site.post(f"/fhir/{kind}/other/$validate", whole)
    assert other.json()["issue"][0]["expression"] == [f"{kind}.id"]


async def test_what_the_whole_server_offers_is_as_stated(site: Served) -> None:
    rest = (await stated(site))[""]
    assert {one["code"] for one in rest["interaction"]} == {"transaction", "batch"}
    assert (await site.client.get("/fhir")).status_code == 405
    assert (await site.client.get("/fhir/_history")).status_code == 404
    for address in ("/fhir/Task/_history", "/fhir/Questionnaire/_history"):
        assert (await site.client.get(address)).status_code == 405


async def test_the_history_of_a_type_comes_in_pages(site: Served) -> None:
    for n in range(3):
        made = (await site.post("/fhir/Location", {"resourceType": "Location", "name": f"Ward {n}"})).json()
    await site.client.put(f"/fhir/Location/{made['id']}", json=made | {"name": "Ward 9"})
    seen: list[tuple[str, str]] = []
    address = "/fhir/Location/_history?_count=3"
    while address:
        bundle = (await site.client.get(address)).json()
        assert validate(bundle) == []
        assert bundle["total"] == 4
        seen += [(e["resource"]["name"], e["request"]["method"]) for e in bundle["entry"]]
        address = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), "")
    assert seen == [("Ward 9", "PUT"), ("Ward 2", "POST"), ("Ward 1", "POST"), ("Ward 0", "POST")]
    changed = bundle["entry"][-1]["resource"]["meta"]["lastUpdated"]
    assert (await site.client.get("/fhir/Location/_history", params={"_since": changed})).json()["total"] == 4
    assert (await site.client.get("/fhir/Location/_history?_since=2100-01-01T00:00:00Z")).json()["total"] == 0
    assert (await site.client.get("/fhir/Location/_history?_page=bm9uZQ")).status_code == 400
    other = {"X-Doorstep-Partner": "partner-497"}
    assert (await site.client.get("/fhir/Location/_history", headers=other)).json()["total"] == 0
