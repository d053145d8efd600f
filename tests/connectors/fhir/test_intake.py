"""Orders in over real HTTP: answers, re-sends, updates, references, transactions."""

from __future__ import annotations

import asyncio
import copy
import json
from typing import Any

import pytest

from schemas.fhir import validate
from schemas.fields import fields_of
from schemas.transmission import ReceiptState
from tests.connectors.fhir.server import SAMPLES, Served
from tests.samples import make_fhir
from tests.samples.make_fhir import bundle, contained, coverage, patient, practitioner, request
from tests.samples.people import order_truth

pytestmark = pytest.mark.asyncio(loop_scope="session")

TRUTH = order_truth(820)
SAMPLE_NAMES = [sample.name for sample in make_fhir.samples()]


def order(**changes: Any) -> dict[str, Any]:
    return {**contained(TRUTH, "ServiceRequest"), **changes}


@pytest.mark.parametrize("name", SAMPLE_NAMES)
async def test_every_sample_gets_the_answer_it_should(site: Served, name: str) -> None:
    expected = json.loads((SAMPLES / f"{name}.expected.json").read_text("utf-8"))
    first = await site.send_sample(expected["after"]) if "after" in expected else None
    reply = await site.send_sample(name)
    assert reply.status_code == expected["http_status"]
    assert reply.headers["content-type"] == "application/fhir+json"
    assert validate(reply.json()) == []
    if expected["outcome"] == "rejected":
        assert reply.json()["resourceType"] == "OperationOutcome"
        listed = [path for issue in reply.json()["issue"] for path in issue.get("expression", [])]
        assert expected["expression"] in (listed or [""])
        return
    received = await site.received()
    (made,) = await site.orders(received[-1])
    assert fields_of(made) == expected["fields"]
    if expected["outcome"] == "duplicate":
        assert first is not None
        assert reply.headers["location"] == first.headers["location"]
        assert len(received) == 1
    if expected["outcome"] in {"updated", "cancelled"}:
        assert len(received) == 2
        assert made.action == {"updated": "update", "cancelled": "cancel"}[expected["outcome"]]


async def test_an_accepted_order_can_be_read_where_its_location_says(site: Served) -> None:
    reply = await site.post("/fhir/ServiceRequest", order())
    assert reply.headers["etag"] == 'W/"1"'
    again = await site.client.get(reply.headers["location"])
    current = await site.client.get(reply.headers["location"].removesuffix("/_history/1"))
    assert again.json() == current.json() == reply.json()
    assert reply.json()["meta"]["versionId"] == "1"


async def test_the_raw_body_and_the_collection_are_kept(site: Served) -> None:
    body = b" " + json.dumps(order(), indent=3).encode()
    await site.post("/fhir/ServiceRequest", body)
    (data,) = await site.received()
    assert await site.hub.content(data.contents[0]) == body
    collection = json.loads(await site.hub.content(data.contents[1]))
    assert (collection["resourceType"], collection["type"]) == ("Bundle", "collection")
    assert data.identifier == TRUTH.order_number
    assert data.reply_to is not None
    assert data.reply_to.address == data.sender == f"partner-{site.partners}"
    assert data.reply_to.context["focus"].startswith("ServiceRequest/")


async def test_a_resend_in_other_words_is_the_same_order(site: Served) -> None:
    first = await site.post("/fhir/ServiceRequest", order())
    shuffled = dict(reversed(order(meta={"lastUpdated": "2027-01-01T00:00:00Z"}).items()))
    second = await site.post("/fhir/ServiceRequest", shuffled)
    assert (second.status_code, second.headers["location"]) == (201, first.headers["location"])
    assert second.json() == first.json()
    assert len(await site.received()) == 1


async def test_an_order_without_identifier_is_recognised_by_its_content(site: Served) -> None:
    bare = {key: value for key, value in order().items() if key != "identifier"}
    first, second = [await site.post("/fhir/ServiceRequest", bare) for _ in range(2)]
    other = await site.post("/fhir/ServiceRequest", {**bare, "priority": "stat"})
    assert first.headers["location"] == second.headers["location"] != other.headers["location"]
    assert len(await site.received()) == 2


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        ({"authoredOn": "2026-11-02"}, {"authoredOn": "2026-11-03"}, 201),
        ({"authoredOn": "2026-11-03"}, {"authoredOn": "2026-11-02"}, 409),
        (
            {"meta": {"lastUpdated": "2026-11-02T10:00:00Z"}},
            {"meta": {"lastUpdated": "2026-11-02T06:00:01-05:00"}},
            201,
        ),
        (
            {"meta": {"lastUpdated": "2026-11-02T10:00:00Z"}},
            {"meta": {"lastUpdated": "2026-11-02T06:00:00+00:00"}},
            409,
        ),
        ({}, {"meta": {"lastUpdated": "2026-11-05T10:00:00Z"}}, 201),
        ({"meta": {"versionId": "9"}}, {"meta": {"versionId": "10"}}, 201),
        ({}, {"status": "revoked"}, 201),
        ({}, {"status": "entered-in-error"}, 201),
        ({"status": "revoked"}, {}, 409),
        ({}, {}, 409),
    ],
)
async def test_a_changed_order_is_taken_when_it_says_that_it_is_newer(
    site: Served, first: dict[str, Any], second: dict[str, Any], status: int
) -> None:
    assert (await site.post("/fhir/ServiceRequest", order(**first))).status_code == 201
    reply = await site.post("/fhir/ServiceRequest", order(**second, patientInstruction="changed"))
    assert reply.status_code == status
    assert len(await site.received()) == (2 if status == 201 else 1)
    if status == 409:
        assert reply.json()["issue"][0]["code"] == "duplicate"


async def test_an_old_version_sent_again_after_the_update_gets_its_first_answer(site: Served) -> None:
    old = await site.post("/fhir/ServiceRequest", order())
    new = await site.post("/fhir/ServiceRequest", order(status="revoked"))
    again = await site.post("/fhir/ServiceRequest", order())
    assert again.headers["location"] == old.headers["location"] != new.headers["location"]
    assert len(await site.received()) == 2
    found = (
        await site.client.get("/fhir/ServiceRequest", params={"identifier": f"{make_fhir.ORDERS}|{TRUTH.order_number}"})
    ).json()
    assert [entry["resource"]["status"] for entry in found["entry"]] == ["revoked"]


async def test_many_at_once_leave_one_order(site: Served) -> None:
    replies = await asyncio.gather(*(site.post("/fhir/ServiceRequest", order()) for _ in range(8)))
    assert {reply.status_code for reply in replies} == {201}
    assert len({reply.headers["location"] for reply in replies}) == 1
    rivals = [order(patientInstruction=f"version {n}") for n in range(4)]
    statuses = await asyncio.gather(*(site.post("/fhir/ServiceRequest", rival) for rival in rivals))
    assert {reply.status_code for reply in statuses} == {409}


async def test_if_none_exist_answers_with_what_is_there(site: Served) -> None:
    condition = "identifier=https://ehr.example/mrn|1"
    first = await site.post("/fhir/Patient", patient(TRUTH), **{"If-None-Exist": condition})
    second = await site.post("/fhir/Patient", {**patient(TRUTH), "active": True}, **{"If-None-Exist": condition})
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json() == first.json()
    made = await site.post("/fhir/ServiceRequest", order())
    other = await site.post("/fhir/ServiceRequest", order(patientInstruction="x"), **{"If-None-Exist": "identifier=1"})
    assert other.status_code == 200
    assert other.headers["location"] == made.headers["location"]


async def test_prefer_decides_the_body(site: Served) -> None:
    minimal = await site.post("/fhir/ServiceRequest", order(), Prefer="return=minimal")
    assert (minimal.status_code, minimal.content) == (201, b"")
    told = await site.post("/fhir/ServiceRequest", order(), Prefer="return=OperationOutcome")
    assert told.json()["resourceType"] == "OperationOutcome"


async def test_an_order_finds_what_was_stored_before_it(site: Served) -> None:
    async def stored(resource: dict[str, Any]) -> str:
        reply = await site.post(f"/fhir/{resource['resourceType']}", resource)
        return f"{resource['resourceType']}/{reply.json()['id']}"

    member = await stored(patient(TRUTH))
    payer = await stored({"resourceType": "Organization", "name": TRUTH.payer})
    refs = {
        "patient": member,
        "coverage": await stored(coverage(TRUTH, member, payer)),
        "requester": f"{site.hub.base_url()}/fhir/{await stored(practitioner(TRUTH))}",
    }
    await site.post("/fhir/DeviceRequest", request(TRUTH, "DeviceRequest", refs))
    (made,) = await site.orders((await site.received())[-1])
    practice = {"practice_phone", "practice_fax"}
    assert fields_of(made) == {name: v for name, v in TRUTH.fields().items() if name not in practice}


async def test_a_reference_that_leads_nowhere_is_no_error(site: Served) -> None:
    reply = await site.post("/fhir/ServiceRequest", order(subject={"reference": "Patient/nobody"}))
    assert reply.status_code == 201
    (made,) = await site.orders((await site.received())[-1])
    assert made.member.name is None


async def test_a_transaction_stores_every_entry_and_rewrites_references(site: Served) -> None:
    reply = await site.post("/fhir", bundle(TRUTH, "ServiceRequest"))
    locations = [entry["response"]["location"] for entry in reply.json()["entry"]]
    resources = [(await site.client.get(location)).json() for location in locations]
    assert [r["resourceType"] for r in resources][:3] == ["ServiceRequest", "Patient", "Coverage"]
    assert resources[0]["subject"]["reference"] == f"Patient/{resources[1]['id']}"
    assert "urn:uuid" not in json.dumps(resources)
    again = await site.post("/fhir", bundle(TRUTH, "ServiceRequest"))
    assert again.json() == reply.json()


async def test_a_transaction_with_one_bad_entry_keeps_none(site: Served) -> None:
    made = bundle(TRUTH, "ServiceRequest")
    made["entry"][3]["resource"]["active"] = "yes"
    reply = await site.post("/fhir", made)
    assert reply.status_code == 422
    assert reply.json()["issue"][0]["expression"] == ["Bundle.entry[3].resource.ofType(Organization).active"]
    assert await site.received() == []


@pytest.mark.parametrize(
    ("change", "expression"),
    [
        (lambda b: b.update(type="history"), "Bundle.type"),
        (lambda b: b.pop("entry"), "Bundle.entry"),
        (lambda b: b["entry"][2].pop("request"), "Bundle.entry[2].request"),
        (lambda b: b["entry"][2]["request"].update(method="DELETE"), "Bundle.entry[2].request"),
        (lambda b: b["entry"][1].pop("resource"), "Bundle.entry[1].resource"),
        (lambda b: b["entry"][1].update(fullUrl=b["entry"][2]["fullUrl"]), "Bundle.entry.fullUrl"),
    ],
)
async def test_a_bundle_that_asks_for_something_else_is_refused(site: Served, change: Any, expression: str) -> None:
    made = bundle(TRUTH, "ServiceRequest")
    change(made)
    reply = await site.post("/fhir", made)
    assert reply.status_code == 422
    assert reply.json()["issue"][0]["expression"] == [expression]


async def test_the_same_bundle_identifier_with_other_content_is_a_conflict(site: Served) -> None:
    named = {**bundle(TRUTH, "ServiceRequest"), "identifier": {"system": "urn:x", "value": "B1"}}
    assert (await site.post("/fhir", named)).status_code == 200
    assert (await site.post("/fhir", json.dumps(named, indent=5).encode())).status_code == 200
    other = {**bundle(order_truth(821), "ServiceRequest"), "identifier": named["identifier"]}
    reply = await site.post("/fhir", other)
    assert reply.status_code == 409
    assert reply.json()["issue"][0]["expression"] == ["Bundle.identifier"]


async def test_the_same_order_in_a_new_bundle_is_not_taken_twice(site: Served) -> None:
    first = {**bundle(TRUTH, "ServiceRequest"), "identifier": {"value": "B1"}}
    text = json.dumps({**first, "identifier": {"value": "B2"}})
    for entry in first["entry"]:
        text = text.replace(entry["fullUrl"], entry["fullUrl"][:-4] + "ffff")
    one, two = await site.post("/fhir", first), await site.post("/fhir", text.encode())
    assert one.json() == two.json()
    assert len(await site.received()) == 1


@pytest.mark.parametrize("identifier", [{"system": "urn:x", "value": "B1"}, None])
async def test_the_same_transaction_with_its_entries_in_another_order_is_the_same(
    site: Served, identifier: dict[str, str] | None
) -> None:
    first = bundle(TRUTH, "ServiceRequest") | ({"identifier": identifier} if identifier else {})
    turned = {**first, "entry": [*first["entry"][3:], *reversed(first["entry"][:3])]}
    one, two = await site.post("/fhir", first), await site.post("/fhir", turned)
    assert one.status_code == two.status_code == 200

    def places(reply: Any) -> list[str]:
        return [entry["response"]["location"] for entry in reply.json()["entry"]]

    assert places(two) == [*places(one)[3:], *reversed(places(one)[:3])]
    assert len(await site.received()) == 1


async def test_a_batch_takes_the_good_and_tells_of_the_bad(site: Served) -> None:
    bad = {"resource": {**patient(TRUTH), "gender": "?"}, "request": {"method": "POST", "url": "Patient"}}
    good = {"resource": order(), "request": {"method": "POST", "url": "ServiceRequest"}}
    none = {"resource": {"gender": "male"}, "request": {"method": "POST", "url": "Patient"}}
    reply = await site.post("/fhir", {"resourceType": "Bundle", "type": "batch", "entry": [bad, good, none, good]})
    told = [entry["response"] for entry in reply.json()["entry"]]
    assert [response["status"][:3] for response in told] == ["422", "201", "422", "201"]
    assert told[0]["outcome"]["issue"][0]["expression"] == ["Patient.gender"]
    assert validate(reply.json()) == []
    assert len(await site.received()) == 1


async def test_a_refused_input_is_kept_with_its_reason(site: Served) -> None:
    import hashlib

    body = json.dumps(order(status="wrong", patientInstruction="refused")).encode()
    await site.post("/fhir/ServiceRequest", body)
    (receipt,) = await site.hub.find(sha256=hashlib.sha256(body).hexdigest())
    assert receipt.state is ReceiptState.REJECTED
    assert receipt.reason is not None
    assert "ServiceRequest.status" in receipt.reason
    assert await site.received() == []


async def test_a_sender_is_a_partner_only_when_it_is_configured(site: Served) -> None:
    await site.post("/fhir/ServiceRequest", order(), **{"X-Doorstep-Partner": "partner-499"})
    await site.post("/fhir/ServiceRequest", order(), **{"X-Doorstep-Partner": "stranger"})
    assert [data.sender for data in await site.received()] == ["partner-499", "default"]


@pytest.mark.parametrize("change", [{"status": "completed"}, {"doNotPerform": True}])
async def test_a_request_that_is_not_to_be_done_is_kept_and_no_order(site: Served, change: dict[str, Any]) -> None:
    made = await site.post("/fhir/ServiceRequest", order(**change))
    assert made.status_code == 201
    (received,) = await site.received()
    assert received.details["orders"] == "0"
    task = await site.client.get("/fhir/Task", params={"focus": f"ServiceRequest/{made.json()['id']}"})
    assert task.json()["total"] == 0


async def test_two_orders_of_different_things_may_share_a_number_and_one_thing_may_not(site: Served) -> None:
    first, second = order(), order(code={"coding": [{"code": "E0143"}]}, quantityQuantity={"value": 2})
    made = [await site.post("/fhir/ServiceRequest", one) for one in (first, second, second)]
    assert [reply.status_code for reply in made] == [201, 201, 201]
    assert made[0].headers["location"] != made[1].headers["location"] == made[2].headers["location"]
    assert len(await site.received()) == 2
    changed = await site.post("/fhir/ServiceRequest", order(patientInstruction="another"))
    assert changed.status_code == 409
    done = await site.post("/fhir/ServiceRequest", order(patientInstruction="another", status="completed"))
    assert done.status_code == 201


async def test_an_input_is_not_changed_by_taking_it(site: Served) -> None:
    made = bundle(TRUTH, "ServiceRequest")
    before = copy.deepcopy(made)
    await site.post("/fhir", made)
    assert made == before
