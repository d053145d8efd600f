"""The routes of an offer: looking has no effect; an answer is durable before it is thanked for."""

from __future__ import annotations

import hmac
import re
from typing import Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import Field, JsonValue, field_validator

from connectors.dispatch.answer import JSON, Answer, answer_of, fields_of, media_type
from connectors.dispatch.page import offer_page, page, when
from doorstep.clock import now
from doorstep.connector import Blob, ConnectorSettings, Hub, Transmission
from doorstep.errors import Forbidden, HubError, NotFound, Refused, Unavailable
from schemas.case import Offer, OfferState

_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
_DECIDES = {"accept": OfferState.ACCEPTED, "decline": OfferState.DECLINED}
_SAID = {
    OfferState.ACCEPTED: "This offer was accepted.",
    OfferState.DECLINED: "This offer was declined.",
    OfferState.EXPIRED: "The time to answer this offer is over; no answer is needed any more.",
    OfferState.RECALLED: "This offer was withdrawn; no answer is needed any more.",
}
Kind = Literal["accept", "decline"]


class DispatchSettings(ConnectorSettings):
    """How providers answer offers."""

    time_zone: str = Field(default="America/New_York", description="Zone in which the offer's page writes times")

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        ZoneInfo(value)
        return value


def router(settings: DispatchSettings, hub: Hub) -> APIRouter:
    """Return the routes for browsers (`/offers`) and for programs (`/api/offers`)."""
    routes = APIRouter(tags=["dispatch"])

    @routes.get("/offers/{offer_id}", response_class=HTMLResponse)
    async def look(offer_id: str, token: str = "") -> Response:
        try:
            offer = await offered(hub, offer_id, token)
        except HubError as error:
            return _problem_page(error)
        if offer.state is not OfferState.SENT:
            return _decided_page(offer, settings)
        return offer_page(offer, await hub.case(offer.case_id), token, settings.time_zone, now=now())

    @routes.post("/offers/{offer_id}/{kind}")
    async def answer_page(request: Request, offer_id: str, kind: Kind) -> Response:
        if media_type(request) == JSON:
            return await _answer_json(hub, request, offer_id, kind)
        return await _answer_form(settings, hub, request, offer_id, kind)

    @routes.post("/api/offers/{offer_id}/{kind}", status_code=202)
    async def answer_json(request: Request, offer_id: str, kind: Kind) -> Response:
        return await _answer_json(hub, request, offer_id, kind)

    return routes


async def offered(hub: Hub, offer_id: str, token: str) -> Offer:
    """Return the offer that the token opens; the token is checked first, so that ids cannot be tried out."""
    if not _ID.fullmatch(offer_id):
        raise NotFound("offer", "there is no such offer")
    if not hmac.compare_digest(token.encode("utf-8", "replace"), hub.sign("offer", offer_id).encode()):
        raise Forbidden("token", "the link's token is not valid for this offer")
    offer = await hub.offer(offer_id)
    if offer is None:
        raise NotFound("offer", "there is no such offer")
    return offer


def _token(request: Request, fields: dict[str, str]) -> str:
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    given = bearer.strip() if scheme.lower() == "bearer" else ""
    return given or fields.get("token", "") or request.query_params.get("token", "")


async def _answer_json(hub: Hub, request: Request, offer_id: str, kind: str) -> Response:
    fields = await fields_of(request)
    offer = await offered(hub, offer_id, _token(request, fields))
    if offer.state is not OfferState.SENT:
        return JSONResponse(_decided(offer), 200 if _DECIDES[kind] is offer.state else 409)
    answer = answer_of(kind, fields, now())
    document_id = await record(hub, offer, answer)
    start = answer.start.isoformat() if answer.start else None
    said = {"offer_id": offer_id, "document_id": document_id, "answer": kind, "start": start, "state": "recorded"}
    return JSONResponse(said, 202)


async def _answer_form(
    settings: DispatchSettings, hub: Hub, request: Request, offer_id: str, kind: str
) -> HTMLResponse:
    offer, token = None, ""
    try:
        fields = await fields_of(request)
        token = _token(request, fields)
        offer = await offered(hub, offer_id, token)
        if offer.state is not OfferState.SENT:
            return _decided_page(offer, settings, status=200 if _DECIDES[kind] is offer.state else 409)
        answer = answer_of(kind, fields, now())
        await record(hub, offer, answer)
    except Refused as error:
        if offer is None:
            return _problem_page(error)
        case = await hub.case(offer.case_id)
        zone, status = settings.time_zone, error.http_status
        return offer_page(offer, case, token, zone, now=now(), problem=error.message, status=status)
    except HubError as error:
        return _problem_page(error)
    said = "accepted" if kind == "accept" else "declined"
    lines = [f"We have recorded that {offer.provider_name} {said} this offer."]
    if answer.start:
        lines.append(f"Start: {when(answer.start, settings.time_zone)}.")
    return page("Thank you", status=202, lines=tuple(lines))


async def record(hub: Hub, offer: Offer, answer: Answer) -> str:
    """Make the answer durable; return the id it is kept under."""
    receipt = await hub.receive(
        Transmission(
            channel="dispatch",
            idempotency_key=answer.key(offer.offer_id),
            blobs=(Blob("application/json", answer.record(offer.offer_id)),),
            received_at=now(),
            sender=offer.npi,
            details={"offer_id": offer.offer_id, "answer": answer.kind},
        )
    )
    return receipt.document_id


def _decided(offer: Offer) -> dict[str, JsonValue]:
    return {
        "offer_id": offer.offer_id,
        "state": offer.state.value,
        "start": offer.proposed_start.isoformat() if offer.proposed_start else None,
        "answered_at": offer.answered_at.isoformat() if offer.answered_at else None,
        "message": _SAID[offer.state],
    }


def _decided_page(offer: Offer, settings: DispatchSettings, *, status: int = 200) -> HTMLResponse:
    lines = [_SAID[offer.state]]
    if offer.state is OfferState.ACCEPTED and offer.proposed_start:
        lines.append(f"Start: {when(offer.proposed_start, settings.time_zone)}.")
    return page("Service offer", status=status, lines=tuple(lines))


def _problem_page(error: HubError) -> HTMLResponse:
    response = page("Service offer", status=error.http_status, problem=error.message)
    if isinstance(error, Unavailable):
        response.headers["Retry-After"] = str(int(error.retry_after or 5))
    return response
