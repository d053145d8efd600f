"""A changed Patient as the handlers hear of it: only the requests that name it, and what it says of itself."""

from __future__ import annotations

import json
from typing import Any

from doorstep.handler import SUBSCRIPTIONS
from handlers.record import is_record, record
from schemas.event import Event
from schemas.patient import NoticeKind
from schemas.transmission import TransmissionReceived
from tests.factories import NOW
from tests.handlers.memory import MemoryUnit
from tests.handlers.pages import HandTools

PATIENT = {"resourceType": "Patient", "id": "p1", "telecom": [{"system": "phone", "value": "9375550188"}]}
REQUEST = {"resourceType": "ServiceRequest", "id": "r1", "subject": {"reference": "Patient/p1"}}
FORMULA = {"resourceType": "NutritionOrder", "id": "n1", "patient": {"reference": "Patient/p1"}}
OTHER = {"resourceType": "DeviceRequest", "id": "d1", "subject": {"reference": "Patient/p2"}}


def received(*resources: dict[str, Any], **details: str) -> tuple[TransmissionReceived, HandTools]:
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources]}
    tools = HandTools(b"{}", json.dumps(bundle).encode())
    data = TransmissionReceived(
        document_id="d1", channel="fhir", received_at=NOW, contents=tuple(tools.refs), sender="north", details=details
    )
    return data, tools


async def told(*resources: dict[str, Any]) -> list[Any]:
    data, tools = received(*resources, orders="0", patients="1")
    event = Event(id="e1", source="test", time=NOW, data=data)
    subscription = next(s for s in SUBSCRIPTIONS if s.handle is record)
    assert subscription.prepare is not None
    return list(record(event, MemoryUnit(), await subscription.prepare(event, tools)))


async def test_a_changed_patient_is_told_with_the_requests_that_name_it() -> None:
    (notice,) = await told(PATIENT, REQUEST, FORMULA, OTHER)
    assert notice.kind is NoticeKind.DEMOGRAPHICS
    assert notice.requests == ("ServiceRequest/r1", "NutritionOrder/n1")
    assert notice.reply_to.address == "north"
    assert (notice.told.member.phone, notice.told.contact_phone) == ("9375550188", "9375550188")


async def test_a_patient_that_no_request_names_is_told_to_nobody() -> None:
    assert await told(PATIENT, OTHER) == []


def test_only_an_input_that_changed_a_patient_of_orders_comes_here() -> None:
    assert is_record(received(PATIENT, patients="1")[0])
    assert not is_record(received(PATIENT, orders="0")[0])
