"""The addresses under /fhir: what each takes and answers; the work is in intake, tasks and reading."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request, Response

from connectors.fhir.authority import partner_of, permit, permit_bundle, searched_partner, security
from connectors.fhir.bundles import Entry, Placed, entries_of, envelope
from connectors.fhir.capability import CREATED, ORDER_TYPES, capability_statement
from connectors.fhir.intake import Input, Intake, Taken, instant
from connectors.fhir.reading import check, check_order, parse
from connectors.fhir.search import asked_of, searchset
from connectors.fhir.settings import FhirSettings
from connectors.fhir.tasks import current_task, task_of_case, task_of_request
from connectors.fhir.wire import MOST_PARAMETERS, FhirRoute, Refusal, answer, read_body, read_form, refusal, work
from doorstep.connector import Hub
from schemas.fhir import Issue, dumps, is_resource_type, operation_outcome
from schemas.fhir.graph import RELATIVE, part, parts


def router(settings: FhirSettings, hub: Hub) -> APIRouter:
    """Return the routes of the FHIR endpoint."""
    api = APIRouter(prefix="/fhir", tags=["fhir"], route_class=FhirRoute, dependencies=[Depends(permit)])
    site = Site(settings, hub)
    api.add_api_route("", site.post_bundle, methods=["POST"], response_model=None)
    api.add_api_route("/", site.post_bundle, methods=["POST"], response_model=None, include_in_schema=False)
    api.add_api_route("/$process-message", site.post_bundle, methods=["POST"], response_model=None)
    api.add_api_route("/metadata", site.metadata, methods=["GET"], response_model=None)
    api.add_api_route("/Task", site.search_tasks, methods=["GET"], response_model=None)
    api.add_api_route("/Task/{task_id}", site.read_task, methods=["GET"], response_model=None)
    api.add_api_route("/$validate", site.validate, methods=["POST"], response_model=None)
    api.add_api_route("/{kind}", site.create, methods=["POST"], response_model=None)
    api.add_api_route("/{kind}/$validate", site.validate, methods=["POST"], response_model=None)
    api.add_api_route("/{kind}/_search", site.search, methods=["POST"], response_model=None)
    api.add_api_route("/{kind}", site.search, methods=["GET"], response_model=None)
    api.add_api_route("/{kind}/{resource_id}", site.read, methods=["GET"], response_model=None)
    api.add_api_route("/{kind}/{resource_id}/_history", site.history, methods=["GET"], response_model=None)
    api.add_api_route("/{kind}/{resource_id}/_history/{version}", site.vread, methods=["GET"], response_model=None)
    every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    api.add_api_route("/{path:path}", site.nowhere, methods=every, response_model=None, include_in_schema=False)
    return api


class Site:
    """One FHIR endpoint."""

    def __init__(self, settings: FhirSettings, hub: Hub) -> None:
        self.settings = settings
        self.hub = hub
        self.intake = Intake(settings, hub)

    @property
    def base(self) -> str:
        return f"{self.hub.base_url().rstrip('/')}/fhir"

    async def metadata(self) -> Response:
        return answer(capability_statement(self.base, security(self.hub.access())))

    async def create(self, kind: str, request: Request) -> Response:
        """POST [type]: keep the resource; an order becomes a Task, complete or not."""
        if kind not in CREATED:
            raise _unknown(kind)
        body, media = await read_body(request, self.settings.max_bytes)
        resource = await work(len(body), parse, body, media, self.settings.max_bytes)
        partner = partner_of(self.settings, request)
        condition = request.headers.get("if-none-exist")
        try:
            await work(len(body), check_order, resource, kind)
            given = Input(body, [Entry(resource)], partner, "create", if_none_exist=condition, media=media)
            taken = await self.intake.take(given)
        except Refusal as refused:
            await self.intake.reject(body, partner, refused, media)
            raise
        return await self._created(taken, request.headers.get("prefer", ""))

    async def post_bundle(self, request: Request) -> Response:
        """POST a transaction or message (all or nothing), or a batch (each entry by itself)."""
        body, media = await read_body(request, self.settings.max_bytes)
        bundle = await work(len(body), parse, body, media, self.settings.max_bytes)
        permit_bundle(bundle)
        partner = partner_of(self.settings, request)
        try:
            await work(len(body), check, envelope(bundle), "Bundle")
            entries = entries_of(bundle, self.settings.max_entries)
            if bundle["type"] == "batch":
                return answer(await self._batch(entries, partner))
            named = part(bundle.get("identifier"))
            value = named.get("value")
            identifier = (str(named.get("system") or ""), str(value)) if value else None
            given = Input(body, entries, partner, str(bundle["type"]), identifier, media=media)
            taken = await self.intake.take(given)
        except Refusal as refused:
            await self.intake.reject(body, partner, refused, media)
            raise
        if bundle["type"] == "message":
            return answer(self._message_response(bundle, taken))
        listed = [{"response": self._entry_response(placed, taken)} for placed in taken.placed]
        return answer({"resourceType": "Bundle", "type": "transaction-response", "entry": listed})

    async def read(self, kind: str, resource_id: str) -> Response:
        body = await self.hub.resource(kind, resource_id) if is_resource_type(kind) else None
        if body is None:
            raise refusal(404, "not-found", "there is no such resource")
        meta = part(body.get("meta"))
        return answer(body, 200, {"ETag": f'W/"{meta.get("versionId", "1")}"'})

    async def vread(self, kind: str, resource_id: str, version: str) -> Response:
        if version != "1" or kind == "Task":
            raise refusal(404, "not-found", "there is no such version")
        return await self.read(kind, resource_id)

    async def read_task(self, task_id: str) -> Response:
        task = await current_task(self.hub, task_id)
        if task is None:
            return await self.read("Task", task_id)
        return answer(task, 200, {"ETag": f'W/"{task["meta"]["versionId"]}"'})

    async def search_tasks(self, request: Request) -> Response:
        """GET Task?focus= | based-on= | identifier= | _id=."""
        found: dict[str, dict[str, Any]] = {}
        asked = [(name, text) for name, value in request.query_params.multi_items() for text in value.split(",")]
        if not any(name in {"focus", "based-on", "identifier", "_id"} for name, _ in asked):
            raise refusal(400, "not-supported", "search Tasks by focus, based-on, identifier or _id")
        for name, text in asked:
            task = await self._task_by(name, text)
            if task is not None:
                found[task["id"]] = task
        return self._searchset(list(found.values()))

    async def search(self, kind: str, request: Request) -> Response:
        """GET [type]?... or POST [type]/_search: what this partner sent, oldest first."""
        if kind == "Task":
            return await self.search_tasks(request)
        if kind not in CREATED:
            raise _unknown(kind)
        asked_for = list(request.query_params.multi_items())
        if request.method == "POST":
            body = await read_form(request)
            asked_for += parse_qsl(body, keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
        partner = searched_partner(self.settings, request)
        return answer(await searchset(self.hub, asked_of(kind, asked_for, partner), self.base))

    async def history(self, kind: str, resource_id: str) -> Response:
        """GET [type]/[id]/_history: every version, which is one; a changed order is a resource of its own."""
        body = await self.hub.resource(kind, resource_id) if is_resource_type(kind) else None
        if body is None:
            raise refusal(404, "not-found", "there is no such resource")
        url = f"{self.base}/{kind}/{resource_id}"
        entry = {
            "fullUrl": url,
            "resource": body,
            "request": {"method": "POST", "url": kind},
            "response": {"status": "201", "etag": 'W/"1"', "lastModified": part(body.get("meta")).get("lastUpdated")},
        }
        return answer({"resourceType": "Bundle", "type": "history", "total": 1, "entry": [entry]})

    async def validate(self, request: Request, kind: str | None = None) -> Response:
        """POST [type]/$validate: say what is wrong with a resource; nothing is kept."""
        body, media = await read_body(request, self.settings.max_bytes)
        given = await work(len(body), parse, body, media, self.settings.max_bytes)
        if given.get("resourceType") == "Parameters":
            listed = [p.get("resource") for p in parts(given.get("parameter")) if p.get("name") == "resource"]
            given = part(listed[0]) if listed else {}
        wanted = kind or str(given.get("resourceType") or "")
        if not is_resource_type(wanted):
            raise _unknown(wanted)
        try:
            await work(len(body), check, given, wanted)
        except Refusal as found:
            return answer(operation_outcome(found.issues))
        return answer(operation_outcome([Issue("information", "informational", "no fault was found")]))

    async def nowhere(self, request: Request) -> Response:
        """Answer for every other address and method."""
        kind = request.path_params["path"].partition("/")[0]
        if kind in {*CREATED, "Task", "metadata"} or not kind:
            raise refusal(405, "not-supported", "this interaction is not offered here")
        raise _unknown(kind)

    async def _task_by(self, name: str, text: str) -> dict[str, Any] | None:
        if name == "_id":
            return await current_task(self.hub, text)
        if name == "identifier":
            return await task_of_case(self.hub, text.rpartition("|")[2])
        if name not in {"focus", "based-on"}:
            return None
        literal = text.removeprefix(f"{self.base}/")
        candidates = [literal] if RELATIVE.fullmatch(literal) else [f"{kind}/{literal}" for kind in ORDER_TYPES]
        for reference in candidates:
            task = await task_of_request(self.hub, reference)
            if task is not None:
                return task
        return None

    async def _created(self, taken: Taken, prefer: str) -> Response:
        placed = taken.placed[0]
        headers = {
            "Location": self._location(placed),
            "ETag": 'W/"1"',
            "Last-Modified": taken.received_at.strftime("%a, %d %b %Y %H:%M:%S GMT"),
        }
        status = 200 if taken.existed else 201
        if "return=minimal" in prefer:
            return Response(status_code=status, headers=headers)
        if "return=operationoutcome" in prefer.lower():
            return answer(operation_outcome([]), status, headers)
        body = await self.hub.resource(placed.kind, placed.id)
        return answer(body, status, headers)

    async def _batch(self, entries: list[Entry], partner: str) -> dict[str, Any]:
        """Take each entry by itself; one that is refused leaves the others alone."""
        listed = []
        for entry in entries:
            body = dumps(entry.resource)
            try:
                check_order(entry.resource, entry.kind)
                taken = await self.intake.take(Input(body, [Entry(entry.resource)], partner, "create"))
                listed.append({"response": self._entry_response(taken.placed[0], taken)})
            except Refusal as refused:
                await self.intake.reject(body, partner, refused)
                outcome = operation_outcome(refused.issues)
                listed.append({"response": {"status": str(refused.status), "outcome": outcome}})
        return {"resourceType": "Bundle", "type": "batch-response", "entry": listed}

    def _entry_response(self, placed: Placed, taken: Taken) -> dict[str, Any]:
        return {
            "status": "201 Created",
            "location": self._location(placed),
            "etag": 'W/"1"',
            "lastModified": instant(taken.received_at),
        }

    def _message_response(self, bundle: dict[str, Any], taken: Taken) -> dict[str, Any]:
        """Say that the message was received; what becomes of it is told by the Task."""
        header = part(part(bundle["entry"][0]).get("resource"))
        response = {"identifier": header.get("id") or taken.placed[0].id, "code": "ok"}
        reply = {"resourceType": "MessageHeader", "id": taken.document_id, "response": response}
        reply |= {key: header[key] for key in ("eventCoding", "eventUri") if key in header}
        reply["source"] = {"name": "Doorstep", "endpoint": self.base}
        sent = instant(taken.received_at)
        return {"resourceType": "Bundle", "type": "message", "timestamp": sent, "entry": [{"resource": reply}]}

    def _searchset(self, found: list[dict[str, Any]]) -> Response:
        entries = [
            {"fullUrl": f"{self.base}/{r['resourceType']}/{r['id']}", "resource": r, "search": {"mode": "match"}}
            for r in found
        ]
        bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(found)}
        return answer(bundle | ({"entry": entries} if entries else {}))

    def _location(self, placed: Placed) -> str:
        return f"{self.base}/{placed.kind}/{placed.id}/_history/1"


def _unknown(kind: str) -> Refusal:
    known = is_resource_type(kind)
    return refusal(
        404, "not-supported", "this resource type is not taken here" if known else "there is no such address"
    )
