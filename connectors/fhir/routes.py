"""The addresses under /fhir; what each does is in reads, writes and judging."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response

from connectors.fhir.authority import permit
from connectors.fhir.capability import CREATED
from connectors.fhir.exchange import Exchange
from connectors.fhir.inside import Inside
from connectors.fhir.judging import Judging
from connectors.fhir.reads import Reads, unknown
from connectors.fhir.settings import FhirSettings
from connectors.fhir.subscriptions.routes import add_routes
from connectors.fhir.wire import FhirRoute, Refusal
from connectors.fhir.writes import Writes
from doorstep.connector import Hub
from schemas.fhir import Issue

READ = ["GET", "HEAD"]
EVERY = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
WHY_NOT = {
    "DELETE": "nothing is deleted here; an order is cancelled by a new version with the status revoked",
    "PATCH": "a patch names one resource: PATCH [type]/[id]",
}


def router(settings: FhirSettings, hub: Hub) -> APIRouter:
    """Return the routes of the FHIR endpoint."""
    api = APIRouter(prefix="/fhir", tags=["fhir"], route_class=FhirRoute, dependencies=[Depends(permit)])
    reads = Reads(settings, hub)
    writes, judging = Writes(settings, hub, reads), Judging(settings, reads)
    exchange = Exchange(writes, Inside(api))
    api.add_api_route("", exchange.post_bundle, methods=["POST"], response_model=None)
    api.add_api_route("/", exchange.post_bundle, methods=["POST"], response_model=None, include_in_schema=False)
    api.add_api_route("/$process-message", exchange.post_bundle, methods=["POST"], response_model=None)
    api.add_api_route("/metadata", reads.metadata, methods=READ, response_model=None)
    api.add_api_route("/$validate", judging.validate, methods=["POST"], response_model=None)
    add_routes(api, settings, hub)
    api.add_api_route("/{kind}/_history", reads.type_history, methods=["GET"], response_model=None)
    api.add_api_route("/{kind}", writes.create, methods=["POST"], response_model=None)
    api.add_api_route("/{kind}", writes.update_by_search, methods=["PUT"], response_model=None)
    api.add_api_route("/{kind}/$validate", judging.validate, methods=["POST"], response_model=None)
    api.add_api_route("/{kind}/{resource_id}/$validate", judging.validate, methods=["GET", "POST"], response_model=None)
    api.add_api_route("/{kind}/_search", reads.search, methods=["POST"], response_model=None)
    api.add_api_route("/{kind}", reads.search, methods=["GET"], response_model=None)
    api.add_api_route("/{kind}/{resource_id}", reads.read, methods=READ, response_model=None)
    api.add_api_route("/{kind}/{resource_id}", writes.update, methods=["PUT"], response_model=None)
    api.add_api_route("/{kind}/{resource_id}", writes.patch, methods=["PATCH"], response_model=None)
    api.add_api_route("/{kind}/{resource_id}/_history", reads.history, methods=["GET"], response_model=None)
    api.add_api_route("/{kind}/{resource_id}/_history/{version}", reads.vread, methods=READ, response_model=None)
    api.add_api_route("", nowhere, methods=EVERY, response_model=None, include_in_schema=False)
    api.add_api_route("/{path:path}", nowhere, methods=EVERY, response_model=None, include_in_schema=False)
    return api


async def nowhere(request: Request) -> Response:
    """Answer for every other address and method."""
    kind, _, rest = request.path_params.get("path", "").partition("/")
    if kind in {*CREATED, "Task", "metadata"} or not kind:
        allow = "GET, HEAD, PUT, PATCH" if rest else "GET, POST, PUT"
        said = WHY_NOT.get(request.method, "this interaction is not offered here")
        raise Refusal(405, Issue("error", "not-supported", said), headers={"Allow": allow})
    raise unknown(kind)
