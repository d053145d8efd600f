"""Which subscriptions an event concerns: what it changed, held against the wishes of the same tenant only."""

from __future__ import annotations

from typing import Any

from connectors.fhir.settings import FhirSettings
from connectors.fhir.subscriptions.criteria import REQUESTS, TOPICS, fits
from connectors.fhir.tasks import current_task, spoken
from doorstep.connector import Hub, Match
from schemas.case import CaseStateChanged
from schemas.document import ReviewDecided
from schemas.event import Event
from schemas.fhir.following import TASK_TYPE
from schemas.fhir.task import BUSINESS_STATUS, STATUS_SYSTEM, TASK_STATUS
from schemas.held import OrderWithdrawn
from schemas.subscription import Subscription
from schemas.transmission import TransmissionReceived

WATCHES = (
    (CaseStateChanged, None),
    (ReviewDecided, None),
    (OrderWithdrawn, None),
    (TransmissionReceived, lambda data: data.channel == "fhir"),
)
Changed = tuple[str, dict[str, Any]]
"""(tenant, resource as it stood)"""


async def watch(settings: FhirSettings, hub: Hub, event: Event[Any]) -> list[Match]:
    """Return a match for each subscription and each resource of the event that fits it."""
    del settings
    known = [one for one in await hub.subscriptions(serving=True) if one.serving(event.time)]
    if not known:
        return []
    changed = await _changed(hub, event)
    return [
        Match(subscription, f"{resource['resourceType']}/{resource['id']}")
        for tenant, resource in changed
        for subscription in known
        if subscription.tenant == tenant and wanted(subscription, resource)
    ]


def wanted(subscription: Subscription, resource: dict[str, Any]) -> bool:
    kinds = TOPICS.get(subscription.topic or "", ())
    if kinds and resource["resourceType"] not in kinds:
        return False
    return any(fits(text, resource) for text in subscription.criteria)


async def _changed(hub: Hub, event: Event[Any]) -> list[Changed]:
    data = event.data
    if isinstance(data, TransmissionReceived):
        return await _received(hub, data.document_id)
    if isinstance(data, CaseStateChanged):
        return await _moved(hub, data)
    if isinstance(data, ReviewDecided):
        refused = data.decision == "reject" and data.case_id is None
        return await _tasks(hub, data.document_id, "rejected", "refused") if refused else []
    if isinstance(data, OrderWithdrawn):
        return await _tasks(hub, data.document_id, "cancelled", "cancelled")
    return []


async def _received(hub: Hub, document_id: str) -> list[Changed]:
    """Return the orders of an input, and their Tasks: received, whatever has become of them since."""
    tenant = await hub.tenant_of(document_id) or ""
    kept = await hub.resources_of(document_id)
    orders = [(tenant, {**one.body}) for one in kept if one.resource_type in REQUESTS]
    tasks = await _tasks(hub, document_id, "received", "referral-received")
    return [*orders, *tasks]


async def _moved(hub: Hub, data: CaseStateChanged) -> list[Changed]:
    """Return the Tasks of a case as they stood when it moved: later moves have events of their own."""
    case = await hub.case(data.case_id)
    found: dict[str, Changed] = {}
    for document_id in case.document_ids if case else ():
        status, business = TASK_STATUS[data.to_state], BUSINESS_STATUS[data.to_state]
        for tenant, task in await _tasks(hub, document_id, status, business):
            if any(one.get("value") == data.case_id for one in task["identifier"]):
                found[task["id"]] = (tenant, task)
    return list(found.values())


async def _tasks(hub: Hub, document_id: str, status: str, business: str) -> list[Changed]:
    """Return the Tasks of an input as they stood with this status, in their partner's words."""
    tenant = await hub.tenant_of(document_id) or ""
    found = []
    for one in await hub.resources_of(document_id):
        task = await current_task(hub, one.resource_id) if one.resource_type == TASK_TYPE else None
        if task is not None:
            told = {"status": status, "businessStatus": {"coding": [{"system": STATUS_SYSTEM, "code": business}]}}
            found.append((tenant, spoken({**task, **told}, dict(one.body))))
    return found
