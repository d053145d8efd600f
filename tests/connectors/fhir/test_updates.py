"""New versions of what is here: PUT, conditions, history, and what a changed or revoked order means for its case."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from schemas.case import CaseState
from schemas.fhir import validate
from tests.connectors.fhir.server import Served
from tests.connectors.fhir.working import Working, working
from tests.samples.make_fhir import bundle, contained, patient
from tests.samples.people import order_truth

pytestmark = pytest.mark.asyncio(loop_scope="session")

TRUTH = order_truth(823)


@pytest_asyncio.fixture(loop_scope="session")
async def house(tmp_path: Path) -> AsyncIterator[Working]:
    async with working(tmp_path) as found:
        yield found


async def put(site: Served, resource: dict[str, Any], **headers: str) -> Any:
    address = f"/fhir/{resource['resourceType']}/{resource['id']}"
    return await site.client.put(address, json=resource, headers={"Content-Type": "application/fhir+json", **headers})


async def made(site: Served, **changes: Any) -> dict[str, Any]:
    resource: dict[str, Any] = (await site.post("/fhir/Patient", {**patient(TRUTH), **changes})).json()
    return resource


async def test_a_put_is_a_new_version_and_the_old_one_stays_readable(site: Served) -> None:
    first = await made(site)
    reply = await put(site, {**first, "active": True}, **{"If-Match": 'W/"1"'})
    assert (reply.status_code, reply.headers["etag"]) == (200, 'W/"2"')
    assert reply.headers["location"].endswith(f"/Patient/{first['id']}/_history/2")
    assert (reply.json()["active"], reply.json()["meta"]["versionId"]) == (True, "2")
    address = f"/fhir/Patient/{first['id']}"
    assert (await site.client.get(address)).json() == reply.json()
    assert (await site.client.get(f"{address}/_history/1")).json() == first
    history = (await site.client.get(f"{address}/_history")).json()
    assert validate(history) == []
    assert [(e["request"]["method"], e["response"]["etag"]) for e in history["entry"]] == [
        ("PUT", 'W/"2"'),
        ("POST", 'W/"1"'),
    ]


async def test_the_same_again_is_no_new_version(site: Served) -> None:
    first = await made(site)
    again = await put(site, {**first, "meta": {"source": "#other"}})
    assert (again.status_code, again.headers["etag"]) == (200, 'W/"1"')
    assert len(await site.received()) == 1


async def test_a_change_of_another_version_is_refused(site: Served) -> None:
    first = await made(site)
    changed = {**first, "active": True}
    late = await put(site, changed, **{"If-Match": 'W/"7"'})
    assert (late.status_code, late.json()["issue"][0]["code"]) == (412, "conflict")
    replies = await asyncio.gather(
        *(put(site, {**first, "gender": g}, **{"If-Match": 'W/"1"'}) for g in ("male", "other"))
    )
    assert sorted(reply.status_code for reply in replies) == [200, 412]


async def test_an_id_that_is_not_here_or_not_the_addresss_is_refused(site: Served, shared: Served) -> None:
    first = await made(site)
    assert (await put(site, {**first, "id": "mine"})).status_code == 405
    wrong = await site.client.put(f"/fhir/Patient/{first['id']}", json={**first, "id": "other"})
    assert (wrong.status_code, wrong.json()["issue"][0]["expression"]) == (400, ["Patient.id"])
    stranger = await put(shared, {**first, "active": True})
    assert stranger.status_code == 405, "another partner's resource is not there"


async def test_only_the_newest_version_is_found(site: Served) -> None:
    first = await made(site, gender="male")
    await put(site, {**first, "gender": "female"})
    found = {
        g: (await site.client.get("/fhir/Patient", params={"gender": g})).json()["total"] for g in ("male", "female")
    }
    assert found == {"male": 0, "female": 1}


async def test_a_client_that_has_the_version_is_not_sent_it_again(site: Served) -> None:
    first = await made(site)
    address = f"/fhir/Patient/{first['id']}"
    for headers in ({"If-None-Match": 'W/"1"'}, {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}):
        same = await site.client.get(address, headers=headers)
        assert (same.status_code, same.content) == (304, b"")
    await put(site, {**first, "active": True})
    assert (await site.client.get(address, headers={"If-None-Match": 'W/"1"'})).status_code == 200


async def test_a_conditional_update_creates_updates_or_refuses(site: Served) -> None:
    condition = {"identifier": "urn:mrn|77"}
    person = {"resourceType": "Patient", "identifier": [{"system": "urn:mrn", "value": "77"}]}
    first = await site.client.put("/fhir/Patient", params=condition, json=person)
    second = await site.client.put("/fhir/Patient", params=condition, json={**person, "active": True})
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["id"] == first.json()["id"]
    await site.post("/fhir/Patient", {**person, "gender": "male"})
    several = await site.client.put("/fhir/Patient", params=condition, json=person)
    assert (several.status_code, several.json()["issue"][0]["code"]) == (412, "multiple-matches")


async def test_a_conditional_create_is_a_search(site: Served) -> None:
    first = await made(site, identifier=[{"system": "urn:mrn", "value": "5"}])
    again = await site.post("/fhir/Patient", patient(TRUTH), **{"If-None-Exist": "identifier=urn:mrn|5"})
    assert (again.status_code, again.json()["id"]) == (200, first["id"])
    for spelled in ("Patient?identifier=urn:mrn|5", f"{site.client.base_url}/fhir/Patient?identifier=urn:mrn%7C5"):
        same = await site.post("/fhir/Patient", patient(TRUTH), **{"If-None-Exist": spelled})
        assert (same.status_code, same.json()["id"]) == (200, first["id"])
    await made(site, identifier=[{"system": "urn:mrn", "value": "5"}], active=True)
    several = await site.post("/fhir/Patient", patient(TRUTH), **{"If-None-Exist": "identifier=urn:mrn|5"})
    assert several.status_code == 412
    unknown = await site.post("/fhir/Patient", patient(TRUTH), **{"If-None-Exist": "colour=red"})
    assert (unknown.status_code, unknown.json()["issue"][0]["code"]) == (400, "not-supported")


def transaction(*entries: tuple[dict[str, Any], dict[str, Any]]) -> dict[str, Any]:
    listed = [{"resource": resource, "request": request} for resource, request in entries]
    return {"resourceType": "Bundle", "type": "transaction", "entry": listed}


async def test_an_entry_that_is_here_is_referred_to_and_not_stored_again(site: Served) -> None:
    here = await made(site, identifier=[{"system": "urn:mrn", "value": "9"}])
    sent = bundle(TRUTH, "ServiceRequest")
    sent["entry"][1]["request"]["ifNoneExist"] = "identifier=urn:mrn|9"
    reply = (await site.post("/fhir", sent)).json()
    assert reply["entry"][1]["response"]["status"] == "200 OK"
    assert f"Patient/{here['id']}" in reply["entry"][1]["response"]["location"]
    order = (await site.client.get(reply["entry"][0]["response"]["location"])).json()
    assert order["subject"]["reference"] == f"Patient/{here['id']}"
    again = (await site.post("/fhir", sent)).json()
    assert [e["response"]["location"] for e in again["entry"]] == [e["response"]["location"] for e in reply["entry"]]
    assert len(await site.received()) == 2


async def test_a_reference_by_identifier_finds_what_is_here_or_refuses(site: Served) -> None:
    here = await made(site, identifier=[{"system": "urn:mrn", "value": "11"}])
    condition = {"resourceType": "Condition", "subject": {"reference": "Patient?identifier=urn:mrn|11"}}
    reply = (await site.post("/fhir", transaction((condition, {"method": "POST", "url": "Condition"})))).json()
    stored = (await site.client.get(reply["entry"][0]["response"]["location"])).json()
    assert stored["subject"]["reference"] == f"Patient/{here['id']}"
    condition["subject"]["reference"] = "Patient?identifier=urn:mrn|12"
    none = await site.post("/fhir", transaction((condition, {"method": "POST", "url": "Condition"})))
    assert none.status_code == 412
    assert none.json()["issue"][0]["expression"] == ["Bundle.entry[0].resource.subject.reference"]
    condition["subject"]["reference"] = "Patient?identifier=urn:mrn|11"
    condition["recorder"] = {"reference": "Practitioner?identifier=urn:staff|1"}
    condition["encounter"] = {"reference": "Claim?patient.identifier=1"}
    refused = await site.post("/fhir", transaction((condition, {"method": "POST", "url": "Condition"})))
    assert (refused.status_code, refused.json()["issue"][0]["code"]) == (400, "not-supported")
    del condition["encounter"]
    kept = await site.post("/fhir", transaction((condition, {"method": "POST", "url": "Condition"})))
    assert kept.status_code == 200, "who is not here can be asked for"


async def test_a_transaction_updates_what_it_names_and_is_all_or_nothing(site: Served) -> None:
    here = await made(site)
    url = f"Patient/{here['id']}"
    other = {"resourceType": "Organization", "name": "Riverside"}
    create = {"method": "POST", "url": "Organization"}
    late = transaction((other, create), ({**here, "active": True}, {"method": "PUT", "url": url, "ifMatch": 'W/"4"'}))
    refused = await site.post("/fhir", late)
    assert (refused.status_code, refused.json()["issue"][0]["expression"]) == (412, ["Bundle.entry[1].request.ifMatch"])
    assert (await site.client.get("/fhir/Organization")).json()["total"] == 0
    right = transaction((other, create), ({**here, "active": True}, {"method": "PUT", "url": url, "ifMatch": 'W/"1"'}))
    answers = [e["response"]["status"] for e in (await site.post("/fhir", right)).json()["entry"]]
    assert answers == ["201 Created", "200 OK"]
    again = transaction((other, create), ({**here, "active": True}, {"method": "PUT", "url": url}))
    assert [e["response"]["status"] for e in (await site.post("/fhir", again)).json()["entry"]] == ["200 OK", "200 OK"]
    assert (await site.client.get("/fhir/Organization")).json()["total"] == 1


async def test_what_is_never_done_says_so(site: Served) -> None:
    first = await made(site)
    reply = await site.client.request("DELETE", f"/fhir/Patient/{first['id']}")
    assert (reply.status_code, reply.headers["allow"]) == (405, "GET, HEAD, PUT, PATCH")
    assert reply.json()["issue"][0]["code"] == "not-supported"


async def test_a_batch_reads_too(site: Served) -> None:
    first = await made(site)
    asked = [
        {"request": {"method": "GET", "url": url}}
        for url in (f"Patient/{first['id']}", "Patient?_count=1", "Patient/x")
    ]
    reply = (await site.post("/fhir", {"resourceType": "Bundle", "type": "batch", "entry": asked})).json()
    assert validate(reply) == []
    assert [entry["response"]["status"] for entry in reply["entry"]] == ["200 OK", "200 OK", "404 Not Found"]
    assert reply["entry"][0]["resource"] == first


async def test_a_changed_order_changes_its_case_and_a_revoked_one_cancels_it(house: Working) -> None:
    order = (await house.post("/fhir/DeviceRequest", contained(TRUTH, "DeviceRequest"))).json()
    await house.rest()
    before = await house.case()
    later = {**copy.deepcopy(order), "occurrenceDateTime": "2026-12-03"}
    later.pop("occurrencePeriod", None)
    assert (await put(house, later)).status_code == 200
    await house.rest()
    case = await house.case()
    assert case.case_id == before.case_id
    assert str(case.order.service_start) == "2026-12-03"
    task = await house.task()
    assert task["focus"]["reference"] == f"DeviceRequest/{order['id']}"
    assert task["identifier"][0]["value"] == case.case_id
    assert (await put(house, {**later, "status": "revoked"})).status_code == 200
    await house.rest()
    assert (await house.case()).state is CaseState.CANCELLED
    assert (await house.task())["status"] == "cancelled"


async def test_one_line_of_several_is_changed_or_taken_off(house: Working) -> None:
    sent = bundle(TRUTH, "DeviceRequest")
    second = copy.deepcopy(sent["entry"][0])
    second["fullUrl"] = "urn:uuid:0a1b2c3d-0000-4000-8000-00000000beef"
    second["resource"]["codeCodeableConcept"] = {"coding": [{"code": "E0143"}]}
    second["resource"]["identifier"] = [{"value": "second"}]
    sent["entry"].append(second)
    reply = (await house.post("/fhir", sent)).json()
    await house.rest()
    first = await house.get(reply["entry"][0]["response"]["location"])
    walker = await house.get(reply["entry"][-1]["response"]["location"])
    codes = {line.code for line in (await house.case()).order.lines}
    assert len(codes) == 2
    await put(house, {**first, "priority": "urgent"})
    await house.rest()
    case = await house.case()
    assert ({line.code for line in case.order.lines}, case.order.priority) == (codes, "urgent")
    await put(house, {**walker, "status": "revoked"})
    await house.rest()
    case = await house.case()
    assert [line.code for line in case.order.lines] == sorted(codes - {"E0143"})
    assert case.state is not CaseState.CANCELLED
    await put(house, {**(await house.get(f"/fhir/DeviceRequest/{first['id']}")), "status": "revoked"})
    await house.rest()
    assert (await house.case()).state is CaseState.CANCELLED


async def withdrawable(house: Working) -> tuple[dict[str, Any], dict[str, Any]]:
    order = (await house.post("/fhir/DeviceRequest", contained(TRUTH, "DeviceRequest"))).json()
    await house.rest()
    return order, await house.task()


async def test_a_task_that_its_sender_cancels_cancels_the_order(house: Working) -> None:
    _, task = await withdrawable(house)
    late = await put(house, {**task, "status": "cancelled"}, **{"If-Match": 'W/"99"'})
    assert late.status_code == 412
    reply = await put(house, {**task, "status": "cancelled"}, **{"If-Match": (f'W/"{task["meta"]["versionId"]}"')})
    assert reply.status_code == 200
    await house.rest()
    assert (await house.case()).state is CaseState.CANCELLED
    again = await put(house, {**task, "status": "cancelled"})
    assert (again.status_code, again.json()["status"]) == (200, "cancelled")
    assert len(await house.received()) == 2


async def test_the_other_states_of_a_task_are_not_the_senders_to_set(house: Working) -> None:
    _, task = await withdrawable(house)
    assert (await put(house, task)).status_code == 200
    reply = await put(house, {**task, "status": "completed"})
    assert (reply.status_code, reply.json()["issue"][0]["expression"]) == (422, ["Task.status"])
    stranger = await put(house, {**task, "status": "cancelled"}, **{"X-Doorstep-Partner": "other"})
    assert stranger.status_code == 200, "a name that is not known is the default partner"
    assert (await put(house, {**task, "id": "none"})).status_code == 405


async def test_a_task_that_aborts_an_order_withdraws_it_and_one_for_it_is_the_one_that_it_has(house: Working) -> None:
    order, task = await withdrawable(house)
    sent = {"resourceType": "Task", "status": "requested", "intent": "order", "code": {"coding": [{"code": "fulfill"}]}}
    sent["focus"] = {"reference": f"DeviceRequest/{order['id']}"}
    assert (await house.post("/fhir/Task", sent)).json()["id"] == task["id"]
    assert (await house.post("/fhir/Task", {**sent, "focus": {"reference": "DeviceRequest/x"}})).status_code == 422
    sent["code"] = {"coding": [{"system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "abort"}]}
    assert (await house.post("/fhir/Task", sent)).status_code == 200
    await house.rest()
    assert (await house.case()).state is CaseState.CANCELLED


def message_of(event: str, **changes: Any) -> dict[str, Any]:
    sent = bundle(TRUTH, "DeviceRequest", type_="message")
    sent["entry"][0]["resource"] |= changes
    header = {"resourceType": "MessageHeader", "eventCoding": {"system": "urn:x", "code": event}}
    header |= {"source": {"endpoint": "urn:x"}, "focus": [{"reference": sent["entry"][0]["fullUrl"]}]}
    sent["entry"].insert(0, {"fullUrl": "urn:uuid:0a1b2c3d-0000-4000-8000-00000000feed", "resource": header})
    return sent


async def test_a_message_that_says_so_changes_and_cancels_the_order_that_is_here(house: Working) -> None:
    assert (await house.post("/fhir", message_of("OrderNew"))).status_code == 200
    await house.rest()
    before = await house.case()
    assert (await house.post("/fhir", message_of("OrderNew", priority="urgent"))).status_code == 409
    for _ in range(2):
        assert (await house.post("/fhir", message_of("OrderUpdate", priority="urgent"))).status_code == 200
        await house.rest()
        assert (await house.case()).order.priority == "urgent"
    assert (await house.post("/fhir", message_of("OrderCancel", authoredOn="2020-01-01"))).status_code == 409
    assert (await house.post("/fhir", message_of("OrderCancel", priority="urgent"))).status_code == 200
    await house.rest()
    case = await house.case()
    assert (case.case_id, case.state) == (before.case_id, CaseState.CANCELLED)
    assert (await house.task())["status"] == "cancelled"
