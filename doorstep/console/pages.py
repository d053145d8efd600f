"""The console's pages, rendered on the server: cases, one case, reviews, dead letters, inputs."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.routing import Mount

from doorstep.console import views
from doorstep.journal import Journal, Reader

_HERE = Path(__file__).parent


def _environment() -> Environment:
    pages = Environment(
        loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    pages.filters["instant"] = _instant
    pages.filters["told"] = views.told
    return pages


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")


def static_mount() -> Mount:
    return Mount("/static", StaticFiles(directory=_HERE / "static"), name="static")


def pages_router(journal: Journal) -> APIRouter:
    """Return the console's pages."""
    router = APIRouter(include_in_schema=False)
    environment = _environment()

    async def page(name: str, here: str, query: Any) -> HTMLResponse:
        def values(reader: Reader) -> dict[str, Any]:
            counts = {"reviews": len(reader.reviews()), "dead": len(reader.dead_letters())}
            return {"here": here, "counts": counts, **query(reader)}

        return HTMLResponse(environment.get_template(name).render(await journal.read(values)))

    @router.get("/", response_class=HTMLResponse)
    async def cases() -> HTMLResponse:
        return await page("cases.html", "cases", lambda reader: {"cases": reader.cases(limit=200)})

    @router.get("/cases/{case_id}", response_class=HTMLResponse)
    async def case(case_id: str) -> HTMLResponse:
        def query(reader: Reader) -> dict[str, Any]:
            return {"case": reader.case(case_id), "timeline": reader.timeline(case_id)}

        if await journal.read(lambda reader: reader.case(case_id)) is None:
            raise HTTPException(404, "there is no such case")
        return await page("case.html", "cases", query)

    @router.get("/reviews", response_class=HTMLResponse)
    async def reviews() -> HTMLResponse:
        return await page("rows.html", "reviews", _reviews)

    @router.get("/dead-letters", response_class=HTMLResponse)
    async def dead_letters() -> HTMLResponse:
        return await page("rows.html", "dead", _dead_letters)

    @router.post("/dead-letters/{event_id}/{consumer}/replay")
    async def replay(request: Request, event_id: str, consumer: str) -> RedirectResponse:
        await journal.write(lambda unit: unit.redeliver(event_id, consumer))
        return RedirectResponse(request.url_for("dead_letters"), 303)

    @router.get("/inputs", response_class=HTMLResponse)
    async def inputs() -> HTMLResponse:
        return await page("rows.html", "inputs", _inputs)

    return router


def _reviews(reader: Reader) -> dict[str, Any]:
    rows = [
        {"cells": [r.document_id[:8], r.case_id or "", r.reason, ", ".join(f"{k}: {v}" for k, v in r.fields.items())]}
        for r in reader.reviews()
    ]
    return {
        "title": "Reviews",
        "columns": ["Document", "Case", "Reason", "Fields in doubt"],
        "rows": rows,
        "action": None,
        "nothing": "Nothing waits for a person.",
    }


def _dead_letters(reader: Reader) -> dict[str, Any]:
    rows = [
        {
            "cells": [d.topic, d.consumer, d.attempts, f"{d.error_code}: {d.reason}", _instant(d.died_at)],
            "action": f"/dead-letters/{d.event_id}/{d.consumer}/replay",
        }
        for d in reader.dead_letters()
    ]
    return {
        "title": "Dead letters",
        "columns": ["Topic", "Consumer", "Attempts", "Reason", "Since"],
        "rows": rows,
        "action": "Try again",
        "nothing": "No delivery has ended without its effect.",
    }


def _inputs(reader: Reader) -> dict[str, Any]:
    rows = [
        {"cells": [_instant(r.received_at), r.channel, r.state.value, r.case_id or "", r.reason or "", r.sha256[:12]]}
        for r in reversed(reader.receipts())
    ]
    return {
        "title": "Inputs",
        "columns": ["Received", "Channel", "State", "Case", "Reason", "Digest"],
        "rows": rows,
        "action": None,
        "nothing": "Nothing has been received yet.",
    }
