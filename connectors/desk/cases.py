"""A person's word on a case: a call, an escalation, what a payer said, a denial, an appeal. It applies nothing itself.

The address lies outside of /api/cases, where partners read their own: this one is the operator's.
"""

from __future__ import annotations

import hashlib
import json
import re

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import ValidationError

from connectors.desk.settings import DeskSettings, check_caller, json_body
from doorstep.access.caller import current
from doorstep.clock import now
from doorstep.connector import Blob, Hub, Transmission
from doorstep.errors import NotFound, Refused
from schemas.commands import COMMAND, Command

_ID = re.compile(r"[A-Za-z0-9-]{1,40}")


def router(settings: DeskSettings, hub: Hub) -> APIRouter:
    """Return the one route for words on cases; the body's `command` says which (schemas.commands)."""
    routes = APIRouter()

    @routes.post("/api/desk/cases/{case_id}", status_code=202)
    async def say(request: Request, case_id: str) -> JSONResponse:
        check_caller(settings, request)
        command = read(await json_body(request))
        if not _ID.fullmatch(case_id) or await hub.case(case_id) is None:
            raise NotFound("case", "there is no such case")
        document_id = await spoken(hub, case_id, command, request.headers.get("idempotency-key", ""))
        return JSONResponse({"case": case_id, "document_id": document_id, "state": "recorded"}, 202)

    return routes


def read(body: bytes) -> Command:
    """Return the command; Refused names the place of what is wrong, never its value."""
    try:
        return COMMAND.validate_json(body)
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        if first["type"] == "json_invalid":
            raise Refused("structure", "the command is no JSON object", location="body") from None
        raise Refused("value", "the command is not right", location=place or "body") from None


async def spoken(hub: Hub, case_id: str, command: Command, key: str = "") -> str:
    """Keep the command and return its document; the same words again (under the same key) are kept once."""
    said = json.dumps(command.model_dump(mode="json", exclude_none=True), sort_keys=True, ensure_ascii=False)
    data = said.encode()
    receipt = await hub.receive(
        Transmission(
            channel="desk",
            idempotency_key=f"{case_id} {key[:100] or hashlib.sha256(data).hexdigest()}",
            blobs=(Blob("application/json", data),),
            received_at=now(),
            sender=command.agent,
            details={"command": command.command, "case_id": case_id, **_caller()},
        )
    )
    return receipt.document_id


def _caller() -> dict[str, str]:
    """Return who really called, where callers are known; `agent` is what they say of themselves."""
    caller = current()
    return {"caller": caller.name} if caller.known else {}
