"""The MLLP client: delivers one response message to its partner and waits for the acknowledgement that names it."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator

from connectors.hl7v2.framer import FS, VT, Framer
from connectors.hl7v2.letter import letter
from connectors.hl7v2.settings import Hl7v2Settings, PartnerSettings, host_and_port
from doorstep import clock
from doorstep.connector import Delivery, Hub, Sent
from doorstep.errors import Refused, Unavailable
from schemas.codec import CodecError
from schemas.hl7v2 import Answer, answer_of, control_id_of, document_of, lines_of, response_of, update_of
from schemas.outbound import ConfirmationKind, ConfirmationRequested

logger = logging.getLogger("doorstep.connectors.hl7v2")

ACCEPTED = frozenset({"AA", "CA"})
REFUSED = frozenset({"AR", "CR"})


def destination(settings: Hl7v2Settings, confirmation: ConfirmationRequested) -> str:
    """Return the queue: one per partner listener; without one, per sender address."""
    return f"hl7v2:{settings.target(confirmation.recipient.address) or confirmation.recipient.address}"


async def send(settings: Hl7v2Settings, hub: Hub, delivery: Delivery) -> Sent:
    """Deliver one confirmation. The same confirmation has the same MSH-10 each time, so a repeat is recognised."""
    confirmation = delivery.confirmation
    partner = settings.partner(confirmation.recipient.address)
    if partner is None:
        raise Refused(
            "hl7v2.no_partner",
            "no MLLP address is known for this sender: set connectors.hl7v2.partners or .default_partner",
            detail=f"address={confirmation.recipient.address}",
        )
    try:
        message = await _message(hub, confirmation, partner)
    except CodecError as error:
        raise Refused("hl7v2.no_response", error.message, location=error.location) from error
    control_id = control_id_of(confirmation.confirmation_id)
    reply = await _exchange(settings, partner, message, control_id)
    if reply.code in ACCEPTED:
        return Sent(provider_status=reply.code, provider_id=control_id)
    detail = f"answer={reply.code[:2]} error={reply.error} control_id={control_id}"
    if reply.code in REFUSED:
        raise Refused("hl7v2.rejected", "the partner rejected the message", detail=detail)
    raise Unavailable("hl7v2.error", "the partner could not process the message now", detail=detail)


async def _message(hub: Hub, confirmation: ConfirmationRequested, partner: PartnerSettings) -> bytes:
    """Return what this partner wants to get: the response to its message, or the same as a document or a status."""
    now = clock.now()
    if partner.answer == "status":
        return update_of(confirmation, at=now)
    if partner.answer == "response":
        return response_of(confirmation, at=now)
    pdf = await asyncio.to_thread(letter, confirmation.reference, lines_of(confirmation))
    wanted = partner.packet and confirmation.kind is ConfirmationKind.COMPLETED and confirmation.case_id
    packet = await hub.packet(confirmation.case_id) if wanted and confirmation.case_id else None
    return document_of(confirmation, pdf, at=now, packet=packet)


def _trust(partner: PartnerSettings) -> ssl.SSLContext | None:
    """Return how to speak TLS to a partner; None for plain MLLP."""
    if not partner.tls:
        return None
    try:
        context = ssl.create_default_context(cafile=partner.tls_ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if partner.tls_cert is not None:
            context.load_cert_chain(partner.tls_cert, partner.tls_key)
    except (OSError, ValueError) as error:
        raise Unavailable("hl7v2.certificate", "our certificate or the partner's CA cannot be read") from error
    return context


async def _connect(
    settings: Hl7v2Settings, partner: PartnerSettings
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, port = host_and_port(partner.address)
    try:
        async with asyncio.timeout(settings.connect_timeout):
            return await asyncio.open_connection(host, port, ssl=_trust(partner))
    except ssl.SSLCertVerificationError as error:
        reason = "the partner's certificate is not trusted"
        raise Unavailable("hl7v2.untrusted", reason, detail=partner.address) from error
    except (OSError, TimeoutError) as error:
        reason = "the partner's listener does not answer"
        raise Unavailable("hl7v2.connect", reason, detail=partner.address) from error


async def _exchange(settings: Hl7v2Settings, partner: PartnerSettings, message: bytes, control_id: str) -> Answer:
    target = partner.address
    reader, writer = await _connect(settings, partner)
    try:
        async with asyncio.timeout(settings.answer_timeout):
            writer.write(VT + message + FS + b"\r")
            await writer.drain()
            return await _answer(reader, control_id, settings.max_frame_bytes)
    except TimeoutError as error:
        raise Unavailable("hl7v2.no_answer", "the partner sent no acknowledgement in time", detail=target) from error
    except OSError as error:
        raise Unavailable("hl7v2.lost", "the connection broke before the acknowledgement", detail=target) from error
    finally:
        # A connection serves one message, so an acknowledgement that comes late can never be taken for another's.
        writer.close()


async def _answer(reader: asyncio.StreamReader, control_id: str, limit: int) -> Answer:
    """Read until an acknowledgement names our message; stale ones and noise are passed over."""
    framer = Framer(limit)
    while True:
        data = await reader.read(65536)
        frames = framer.feed(data) if data else framer.end()
        for frame in frames:
            reply = None
            if frame.fault is None:
                try:
                    reply = answer_of(frame.data)
                except CodecError as error:
                    logger.info("an answer could not be read: %s", error.code)
            if reply is not None and reply.control_id == control_id:
                return reply
            logger.info("an answer to something else is passed over: waiting for %s", control_id)
        if not data:
            raise ConnectionResetError("closed without an acknowledgement")


async def check(settings: Hl7v2Settings) -> AsyncIterator[tuple[str, bool, str]]:
    """Yield for each partner whether its listener takes connections, and trusts and is trusted where it speaks TLS."""
    partners = dict(settings.partners)
    if settings.default_partner:
        partners["default_partner"] = PartnerSettings(address=settings.default_partner)
    for name, partner in partners.items():
        try:
            _, writer = await _connect(settings, partner)
        except Unavailable as error:
            yield (
                f"hl7v2 partner {name}",
                False,
                f"{error.message} ({partner.address}): start it or correct the setting",
            )
        else:
            writer.close()
            yield f"hl7v2 partner {name}", True, ""
