"""The routes of an offer: looking has no effect; an answer is durable before it is thanked for."""

from __future__ import annotations

import hmac
import re
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import Field, JsonValue, field_validator

from connectors.dispatch.body import JSON, fields_of, media_type
from connectors.dispatch.page import Wrong, offer_page, page, when
from connectors.dispatch.work import work_page
from doorstep.answers import FIRST, Answer, Kind, answer_of, keep
from doorstep.clock import now
from doorstep.connector import ConnectorSettings, Hub, Receipt, settled
from doorstep.errors import Forbidden, HubError, NotFound, Refused, Unavailable
from schemas.case import Case, Offer, OfferState
from schemas.fhir.offer import in_hand
from schemas.transmission import ReceiptState

_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
_DECIDES = {"accept": OfferState.ACCEPTED, "decline": OfferState.DECLINED}
_SAID = {
    OfferState.ACCEPTED: "This offer was accepted.",
    OfferState.DECLINED: "This offer was declined.",
    OfferState.EXPIRED: "The time to answer this offer is over; no answer is needed any more.",
    OfferState.RECALLED: "This offer was withdrawn; no answer is needed any more.",
    OfferState.WITHDRAWN: "You gave this order back; others are asked.",
    OfferState.SERVED: "This service is done. Thank you.",
}
_SHOWN: dict[str, frozenset[str | None]] = {
    "accept": frozenset({"start", "end", "zone"}),
    "decline": frozenset({"code", "reason"}),
    "complete": frozenset({"completed_at", "zone", "signed_by", "relation", "serials", "exceptions", "document"}),
    "reschedule": frozenset({"start", "end", "zone", "code"}),
    "missed": frozenset({"code", "start", "zone", "reason"}),
    "withdraw": frozenset({"code", "reason"}),
}
"""The fields of each form, beside which an error can stand."""
_DONE = {
    "withdraw": "We have recorded that you give the order back.",
    "reschedule": "We have recorded the new date.",
    "missed": "We have recorded that it did not take place.",
    "complete": "We have recorded that it is done.",
}


class DispatchSettings(ConnectorSettings):
    """How providers answer offers."""

    time_zone: str = Field(default="America/New_York", description="Zone in which the offer's page writes times")
    answer_wait: float = Field(
        default=1.5, ge=0, le=10, description="Seconds that an answer waits for its effect before it is only recorded"
    )

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
            case = await hub.case(offer.case_id)
        except HubError as error:
            return _problem_page(error)
        return _standing_page(offer, case, token, settings)

    @routes.post("/offers/{offer_id}/{kind}")
    async def answer_page(request: Request, offer_id: str, kind: Kind) -> Response:
        if media_type(request) == JSON:
            return await _answer_json(settings, hub, request, offer_id, kind)
        return await _answer_form(settings, hub, request, offer_id, kind)

    @routes.post("/api/offers/{offer_id}/{kind}", status_code=202)
    async def answer_json(request: Request, offer_id: str, kind: Kind) -> Response:
        return await _answer_json(settings, hub, request, offer_id, kind)

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


def _closed(offer: Offer, case: Case | None, kind: str) -> bool:
    """Say whether nothing of this kind can be said of the offer any more."""
    return offer.state is not OfferState.SENT if kind in FIRST else not in_hand(offer, case)


async def _answer_json(
    settings: DispatchSettings, hub: Hub, request: Request, offer_id: str, kind: str
) -> JSONResponse:
    fields, document = await fields_of(request, document=kind == "complete")
    offer = await offered(hub, offer_id, _token(request, fields))
    case = await hub.case(offer.case_id)
    if _closed(offer, case, kind):
        return JSONResponse(_decided(offer), 200 if _DECIDES.get(kind) is offer.state else 409)
    answer = answer_of(kind, fields, now(), document)
    receipt = await record(hub, offer, case, answer)
    receipt = await settled(hub, receipt, settings.answer_wait)
    return told(receipt, answer, {"offer_id": offer_id})


def told(receipt: Receipt, answer: Answer, of: dict[str, JsonValue]) -> JSONResponse:
    """Return what became of an answer: taken, refused with the reason, or recorded and still on its way."""
    states = {ReceiptState.ACCEPTED: ("taken", 200), ReceiptState.REJECTED: ("refused", 409)}
    state, status = states.get(receipt.state, ("recorded", 202))
    start = answer.start.isoformat() if answer.start else None
    said = {**of, "document_id": receipt.document_id, "answer": answer.kind, "start": start, "state": state}
    if receipt.reason:
        said["message"] = receipt.reason
    return JSONResponse(said, status)


async def _answer_form(
    settings: DispatchSettings, hub: Hub, request: Request, offer_id: str, kind: str
) -> HTMLResponse:
    offer, case, token, zone = None, None, "", settings.time_zone
    fields: dict[str, str] = {}
    try:
        fields, document = await fields_of(request, document=kind == "complete")
        token = _token(request, fields)
        offer = await offered(hub, offer_id, token)
        case = await hub.case(offer.case_id)
        if _closed(offer, case, kind):
            return _decided_page(offer, settings, status=200 if _DECIDES.get(kind) is offer.state else 409)
        answer = answer_of(kind, fields, now(), document)
        receipt = await settled(hub, await record(hub, offer, case, answer), settings.answer_wait)
        if receipt.state is ReceiptState.REJECTED:
            offer, case = await hub.offer(offer_id) or offer, await hub.case(offer.case_id)
            raise Refused("refused", receipt.reason or "the answer was not taken")
    except Refused as error:
        if offer is None:
            return _problem_page(error)
        wrong = Wrong(kind, _field(error, kind), error.message, fields)
        if case is not None and in_hand(offer, case):
            return work_page(offer, case, token, zone, wrong=wrong, status=error.http_status)
        if offer.state is not OfferState.SENT:
            return _decided_page(offer, settings, status=409)
        return offer_page(offer, case, token, zone, now=now(), wrong=wrong, status=error.http_status)
    except HubError as error:
        return _problem_page(error)
    return _thanks(offer, answer, zone)


def _field(error: Refused, kind: str) -> str:
    """Return the field of the form at which the answer is wrong; empty when it is none of the form's own."""
    return error.location if error.location in _SHOWN[kind] else ""


def _thanks(offer: Offer, answer: Answer, zone: str) -> HTMLResponse:
    if answer.kind in FIRST:
        said = "accepted" if answer.kind == "accept" else "declined"
        lines = [f"We have recorded that {offer.provider_name} {said} this offer."]
    else:
        lines = [_DONE[answer.kind]]
    if answer.start:
        lines.append(f"Start: {when(answer.start, zone)}.")
    if answer.kind in {"accept", "reschedule"}:
        lines.append("The same link shows what you need for the service.")
    return page("Thank you", status=202, lines=tuple(lines))


async def record(hub: Hub, offer: Offer, case: Case | None, answer: Answer) -> Receipt:
    """Make the answer durable; return its receipt."""
    of: dict[str, JsonValue] = {"offer_id": offer.offer_id}
    return await keep(hub, of, case, answer, sender=offer.npi, details={"offer_id": offer.offer_id})


def _said(offer: Offer) -> str:
    """Return where an offer stands, in words; one that had been accepted was recalled with its order."""
    if offer.state is OfferState.RECALLED and offer.proposed_start is not None:
        return "The order was withdrawn after you had accepted it: please do not carry it out."
    return _SAID.get(offer.state, "This offer is open.")


def _decided(offer: Offer) -> dict[str, JsonValue]:
    return {
        "offer_id": offer.offer_id,
        "state": offer.state.value,
        "start": offer.proposed_start.isoformat() if offer.proposed_start else None,
        "answered_at": offer.answered_at.isoformat() if offer.answered_at else None,
        "message": _said(offer),
    }


def _standing_page(offer: Offer, case: Case | None, token: str, settings: DispatchSettings) -> HTMLResponse:
    if offer.state is OfferState.SENT:
        return offer_page(offer, case, token, settings.time_zone, now=now())
    if case is not None and in_hand(offer, case):
        return work_page(offer, case, token, settings.time_zone)
    return _decided_page(offer, settings)


def _decided_page(offer: Offer, settings: DispatchSettings, *, status: int = 200) -> HTMLResponse:
    lines = [_said(offer)]
    if offer.state is OfferState.ACCEPTED and offer.proposed_start:
        lines.append(f"Start: {when(offer.proposed_start, settings.time_zone)}.")
    return page("Service offer", status=status, lines=tuple(lines))


def _problem_page(error: HubError) -> HTMLResponse:
    response = page("Service offer", status=error.http_status, wrong=Wrong(message=error.message))
    if isinstance(error, Unavailable):
        response.headers["Retry-After"] = str(int(error.retry_after or 5))
    return response
