"""What clients send: resources created and updated, Bundles; each answered only when it is durable."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response

from connectors.fhir.authority import partner_of
from connectors.fhir.bundles import Entry, Placed
from connectors.fhir.capability import CREATED
from connectors.fhir.intake import Input, Intake, Taken
from connectors.fhir.offers import is_provider
from connectors.fhir.offers import update as provider_says
from connectors.fhir.patching import MEDIA_TYPES, operations_of, patched
from connectors.fhir.reading import check, parse
from connectors.fhir.reads import Reads, unknown
from connectors.fhir.resolve import known
from connectors.fhir.settings import FhirSettings
from connectors.fhir.wire import Refusal, answer, read_body, refusal, work
from connectors.fhir.withdrawing import asks_to_abort, task_for, task_here, withdraw
from connectors.fhir.wording import etag, http_date, preferences
from doorstep.connector import Hub
from schemas.fhir import dumps, operation_outcome
from schemas.fhir.graph import part


class Writes:
    """The writing half of the endpoint."""

    def __init__(self, settings: FhirSettings, hub: Hub, reads: Reads) -> None:
        self.settings = settings
        self.hub = hub
        self.reads = reads
        self.intake = Intake(settings, hub)

    async def create(self, kind: str, request: Request) -> Response:
        """POST [type]: keep the resource; an order becomes a Task, complete or not."""
        if kind == "Task":
            return await self._task(request, None)
        if kind not in CREATED:
            raise unknown(kind)
        condition = request.headers.get("if-none-exist")
        return await self._one(request, kind, "create", if_none_exist=condition)

    async def update(self, kind: str, resource_id: str, request: Request) -> Response:
        """PUT [type]/[id]: a new version; a changed order changes its case, a revoked one cancels it."""
        if kind == "Task":
            return await self._task(request, resource_id)
        if kind not in CREATED:
            raise unknown(kind)
        if await known(self.hub, kind, resource_id, partner_of(self.settings, request)) is None:
            said = "there is no such resource; POST it, for the hub gives each resource its id"
            raise refusal(405, "not-found", said)
        if_match = request.headers.get("if-match")
        return await self._one(request, kind, "update", method="PUT", url=f"{kind}/{resource_id}", if_match=if_match)

    async def patch(self, kind: str, resource_id: str, request: Request) -> Response:
        """PATCH [type]/[id] with a JSON Patch: the whole resource that it yields is taken as a PUT of it would be."""
        if kind == "Task":
            raise refusal(405, "not-supported", "a Task takes no patch; PUT it with its new status")
        if kind not in CREATED:
            raise unknown(kind)
        body, _ = await read_body(request, self.settings.max_bytes, MEDIA_TYPES)
        partner = partner_of(self.settings, request)
        given = (body, request.headers.get("content-type", "").partition(";")[0].strip())
        try:
            entry = await self.patched(kind, resource_id, given, partner, request.headers.get("if-match"))
            taken = await self.intake.take(Input(dumps(entry.resource), [entry], partner, "update"))
        except Refusal as refused:
            if refused.status != 404:
                await self.intake.reject(body, partner, refused)
            raise
        return await self._answer(taken, preferences(request.headers.get("prefer", "")).get("return", ""))

    async def patched(
        self, kind: str, resource_id: str, given: tuple[bytes, str], partner: str, if_match: str | None
    ) -> Entry:
        """Return what a patch yields as an entry that updates; `given` is the patch and its media type."""
        body, media = given
        if media and media not in MEDIA_TYPES:
            raise refusal(415, "not-supported", f"only {', '.join(sorted(MEDIA_TYPES))} is taken")
        here = await known(self.hub, kind, resource_id, partner)
        if here is None:
            raise refusal(404, "not-found", "there is no such resource")
        operations = operations_of(body, self.settings.max_bytes)
        resource = await work(len(body), patched, here.body, operations, self.settings.max_bytes)
        await work(len(body), check, resource, kind)
        version = if_match or f'W/"{here.version}"'
        return Entry(resource, method="PUT", url=f"{kind}/{resource_id}", if_match=version)

    async def update_by_search(self, kind: str, request: Request) -> Response:
        """PUT [type]?criteria: update the one that fits, create where none does, 412 where several do."""
        if kind not in CREATED:
            raise unknown(kind)
        if not request.url.query:
            raise refusal(400, "required", "name the resource by its id or by a search")
        if_match = request.headers.get("if-match")
        url = f"{kind}?{request.url.query}"
        return await self._one(request, kind, "update", method="PUT", url=url, if_match=if_match)

    async def _task(self, request: Request, task_id: str | None) -> Response:
        """PUT Task/[id] with the status cancelled, or POST a Task that aborts an order: the order is withdrawn.

        A Task that is POSTed for an order that is here is the Task that the order has already.
        """
        if is_provider():
            return await provider_says(self.settings, self.hub, request, task_id)
        body, media = await read_body(request, self.settings.max_bytes)
        task = await work(len(body), parse, body, media, self.settings.max_bytes)
        partner = partner_of(self.settings, request)
        try:
            await work(len(body), check, task, "Task")
            if task_id is not None and task.get("id") != task_id:
                raise refusal(400, "invalid", "the resource must have the id of its address", "Task.id")
            found = task_id or await task_for(self.hub, task)
            if found is None or (task_id is None and await task_here(self.hub, found, partner) is None):
                raise refusal(422, "not-found", "the Task is about no order that is here", "Task.focus")
            if task_id is not None or asks_to_abort(task):
                if_match = request.headers.get("if-match")
                shown = await withdraw(self.hub, (body, media), task, found, partner, if_match)
            else:
                shown = await self.reads.resource("Task", found)
        except Refusal as refused:
            await self.intake.reject(body, partner, refused, media)
            raise
        version = str(part(shown.get("meta")).get("versionId"))
        return answer(shown, 200, {"ETag": etag(version), "Location": f"{self.reads.base}/Task/{found}"})

    async def _one(self, request: Request, kind: str, interaction: str, **said: Any) -> Response:
        body, media = await read_body(request, self.settings.max_bytes)
        resource = await work(len(body), parse, body, media, self.settings.max_bytes)
        partner = partner_of(self.settings, request)
        try:
            await work(len(body), check, resource, kind)
            entry = Entry(resource, **said)
            if entry.url.startswith(f"{kind}/") and resource.get("id") != entry.url.partition("/")[2]:
                raise refusal(400, "invalid", "the resource must have the id of its address", f"{kind}.id")
            given = Input(body, [entry], partner, interaction, if_none_exist=entry.if_none_exist, media=media)
            taken = await self.intake.take(given)
        except Refusal as refused:
            await self.intake.reject(body, partner, refused, media)
            raise
        return await self._answer(taken, preferences(request.headers.get("prefer", "")).get("return", ""))

    async def _answer(self, taken: Taken, wanted: str) -> Response:
        placed = taken.placed[0]
        headers = {
            "Location": self.location(placed),
            "ETag": etag(placed.version),
            "Last-Modified": http_date(taken.received_at),
        }
        status = 200 if taken.existed or placed.version > 1 else 201
        if wanted == "minimal":
            return Response(status_code=status, headers=headers)
        if wanted == "operationoutcome":
            return answer(operation_outcome([]), status, headers)
        return answer(await self.hub.resource(placed.kind, placed.id), status, headers)

    def location(self, placed: Placed) -> str:
        return f"{self.reads.base}/{placed.kind}/{placed.id}/_history/{placed.version}"
