"""The reports over HTTP, as JSON, CSV or PDF."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fastapi import APIRouter, HTTPException, Response

from doorstep import clock
from doorstep.errors import Refused
from doorstep.journal import Journal
from doorstep.reports import REPORTS, OwnCounts, Period, desk_zone, named_period
from doorstep.reports.render import Form, as_csv, as_json, as_pdf


def report_router(journal: Journal, own_counts: Callable[[Period], OwnCounts]) -> APIRouter:
    """Return /api/reports; `own_counts` says what the channels' sources say of themselves."""
    router = APIRouter()

    @router.get("/api/reports")
    async def reports() -> list[dict[str, str]]:
        """Return what reports there are, and the period that each has by default."""
        return [{"name": name, "title": one.title, "period": one.default} for name, one in REPORTS.items()]

    @router.get("/api/reports/{name}")
    async def report(name: str, period: str = "", form: Form = Form.JSON) -> Response:
        """Return one report (`form`: json, csv or pdf)."""
        definition = REPORTS.get(name)
        if definition is None:
            raise HTTPException(404, f"there is no such report; known: {', '.join(REPORTS)}")
        try:
            when = named_period(period or definition.default, desk_zone(), clock.now())
        except Refused as refused:
            raise HTTPException(422, refused.message) from None
        own = await asyncio.to_thread(own_counts, when)
        made = await journal.read(lambda reader: definition.make(reader, when, own))
        if form is Form.PDF:
            return Response(await asyncio.to_thread(as_pdf, made), media_type="application/pdf")
        if form is Form.CSV:
            return Response(as_csv(made), media_type="text/csv; charset=utf-8")
        return Response(as_json(made), media_type="application/json")

    return router
