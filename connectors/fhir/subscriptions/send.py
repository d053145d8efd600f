"""Tells one subscriber one thing: a handshake, a heartbeat or a numbered event."""

from __future__ import annotations

from typing import Any

from connectors.fhir.settings import FhirSettings
from connectors.fhir.subscriptions.endpoints import endpoint, post
from connectors.fhir.subscriptions.notification import bundle, status
from connectors.fhir.tasks import current_task
from connectors.fhir.wire import MEDIA_TYPE
from doorstep import clock
from doorstep.connector import Hub, Notice
from schemas.fhir import dumps
from schemas.subscription import NoticeKind, PayloadContent


async def notify(settings: FhirSettings, hub: Hub, notice: Notice) -> None:
    """Send a notice; returns when the subscriber has answered 2xx. Its number is the same at every try."""
    subscription = notice.subscription
    to = endpoint(settings, subscription.endpoint, subscription.tenant, open_house=not hub.access().required)
    headers = dict(_pair(line) for line in await hub.subscription_headers(subscription.subscription_id))
    body = b""
    if subscription.content is not PayloadContent.PING:
        body = dumps(await _bundle(hub, notice))
        headers |= {"Content-Type": MEDIA_TYPE}
    timeout = min(subscription.timeout or settings.notice_timeout, settings.notice_timeout)
    await post(settings, to, "POST", body, headers, timeout)


async def _bundle(hub: Hub, notice: Notice) -> dict[str, Any]:
    subscription, data = notice.subscription, notice.data
    base = f"{hub.base_url().rstrip('/')}/fhir"
    now = clock.now()
    is_event = data.kind is NoticeKind.EVENT
    count = data.number if is_event else (await hub.notices(subscription.subscription_id, 1, 0))[0]
    said = status(subscription, data.kind.value, count, now, base, (data,) if is_event else ())
    whole = {}
    if is_event and data.focus and subscription.content is PayloadContent.FULL_RESOURCE:
        resource = await resource_of(hub, data.focus)
        whole = {data.focus: resource} if resource is not None else {}
    return bundle(subscription, said, base, now, whole)


async def resource_of(hub: Hub, focus: str) -> dict[str, Any] | None:
    """Return what a notification is about, as it stands now."""
    kind, _, identity = focus.partition("/")
    return await current_task(hub, identity) if kind == "Task" else await hub.resource(kind, identity)


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip(), value.strip()
