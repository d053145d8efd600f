"""A person's word on a review, by HTTP, kept durable before it is answered; it never applies the decision itself.

Where access is on, the caller is an operator (docs/access.md); else the route answers callers on this machine only
(setting `allow_from`). The `reviewer` is a name that the caller states.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, ValidationError

from doorstep.access.caller import current
from doorstep.clock import now
from doorstep.connector import Blob, ConnectorSettings, ConnectorSpec, Hub, Transmission
from doorstep.errors import Forbidden, NotFound, Refused, TooLarge, WrongType

BODY_LIMIT = 64 * 1024
_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
_UNSAFE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\r\n]*$")]


class DeskSettings(ConnectorSettings):
    """Who may decide reviews."""

    allow_from: tuple[Network, ...] = Field(
        default=(ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128")),
        description="Networks whose callers may decide where no key is asked for",
    )


class Decision(BaseModel):
    """The body: accept with corrected fields (outside names and forms), or reject with a reason."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["accept", "reject"]
    reviewer: Line
    fields: dict[str, JsonValue] = Field(default_factory=dict, max_length=100)
    waived: dict[Line, Line] = Field(default_factory=dict, max_length=100)
    reason: Annotated[str, StringConstraints(max_length=1000)] | None = None


def router(settings: DeskSettings, hub: Hub) -> APIRouter:
    """Return the one route of the desk."""
    routes = APIRouter(tags=["desk"])

    @routes.post("/api/reviews/{review_id}/decision", status_code=202)
    async def decide(request: Request, review_id: str) -> JSONResponse:
        _check_caller(settings, request)
        if not _ID.fullmatch(review_id):
            raise NotFound("review", "there is no such review")
        decision = await _decision(request)
        if await hub.review(review_id) is None:
            raise NotFound("review", "there is no such review, or it is decided")
        said = json.dumps({"review_id": review_id, **decision.model_dump()}, sort_keys=True, ensure_ascii=False)
        data = said.encode()
        receipt = await hub.receive(
            Transmission(
                channel="desk",
                idempotency_key=f"{review_id} {hashlib.sha256(data).hexdigest()}",
                blobs=(Blob("application/json", data),),
                received_at=now(),
                sender=decision.reviewer,
                details={"review_id": review_id, "decision": decision.decision},
            )
        )
        return JSONResponse({"review_id": review_id, "document_id": receipt.document_id, "state": "recorded"}, 202)

    return routes


def _check_caller(settings: DeskSettings, request: Request) -> None:
    if current().known:
        return  # the gate lets operators only come here
    try:
        caller = ipaddress.ip_address(request.client.host if request.client else "")
    except ValueError:
        caller = None
    if caller is None or not any(caller in network for network in settings.allow_from):
        raise Forbidden("caller", "reviews are decided from this machine only (connectors.desk.allow_from)")


async def _decision(request: Request) -> Decision:
    """Read the body strictly. JSON only: a browser asks first before it sends that from another site."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise WrongType("content-type", "send application/json")
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_LIMIT:
            raise TooLarge("too-long", "the decision is over 64 KB")
    try:
        content = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
        decision = Decision.model_validate(content)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"][:1])
        raise Refused("value", "decision, reviewer, fields or reason is wrong", location=place) from None
    except (ValueError, RecursionError):
        raise Refused("structure", "the decision is no JSON object", location="body") from None
    if _UNSAFE.search(json.dumps(content, ensure_ascii=False)) or "\\u0000" in json.dumps(content):
        raise Refused("value", "the decision holds a control character", location="body")
    return decision


def _no_constant(name: str) -> JsonValue:
    raise ValueError(f"{name} is no JSON")


CONNECTOR = ConnectorSpec(name="desk", settings=DeskSettings, router=router)
