"""The way out: the current Task of a case PUT to the partner, or left for the partner to read."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from connectors.fhir.settings import FhirSettings
from connectors.fhir.tasks import current_task, spoken, task_of_request
from connectors.fhir.wire import MEDIA_TYPE
from doorstep import clock
from doorstep.connector import Delivery, Hub, Sent
from doorstep.errors import Refused, Unavailable
from doorstep.trust import authorities
from schemas.fhir import dumps, pending_task, task_of
from schemas.fhir.following import TASK_TYPE
from schemas.fhir.unmapped import FOCUS
from schemas.outbound import TO_PROVIDERS, ConfirmationRequested

TRY_LATER = frozenset({408, 425, 429})


def destination(settings: FhirSettings, confirmation: ConfirmationRequested) -> str:
    """Return the queue of a confirmation: the partner's FHIR base, or one for all who read for themselves."""
    return settings.push_base(confirmation.recipient.address) or "readable"


async def send(settings: FhirSettings, hub: Hub, delivery: Delivery) -> Sent:
    """PUT the Task as it stands now (again and again has one effect); without a push_url it is there to be read."""
    confirmation = delivery.confirmation
    if confirmation.kind in TO_PROVIDERS:
        raise Refused("fhir-no-offers", "offers are not sent by FHIR")
    task = await _task(hub, confirmation)
    base = settings.push_base(confirmation.recipient.address)
    if not base:
        return Sent(provider_status="readable", provider_id=f"Task/{task['id']}")
    status = await _put(f"{base}/Task/{task['id']}", task, settings.push_timeout)
    return Sent(provider_status=str(status), provider_id=f"Task/{task['id']}")


async def _task(hub: Hub, confirmation: ConfirmationRequested) -> dict[str, Any]:
    context = confirmation.recipient.context
    case = await hub.case(confirmation.case_id) if confirmation.case_id else None
    if case is not None:
        focus = case.order.unmapped.get(FOCUS) if case.order.channel == "fhir" else None
        shown = await task_of_request(hub, focus) if focus else None
        told = context.get("task", "").removeprefix("Task/")
        identifier = str(shown["id"]) if shown else told or None
        base = f"{hub.base_url().rstrip('/')}/fhir"
        facts = await hub.resource(TASK_TYPE, identifier) if identifier else None
        return spoken(task_of(case, identifier=identifier, focus=focus or context.get("focus"), base=base), facts)
    if confirmation.case_id is None and context.get("task"):
        identifier = context["task"].removeprefix("Task/")
        return await current_task(hub, identifier) or pending_task(
            identifier=identifier,
            focus=context.get("focus", ""),
            document_id=confirmation.document_id,
            received_at=clock.now(),
        )
    raise Refused("fhir-no-task", "there is no order of this sender to report on", detail=confirmation.confirmation_id)


async def _put(url: str, task: dict[str, Any], timeout: float) -> int:
    headers = {"Content-Type": MEDIA_TYPE, "Accept": MEDIA_TYPE}
    try:
        async with httpx.AsyncClient(
            timeout=timeout, follow_redirects=False, trust_env=False, verify=authorities()
        ) as client:
            reply = await client.put(url, content=dumps(task), headers=headers)
    except httpx.TransportError as broken:
        raise Unavailable("fhir-push", "the partner could not be reached", detail=type(broken).__name__) from broken
    if reply.is_success:
        return reply.status_code
    if reply.status_code in TRY_LATER or reply.status_code >= 500:
        wait = _retry_after(reply.headers.get("retry-after", ""))
        raise Unavailable("fhir-push", f"the partner answered {reply.status_code}", retry_after=wait)
    raise Refused("fhir-push", f"the partner answered {reply.status_code}")


def _retry_after(text: str) -> float | None:
    """Return the seconds of a Retry-After header in either of its forms, at most an hour."""
    if text.strip().isdigit():
        return float(min(int(text.strip()[:9]), 3600))
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    wait: float = (when - clock.now()).total_seconds()
    return min(max(wait, 0.0), 3600.0)
