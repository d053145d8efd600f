"""The console's pages, rendered on the server: cases, one case, reviews, dead letters, inputs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.routing import Mount

from doorstep.case_clocks import case_clocks
from doorstep.console import clock_views, payer_words, views
from doorstep.console.api import Id, redelivered
from doorstep.console.network import form_of, network_page, provider_page
from doorstep.console.reviewing import is_id, place_of, review_page
from doorstep.console.threads import mails_of
from doorstep.journal import Journal, Reader
from doorstep.pictures import SECONDS, picture_of
from doorstep.providers import entries
from doorstep.rules import load
from schemas.desk import CallLogged
from schemas.event import Event
from schemas.network import Reason, Reasons

Run = Callable[..., Awaitable[Any]]
"""Runs a function in a worker process."""
_HERE = Path(__file__).parent


def _environment() -> Environment:
    pages = Environment(
        loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    pages.filters["instant"] = views.instant
    pages.globals["reasons"] = _reasons
    pages.globals |= {
        "coverage_words": payer_words.coverage_words,
        "authorization_words": payer_words.authorization_words,
        "denial_words": payer_words.denial_words,
        "clock_words": clock_views.words,
    }
    return pages


def _reasons(kind: str) -> tuple[Reason, ...]:
    """Return the codes of reasons that the desk may give with a word on a service."""
    found: tuple[Reason, ...] = getattr(Reasons.model_validate(load("network/reasons")), kind)
    return found


def static_mount() -> Mount:
    return Mount("/static", StaticFiles(directory=_HERE / "static"), name="static")


class _Pages:
    """Renders a page from what the journal holds now."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._environment = _environment()

    async def page(self, name: str, here: str, query: Any, status: int = 200) -> HTMLResponse:
        def values(reader: Reader) -> dict[str, Any]:
            counts = {"reviews": len(reader.reviews()), "dead": len(reader.dead_letters())}
            return {"here": here, "counts": counts, **query(reader)}

        values_now = await self._journal.read(values)
        return HTMLResponse(self._environment.get_template(name).render(values_now), status)

    async def missing(self, here: str, title: str, text: str) -> HTMLResponse:
        return await self.page("missing.html", here, lambda _: {"title": title, "text": text}, 404)


def pages_router(journal: Journal, run: Run) -> APIRouter:
    """Return the console's pages."""
    router = APIRouter(include_in_schema=False)
    pages = _Pages(journal)
    _add_reviews_and_network(router, pages, journal)
    _add_pictures(router, journal, run)

    @router.get("/", response_class=HTMLResponse)
    async def cases() -> HTMLResponse:
        return await pages.page("cases.html", "cases", lambda reader: {"cases": reader.cases(limit=200)})

    @router.get("/cases/{case_id}", response_class=HTMLResponse)
    async def case(case_id: str) -> HTMLResponse:
        if "\0" in case_id or await journal.read(lambda reader: reader.case(case_id)) is None:
            return await pages.missing("cases", "There is no such case", "The number may be mistyped.")
        return await pages.page("case.html", "cases", lambda reader: _case(reader, case_id))

    @router.get("/dead-letters", response_class=HTMLResponse)
    async def dead_letters() -> HTMLResponse:
        return await pages.page("rows.html", "dead", _dead_letters)

    @router.post("/dead-letters/{event_id}/{consumer}/replay")
    async def replay(event_id: Id, consumer: Id) -> RedirectResponse:
        await redelivered(journal, event_id, consumer)
        return RedirectResponse("/dead-letters", 303)

    @router.get("/inputs", response_class=HTMLResponse)
    async def inputs() -> HTMLResponse:
        return await pages.page("rows.html", "inputs", _inputs)

    return router


def _add_pictures(router: APIRouter, journal: Journal, run: Run) -> None:
    @router.get("/reviews/{review_id}/pictures/{field}")
    async def picture(review_id: str, field: str) -> Response:
        """Cut the picture of a value from its document, in a worker: the document comes from anybody."""
        asked = review_id if is_id(review_id) and is_id(field) else ""
        place = await journal.read(lambda reader: place_of(reader, asked, field))
        png = b""
        if place is not None:
            told = (place.whole, place.channel, place.reading, place.page, place.box)
            png = await run(picture_of, *told, timeout=SECONDS)
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return Response(png, 200 if png else 404, headers, "image/png")


def _add_reviews_and_network(router: APIRouter, pages: _Pages, journal: Journal) -> None:
    @router.get("/reviews", response_class=HTMLResponse)
    async def reviews() -> HTMLResponse:
        return await pages.page("rows.html", "reviews", _reviews)

    @router.get("/reviews/{review_id}", response_class=HTMLResponse)
    async def review(review_id: str) -> HTMLResponse:
        asked = review_id if is_id(review_id) else ""
        if await journal.read(lambda reader: reader.open_review(asked)) is None:
            return await pages.missing("reviews", "There is no such review", "It may be decided.")
        return await pages.page("review.html", "reviews", partial(review_page, review_id=asked))

    @router.get("/network", response_class=HTMLResponse)
    async def network() -> HTMLResponse:
        listed = await entries(journal)
        return await pages.page("network.html", "network", lambda _: network_page(listed))

    @router.get("/network/new", response_class=HTMLResponse)
    async def new_provider() -> HTMLResponse:
        return await pages.page("new_provider.html", "network", lambda _: form_of(None))

    @router.get("/network/{npi}", response_class=HTMLResponse)
    async def provider(npi: str) -> HTMLResponse:
        entry = next((one for one in await entries(journal) if one.provider.npi == npi), None)
        if entry is None:
            return await pages.missing("network", "There is no such provider", "The network has none of this NPI.")
        return await pages.page("provider.html", "network", partial(provider_page, entry=entry))


def _case(reader: Reader, case_id: str) -> dict[str, Any]:
    timeline, found = reader.timeline(case_id), reader.case(case_id)
    return {
        "case": found,
        "clocks": clock_views.clocks_of(reader, found) if found else [],
        "followups": [one for one in case_clocks().case if found and one.by_word and one.runs(found)],
        "causes": [pause for pause in case_clocks().pauses if pause.most_days],
        "offers": reader.offers(case_id=case_id),
        "choice": views.chosen(timeline),
        "mails": mails_of(timeline),
        "calls": [event.data for event in timeline if isinstance(event.data, CallLogged)],
        "steps": views.steps(timeline),
        "papers": _papers(reader, case_id, timeline),
    }


def _papers(reader: Reader, case_id: str, timeline: Sequence[Event[Any]]) -> dict[str, str]:
    """Return when and how each paper of the case came, those too that wait for a person to read them."""
    case = reader.case(case_id)
    named = (getattr(event.data, "document_id", None) for event in timeline)
    waiting = (review.document_id for review in reader.reviews() if review.case_id == case_id)
    ids = dict.fromkeys([*(case.document_ids if case else ()), *(str(one) for one in named if one), *waiting])
    found = [receipt for document_id in ids for receipt in reader.receipts(document_id=document_id)]
    papers = [one for one in found if one.channel not in {"desk", "dispatch"}]
    return {one.document_id: f"{views.instant(one.received_at)} by {one.channel}" for one in papers}


def _link(case_id: str | None) -> dict[str, str]:
    return {"text": case_id or "", "href": f"/cases/{quote(case_id)}" if case_id else ""}


def _reviews(reader: Reader) -> dict[str, Any]:
    rows = [
        {
            "cells": [r.review_id, _link(r.case_id), r.reason, "; ".join(f"{k}: {v}" for k, v in r.fields.items())],
            "decision": f"/api/reviews/{quote(r.review_id, safe='')}/decision",
            "page": f"/reviews/{quote(r.review_id, safe='')}",
        }
        for r in reader.reviews()
    ]
    return {
        "title": "Reviews",
        "columns": ["Review", "Case", "Reason", "Fields in doubt"],
        "rows": rows,
        "action": None,
        "decides": True,
        "nothing": "Nothing waits for a person.",
    }


def _dead_letters(reader: Reader) -> dict[str, Any]:
    rows = [
        {
            "cells": [d.topic, d.consumer, d.attempts, f"{d.error_code}: {d.reason}", views.instant(d.died_at)],
            "action": f"/dead-letters/{quote(d.event_id, safe='')}/{quote(d.consumer, safe='')}/replay",
        }
        for d in reader.dead_letters()
    ]
    return {
        "title": "Dead letters",
        "columns": ["Topic", "Consumer", "Attempts", "Reason", "Since"],
        "rows": rows,
        "action": "Try again",
        "decides": False,
        "nothing": "No delivery has ended without its effect.",
    }


def _inputs(reader: Reader) -> dict[str, Any]:
    rows = [
        {
            "cells": [
                views.instant(r.received_at),
                r.channel,
                {"state": r.state.value},
                _link(r.case_id),
                r.reason or "",
                r.control_id or r.message_id or r.identifier or f"sha256 {r.sha256[:12]}",
            ]
        }
        for r in reader.receipts(newest=True, limit=200)
    ]
    return {
        "title": "Inputs",
        "columns": ["Received", "Channel", "State", "Case", "Reason", "Sender's id"],
        "rows": rows,
        "action": None,
        "decides": False,
        "nothing": "Nothing has been received yet.",
    }
