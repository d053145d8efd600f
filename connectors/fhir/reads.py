"""What clients ask: resources in each version, searches, Tasks as their cases stand now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request, Response

from connectors.fhir.asked import PAGE, after_of, asked_of
from connectors.fhir.asking import questionnaire_of
from connectors.fhir.authority import searched_partner, security
from connectors.fhir.capability import CREATED, capability_statement
from connectors.fhir.offers import is_provider, provider_task, provider_tasks
from connectors.fhir.past import Past, history, one_of, type_history, wanted
from connectors.fhir.search import searchset
from connectors.fhir.settings import FhirSettings
from connectors.fhir.subscriptions.notification import served
from connectors.fhir.tasks import current_task, past_tasks
from connectors.fhir.wire import MOST_PARAMETERS, Refusal, answer, read_form, refusal
from connectors.fhir.wording import etag, http_date, preferences, version_of
from doorstep import clock
from doorstep.connector import Hub
from doorstep.errors import Refused
from schemas.codec import CodecError
from schemas.fhir import is_resource_type
from schemas.fhir.graph import part
from schemas.search import ResourceQuery


class Reads:
    """The reading half of the endpoint."""

    def __init__(self, settings: FhirSettings, hub: Hub) -> None:
        self.settings = settings
        self.hub = hub

    @property
    def base(self) -> str:
        return f"{self.hub.base_url().rstrip('/')}/fhir"

    async def metadata(self) -> Response:
        return answer(capability_statement(self.base, security(self.hub.access())))

    async def read(self, kind: str, resource_id: str, request: Request) -> Response:
        """GET [type]/[id]; 304 for a client that has this version."""
        return shown(await self.resource(kind, resource_id), request)

    async def resource(self, kind: str, resource_id: str) -> dict[str, Any]:
        """Return a resource; a Task and what it asks as their case stands now."""
        made: dict[str, Any] | None = None
        if kind == "Task" and is_provider():
            made = await provider_task(self.hub, resource_id)
        elif kind == "Task":
            made = await current_task(self.hub, resource_id)
        elif kind == "Subscription":
            found = await self.hub.subscriptions(resource_id)
            made = served(found[0], clock.now()) if found else None
        elif kind == "Questionnaire":
            made = await questionnaire_of(self.hub, resource_id, self.base)
        body = made or (await self.hub.resource(kind, resource_id) if is_resource_type(kind) else None)
        if body is None:
            raise refusal(404, "not-found", "there is no such resource")
        return body

    async def vread(self, kind: str, resource_id: str, version: str, request: Request) -> Response:
        """GET [type]/[id]/_history/[version]."""
        return shown(one_of(await self._versions(kind, resource_id), version), request)

    async def history(self, kind: str, resource_id: str, request: Request) -> Response:
        """GET [type]/[id]/_history: every version, the newest first."""
        asked = wanted(request.query_params.multi_items())
        versions = await self._versions(kind, resource_id)
        return answer(history(versions, f"{self.base}/{kind}/{resource_id}", asked))

    async def type_history(self, kind: str, request: Request) -> Response:
        """GET [type]/_history: every version of what this partner sent, the newest first."""
        if kind not in CREATED:
            raise refusal(405, "not-supported", "this type tells the history of one only: [type]/[id]/_history")
        asked = wanted(request.query_params.multi_items())
        try:
            after = after_of(asked.page) if asked.page is not None else None
            page = await self.hub.history(
                ResourceQuery(
                    kind,
                    searched_partner(self.settings, request),
                    updated_from=asked.since,
                    after=after,
                    limit=max(asked.count, 1),
                )
            )
        except (CodecError, Refused):
            raise refusal(400, "value", "this is no page of ours; begin anew", PAGE) from None
        return answer(type_history(page, f"{self.base}/{kind}", asked))

    async def _versions(self, kind: str, resource_id: str) -> list[Past]:
        """Return every version, oldest first; of a provider's Task and of a Questionnaire the present one."""
        if kind == "Questionnaire" or (kind == "Task" and is_provider()):
            return [Past.of(await self.resource(kind, resource_id))]
        found: Sequence[Mapping[str, Any]] = []
        if kind == "Task":
            found = await past_tasks(self.hub, resource_id)
        elif is_resource_type(kind):
            found = await self.hub.versions(kind, resource_id)
        if not found:
            raise refusal(404, "not-found", "there is no such resource")
        return [Past.of(body) for body in found]

    async def search(self, kind: str, request: Request) -> Response:
        """GET [type]?... or POST [type]/_search: what this partner sent, oldest first."""
        asked_for = list(request.query_params.multi_items())
        if request.method == "POST":
            body = await read_form(request)
            asked_for += parse_qsl(body, keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
        lenient = preferences(request.headers.get("prefer", "")).get("handling") == "lenient"
        return answer(await self._found(kind, asked_for, searched_partner(self.settings, request), lenient=lenient))

    async def _found(
        self, kind: str, asked_for: list[tuple[str, str]], partner: str | None, *, lenient: bool = False
    ) -> dict[str, Any]:
        if kind == "Task" and is_provider():
            return await provider_tasks(self.hub, asked_for, self.base)
        if kind not in {*CREATED, "Task"}:
            raise unknown(kind)
        asked = asked_of(kind, asked_for, partner, lenient=lenient, base=self.base)
        return await searchset(self.hub, asked, self.base)


def unknown(kind: str) -> Refusal:
    said = "this resource type is not taken here" if is_resource_type(kind) else "there is no such address"
    if kind == "Bundle":
        said = "no Bundle is kept as a resource here: POST [base] takes a batch, transaction or message"
    return refusal(404, "not-supported", said)


def shown(body: dict[str, Any], request: Request) -> Response:
    """Return a resource with its tag; 304 where the client says that it has it (R4 3.1.0.4.1)."""
    meta = part(body.get("meta"))
    tag = etag(str(meta.get("versionId", "1")))
    headers = {"ETag": tag}
    changed = _moment(str(meta.get("lastUpdated", "")))
    if changed is not None:
        headers["Last-Modified"] = http_date(changed)
    tags = request.headers.get("if-none-match", "")
    since = _since(request.headers.get("if-modified-since", ""))
    if tags:
        same = any(version_of(one) in {version_of(tag), "*"} for one in tags.split(","))
    else:
        same = since is not None and changed is not None and changed.replace(microsecond=0) <= since
    return Response(status_code=304, headers=headers) if same else answer(body, 200, headers)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return None


def _since(text: str) -> datetime | None:
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)
