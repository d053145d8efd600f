"""The providers of the network by HTTP: read each with its papers, put one in or change it; nothing is applied here.

`GET /api/network/providers[/NPI]`, `POST /api/network/providers` (a new one), `PUT /api/network/providers/NPI`.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from connectors.desk.settings import DeskSettings, caller_detail, check_caller, json_body
from doorstep.clock import now
from doorstep.connector import Blob, Hub, Receipt, Transmission, settled
from doorstep.errors import Conflict, NotFound, PreconditionFailed, Refused
from schemas.faults import first_fault
from schemas.network import Entry, Provider
from schemas.transmission import ReceiptState

_NPI = re.compile(r"[0-9]{10}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_TAG = re.compile(r'(?:W/)?"([0-9]{1,9})"')


class Put(BaseModel):
    """The body: the provider as it is to stand, whole, and the person who says so."""

    model_config = ConfigDict(extra="forbid")

    by: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    provider: Provider


def router(settings: DeskSettings, hub: Hub) -> APIRouter:
    """Return the routes of the network; they are the operator's (docs/access.md)."""
    routes = APIRouter()

    @routes.get("/api/network/providers")
    async def listed(request: Request) -> list[dict[str, Any]]:
        check_caller(request)
        return [entry.line(now().date()) for entry in await hub.providers()]

    @routes.get("/api/network/providers/{npi}")
    async def one(request: Request, npi: str) -> JSONResponse:
        check_caller(request)
        entry = await _entry(hub, npi)
        if entry is None:
            raise NotFound("provider", "the network has no such provider")
        return _shown(entry, 200)

    @routes.post("/api/network/providers", status_code=201)
    async def create(request: Request) -> JSONResponse:
        check_caller(request)
        said = read(await json_body(request))
        if await _entry(hub, said.provider.npi) is not None:
            raise Conflict("provider", "the network has this NPI; PUT changes it", location="provider.npi")
        return await put(said, None)

    @routes.put("/api/network/providers/{npi}")
    async def change(request: Request, npi: str) -> JSONResponse:
        check_caller(request)
        said = read(await json_body(request))
        if said.provider.npi != npi:
            raise Refused("value", "the NPI is not that of the address", location="provider.npi")
        known = await _entry(hub, npi)
        _check_conditions(request, known)
        return await put(said, known)

    async def put(said: Put, known: Entry | None) -> JSONResponse:
        receipt = await settled(hub, await spoken(hub, said, known), settings.answer_wait)
        if receipt.state is ReceiptState.REJECTED:
            raise Conflict("refused", receipt.reason or "it was not taken")
        entry = await _entry(hub, said.provider.npi)
        if receipt.state is ReceiptState.PENDING or entry is None:
            waits = {"npi": said.provider.npi, "document_id": receipt.document_id, "state": "recorded"}
            return JSONResponse(waits, 202)
        return _shown(entry, 201 if known is None else 200)

    return routes


async def _entry(hub: Hub, npi: str) -> Entry | None:
    if not _NPI.fullmatch(npi):
        return None
    return next((entry for entry in await hub.providers() if entry.provider.npi == npi), None)


def _check_conditions(request: Request, known: Entry | None) -> None:
    """Hold the revision that stands against If-Match and If-None-Match (RFC 9110 13.1)."""
    wanted = request.headers.get("if-match", "")
    tags = {match[1] for match in _TAG.finditer(wanted)}
    stands = str(known.revision) if known else None
    if wanted and (known is None or (wanted.strip() != "*" and stands not in tags)):
        raise PreconditionFailed("revision", "the provider here has not the revision that If-Match names")
    if request.headers.get("if-none-match", "").strip() == "*" and known is not None:
        raise PreconditionFailed("revision", "the network has a provider of this NPI")


def _shown(entry: Entry, status: int) -> JSONResponse:
    address = f"/api/network/providers/{entry.provider.npi}"
    headers = {"ETag": f'"{entry.revision}"'} | ({"Location": address} if status == 201 else {})
    return JSONResponse(entry.whole(now().date()), status, headers)


def read(body: bytes) -> Put:
    """Return what is said; Refused names the place of what is wrong and why, never its value."""
    try:
        content = json.loads(body.decode("utf-8"))
        said = Put.model_validate(content)
    except ValidationError as wrong:
        fault = first_fault(wrong)
        raise Refused("value", fault.expected, location=fault.place or "body") from None
    except (ValueError, RecursionError):
        raise Refused("structure", "the body is no JSON object", location="body") from None
    if any(_CONTROL.search(text) for text in _texts(content)):
        raise Refused("value", "a text holds a control character", location="body")
    return said


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = [*value.keys(), *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for one in inner for text in _texts(one)]


async def spoken(hub: Hub, said: Put, known: Entry | None) -> Receipt:
    """Keep the word durably; the same word on the same revision is kept once."""
    revision = known.revision if known else -1
    kept = {"revision": revision, "by": said.by, "provider": said.provider.model_dump(mode="json")}
    data = json.dumps(kept, sort_keys=True, ensure_ascii=False).encode()
    npi = said.provider.npi
    return await hub.receive(
        Transmission(
            channel="desk",
            idempotency_key=f"provider {npi} {revision} {hashlib.sha256(data).hexdigest()}",
            blobs=(Blob("application/json", data),),
            received_at=now(),
            sender=said.by,
            details={"command": "provider", "npi": npi, **caller_detail()},
        )
    )
