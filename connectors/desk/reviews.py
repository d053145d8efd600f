"""A person's word on a review, by HTTP, kept durable before it is answered; it never applies the decision itself.

Where access is on, the caller is an operator (docs/access.md); else the route answers callers on this machine only.
The `reviewer` is a name that the caller states.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, ValidationError

from connectors.desk.settings import check_caller, json_body
from doorstep.clock import now
from doorstep.connector import Blob, Hub, Transmission
from doorstep.errors import NotFound, Refused
from schemas.faults import first_fault

_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
_UNSAFE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\r\n]*$")]


class Decision(BaseModel):
    """The body: accept with corrected fields (outside names and forms), or reject with a reason."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["accept", "reject"]
    reviewer: Line
    fields: dict[str, JsonValue] = Field(default_factory=dict, max_length=100)
    waived: dict[Line, Line] = Field(default_factory=dict, max_length=100)
    supplied: dict[Line, Line] = Field(default_factory=dict, max_length=100)
    reason: Annotated[str, StringConstraints(max_length=1000)] | None = None


def router(hub: Hub) -> APIRouter:
    """Return the one route for reviews."""
    routes = APIRouter()

    @routes.post("/api/reviews/{review_id}/decision", status_code=202)
    async def decide(request: Request, review_id: str) -> JSONResponse:
        check_caller(request)
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


async def _decision(request: Request) -> Decision:
    """Read the body strictly."""
    body = await json_body(request)
    try:
        content = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
        decision = Decision.model_validate(content)
    except ValidationError as error:
        place = "".join(map(str, first_fault(error).path[:1]))
        raise Refused("value", "decision, reviewer, fields or reason is wrong", location=place) from None
    except (ValueError, RecursionError):
        raise Refused("structure", "the decision is no JSON object", location="body") from None
    if _UNSAFE.search(json.dumps(content, ensure_ascii=False)) or "\\u0000" in json.dumps(content):
        raise Refused("value", "the decision holds a control character", location="body")
    return decision


def _no_constant(name: str) -> JsonValue:
    raise ValueError(f"{name} is no JSON")
