"""One framed message in, its acknowledgement out: quick checks, the hub's receipt, then the ACK. Nothing slow here."""

from __future__ import annotations

import hashlib
import logging
import traceback
from dataclasses import replace
from datetime import datetime

from connectors.hl7v2.doors import OPEN, Door
from connectors.hl7v2.framer import Frame
from doorstep import clock
from doorstep.connector import Blob, Hub, Receipt, Transmission
from doorstep.errors import HubError, Unavailable
from schemas.codec import CodecError
from schemas.hl7v2 import (
    NOTICE_SEGMENTS,
    RESPONSE_TYPES,
    AckError,
    Header,
    acknowledgement,
    check,
    header_of,
    placer_number,
    tells_status,
)
from schemas.transmission import ReplyTo

logger = logging.getLogger("doorstep.connectors.hl7v2")

CHANNEL = "hl7v2"
CONTENT_TYPE = "x-application/hl7-v2+er7"
_COMMIT = {"AA": "CA", "AE": "CE", "AR": "CR"}
_WANTED = {"AL": (True, True), "NE": (False, False), "SU": (True, False), "ER": (False, True)}
"""Table 0155, the conditions of MSH-15 and MSH-16 -> whether success and failure are to be acknowledged."""


async def answer(hub: Hub, frame: Frame, door: Door = OPEN, *, peer: str = "", batch: str = "") -> tuple[bytes, ...]:
    """Take one message and return what is sent back for it: nothing, its acknowledgement, or in enhanced mode both.

    `batch` is the id of the batch that it came in (BHS-11).
    """
    now = clock.now()
    header: Header | None = None
    try:
        header = header_of(frame.data)
    except CodecError as error:
        return await refuse(hub, frame, None, AckError.of(error), now, peer)
    if header.code in RESPONSE_TYPES:
        logger.info("an answer came in on the listener and is left alone: type=%s", header.code)
        return ()
    if door.terms.only_aa:
        header = replace(header, accept_ack="", application_ack="")
    if frame.fault is not None:
        return await refuse(hub, frame, header, fault_of(frame), now, peer)
    try:
        check(frame.data, header, door.terms.processing_ids, door.terms.max_segments)
        _agreed(header, door)
    except CodecError as error:
        return await refuse(hub, frame, header, AckError.of(error), now, peer)
    try:
        receipt = await hub.receive(_transmission(frame.data, header, now, peer, batch, door))
    except HubError as error:
        logger.warning("not stored: code=%s size=%d", error.code, len(frame.data))
        text = "the message could not be stored; send it again" if error.retry else "the message was not taken"
        return _said(header, error.hl7_ack, now, AckError("207", "", text))
    except Exception as error:  # noqa: BLE001 - whatever breaks in the hub, the sender must hear that it has no custody
        logger.error("not stored: %s; size=%d\n%s", type(error).__name__, len(frame.data), _where(error))
        return _said(header, "AE", now, AckError("207", "", "the message could not be stored; send it again"))
    return _receipt_said(header, receipt, door, frame.data)


def _agreed(header: Header, door: Door) -> None:
    """Refuse a type that was not agreed for this listener."""
    types = door.terms.message_types
    if types and header.code not in types and header.message_type not in types:
        raise CodecError("200", "the message type is not taken on this listener", "MSH-9.1")


def _where(error: BaseException) -> str:
    """Return the stack without the error's own text, which may quote the message."""
    return "".join(traceback.format_tb(error.__traceback__))


def fault_of(frame: Frame) -> AckError:
    if frame.fault == "oversize":
        return AckError("207", "", f"the message is larger than is taken here ({frame.size} bytes)")
    return AckError("100", "", "the message was not ended by FS CR")


def _receipt_said(header: Header, receipt: Receipt, door: Door, data: bytes) -> tuple[bytes, ...]:
    """The answer to a re-send is the one of the first time, to the byte."""
    if receipt.conflict:
        text = "another message with this sender and control id was taken before"
        return _said(header, "AE", receipt.received_at, AckError("205", "MSH-10", text))
    # an order is answered by its response (ORR and the like) where the sender has a listener for that
    answered = header.code not in NOTICE_SEGMENTS and door.answered(header.sender)
    later = answered and not tells_status(data, header.delimiters)
    return _said(header, "AA", receipt.received_at, None, later=later)


def _said(
    header: Header | None, code: str, at: datetime, error: AckError | None, *, later: bool = False
) -> tuple[bytes, ...]:
    """Return the acknowledgements that are due by MSH-15 and MSH-16 (HL7 v2 chapter 2, 2.9.3).

    In enhanced mode the commit code comes first. An application acknowledgement follows where MSH-16 wants one, not
    after a commit that was refused aloud, and not when it will be sent `later` to the sender's own listener.
    """
    if header is None or not header.accept_ack:
        return (acknowledgement(header, code, at=at, error=error),)
    failed = code != "AA"
    commit = _WANTED.get(header.accept_ack, _WANTED["AL"])[failed]
    application = _WANTED.get(header.application_ack, _WANTED["NE"])[failed] and not later and not (failed and commit)
    codes = [_COMMIT[code]] * commit + [code] * application
    return tuple(acknowledgement(header, one, at=at, error=error) for one in codes)


async def refuse(
    hub: Hub, frame: Frame, header: Header | None, error: AckError, now: datetime, peer: str
) -> tuple[bytes, ...]:
    """Keep a refused input with its reason, so that it can be found, and say no."""
    sha256 = hashlib.sha256(frame.data).hexdigest()
    reason = f"{error.code}: {error.text}" + (f" at {error.location}" if error.location else "")
    logger.info("refused: %s sha256=%s size=%d", error.code, sha256, frame.size)
    kept = Transmission(
        channel=CHANNEL,
        idempotency_key=f"refused:{sha256}",
        blobs=(Blob(CONTENT_TYPE, frame.data),),
        received_at=now,
        reply_to=_reply_to(header, b"") if header else None,
        control_id=(header.control_id[:199] or None) if header else None,
        sender=header.sender if header else peer or None,
        details={"message_type": header.message_type[:40]} if header else {},
        rejected=reason,
    )
    at = now
    try:
        at = (await hub.receive(kept)).received_at
    except Unavailable:
        text = "the message could not be stored; send it again"
        return _said(header, "AE", now, AckError("207", "", text)) if frame.ended else ()
    except HubError as broken:
        logger.warning("a refused message was not kept: code=%s sha256=%s", broken.code, sha256)
    except Exception as broken:  # noqa: BLE001 - as above: an answer is due whatever breaks
        logger.error("a refused message was not kept: %s sha256=%s\n%s", type(broken).__name__, sha256, _where(broken))
    return _said(header, "AR", at, error) if frame.ended else ()


def _transmission(data: bytes, header: Header, now: datetime, peer: str, batch: str, door: Door) -> Transmission:
    details = {"message_type": header.message_type, "version": header.version, "peer": peer, "batch": batch[:199]}
    return Transmission(
        channel=CHANNEL,
        idempotency_key=f"{header.sender_key}|{header.control_id}",
        blobs=(Blob(CONTENT_TYPE, data),),
        received_at=now,
        reply_to=_reply_to(header, data),
        control_id=header.control_id,
        sender=header.sender,
        tenant=door.terms.tenant or None,
        details={key: value for key, value in details.items() if value} | door.details,
    )


def _reply_to(header: Header, data: bytes) -> ReplyTo:
    context = {
        "control_id": header.control_id[:199],
        "message_type": header.message_type[:40],
        "version": header.version[:20],
        "processing_id": header.processing_id[:3],
        "character_set": header.character_set[:40],
        "sending_application": header.sending_application[:227],
        "sending_facility": header.sending_facility[:227],
        "receiving_application": header.receiving_application[:227],
        "receiving_facility": header.receiving_facility[:227],
        "placer_number": placer_number(data, header.delimiters),
    }
    return ReplyTo(
        channel=CHANNEL, address=header.sender, context={key: value for key, value in context.items() if value}
    )
