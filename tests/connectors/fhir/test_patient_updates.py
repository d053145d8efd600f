"""A Patient that its sender changes here reaches the cases of its orders, as an ADT would."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from schemas.document import ReviewRequested
from schemas.transmission import ReceiptState
from tests.connectors.fhir.working import Working, working
from tests.samples.make_fhir import bundle, contained
from tests.samples.people import order_truth

pytestmark = pytest.mark.asyncio(loop_scope="session")

PARTNERS = {"north": "", "south": ""}
PATCH = {"Content-Type": "application/json-patch+json"}


@pytest_asyncio.fixture(loop_scope="session")
async def house(tmp_path: Path) -> AsyncIterator[Working]:
    async with working(tmp_path, partners=PARTNERS) as found:
        yield found


async def ordered(house: Working, partner: str = "north") -> dict[str, Any]:
    """Send an order with its Patient, let it open its case, and return the Patient as it is here."""
    sent = bundle(order_truth(823), "DeviceRequest")
    reply = (await house.post("/fhir", sent, **{"X-Doorstep-Partner": partner})).json()
    await house.rest()
    (location,) = [e["response"]["location"] for e in reply["entry"] if "/Patient/" in e["response"]["location"]]
    found: dict[str, Any] = await house.get(location)
    return found


async def put(house: Working, patient: dict[str, Any], partner: str = "north") -> int:
    address, who = f"/fhir/Patient/{patient['id']}", {"X-Doorstep-Partner": partner}
    reply = await house.client.put(address, json=patient, headers={"Content-Type": "application/fhir+json", **who})
    await house.rest()
    return reply.status_code


async def reviews(house: Working) -> list[ReviewRequested]:
    return await house.journal.read(lambda reader: reader.reviews())


async def test_a_new_telephone_reaches_the_case_once(house: Working) -> None:
    patient = await ordered(house)
    case = await house.case()
    later = copy.deepcopy(patient) | {"telecom": [{"system": "phone", "value": "937-555-0188"}]}
    assert await put(house, later) == 200
    changed = await house.case()
    assert changed.order.member.phone == "9375550188"
    assert changed.order.member.name == case.order.member.name
    receipt = (await house.hub.find(document_id=(await house.received())[-1].document_id))[0]
    assert (receipt.state, receipt.case_id) == (ReceiptState.ACCEPTED, case.case_id)
    await put(house, later)
    assert (await house.case()).revision == changed.revision
    address = [{"op": "replace", "path": "/telecom/0/value", "value": "937-555-0177"}]
    who = {"X-Doorstep-Partner": "north", **PATCH}
    assert (await house.client.patch(f"/fhir/Patient/{patient['id']}", json=address, headers=who)).status_code == 200
    await house.rest()
    assert (await house.case()).order.member.phone == "9375550177"


@pytest.mark.parametrize("change", [{"birthDate": "1950-01-02"}, {"name": [{"family": "Other", "given": ["Ann"]}]}])
async def test_who_the_patient_is_changes_only_by_a_person(house: Working, change: dict[str, Any]) -> None:
    patient = await ordered(house)
    before = await house.case()
    assert await put(house, {**patient, **change}) == 200
    assert (await house.case()).order == before.order
    asked = [one for one in await reviews(house) if "who the patient is" in one.reason]
    assert [one.case_id for one in asked] == [before.case_id]


async def test_another_senders_patient_of_the_same_name_changes_nothing_of_it(house: Working) -> None:
    await ordered(house)
    before = await house.case()
    person = bundle(order_truth(823), "DeviceRequest")["entry"][1]["resource"]
    assert person["resourceType"] == "Patient"
    reply = await house.post("/fhir/Patient", person, **{"X-Doorstep-Partner": "south"})
    stranger = reply.json() | {"telecom": [{"system": "phone", "value": "937-555-0188"}]}
    assert await put(house, stranger, "south") == 200
    assert await house.case() == before
    assert not [one for one in await reviews(house) if one.stage.startswith("patient")]


async def test_a_patient_that_comes_changed_beside_a_new_order_reaches_the_other_orders_too(house: Working) -> None:
    """The order goes its own way; the earlier ones hear of the Patient as if it had come alone, and once."""
    patient = await ordered(house)
    first = await house.case()
    later = copy.deepcopy(patient) | {"telecom": [{"system": "phone", "value": "937-555-0188"}]}
    another = contained(order_truth(824), "ServiceRequest") | {"subject": {"reference": f"Patient/{patient['id']}"}}
    entries = [
        {"resource": another, "request": {"method": "POST", "url": "ServiceRequest"}},
        {"resource": later, "request": {"method": "PUT", "url": f"Patient/{patient['id']}"}},
    ]
    both = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    for _ in range(2):
        assert (await house.post("/fhir", both, **{"X-Doorstep-Partner": "north"})).status_code == 200
        await house.rest()
    told = [data for data in await house.received() if "patients" in data.details]
    assert len(told) == 1
    known = next(case for case in await house.cases() if case.case_id == first.case_id)
    assert (known.order.member.phone, known.document_ids[1:]) == ("9375550188", (told[0].document_id,))
    receipt = (await house.hub.find(document_id=told[0].document_id))[0]
    assert (receipt.state, receipt.case_id) == (ReceiptState.ACCEPTED, first.case_id)
