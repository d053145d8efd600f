"""The Task of an order: found, read as the case moves on, and pushed to the partner."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.fhir import CONNECTOR, FhirSettings
from doorstep.connector import Delivery
from doorstep.errors import Refused, Unavailable
from schemas.case import CaseState
from schemas.fhir import validate
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.transmission import ReceiptState, ReplyTo
from tests.connectors.fhir.server import NOON, Served, partner, served
from tests.samples.make_fhir import bundle, contained
from tests.samples.people import order_truth

pytestmark = pytest.mark.asyncio(loop_scope="session")

TRUTH = order_truth(850)
CASES = iter(f"DS-{n:06d}-0" for n in range(1000))


async def opened(site: Served, state: CaseState, **changes: Any) -> str:
    case_id = next(CASES)
    await site.open_case(state, case_id=case_id, order_key=case_id, **changes)
    return case_id


async def search(site: Served, **asked: str) -> list[dict[str, Any]]:
    names = {name if name[0] == "_" else name.replace("_", "-"): value for name, value in asked.items()}
    found = (await site.client.get("/fhir/Task", params=names)).json()
    assert validate(found) == []
    assert found["total"] == len(found.get("entry", []))
    return [entry["resource"] for entry in found.get("entry", [])]


async def confirmation(site: Served, case_id: str | None, **changes: Any) -> Delivery:
    data = (await site.received())[-1]
    values: dict[str, Any] = {
        "confirmation_id": "c1",
        "kind": ConfirmationKind.ACKNOWLEDGED,
        "recipient": data.reply_to,
        "case_id": case_id,
        "document_id": data.document_id,
        "reference": "r",
    }
    return Delivery(ConfirmationRequested(**{**values, **changes}), attempt=1)


async def send(site: Served, delivery: Delivery, **settings: Any) -> Any:
    assert CONNECTOR.send is not None
    return await CONNECTOR.send(FhirSettings(**settings), site.hub, delivery)


async def test_an_order_has_a_task_before_it_has_a_case(site: Served) -> None:
    made = (await site.post("/fhir/ServiceRequest", contained(TRUTH, "ServiceRequest"))).json()
    (task,) = await search(site, focus=f"ServiceRequest/{made['id']}")
    assert (task["status"], task["focus"]["reference"]) == ("received", f"ServiceRequest/{made['id']}")
    assert validate(task) == []


async def test_the_task_follows_the_case_and_is_found_in_every_way(site: Served) -> None:
    made = (await site.post("/fhir/ServiceRequest", contained(TRUTH, "ServiceRequest"))).json()
    case_id = await opened(site, CaseState.SCHEDULED, scheduled_start=NOON, provider_name="Oxygen Co")
    reference = f"ServiceRequest/{made['id']}"
    (task,) = await search(site, focus=reference)
    assert task["businessStatus"]["coding"][0]["code"] == "scheduled"
    same = [
        await search(site, focus=made["id"]),
        await search(site, focus=f"{site.hub.base_url()}/fhir/{reference}"),
        await search(site, based_on=reference),
        await search(site, identifier=case_id),
        await search(site, identifier=f"urn:doorstep:case|{case_id}"),
        await search(site, focus=f"{reference},{reference}"),
        [(await site.client.get(f"/fhir/Task/{task['id']}")).json()],
    ]
    assert same == [[task]] * len(same)
    assert (await site.client.get(f"/fhir/Task/{task['id']}")).headers["etag"] == 'W/"1"'
    assert await search(site, focus="ServiceRequest/other") == []
    assert await search(site, identifier="DS-999999-9") == []


async def test_a_task_is_found_where_every_parameter_fits(site: Served) -> None:
    patient = (await site.post("/fhir/Patient", {"resourceType": "Patient", "name": [{"family": "Sought"}]})).json()
    order = contained(TRUTH, "ServiceRequest") | {"subject": {"reference": f"Patient/{patient['id']}"}}
    made = (await site.post("/fhir/ServiceRequest", order)).json()
    (task,) = await search(site, patient=patient["id"])
    assert task["focus"]["reference"] == f"ServiceRequest/{made['id']}"
    assert await search(site, patient=f"Patient/{patient['id']}", status="received,on-hold") == [task]
    assert await search(site, **{"focus:ServiceRequest": made["id"], "_id": task["id"]}) == [task]
    assert await search(site, patient=patient["id"], status="completed") == []
    assert await search(site, focus=made["id"], status="completed") == []
    assert await search(site, _id=task["id"], identifier="DS-999999-9") == []


@pytest.mark.parametrize(
    "more", ["foo=1", "status:above=received", "authored-on=ap2026", "_sort=owner", "owner:above=x", "code:in=x"]
)
async def test_a_filter_of_tasks_that_is_not_offered_is_refused_not_left_out(site: Served, more: str) -> None:
    assert (await site.client.get(f"/fhir/Task?_id=x&{more}")).status_code == 400


async def test_an_order_that_a_person_turned_down_has_a_rejected_task(site: Served) -> None:
    made = (await site.post("/fhir/ServiceRequest", contained(TRUTH, "ServiceRequest"))).json()
    document = (await site.received())[-1].document_id

    def turn_down(unit: Any) -> None:
        unit.settle_receipt(document, ReceiptState.REJECTED, reason="not for us")

    await site.journal.write(turn_down)
    (task,) = await search(site, focus=f"ServiceRequest/{made['id']}")
    assert (task["status"], task["statusReason"]["text"]) == ("rejected", "not for us")


async def test_a_task_that_came_with_the_order_is_the_orders_task(site: Served) -> None:
    reply = (await site.send_sample("transaction_task")).json()
    location = reply["entry"][-1]["response"]["location"]
    task_id = location.split("/Task/")[1].split("/")[0]
    await opened(site, CaseState.INCOMPLETE)
    task = (await site.client.get(f"/fhir/Task/{task_id}")).json()
    assert (task["id"], task["status"]) == (task_id, "on-hold")
    data = (await site.received())[-1]
    assert data.reply_to is not None
    assert data.reply_to.context["task"] == f"Task/{task_id}"


async def test_each_of_two_lines_leads_to_the_one_task(site: Served) -> None:
    reply = (await site.send_sample("transaction_two_lines")).json()
    refs = [e["response"]["location"].split("/fhir/")[1].split("/_")[0] for e in reply["entry"][:2]]
    (first,), (second,) = [await search(site, focus=reference) for reference in refs]
    assert first == second
    assert [r["reference"] for r in first["basedOn"]] == refs


async def test_of_two_orders_in_one_input_each_has_its_own_task(site: Served) -> None:
    made = bundle(order_truth(851), "ServiceRequest")
    made["entry"] += bundle(order_truth(852), "ServiceRequest")["entry"]
    reply = (await site.post("/fhir", made)).json()
    refs = [reply["entry"][n]["response"]["location"].split("/fhir/")[1].split("/_")[0] for n in (0, 7)]
    await opened(site, CaseState.COMPLETE)
    (first,), (second,) = [await search(site, focus=reference) for reference in refs]
    assert first["id"] != second["id"]
    assert (first["status"], second["status"]) == ("accepted", "received")


async def test_two_orders_of_different_patients_each_show_their_own_case(site: Served) -> None:
    made = bundle(order_truth(853), "ServiceRequest")
    made["entry"] += bundle(order_truth(854), "ServiceRequest")["entry"]
    patients = [entry["resource"] for entry in made["entry"] if entry["resource"]["resourceType"] == "Patient"]
    patients[1]["identifier"] = patients[0]["identifier"]
    reply = (await site.post("/fhir", made)).json()
    refs = [reply["entry"][n]["response"]["location"].split("/fhir/")[1].split("/_")[0] for n in (0, 7)]
    orders = await site.orders((await site.received())[-1])
    numbers = [await opened(site, CaseState.COMPLETE, order=order, identity_key=order.order_id) for order in orders]
    assert len(set(numbers)) == 2
    for reference, number in zip(refs, numbers, strict=True):
        (task,) = await search(site, focus=reference)
        assert [identifier["value"] for identifier in task["identifier"]] == [number]
        assert await search(site, identifier=number) == [task]


async def test_an_older_case_is_not_shown_for_the_other_order_of_an_input(site: Served) -> None:
    made = bundle(order_truth(855), "ServiceRequest")
    await site.post("/fhir", made)
    (earlier,) = await site.orders((await site.received())[-1])
    made["entry"] += bundle(order_truth(856), "ServiceRequest")["entry"]
    made["entry"][0]["resource"]["priority"] = "stat"
    made["entry"][0]["resource"]["identifier"] = [{"system": "urn:x", "value": "another"}]
    reply = (await site.post("/fhir", made)).json()
    await opened(site, CaseState.SCHEDULED, order=earlier, scheduled_start=NOON)
    (task,) = await search(site, focus=reply["entry"][7]["response"]["location"].split("/fhir/")[1].split("/_")[0])
    assert task["status"] == "received"
    assert "DS-" not in str(task)


async def test_without_a_push_address_the_task_is_there_to_be_read(site: Served) -> None:
    await site.post("/fhir/ServiceRequest", contained(TRUTH, "ServiceRequest"))
    case_id = await opened(site, CaseState.OPEN)
    sent = await send(site, await confirmation(site, case_id))
    assert sent.provider_status == "readable"
    assert (await site.client.get(f"/fhir/{sent.provider_id}")).status_code == 200


async def test_the_current_task_is_put_where_the_partner_wants_it(site: Served) -> None:
    await site.post("/fhir/ServiceRequest", contained(TRUTH, "ServiceRequest"))
    case_id = await opened(site, CaseState.SCHEDULED, scheduled_start=NOON)
    delivery = await confirmation(site, case_id)
    with partner() as there:
        assert CONNECTOR.destination is not None
        assert CONNECTOR.destination(FhirSettings(push_url=there.url), delivery.confirmation) == there.url
        sent = [await send(site, delivery, push_url=there.url + "/") for _ in range(2)]
        assert sent[0] == sent[1]
        assert sent[0].provider_status == "200"
        (path, task), again = there.tasks
    assert (path, task) == again
    assert path == f"/fhir/Task/{task['id']}"
    assert task == (await site.client.get(f"/fhir/Task/{task['id']}")).json()
    assert case_id in task["note"][0]["text"]


async def test_a_document_under_review_has_a_task_too(site: Served) -> None:
    await site.post("/fhir/ServiceRequest", contained(TRUTH, "ServiceRequest"))
    with partner() as there:
        await send(site, await confirmation(site, None, kind=ConfirmationKind.UNDER_REVIEW), push_url=there.url)
        ((_, task),) = there.tasks
    assert validate(task) == []
    assert task["status"] == "received"


@pytest.mark.parametrize(
    ("status", "headers", "error", "wait"),
    [
        (503, {"Retry-After": "9"}, Unavailable, 9),
        (429, {}, Unavailable, None),
        (408, {}, Unavailable, None),
        (500, {"Retry-After": "Mon, 01 Jan 2024 00:00:00 GMT"}, Unavailable, 0),
        (500, {"Retry-After": "soon"}, Unavailable, None),
        (400, {}, Refused, None),
        (404, {}, Refused, None),
        (302, {"Location": "http://127.0.0.1:9/"}, Refused, None),
    ],
)
async def test_a_partner_that_does_not_take_it(
    site: Served, status: int, headers: dict[str, str], error: type[Exception], wait: float | None
) -> None:
    await site.post("/fhir/ServiceRequest", contained(TRUTH, "ServiceRequest"))
    delivery = await confirmation(site, await opened(site, CaseState.OPEN))
    with partner() as there:
        there.replies.append((status, headers))
        with pytest.raises(error) as failed:
            await send(site, delivery, push_url=there.url)
        assert len(there.tasks) == 1
    assert getattr(failed.value, "retry_after", None) == wait


async def test_a_partner_that_is_away_is_tried_later(site: Served) -> None:
    await site.post("/fhir/ServiceRequest", contained(TRUTH, "ServiceRequest"))
    delivery = await confirmation(site, await opened(site, CaseState.OPEN))
    with partner() as there:
        url = there.url
    with pytest.raises(Unavailable):
        await send(site, delivery, push_url=url)


async def test_what_fhir_cannot_say_is_refused(site: Served) -> None:
    await site.post("/fhir/ServiceRequest", contained(TRUTH, "ServiceRequest"))
    with pytest.raises(Refused):
        await send(site, await confirmation(site, None, kind=ConfirmationKind.OFFER))
    with pytest.raises(Refused):
        await send(site, await confirmation(site, "DS-404404-0", recipient=ReplyTo(channel="fhir", address="default")))


async def test_each_partner_has_its_own_queue_and_a_wrong_address_is_told_at_start() -> None:
    settings = FhirSettings(push_url="http://a.example/fhir", partners={"b": "https://b.example/r4/", "c": ""})
    assert [settings.push_base(name) for name in ("default", "b", "c")] == [
        "http://a.example/fhir",
        "https://b.example/r4",
        "",
    ]
    with pytest.raises(ValueError, match="push_url"):
        FhirSettings(push_url="ftp://a.example")


async def test_a_partner_is_told_in_the_words_of_its_guide(site: Served, tmp_path: Any) -> None:
    settings = {"partners": {"clinic": ""}, "task_profiles": {"clinic": "bser"}}
    async with served(tmp_path, **settings) as hub:
        await hub.post("/fhir/ServiceRequest", contained(TRUTH, "ServiceRequest"), **{"X-Doorstep-Partner": "clinic"})
        kept = await hub.hub.resources_of((await hub.received())[0].document_id)
        (identity,) = [one.resource_id for one in kept if one.resource_type == "Doorstep.Task"]
        task = (await hub.client.get(f"/fhir/Task/{identity}")).json()
        assert validate(task) == []
        assert task["status"] == "requested"
        codes = [(coding["system"], coding["code"]) for coding in task["businessStatus"]["coding"]]
        assert codes == [
            ("http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS", "2.0"),
            ("urn:doorstep:business-status", "referral-received"),
        ]
        await opened(hub, CaseState.SCHEDULED, scheduled_start=NOON)
        task = (await hub.client.get(f"/fhir/Task/{identity}")).json()
        assert (task["status"], task["businessStatus"]["coding"][0]["code"]) == ("in-progress", "5.1.1")
        pushed = await send(hub, await confirmation(hub, None))
        assert pushed.provider_id == f"Task/{identity}"
