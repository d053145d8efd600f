"""What an order lacks, asked as a Questionnaire and answered by a QuestionnaireResponse, all over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from schemas.case import CaseState
from schemas.fhir import validate
from schemas.fields import fields_of
from tests.connectors.fhir.server import Served
from tests.connectors.fhir.working import Working, working
from tests.samples.make_fhir import contained
from tests.samples.people import order_truth

pytestmark = pytest.mark.asyncio(loop_scope="session")

TRUTH = order_truth(824)


@pytest_asyncio.fixture(loop_scope="session")
async def house(tmp_path: Path) -> AsyncIterator[Working]:
    async with working(tmp_path) as found:
        yield found


async def incomplete(house: Working) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Send an order without day, diagnosis and NPI; return it, its Task, and what is asked."""
    sent = contained(TRUTH, "DeviceRequest")
    for name in ("occurrencePeriod", "occurrenceDateTime", "occurrenceTiming", "reasonCode", "reasonReference"):
        sent.pop(name, None)
    sent["contained"] = [r for r in sent["contained"] if r["resourceType"] != "Condition"]
    for one in sent["contained"]:
        if one["resourceType"] == "Practitioner":
            one.pop("identifier", None)
    reply = await house.post("/fhir/DeviceRequest", sent)
    assert reply.status_code == 201
    await house.rest()
    task = await house.task()
    address = next(o["valueCanonical"] for o in task["output"] if "valueCanonical" in o)
    return reply.json(), task, await house.get(address)


def response(asked: dict[str, Any], answers: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": asked["url"],
        "status": "completed",
        "item": [{"linkId": name, "answer": given} for name, given in answers.items()],
        **changes,
    }


ANSWERS = {
    "service_start": [{"valueDate": "2026-12-02"}],
    "icd10": [{"valueCoding": {"code": "J44.9"}}, {"valueString": " j96.11"}],
    "clinician_npi": [{"valueString": "1234567893"}],
}


async def test_what_is_asked_is_a_questionnaire_with_the_rules_own_names(house: Working) -> None:
    _, task, asked = await incomplete(house)
    assert (task["status"], task["businessStatus"]["coding"][0]["code"]) == ("on-hold", "information-needed")
    assert validate(task) == validate(asked) == []
    items = {item["linkId"]: item for item in asked["item"]}
    assert set(items) == {"service_start", "icd10", "clinician_npi"}
    assert items["service_start"]["type"] == "date"
    assert items["icd10"]["repeats"] is True
    assert all(item["required"] and item["code"][0]["code"] == name for name, item in items.items())
    assert asked["url"].endswith(f"/Questionnaire/{task['id']}")


async def test_the_answers_complete_the_case_and_then_nothing_is_asked(house: Working) -> None:
    _, task, asked = await incomplete(house)
    reply = await house.post("/fhir/QuestionnaireResponse", response(asked, ANSWERS))
    assert reply.status_code == 201
    await house.rest()
    case = await house.case()
    assert case.state not in {CaseState.INCOMPLETE, CaseState.OPEN}
    said = fields_of(case.order)
    assert (said["service_start"], said["icd10"], said["clinician_npi"]) == (
        "2026-12-02", ["J44.9", "J96.11"], "1234567893",
    )  # fmt: skip
    later = await house.get(f"/fhir/Task/{task['id']}")
    assert later["status"] in {"accepted", "in-progress"}
    assert (await house.client.get(asked["url"])).status_code == 404
    again = await house.post("/fhir/QuestionnaireResponse", response(asked, ANSWERS))
    assert again.json()["id"] == reply.json()["id"]


async def test_a_part_of_the_answers_leaves_the_rest_asked(house: Working) -> None:
    order, _, _ = await incomplete(house)
    some = {"icd10": ANSWERS["icd10"], "clinician_npi": [{"valueString": "1234567890"}]}
    sent = response({"url": "urn:other"}, some, basedOn=[{"reference": f"DeviceRequest/{order['id']}"}])
    await house.post("/fhir/QuestionnaireResponse", sent)
    await house.rest()
    case = await house.case()
    assert case.state is CaseState.INCOMPLETE
    assert {e.element_id for e in case.unmet} == {"service_start", "clinician_npi"}, "a wrong NPI is no NPI"


async def test_a_draft_and_a_response_to_another_form_are_only_kept(house: Working) -> None:
    _, _, asked = await incomplete(house)
    for sent in (response(asked, ANSWERS, status="in-progress"), response({"url": "urn:x"}, ANSWERS)):
        assert (await house.post("/fhir/QuestionnaireResponse", sent)).status_code == 201
    await house.rest()
    assert (await house.case()).state is CaseState.INCOMPLETE
    assert (await house.get("/fhir/QuestionnaireResponse"))["total"] == 2


async def test_every_kind_of_order_has_its_list(site: Served) -> None:
    for kind in ("dme", "home-health", "infusion", "unknown"):
        asked = (await site.client.get(f"/fhir/Questionnaire/{kind}")).json()
        assert validate(asked) == []
        names = {item["linkId"]: item for item in asked["item"]}
        assert {"member_name", "ship_address", "order_lines"} <= set(names)
        assert [o["valueCoding"]["code"] for o in names["access_barriers"]["answerOption"]] == [
            "stairs", "gated", "elevator",
        ]  # fmt: skip
    assert (await site.client.get("/fhir/Questionnaire/none")).status_code == 404
