"""A provider sees its own offers as Tasks and answers by updating them; nothing of a person before it has the order."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from doorstep.access.keys import hashed
from schemas.case import Case, CaseState, Offer, OfferState
from schemas.transmission import TransmissionReceived
from tests.doorstep.access.house import NORTH_KEY, OPERATOR_KEY, House, house, settings_of
from tests.factories import case as case_of

pytestmark = pytest.mark.asyncio(loop_scope="session")
MINE, OTHER, KEY = "1285894246", "1806453167", "dsk_provider"
UNKNOWN = {"coding": [{"code": "x"}]}
SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    supplier = {"keys": [hashed(KEY)], "provider": MINE}
    settings = settings_of(tmp_path_factory.mktemp("providers"), supplier=supplier)
    quick = settings.model_copy(update={"connectors": {"fhir": {"answer_wait": 0}}})
    async with house(quick) as found:
        found.app.state.number = 0
        yield found


async def offered(
    hub: House,
    state: OfferState = OfferState.SENT,
    *,
    npi: str = MINE,
    now: CaseState = CaseState.DISPATCHING,
    **of: Any,
) -> tuple[Offer, Case]:
    hub.app.state.number += 1
    n = hub.app.state.number
    held = {"provider_npi": npi, "scheduled_start": SOON} if now is not CaseState.DISPATCHING else {}
    case = case_of(state=now, case_id=f"DS-{n:06d}-0", order_key=f"o{n}", **held)
    offer = Offer(
        offer_id=f"offer-{n}", case_id=case.case_id, npi=npi, provider_name="A Supplier", wave=1, state=state,
        sent_at=datetime.now(UTC), respond_by=SOON, **of,
    )  # fmt: skip

    def keep(unit: Any) -> None:
        unit.save_case(case)
        unit.save_offer(offer)

    await hub.journal.write(keep)
    return offer, case


async def put(hub: House, offer: Offer, key: str = KEY, tag: str = "", **changes: Any) -> Any:
    task = {"resourceType": "Task", "id": offer.offer_id, "intent": "order", **changes}
    return await hub.ask("PUT", f"/fhir/Task/{offer.offer_id}", key, task, **({"If-Match": tag} if tag else {}))


async def said(hub: House) -> dict[str, Any]:
    events = await hub.journal.read(lambda reader: reader.events_after(0, topics=[TransmissionReceived.topic]))
    found: dict[str, Any] = json.loads(await hub.hub.content(events[-1].data.contents[0]))
    return found


def output(code: str, value: str, kind: str = "valueString") -> dict[str, Any]:
    return {"type": {"coding": [{"code": code}]}, kind: value}


async def test_an_offer_names_no_person_and_another_providers_is_not_there(hub: House) -> None:
    offer, case = await offered(hub)
    other, _ = await offered(hub, npi=OTHER)
    answer = await hub.ask("GET", f"/fhir/Task/{offer.offer_id}", KEY)
    task = answer.json()
    assert (task["status"], task["intent"]) == ("requested", "proposal")
    assert answer.headers["etag"] == f'W/"{task["meta"]["versionId"]}"'
    assert "contained" not in task
    assert case.order.member.name is not None
    assert str(case.order.member.name.family) not in answer.text
    missing = await hub.ask("GET", f"/fhir/Task/{other.offer_id}", KEY)
    assert (missing.status_code, missing.json()["resourceType"]) == (404, "OperationOutcome")
    listed = (await hub.ask("GET", "/fhir/Task?status=requested", KEY)).json()
    assert offer.offer_id in {e["resource"]["id"] for e in listed["entry"]}
    assert other.offer_id not in json.dumps(listed)
    assert (await hub.ask("GET", f"/fhir/Task/{offer.offer_id}", NORTH_KEY)).status_code == 404
    assert (await put(hub, other, status="accepted")).status_code == 404


async def test_a_provider_comes_to_its_tasks_only(hub: House) -> None:
    for path in ("/fhir/Patient", "/fhir/ServiceRequest/x", "/api/cases", "/api/receipts", "/", "/fhir/Taskforce"):
        assert (await hub.ask("GET", path, KEY)).status_code == 403, path
    assert (await hub.ask("POST", "/fhir", KEY, {"resourceType": "Bundle", "type": "batch"})).status_code == 403
    assert (await hub.ask("POST", "/fhir/Task", KEY, {"resourceType": "Task"})).status_code == 403
    assert (await hub.ask("GET", "/api/network/providers", KEY)).status_code == 403
    assert (await hub.ask("GET", "/api/network/providers", OPERATOR_KEY)).status_code != 403


async def test_an_acceptance_is_kept_with_its_start_and_a_decline_with_its_reason(hub: House) -> None:
    offer, _ = await offered(hub)
    answer = await put(hub, offer, status="accepted", executionPeriod={"start": SOON.isoformat()})
    assert answer.status_code == 202, answer.text
    kept = await said(hub)
    assert (kept["offer_id"], kept["answer"], kept["start"]) == (offer.offer_id, "accept", SOON.isoformat())
    why = {"coding": [{"system": "urn:doorstep:reason", "code": "no-capacity"}], "text": "no van"}
    offer, _ = await offered(hub)
    assert (await put(hub, offer, status="rejected", statusReason=why)).status_code == 202
    kept = await said(hub)
    assert (kept["answer"], kept["code"], kept["reason"]) == ("decline", "no-capacity", "no van")


async def test_who_has_the_order_sees_the_member_and_reports_what_became_of_it(hub: House) -> None:
    offer, _ = await offered(hub, OfferState.ACCEPTED, now=CaseState.SCHEDULED, proposed_start=SOON)
    task = (await hub.ask("GET", f"/fhir/Task/{offer.offer_id}", KEY)).json()
    assert (task["status"], task["businessStatus"]["coding"][0]["code"]) == ("accepted", "scheduled")
    patient = next(one for one in task["contained"] if one["resourceType"] == "Patient")
    assert task["for"] == {"reference": f"#{patient['id']}"}
    assert "urn:uuid" not in json.dumps(task["contained"])
    assert "Condition" not in json.dumps(task), "who brings an item is not told why"
    assert (await put(hub, offer, status="accepted", executionPeriod=task["executionPeriod"])).status_code == 200
    moved = await put(hub, offer, status="accepted", executionPeriod={"start": (SOON + timedelta(days=1)).isoformat()})
    assert (moved.status_code, (await said(hub))["answer"]) == (202, "reschedule")
    missed = {"coding": [{"code": "missed"}]}
    again = await put(hub, offer, status="on-hold", businessStatus=missed, executionPeriod=task["executionPeriod"])
    assert again.status_code == 202, again.text
    assert ((await said(hub))["answer"], (await said(hub))["start"]) == ("missed", None)
    assert (await put(hub, offer, status="failed")).status_code == 202
    assert (await said(hub))["answer"] == "withdraw"
    done = [
        output("completed-at", datetime.now(UTC).isoformat(), "valueDateTime"),
        *(output("signed-by", "Pat Doe"), output("serial", "S-1"), output("serial", "S-2")),
        {"type": {"text": "slip"}, "valueAttachment": {"data": base64.b64encode(b"%PDF-1.4\n%%EOF").decode()}},
    ]
    assert (await put(hub, offer, status="completed", output=done)).status_code == 202
    proof = (await said(hub))["proof"]
    assert (proof["signed_by"], proof["serials"]) == ("Pat Doe", ["S-1", "S-2"])


@pytest.mark.parametrize(
    ("state", "now", "changes", "status"),
    [
        (OfferState.SENT, CaseState.DISPATCHING, {"status": "accepted"}, 422),
        (OfferState.SENT, CaseState.DISPATCHING, {"status": "completed"}, 422),
        (OfferState.SENT, CaseState.DISPATCHING, {"status": "wild"}, 422),
        (
            OfferState.SENT,
            CaseState.DISPATCHING,
            {"status": "rejected", "statusReason": UNKNOWN},
            422,
        ),
        (OfferState.RECALLED, CaseState.DISPATCHING, {"status": "accepted"}, 409),
        (OfferState.EXPIRED, CaseState.DISPATCHING, {"status": "accepted"}, 409),
        (OfferState.ACCEPTED, CaseState.SCHEDULED, {"status": "in-progress"}, 422),
        (OfferState.ACCEPTED, CaseState.SCHEDULED, {"status": "completed"}, 422),
        (OfferState.ACCEPTED, CaseState.CANCELLED, {"status": "completed"}, 409),
    ],
)
async def test_what_a_provider_may_not_say_is_refused_with_an_outcome(
    hub: House, state: OfferState, now: CaseState, changes: dict[str, Any], status: int
) -> None:
    offer, _ = await offered(hub, state, now=now)
    answer = await put(hub, offer, **changes)
    assert (answer.status_code, answer.json()["resourceType"]) == (status, "OperationOutcome"), answer.text


async def test_an_update_of_another_version_is_refused(hub: House) -> None:
    offer, case = await offered(hub)
    stale = await put(hub, offer, tag='W/"9-sent"', status="rejected")
    assert (stale.status_code, stale.json()["resourceType"]) == (412, "OperationOutcome")
    fresh = await put(hub, offer, tag=f'W/"{case.revision}-sent"', status="rejected")
    assert fresh.status_code == 202
    assert (await said(hub))["if_revision"] == case.revision


async def test_an_order_that_was_withdrawn_from_its_provider_says_so_and_shows_no_member_any_more(hub: House) -> None:
    offer, _ = await offered(hub, OfferState.RECALLED, now=CaseState.CANCELLED, proposed_start=SOON)
    task = (await hub.ask("GET", f"/fhir/Task/{offer.offer_id}", KEY)).json()
    assert (task["status"], task["businessStatus"]["coding"][0]["code"]) == ("cancelled", "recalled")
    assert "do not carry it out" in task["statusReason"]["text"]
    assert "contained" not in task
