"""POST /webhooks/fax/{gateway}: a notification is proved, noted durably, and only then answered."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import AsyncGenerator, Callable

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser

from connectors.fax.gateways.importing import Importer
from connectors.fax.gateways.port import BadNotice, Form, Notice, TooLarge, WebhookRequest
from connectors.fax.handover import write
from doorstep.errors import Refused, Unavailable

log = logging.getLogger("doorstep.fax.webhook")

_READ_SECONDS = 60.0


class _InMemory(MultiPartParser):
    """Nothing is written to a file before the caller has proved itself."""

    spool_max_size = 1 << 40


class NoGateway(Refused):
    http_status = 404


class Stalled(Refused):
    http_status = 408


def webhook_router(importers: Callable[[], dict[str, Importer]]) -> APIRouter:
    """Return the routes; `importers` gives the gateways by name, opened at the first call."""
    routes = APIRouter(tags=["fax"])

    @routes.post("/webhooks/fax/{gateway}")
    async def notified(request: Request, gateway: str) -> Response:
        return await _take(importers(), request, gateway, "")

    @routes.post("/webhooks/fax/{gateway}/{secret}")
    async def notified_by_secret(request: Request, gateway: str, secret: str) -> Response:
        return await _take(importers(), request, gateway, secret)

    return routes


async def _take(importers: dict[str, Importer], request: Request, name: str, secret: str) -> Response:
    importer = importers.get(name)
    gateway = importer.gateway if importer else None
    if importer is None or gateway is None or gateway.verifier is None:
        raise NoGateway("no-gateway", "there is no such fax gateway")
    headers = {key.lower(): value for key, value in request.headers.items()}
    url = gateway.callback + (f"?{request.url.query}" if request.url.query else "")
    sent = WebhookRequest(url, headers, secret)
    if gateway.verifier.early:
        gateway.verify(sent)
    body = await _body(request, gateway.body_limit)
    if gateway.verifier.rule.check == "phaxio":
        sent = WebhookRequest(url, headers, secret, body, await _form(headers, body))
        gateway.verify(sent)
    else:
        if not gateway.verifier.early:
            gateway.verify(WebhookRequest(url, headers, secret, body))
        sent = WebhookRequest(url, headers, secret, body, await _form(headers, body))
    try:
        status = await _keep(importer, gateway.parse_inbound(sent))
    except OSError as failed:
        log.error("a notification of gateway %s cannot be noted: errno %s", name, failed.errno)
        raise Unavailable("fax-notes", "the notification cannot be stored now") from failed
    if gateway.verifier.rule.answer:
        return PlainTextResponse(gateway.verifier.rule.answer)
    return JSONResponse({"status": status})


async def _keep(importer: Importer, notice: Notice | None) -> str:
    if notice is None:
        return "ignored"
    if not notice.inbound:
        if notice.status is not None:
            await asyncio.to_thread(_note_fate, importer, notice)
        if importer.follower:
            importer.follower.set()
        return "noted"
    if not notice.fax_id:
        importer.nudge()
        return "noted"
    if notice.file is not None:
        return "taken" if await importer.take(notice.fax_id, notice.facts, notice.file) else "known"
    # what the notification says of the call is not kept: the API is asked for it
    facts = notice.facts if importer.gateway.spec.received.call is None else {}
    return "taken" if await importer.begin(notice.fax_id, facts) else "known"


def _note_fate(importer: Importer, notice: Notice) -> None:
    """Keep what a gateway without a status call says of a send, for the follower; the first final word holds."""
    status = notice.status
    assert status is not None
    if not status.delivered and status.failure is None:
        return
    name = hashlib.sha256(notice.fax_id.encode()).hexdigest()[:40]
    folder = importer.records.folder / "fates"
    if not (folder / f"{name}.json").exists():
        failure = status.failure.value if status.failure else None
        said = {"word": status.word, "failure": failure, "pages_sent": status.pages_sent, "pages": status.pages}
        write(folder, f"{name}.json", json.dumps(said).encode())


async def _body(request: Request, limit: int) -> bytes:
    told = request.headers.get("content-length", "")
    if told.isascii() and told.isdigit() and int(told[:18]) > limit:
        raise TooLarge("too-large", f"a notification may have {limit} bytes")
    parts, size = [], 0
    try:
        async with asyncio.timeout(_READ_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > limit:
                    raise TooLarge("too-large", f"a notification may have {limit} bytes")
                parts.append(part)
    except TimeoutError:
        raise Stalled("stalled", "the notification did not come to its end") from None
    return b"".join(parts)


async def _form(headers: dict[str, str], body: bytes) -> Form:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()

    async def stream() -> AsyncGenerator[bytes, None]:
        yield body
        yield b""

    fields: list[tuple[str, str]] = []
    files: list[tuple[str, bytes]] = []
    try:
        if kind == "multipart/form-data":
            parser = _InMemory(Headers(headers), stream(), max_files=20, max_fields=200, max_part_size=len(body) + 1)
            form = await parser.parse()
        elif kind == "application/x-www-form-urlencoded":
            form = await FormParser(Headers(headers), stream()).parse()
        else:
            return Form()
    except (MultiPartException, ValueError, KeyError):
        raise BadNotice("bad-notice", "the form cannot be read") from None
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            files.append((name, await value.read()))
            await value.close()
        else:
            fields.append((name, value))
    return Form(tuple(fields), tuple(files))
