"""The addresses under /fhir/Subscription: asked for, looked at, changed, taken away; $status and $events."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response

from connectors.fhir.authority import may_read, partner_of
from connectors.fhir.past import Past, deleted, history, one_of, wanted
from connectors.fhir.reading import check, parse
from connectors.fhir.reads import shown
from connectors.fhir.settings import FhirSettings
from connectors.fhir.subscriptions import notification
from connectors.fhir.subscriptions.reading import Asked, read
from connectors.fhir.subscriptions.send import resource_of
from connectors.fhir.wire import MOST_PARAMETERS, answer, read_body, read_form, refusal, work
from connectors.fhir.wording import etag, http_date, instant, version_of
from doorstep import clock
from doorstep.connector import Hub
from doorstep.errors import Conflict
from schemas.fhir.graph import part, parts
from schemas.subscription import PayloadContent, Subscription, SubscriptionState

READ = ["GET", "HEAD"]
_SEARCHED = frozenset({"status", "url", "criteria", "_id"})
_IGNORED = frozenset({"_format", "_pretty"})
_TRIES = 5
_MOST_DIGITS = 18
_MOST_NUMBER = 10**_MOST_DIGITS - 1
"""Of an event; what the journal can hold."""


def add_routes(api: APIRouter, settings: FhirSettings, hub: Hub) -> None:
    """Add the subscriptions' addresses, before those that any type has."""
    desk = Subscriptions(settings, hub)
    api.add_api_route("/Subscription", desk.create, methods=["POST"], response_model=None)
    api.add_api_route("/Subscription", desk.search, methods=["GET"], response_model=None)
    api.add_api_route("/Subscription/_search", desk.search, methods=["POST"], response_model=None)
    api.add_api_route("/Subscription/$status", desk.statuses, methods=["GET", "POST"], response_model=None)
    api.add_api_route("/Subscription/{one}", desk.show, methods=READ, response_model=None)
    api.add_api_route("/Subscription/{one}", desk.update, methods=["PUT"], response_model=None)
    api.add_api_route("/Subscription/{one}", desk.remove, methods=["DELETE"], response_model=None)
    api.add_api_route("/Subscription/{one}/_history", desk.history, methods=["GET"], response_model=None)
    api.add_api_route(
        "/Subscription/{one}/_history/{version}", desk.vread, methods=["GET", "HEAD"], response_model=None
    )
    api.add_api_route("/Subscription/{one}/$status", desk.status, methods=["GET", "POST"], response_model=None)
    api.add_api_route("/Subscription/{one}/$events", desk.events, methods=["GET", "POST"], response_model=None)


class Subscriptions:
    """One tenant's subscriptions as it sees them; another's are as if they were not there."""

    def __init__(self, settings: FhirSettings, hub: Hub) -> None:
        self.settings = settings
        self.hub = hub

    @property
    def base(self) -> str:
        return f"{self.hub.base_url().rstrip('/')}/fhir"

    async def create(self, request: Request) -> Response:
        """POST: a wish sent again is the same subscription; one that was off or in error is shaken hands with anew."""
        tenant = partner_of(self.settings, request)
        asked = await self._asked(request, tenant)
        here = await self._here(asked.subscription.subscription_id)
        if here is None:
            await self._room_for(tenant)
            saved = await self._first(asked)
        elif await self._same(here, asked):
            saved = here
        else:
            saved = await self._save(here, asked)
        location = {"Location": f"{self.base}/Subscription/{saved.subscription_id}"}
        return self._shown(saved, 201, location)

    async def _first(self, asked: Asked) -> Subscription:
        """Keep a wish that is not being kept; where it was taken away, its versions and its events go on from there."""
        saved = asked.subscription
        before = await self.hub.subscription_versions(saved.subscription_id)
        if before:
            number = before[-1].revision + 1  # above every activation before it too
            saved = saved.model_copy(update={"revision": number, "activation": number})
        try:
            await self.hub.save_subscription(saved, asked.headers or [])
        except Conflict:  # the same wish came at the same moment
            saved = await self._known(saved.subscription_id)
        return saved

    async def show(self, one: str, request: Request) -> Response:
        return shown(notification.served(await self._known(one), clock.now()), request)

    async def vread(self, one: str, version: str, request: Request) -> Response:
        """GET Subscription/[id]/_history/[version]."""
        return shown(one_of(await self._versions(one), version), request)

    async def history(self, one: str, request: Request) -> Response:
        """GET Subscription/[id]/_history: every version, its removal too, the newest first."""
        wish = wanted(request.query_params.multi_items())
        return answer(history(await self._versions(one), f"{self.base}/Subscription/{one}", wish))

    async def _versions(self, one: str) -> list[Past]:
        """Return every version, oldest first: each as it stood when it came, the last one as it stands now."""
        versions = await self.hub.subscription_versions(one)
        if not versions:
            raise refusal(404, "not-found", "there is no such resource")
        times = [version.updated_at for version in versions[:-1]] + [clock.now()]
        return [
            Past(
                str(version.revision),
                instant(version.updated_at),
                notification.served(version.subscription, at) if version.subscription else None,
            )
            for version, at in zip(versions, times, strict=True)
        ]

    async def update(self, one: str, request: Request) -> Response:
        """PUT: change it, switch it off, or (status requested) ask for it anew after an error."""
        here = await self._known(one)
        asked = await self._asked(request, here.tenant, one)
        wanted = request.headers.get("if-match")
        for _ in range(_TRIES):
            here = await self._known(one)
            if wanted and version_of(wanted) != str(here.revision):
                break
            try:
                return self._shown(await self._save(here, asked), 200)
            except Conflict:  # the hub itself changed its status a moment ago
                continue
        raise refusal(412, "conflict", "the subscription was changed meanwhile")

    async def remove(self, one: str) -> Response:
        """DELETE: what was taken away before is away."""
        if await self._here(one) is not None or not await self.hub.subscription_versions(one):
            await self.hub.remove_subscription((await self._known(one)).subscription_id)
        return Response(status_code=204)

    async def search(self, request: Request) -> Response:
        """GET ?status= &url= &criteria= &_id=, or POST _search."""
        asked = list(request.query_params.multi_items())
        if request.method == "POST":
            asked += parse_qsl(await read_form(request), keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
        found = await self.hub.subscriptions()
        now = clock.now()
        shown = [notification.served(subscription, now) for subscription in found]
        for name, value in asked:
            if name in _IGNORED:
                continue
            if name not in _SEARCHED:
                raise refusal(400, "not-supported", "search Subscriptions by status, url, criteria or _id", name[:40])
            wanted = value.split(",") if name in {"status", "_id"} else [value]
            shown = [one for one in shown if _field(one, name) in wanted]
        entries = [
            {"fullUrl": f"{self.base}/Subscription/{one['id']}", "resource": one, "search": {"mode": "match"}}
            for one in shown
        ]
        bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(shown)}
        return answer(bundle | ({"entry": entries} if entries else {}))

    async def status(self, one: str) -> Response:
        """$status of one subscription."""
        return answer(await self._statuses([await self._known(one)]))

    async def statuses(self, request: Request) -> Response:
        """$status of several: by id and status, as query or Parameters."""
        asked = await self._parameters(request)
        found = await self.hub.subscriptions()
        ids, states = asked.get("id", []), asked.get("status", [])
        now = clock.now()
        return answer(
            await self._statuses(
                [
                    one
                    for one in found
                    if (not ids or one.subscription_id in ids) and (not states or one.state_at(now) in states)
                ]
            )
        )

    async def events(self, one: str, request: Request) -> Response:
        """$events: what was told, by its numbers, at most 100 at once; the next call goes on after the last one."""
        subscription = await self._known(one)
        asked = await self._parameters(request)
        low = _number(asked, "eventsSinceNumber", 1)
        high = min(_number(asked, "eventsUntilNumber", _MOST_NUMBER), low + notification.MOST_EVENTS - 1)
        content = _content(subscription, asked.get("content", []))
        told = subscription.model_copy(update={"content": content})
        count, events = await self.hub.notices(one, low, high)
        now = clock.now()
        said = notification.status(told, "query-event", count, now, self.base, events)
        whole: dict[str, dict[str, Any]] = {}
        if content is PayloadContent.FULL_RESOURCE:
            for focus in dict.fromkeys(event.focus for event in events if event.focus):
                resource = await resource_of(self.hub, focus) if may_read(focus.partition("/")[0]) else None
                whole |= {focus: resource} if resource is not None else {}
        return answer(notification.bundle(told, said, self.base, now, whole))

    async def _asked(self, request: Request, tenant: str, one: str | None = None) -> Asked:
        body, media = await read_body(request, min(self.settings.max_bytes, 256 * 1024))
        resource = await work(len(body), parse, body, media, self.settings.max_bytes)
        await work(len(body), check, resource, "Subscription")
        if one is not None and resource.get("id") != one:
            raise refusal(400, "invalid", "the resource must have the id of its address", "Subscription.id")
        open_house = not self.hub.access().required
        asked = read(self.settings, resource, tenant, clock.now(), open_house=open_house)
        for kind in sorted({text.partition("?")[0] for text in asked.subscription.criteria}):
            if not may_read(kind):
                said = f"the scopes do not allow this: system/{kind}.r is needed"
                raise refusal(403, "forbidden", said, "Subscription.criteria")
        return asked

    async def _here(self, one: str) -> Subscription | None:
        found = await self.hub.subscriptions(one)
        return found[0] if found else None

    async def _known(self, one: str) -> Subscription:
        found = await self._here(one)
        if found is None:
            gone = bool(await self.hub.subscription_versions(one))
            raise deleted() if gone else refusal(404, "not-found", "there is no such resource")
        return found

    async def _room_for(self, tenant: str) -> None:
        off = SubscriptionState.OFF
        now = clock.now()
        mine = [s for s in await self.hub.subscriptions() if s.tenant == tenant and s.state_at(now) is not off]
        if len(mine) >= self.settings.subscriptions_each:
            raise refusal(422, "too-costly", f"a subscriber may have {self.settings.subscriptions_each} subscriptions")

    async def _same(self, here: Subscription, asked: Asked) -> bool:
        """Say whether a wish is being kept already, so that nothing needs to happen."""
        alive = here.state_at(clock.now()) in {SubscriptionState.REQUESTED, SubscriptionState.ACTIVE}
        wish = {"resource", "endpoint", "content", "criteria", "topic", "heartbeat", "timeout", "end"}
        same = here.model_dump(include=wish) == asked.subscription.model_dump(include=wish)
        if not alive or not same or asked.subscription.state is SubscriptionState.OFF:
            return False
        return asked.headers in (None, await self.hub.subscription_headers(here.subscription_id))

    async def _save(self, here: Subscription, asked: Asked) -> Subscription:
        change = {
            "subscription_id": here.subscription_id,
            "tenant": here.tenant,
            "revision": here.revision + 1,
            "activation": here.activation + 1,
        }
        saved = asked.subscription.model_copy(update=change)
        headers = asked.headers
        if headers is None and saved.endpoint != here.endpoint:
            headers = []  # what was meant for one address is not told to another
        await self.hub.save_subscription(saved, headers)
        return saved

    async def _statuses(self, listed: list[Subscription]) -> dict[str, Any]:
        entries = []
        now = clock.now()
        for one in listed:
            count, _ = await self.hub.notices(one.subscription_id, 1, 0)
            said = notification.status(one, "query-status", count, now, self.base)
            entries.append({"fullUrl": f"urn:uuid:{said['id']}", "resource": said, "search": {"mode": "match"}})
        bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
        return bundle | ({"entry": entries} if entries else {})

    async def _parameters(self, request: Request) -> dict[str, list[str]]:
        """Return the operation's parameters from the query, or from the Parameters of a POST."""
        found: dict[str, list[str]] = {}
        for name, value in request.query_params.multi_items():
            found.setdefault(name, []).extend(value.split(","))
        if request.method == "POST":
            body, media = await read_body(request, 64 * 1024)
            given = await work(len(body), parse, body, media, 64 * 1024) if body else {}
            for one in parts(given.get("parameter")):
                said = next((v for k, v in one.items() if k.startswith("value")), None)
                found.setdefault(str(one.get("name")), []).append(str(said))
        return found

    def _shown(self, subscription: Subscription, status: int, headers: dict[str, str] | None = None) -> Response:
        tags = {"ETag": etag(subscription.revision), "Last-Modified": http_date(subscription.updated_at)}
        return answer(notification.served(subscription, clock.now()), status, {**tags, **(headers or {})})


def _field(shown: dict[str, Any], name: str) -> str:
    channel = part(shown.get("channel"))
    return str({"_id": shown["id"], "url": channel.get("endpoint")}.get(name, shown.get(name)))


def _number(asked: dict[str, list[str]], name: str, default: int) -> int:
    text = asked.get(name, [str(default)])[0]
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise refusal(400, "value", f"{name} is a number", name)
    return max(1, int(text))


def _content(subscription: Subscription, asked: list[str]) -> PayloadContent:
    """Return how much $events may say: what is asked for, never more than the subscription has."""
    if not asked:
        return subscription.content
    order = (PayloadContent.EMPTY, PayloadContent.ID_ONLY, PayloadContent.FULL_RESOURCE)
    if asked[0] not in order:
        raise refusal(400, "value", "content is empty, id-only or full-resource", "content")
    has = order.index(subscription.content) if subscription.content in order else 1
    return order[min(has, order.index(PayloadContent(asked[0])))]
