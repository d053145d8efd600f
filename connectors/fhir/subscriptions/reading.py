"""A FHIR R4 Subscription as sent -> what the hub keeps of it; refused where it asks what is not done."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from connectors.fhir.subscriptions.criteria import TOPICS, parse
from connectors.fhir.subscriptions.endpoints import NotAllowed, endpoint
from connectors.fhir.subscriptions.settings import SubscriptionSettings
from connectors.fhir.wire import refusal
from schemas.codec import CodecError
from schemas.fhir.graph import part, parts
from schemas.subscription import PayloadContent, Subscription, SubscriptionState

BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
CONTENT, HEARTBEAT = f"{BACKPORT}/backport-payload-content", f"{BACKPORT}/backport-heartbeat-period"
TIMEOUT, FILTER = f"{BACKPORT}/backport-timeout", f"{BACKPORT}/backport-filter-criteria"
_HEADER = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}):[ \t]*([\x20-\x7e]{0,4000})")
_OURS = frozenset({"host", "content-type", "content-length", "transfer-encoding", "connection", "accept", "upgrade"})
_JSON = frozenset({"application/fhir+json", "application/json"})
MOST_HEADERS = 10


@dataclass(frozen=True, slots=True)
class Asked:
    """A subscription as its owner wants it, and the headers that go with it (None: it says nothing of them)."""

    subscription: Subscription
    headers: list[str] | None


def read(
    settings: SubscriptionSettings, resource: dict[str, Any], tenant: str, now: datetime, *, open_house: bool
) -> Asked:
    """Return what is asked for; a Refusal with 422 names the element that cannot be done."""
    channel = part(resource.get("channel"))
    if channel.get("type") != "rest-hook":
        raise _unfit("only rest-hook is offered", "channel.type")
    url = channel.get("endpoint")
    if not isinstance(url, str):
        raise _unfit("a rest-hook has an endpoint", "channel.endpoint", "required")
    try:
        endpoint(settings, url, tenant, open_house=open_house)
    except NotAllowed as refused:
        raise _unfit(refused.message, "channel.endpoint", "business-rule") from None
    topic, criteria = _criteria(resource)
    content = _content(settings, channel, tenant, topic)
    heartbeat = _number(channel, HEARTBEAT, "valueUnsignedInt")
    if heartbeat and heartbeat < settings.least_heartbeat:
        raise _unfit(f"a heartbeat takes at least {settings.least_heartbeat} seconds", "channel.extension")
    end = _instant(resource.get("end"))
    if end is not None and end <= now:
        raise _unfit("the end is over", "end", "value")
    kept = Subscription(
        subscription_id=_identity(tenant, url, topic, criteria, content),
        tenant=tenant,
        state=_state(resource),
        resource=_served(resource),
        endpoint=url,
        content=content,
        criteria=criteria,
        topic=topic,
        heartbeat=heartbeat or None,
        timeout=_number(channel, TIMEOUT, "valueUnsignedInt"),
        end=end,
        updated_at=now,
    )
    return Asked(kept, _headers(channel))


def _unfit(said: str, where: str, code: str = "not-supported") -> Exception:
    return refusal(422, code, said, f"Subscription.{where}")


def _state(resource: dict[str, Any]) -> SubscriptionState:
    """The owner asks (`requested`) or stops (`off`); `active` asks as well, for that is what it wants."""
    status = resource.get("status")
    if status not in {"requested", "active", "off"}:
        raise _unfit("a subscriber sets requested or off", "status", "value")
    return SubscriptionState.OFF if status == "off" else SubscriptionState.REQUESTED


def _criteria(resource: dict[str, Any]) -> tuple[str | None, tuple[str, ...]]:
    """Return (topic, criteria): a topic of ours with filters, or one R4 search."""
    said = str(resource.get("criteria") or "")
    filters = [
        str(one.get("valueString") or "")
        for one in parts(part(resource.get("_criteria")).get("extension"))
        if one.get("url") == FILTER
    ]
    topic = said if said in TOPICS else None
    if topic is None and (":" in said.partition("?")[0] or filters):
        raise _unfit(f"known topics are {', '.join(TOPICS)}", "criteria")
    wanted = filters if topic else [said]
    for text in wanted:
        try:
            kind, _ = parse(text)
        except CodecError as wrong:
            raise _unfit(
                f"{wrong.message} ({wrong.location})" if wrong.location else wrong.message, "criteria"
            ) from None
        if topic and kind not in TOPICS[topic]:
            raise _unfit("the filter is about another type than the topic", "criteria")
    return topic, tuple(wanted) or (TOPICS[topic] if topic else ())


def _content(settings: SubscriptionSettings, channel: dict[str, Any], tenant: str, topic: str | None) -> PayloadContent:
    payload = channel.get("payload")
    if payload is not None and str(payload).partition(";")[0].strip().lower() not in _JSON:
        raise _unfit("notifications are application/fhir+json", "channel.payload")
    said = _extension(part(channel.get("_payload")), CONTENT).get("valueCode")
    if said is None:
        if topic is None and payload is None:
            return PayloadContent.PING
        said = PayloadContent.ID_ONLY.value
    if said not in {PayloadContent.EMPTY, PayloadContent.ID_ONLY, PayloadContent.FULL_RESOURCE}:
        raise _unfit("the payload's content is empty, id-only or full-resource", "channel.payload.extension", "value")
    if said == PayloadContent.FULL_RESOURCE and tenant not in settings.full_resource:
        raise _unfit("full-resource is not allowed for this subscriber", "channel.payload.extension", "business-rule")
    return PayloadContent(said)


def _headers(channel: dict[str, Any]) -> list[str] | None:
    listed = channel.get("header")
    if listed is None:
        return None
    found = [_HEADER.fullmatch(str(one)) for one in listed]
    if len(found) > MOST_HEADERS or not all(match and match[1].lower() not in _OURS for match in found):
        raise _unfit("a header is `Name: value`, and none that HTTP itself needs", "channel.header", "value")
    return [str(one) for one in listed]


def _served(resource: dict[str, Any]) -> dict[str, Any]:
    """Return the resource without what is never shown again, and without what the hub itself says of it."""
    channel = {k: v for k, v in part(resource.get("channel")).items() if k not in {"header", "_header"}}
    kept = {k: v for k, v in resource.items() if k not in {"id", "status", "error", "channel", "text"}}
    meta = {k: v for k, v in part(resource.get("meta")).items() if k not in {"versionId", "lastUpdated"}}
    kept.pop("meta", None)
    return {**kept, **({"meta": meta} if meta else {}), "channel": channel}


def _extension(element: dict[str, Any], url: str) -> dict[str, Any]:
    return next((one for one in parts(element.get("extension")) if one.get("url") == url), {})


def _number(channel: dict[str, Any], url: str, value: str) -> int | None:
    found = _extension(channel, url).get(value)
    return found if isinstance(found, int) and found > 0 else None


def _instant(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)) if text else None
    except ValueError:
        raise _unfit("the end is no instant", "end", "value") from None


def _identity(tenant: str, url: str, topic: str | None, criteria: tuple[str, ...], content: PayloadContent) -> str:
    """Return the id: the same wish sent again is the same subscription, so that nobody is told twice."""
    said = "\x1f".join((tenant, url, topic or "", *sorted(criteria), content.value))
    return str(uuid5(NAMESPACE_URL, f"urn:doorstep:subscription:{said}"))
