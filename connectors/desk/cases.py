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

from connectors.desk.settings import DeskSettings, caller_detail, check_caller, json_body
from doorstep.clock import now
from doorstep.connector import Blob, Hub, Receipt, Transmission, settled
from doorstep.errors import Conflict, NotFound, Refused
from schemas.case import Case
from schemas.commands import COMMAND, Command
from schemas.faults import first_fault
from schemas.transmission import ReceiptState

_ID = re.compile(r"[A-Za-z0-9-]{1,40}")


def router(settings: DeskSettings, hub: Hub) -> APIRouter:
    """Return the one route for words on cases; the body's `command` says which (schemas.commands)."""
    routes = APIRouter()

    @routes.post("/api/desk/cases/{case_id}", status_code=202)
    async def say(request: Request, case_id: str) -> JSONResponse:
        check_caller(request)
        command = read(await json_body(request))
        case = await hub.case(case_id) if _ID.fullmatch(case_id) else None
        if case is None:
            raise NotFound("case", "there is no such case")
        receipt = await spoken(hub, case, command, request.headers.get("idempotency-key", ""))
        if receipt.conflict:
            raise Conflict("key", "other words were said under this Idempotency-Key", location="idempotency-key")
        return told(case_id, await settled(hub, receipt, settings.answer_wait))

    return routes


def read(body: bytes) -> Command:
    """Return the command; Refused names the place of what is wrong, never its value."""
    try:
        return COMMAND.validate_json(body)
    except ValidationError as wrong:
        fault = first_fault(wrong)
        if fault.kind == "json_invalid":
            raise Refused("structure", "the command is no JSON object", location="body") from None
        # only the words of schemas.commands itself are told
        message = fault.expected if fault.kind == "value_error" else "the command is not right"
        raise Refused("value", message, location=fault.place or "body") from None


async def spoken(hub: Hub, case: Case, command: Command, key: str = "") -> Receipt:
    """Keep the command and return its receipt; the same words (or the same key) again are kept once.

    A case may come to the same place twice (a second appeal is upheld like the first, a coverage is found active
    again), so without a key the same words count anew once the case stands elsewhere.
    """
    said = json.dumps(command.model_dump(mode="json", exclude_none=True), sort_keys=True, ensure_ascii=False)
    data = said.encode()
    standing = "" if command.command == "call" else f"{case.revision} "
    return await hub.receive(
        Transmission(
            channel="desk",
            idempotency_key=f"{case.case_id} {key[:100] or standing + hashlib.sha256(data).hexdigest()}",
            blobs=(Blob("application/json", data),),
            received_at=now(),
            sender=command.agent,
            details={"command": command.command, "case_id": case.case_id, **caller_detail()},
        )
    )


def told(case_id: str, receipt: Receipt) -> JSONResponse:
    """Return what became of the command: obeyed, refused with the reason, or recorded and still on its way."""
    states = {ReceiptState.ACCEPTED: ("obeyed", 200), ReceiptState.REJECTED: ("refused", 409)}
    state, status = states.get(receipt.state, ("recorded", 202))
    said = {"case": case_id, "document_id": receipt.document_id, "state": state}
    return JSONResponse({**said, "message": receipt.reason} if receipt.reason else said, status)
