"""What a subscriber is sent: the Bundle and the status of the subscriptions backport (R4). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from connectors.fhir.subscriptions.reading import BACKPORT
from connectors.fhir.wording import instant
from schemas.subscription import PayloadContent, Subscription, SubscriptionNotice

STATUS_PROFILE = f"{BACKPORT}/backport-subscription-status-r4"
BUNDLE_PROFILE = f"{BACKPORT}/backport-subscription-notification-r4"
OPERATIONS = "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition"
MOST_EVENTS = 100


def served(subscription: Subscription, now: datetime) -> dict[str, Any]:
    """Return the Subscription as GET shows it."""
    meta = {**_mapping(subscription.resource.get("meta")), "versionId": str(subscription.revision)}
    meta["lastUpdated"] = instant(subscription.updated_at)
    shown: dict[str, Any] = {
        "resourceType": "Subscription",
        "id": subscription.subscription_id,
        **{k: v for k, v in subscription.resource.items() if k not in {"resourceType", "meta"}},
        "meta": meta,
        "status": subscription.state_at(now).value,
    }
    return shown | ({"error": subscription.error} if subscription.error else {})


def status(
    subscription: Subscription,
    kind: str,
    count: int,
    now: datetime,
    base: str,
    events: Sequence[SubscriptionNotice] = (),
) -> dict[str, Any]:
    """Return the SubscriptionStatus as Parameters."""
    said: list[dict[str, Any]] = [
        {"name": "subscription", "valueReference": {"reference": f"{base}/Subscription/{subscription.subscription_id}"}}
    ]
    if subscription.topic:
        said.append({"name": "topic", "valueCanonical": subscription.topic})
    said += [
        {"name": "status", "valueCode": subscription.state_at(now).value},
        {"name": "type", "valueCode": kind},
        {"name": "events-since-subscription-start", "valueString": str(count)},
    ]
    said += [_event(event, subscription.content, base) for event in events]
    if subscription.error:
        said.append({"name": "error", "valueCodeableConcept": {"text": subscription.error}})
    identity = uuid5(NAMESPACE_URL, f"urn:doorstep:status:{subscription.subscription_id}:{kind}:{count}")
    return {"resourceType": "Parameters", "id": str(identity), "meta": {"profile": [STATUS_PROFILE]}, "parameter": said}


def _event(event: SubscriptionNotice, content: PayloadContent, base: str) -> dict[str, Any]:
    told: list[dict[str, Any]] = [
        {"name": "event-number", "valueString": str(event.number)},
        {"name": "timestamp", "valueInstant": instant(event.happened_at)},
    ]
    if content is not PayloadContent.EMPTY and event.focus:
        told.append({"name": "focus", "valueReference": {"reference": f"{base}/{event.focus}"}})
    return {"name": "notification-event", "part": told}


def bundle(
    subscription: Subscription,
    said: dict[str, Any],
    base: str,
    now: datetime,
    resources: Mapping[str, dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return the notification; `resources` (focus -> resource) go along where the content is full-resource."""
    url = f"{base}/Subscription/{subscription.subscription_id}/$status"
    first = {
        "fullUrl": f"urn:uuid:{said['id']}",
        "resource": said,
        "request": {"method": "GET", "url": url},
        "response": {"status": "200"},
    }
    entries = [first] + [
        {
            "fullUrl": f"{base}/{focus}",
            "resource": resource,
            "request": {"method": "PUT", "url": focus},
            "response": {"status": "200"},
        }
        for focus, resource in (resources or {}).items()
    ]
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [BUNDLE_PROFILE], "lastUpdated": instant(now)},
        "type": "history",
        "timestamp": instant(now),
        "entry": entries,
    }


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
