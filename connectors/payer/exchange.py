"""The way out to a payer: one enquiry by HTTP or as a file. What it answers is kept durably before the send is done."""

from __future__ import annotations

import hashlib
import json

import httpx

from connectors.payer import folder
from connectors.payer.settings import Partner, PayerSettings
from doorstep import clock
from doorstep.connector import Blob, Delivery, Hub, Sent, Transmission
from doorstep.errors import Refused, Unavailable
from doorstep.trust import authorities
from schemas.codec import CodecError
from schemas.fhir import dumps, loads
from schemas.fhir.pas import cancellation, inquiry, submission
from schemas.outbound import ConfirmationRequested
from schemas.payer import CoverageStatus, PayerEnquiry
from schemas.x12 import eligibility_answers, eligibility_request, parse, review_request
from schemas.x12.eligibility import busy

MOST_BYTES = 8 * 1024 * 1024
GARBAGE_TRIES = 3
"""How often an answer that is none is taken for a passing fault; after that it is kept and a person looks."""
_LATER = frozenset({408, 425, 429})
_ANSWERS = frozenset({400, 409, 412, 422})
"""Refusals that may carry an OperationOutcome: the payer's answer, not a fault of the way."""
X12_TYPE, FHIR_TYPE = "application/edi-x12", "application/fhir+json"


def destination(settings: PayerSettings, confirmation: ConfirmationRequested) -> str:
    """Return the queue of a request: the partner, so that one that is away delays only its own."""
    del settings
    return confirmation.recipient.address


async def send(settings: PayerSettings, hub: Hub, delivery: Delivery) -> Sent:
    """Ask once; a repeat says the same under the same trace number, so the payer and the hub both know it again."""
    confirmation = delivery.confirmation
    enquiry, name = confirmation.enquiry, confirmation.recipient.address
    partner = settings.partners.get(name)
    if enquiry is None:
        raise Refused("payer-nothing-asked", "there is nothing to ask in it")
    if partner is None:
        raise Refused("payer-no-partner", f"no partner {name} is set up (connectors.payer.partners)")
    if partner.folder is not None and enquiry.way == "x12" and not _url(partner, enquiry):
        return await folder.put(name, partner, hub, enquiry, _x12(partner, enquiry))
    body, content_type = await _post(partner, enquiry)
    problem = _garbage(enquiry, body)
    if problem and delivery.attempt < GARBAGE_TRIES:
        raise Unavailable("payer-garbage", f"the payer's answer cannot be read: {problem}")
    await hub.receive(
        Transmission(
            channel="payer",
            idempotency_key=f"answer {confirmation.confirmation_id}",
            blobs=(Blob(content_type, body, f"answer of {name}"),),
            received_at=clock.now(),
            sender=name,
            details={"partner": name, "trace": enquiry.trace, "ask": enquiry.ask},
        )
    )
    return Sent("unreadable answer" if problem else "answered", enquiry.trace)


def control_of(trace: str) -> str:
    """Return the interchange control number of a trace number: nine digits, the same for every try."""
    return str(int(hashlib.sha256(trace.encode()).hexdigest()[:12], 16) % 999_999_998 + 1)


def _x12(partner: Partner, enquiry: PayerEnquiry) -> bytes:
    if enquiry.ask == "eligibility":
        return eligibility_request(enquiry, partner.parties(), control_of(enquiry.trace))
    if enquiry.ask in {"authorization", "authorization-cancellation"}:
        return review_request(enquiry, partner.parties(), control_of(enquiry.trace))
    raise Refused("payer-no-inquiry", "what became of a 278 is not asked by X12: the payer's response is waited for")


def _url(partner: Partner, enquiry: PayerEnquiry) -> str:
    if enquiry.way == "pas":
        operation = "$inquire" if enquiry.ask == "authorization-inquiry" else "$submit"
        return f"{partner.pas_url}/Claim/{operation}" if partner.pas_url else ""
    return partner.eligibility_url if enquiry.ask == "eligibility" else partner.review_url


async def _post(partner: Partner, enquiry: PayerEnquiry) -> tuple[bytes, str]:
    url = _url(partner, enquiry)
    if not url:
        raise Refused("payer-no-url", f"the partner has no address for {enquiry.ask} by {enquiry.way}")
    fhir = enquiry.way == "pas"
    make = {"authorization-inquiry": inquiry, "authorization-cancellation": cancellation}.get(enquiry.ask, submission)
    sent, kind = (dumps(make(enquiry)), FHIR_TYPE) if fhir else (_x12(partner, enquiry), X12_TYPE)
    headers = {"Content-Type": kind, "Accept": kind}
    if partner.token is not None:
        headers["Authorization"] = f"Bearer {partner.token.get_secret_value()}"
    body = b""
    try:
        async with (
            httpx.AsyncClient(
                timeout=partner.timeout, follow_redirects=False, trust_env=False, verify=authorities()
            ) as client,
            client.stream("POST", url, content=sent, headers=headers) as reply,
        ):
            async for piece in reply.aiter_bytes():
                body += piece
                if len(body) > MOST_BYTES:
                    raise Refused("payer-too-long", "the payer's answer is over 8 MB")
    except httpx.HTTPError as broken:
        raise Unavailable("payer-away", "the payer could not be reached", detail=type(broken).__name__) from broken
    status = reply.status_code
    if status in _LATER or status >= 500:
        raise Unavailable("payer-away", f"the payer answered {status}")
    if not (reply.is_success or (fhir and status in _ANSWERS and _is_json(body))):
        raise Refused("payer-refused", f"the payer answered {status}")
    return body, kind


def _is_json(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False


def _garbage(enquiry: PayerEnquiry, body: bytes) -> str | None:
    """Return why the body is no answer at all; Unavailable when it says that the payer's own system is away."""
    try:
        if enquiry.way == "pas":
            loads(body, max_bytes=MOST_BYTES)
            return None
        found = parse(body)
    except CodecError as broken:
        return broken.message
    if enquiry.ask == "eligibility":
        at = enquiry.asked_at
        told = [one for each in found for one in eligibility_answers(each, lambda _: ((), at.date()), at)]
        if told and all(one.status is CoverageStatus.UNKNOWN and busy(one) for one in told):
            raise Unavailable("payer-busy", "the payer's system is away")
    return None
