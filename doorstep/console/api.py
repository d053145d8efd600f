"""The JSON API: receipts, cases, events, reviews, dead letters, replay, live events (SSE), health and metrics."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from pydantic import BaseModel, StringConstraints

from doorstep.access.caller import current
from doorstep.console import views
from doorstep.errors import Forbidden, HubError
from doorstep.journal import Journal, Reader
from schemas.case import CaseState
from schemas.topics import TOPICS

log = logging.getLogger("doorstep.console")

_LIVE_POLL_SECONDS = 0.25
_HEARTBEAT_SECONDS = 15.0
_PROBE_SECONDS = 5.0

Id = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[!-~]+$")]
Seq = Annotated[int, Query(ge=0, lt=2**63)]
Limit = Annotated[int, Query(ge=1, le=1000)]
Topics = Annotated[list[str] | None, Query()]


class Replay(BaseModel):
    """Which deliveries to try again: one event at one consumer, or at all that had it."""

    event_id: Id
    consumer: Id | None = None


def health_router(journal: Journal) -> APIRouter:
    """Return the probes and metrics that every process of the hub has."""
    router = APIRouter()

    @router.get("/healthz", include_in_schema=False)
    async def healthz() -> JSONResponse:
        return JSONResponse({"healthy": journal.healthy, "pid": os.getpid()}, 200 if journal.healthy else 503)

    @router.get("/readyz", include_in_schema=False)
    async def readyz() -> JSONResponse:
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                await journal.read(lambda reader: reader.last_seq())
        except HubError as away:
            return JSONResponse({"ready": False, "reason": away.message}, 503)
        except TimeoutError:
            return JSONResponse({"ready": False, "reason": "the journal does not answer"}, 503)
        return JSONResponse({"ready": journal.healthy}, 200 if journal.healthy else 503)

    @router.get("/metrics", include_in_schema=False)
    async def metrics() -> PlainTextResponse:
        return PlainTextResponse(await journal.read(views.metrics))

    return router


def api_router(journal: Journal, stopping: asyncio.Event) -> APIRouter:
    """Return /api/* and /events; live streams end when the hub is stopping."""
    router = APIRouter()

    @router.get("/api/receipts")
    async def receipts(
        control_id: str | None = None,
        message_id: str | None = None,
        identifier: str | None = None,
        sha256: str | None = None,
        document_id: str | None = None,
    ) -> list[dict[str, Any]]:
        """Return what became of received inputs (a partner's own), oldest first."""
        tenant = current().tenant
        _need("r")
        found = await journal.read(
            lambda reader: reader.receipts(
                control_id=control_id,
                message_id=message_id,
                identifier=identifier,
                sha256=sha256,
                document_id=document_id,
                tenant=tenant,
            )
        )
        return [views.receipt(receipt) for receipt in found]

    @router.get("/api/cases")
    async def cases(
        state: CaseState | None = None, before: Id | None = None, limit: Limit = 100
    ) -> list[dict[str, Any]]:
        """Return cases (a partner's own), newest first."""
        tenant = current().tenant
        _need("s")
        found = await journal.read(lambda reader: reader.cases(state=state, before=before, limit=limit, tenant=tenant))
        return [views.case_line(case) for case in found]

    @router.get("/api/cases/{case_id}")
    async def case(case_id: Id) -> dict[str, Any]:
        """Return one case with its timeline; a partner gets what it knows of it."""
        tenant = current().tenant
        _need("r")
        story = partial(views.case_story, case_id=case_id)
        mine = partial(views.case_for, case_id=case_id, tenant=tenant or "")
        found = await journal.read(story if tenant is None else mine)
        if found is None:
            raise HTTPException(404, "there is no such case")
        return found

    @router.get("/api/events")
    async def events(
        after: Seq = 0,
        topic: Topics = None,
        limit: Limit = 100,
    ) -> list[dict[str, Any]]:
        """Return events in the journal's order, after a sequence number."""
        found = await journal.read(lambda reader: reader.events_after(after, topics=_known(topic), limit=limit))
        return [views.event(event) for event in found]

    @router.get("/api/reviews")
    async def reviews() -> list[dict[str, Any]]:
        """Return what waits for a person."""
        return [review.model_dump(mode="json") for review in await journal.read(lambda reader: reader.reviews())]

    @router.get("/api/dead-letters")
    async def dead_letters() -> list[dict[str, Any]]:
        """Return deliveries that ended, with the reason."""
        return [views.dead_letter(letter) for letter in await journal.read(lambda reader: reader.dead_letters())]

    @router.post("/api/replay", status_code=202)
    async def replay(which: Replay) -> dict[str, int]:
        """Try deliveries again; their effects still happen once."""
        return {"redelivered": await redelivered(journal, which.event_id, which.consumer)}

    @router.get("/events")
    async def live(request: Request, topic: Topics = None) -> StreamingResponse:
        """Stream events as they are appended (server-sent events; Last-Event-ID resumes)."""
        topics = _known(topic)
        last = request.headers.get("last-event-id", "")
        if last and not (last.isascii() and last.isdigit() and len(last) < 19):
            raise HTTPException(400, "Last-Event-ID must be the id of an event of this stream")
        start = int(last) if last else await journal.read(lambda reader: reader.last_seq())
        return StreamingResponse(_stream(journal, request, start, topics, stopping), media_type="text/event-stream")

    return router


def _need(interaction: str) -> None:
    """Refuse a caller that may not look at Tasks: a case is what a Task shows."""
    if not current().may("Task", interaction):
        raise Forbidden("scope", f"the scopes do not allow this: system/Task.{interaction} is needed")


async def redelivered(journal: Journal, event_id: str, consumer: str | None) -> int:
    """Put settled deliveries back into their queues; 404 when there is no such event."""
    if await journal.read(lambda reader: reader.event(event_id)) is None:
        raise HTTPException(404, "there is no such event")
    return await journal.write(lambda unit: unit.redeliver(event_id, consumer))


def _known(topics: list[str] | None) -> list[str]:
    if not set(topics or ()) <= set(TOPICS):
        raise HTTPException(422, f"known topics: {', '.join(TOPICS)}")
    return topics or []


async def _stream(
    journal: Journal, request: Request, seq: int, topics: list[str], stopping: asyncio.Event
) -> AsyncIterator[str]:
    yield ": listening\n\n"
    quiet = 0.0
    while not (stopping.is_set() or await request.is_disconnected()):
        try:
            found = await journal.read(partial(Reader.events_after, seq=seq, topics=topics, limit=200))
        except HubError as away:
            log.warning("a live stream ends: %s", away.code)
            return  # the browser comes back with Last-Event-ID
        for event in found:
            seq = event.seq
            yield f"id: {seq}\nevent: {event.topic}\ndata: {json.dumps(views.event(event))}\n\n"
        if found:
            quiet = 0.0
            continue
        await asyncio.sleep(_LIVE_POLL_SECONDS)
        quiet += _LIVE_POLL_SECONDS
        if quiet >= _HEARTBEAT_SECONDS:
            quiet = 0.0
            yield ": still here\n\n"
