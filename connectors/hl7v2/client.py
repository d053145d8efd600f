"""The MLLP client: delivers one response message to its partner and waits for the acknowledgement that names it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

from connectors.hl7v2.framer import FS, VT, Framer
from connectors.hl7v2.settings import Hl7v2Settings, host_and_port
from doorstep import clock
from doorstep.connector import Delivery, Hub, Sent
from doorstep.errors import Refused, Unavailable
from schemas.codec import CodecError
from schemas.hl7v2 import Answer, answer_of, control_id_of, response_of
from schemas.outbound import ConfirmationRequested

logger = logging.getLogger("doorstep.connectors.hl7v2")

ACCEPTED = frozenset({"AA", "CA"})
REFUSED = frozenset({"AR", "CR"})


def destination(settings: Hl7v2Settings, confirmation: ConfirmationRequested) -> str:
    """Return the queue: one per partner listener; without one, per sender address."""
    return f"hl7v2:{settings.target(confirmation.recipient.address) or confirmation.recipient.address}"


async def send(settings: Hl7v2Settings, hub: Hub, delivery: Delivery) -> Sent:
    """Deliver one confirmation. The same confirmation has the same MSH-10 each time, so a repeat is recognised."""
    del hub
    confirmation = delivery.confirmation
    target = settings.target(confirmation.recipient.address)
    if not target:
        raise Refused(
            "hl7v2.no_partner",
            "no MLLP address is known for this sender: set connectors.hl7v2.partners or .default_partner",
            detail=f"address={confirmation.recipient.address}",
        )
    try:
        message = response_of(confirmation, at=clock.now())
    except CodecError as error:
        raise Refused("hl7v2.no_response", error.message, location=error.location) from error
    control_id = control_id_of(confirmation.confirmation_id)
    reply = await _exchange(settings, target, message, control_id)
    if reply.code in ACCEPTED:
        return Sent(provider_status=reply.code, provider_id=control_id)
    detail = f"answer={reply.code[:2]} error={reply.error} control_id={control_id}"
    if reply.code in REFUSED:
        raise Refused("hl7v2.rejected", "the partner rejected the message", detail=detail)
    raise Unavailable("hl7v2.error", "the partner could not process the message now", detail=detail)


async def _exchange(settings: Hl7v2Settings, target: str, message: bytes, control_id: str) -> Answer:
    host, port = host_and_port(target)
    try:
        async with asyncio.timeout(settings.connect_timeout):
            reader, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError) as error:
        raise Unavailable("hl7v2.connect", "the partner's listener does not answer", detail=target) from error
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
    """Yield for each partner whether its listener takes connections."""
    targets = {name: partner.address for name, partner in settings.partners.items()}
    if settings.default_partner:
        targets["default_partner"] = settings.default_partner
    for name, target in targets.items():
        host, port = host_and_port(target)
        try:
            async with asyncio.timeout(settings.connect_timeout):
                _, writer = await asyncio.open_connection(host, port)
        except (OSError, TimeoutError):
            yield f"hl7v2 partner {name}", False, f"nothing answers at {target}: start it or correct the setting"
        else:
            writer.close()
            yield f"hl7v2 partner {name}", True, ""
