"""What the desk says in a provider's place, or to the network: by the case's number, kept durable like any answer."""

from __future__ import annotations

import re
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import JsonValue

from connectors.dispatch.body import JSON, fields_of, media_type
from connectors.dispatch.routes import DispatchSettings, told
from doorstep.access.caller import check_desk
from doorstep.answers import Answer, Malformed, answer_of, keep
from doorstep.clock import now
from doorstep.connector import Hub, settled
from doorstep.errors import NotFound, WrongType

_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
DeskKind = Literal["withdraw", "reschedule", "missed", "complete", "dispatch"]


def router(settings: DispatchSettings, hub: Hub) -> APIRouter:
    """Return `POST /api/cases/CASE/service/KIND`, for operators (docs/access.md); else callers of this machine only."""
    routes = APIRouter(tags=["dispatch"])

    @routes.post("/api/cases/{case_id}/service/{kind}", status_code=202)
    async def say(request: Request, case_id: str, kind: DeskKind) -> JSONResponse:
        check_desk(request.client.host if request.client else None)
        if media_type(request) != JSON:  # a browser asks first before it sends JSON from another site
            raise WrongType("content-type", "send application/json")
        fields, document = await fields_of(request, document=kind == "complete", also=frozenset({"by"}))
        by = " ".join(fields.pop("by", "").split())[:100]
        if not by:
            raise Malformed("value", "`by` must name the person who says so", location="by")
        case = await hub.case(case_id) if _ID.fullmatch(case_id) else None
        if case is None:
            raise NotFound("case", "there is no such case")
        answer = Answer("dispatch") if kind == "dispatch" else answer_of(kind, fields, now(), document)
        of: dict[str, JsonValue] = {"case_id": case_id, "by": by}
        receipt = await keep(hub, of, case, answer, sender=by, details={"case_id": case_id})
        receipt = await settled(hub, receipt, settings.answer_wait)
        return told(receipt, answer, of)

    return routes
