"""HL7 v2: order messages to canonical orders, acknowledgements and application responses. Pure; no I/O."""

from __future__ import annotations

from schemas.hl7v2.ack import AckError, Answer, acknowledgement, answer_of
from schemas.hl7v2.batch import Batch, batch_acknowledgement, batch_of, envelope_of, is_batch
from schemas.hl7v2.enclosed import Enclosed, enclosed_of
from schemas.hl7v2.er7 import STANDARD, Delimiters, Message, Segment, known_codec, split
from schemas.hl7v2.header import (
    NOTICE_SEGMENTS,
    ORDER_SEGMENTS,
    PRODUCTION,
    RESPONSE_TYPES,
    Header,
    check,
    header_of,
    placer_number,
    tells_status,
)
from schemas.hl7v2.notices import Notice, Notices, notices_of
from schemas.hl7v2.options import AS_SENT, Options
from schemas.hl7v2.orders import orders_of
from schemas.hl7v2.response import control_id_of, document_of, lines_of, response_of, update_of

__all__ = [
    "AS_SENT",
    "NOTICE_SEGMENTS",
    "ORDER_SEGMENTS",
    "PRODUCTION",
    "RESPONSE_TYPES",
    "STANDARD",
    "AckError",
    "Answer",
    "Batch",
    "Delimiters",
    "Enclosed",
    "Header",
    "Message",
    "Notice",
    "Notices",
    "Options",
    "Segment",
    "acknowledgement",
    "answer_of",
    "batch_acknowledgement",
    "batch_of",
    "check",
    "control_id_of",
    "document_of",
    "enclosed_of",
    "envelope_of",
    "header_of",
    "is_batch",
    "known_codec",
    "lines_of",
    "notices_of",
    "orders_of",
    "placer_number",
    "response_of",
    "split",
    "tells_status",
    "update_of",
]
