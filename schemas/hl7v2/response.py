"""Builds the application responses (ORR, ORL, ORG, ORP, RRE, ORS, ORN, RRI) for a confirmation. Pure, deterministic."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from schemas.codec import CodecError
from schemas.element import Gate
from schemas.hl7v2.ack import DEFAULT_VERSION, timestamp
from schemas.hl7v2.er7 import STANDARD, known_codec
from schemas.outbound import NEEDED, SELF_PAY, ConfirmationKind, ConfirmationRequested

ASSIGNER = "DOORSTEP"
RESPONSES: dict[str, tuple[str, str, str]] = {
    "ORM^O01": ("ORR", "O02", "ORR_O02"),
    "OML^O21": ("ORL", "O22", "ORL_O22"),
    "OMG^O19": ("ORG", "O20", "ORG_O20"),
    "OMP^O09": ("ORP", "O10", "ORP_O10"),
    "RDE^O11": ("RRE", "O12", "RRE_O12"),
    "RDE^O01": ("RRE", "O02", "RRE_O02"),
    "OMS^O05": ("ORS", "O06", "ORS_O06"),
    "OMS^O01": ("ORS", "O02", "ORS_O02"),
    "OMN^O07": ("ORN", "O08", "ORN_O08"),
    "OMN^O01": ("ORN", "O02", "ORN_O02"),
    "REF^I12": ("RRI", "I12", "RRI_I12"),
    "REF^I13": ("RRI", "I13", "RRI_I12"),
    "REF^I14": ("RRI", "I14", "RRI_I12"),
}
"""Message we got -> code, event and structure of its answer."""
CARRIERS = frozenset({"MDM", "ORU"})
"""Messages that may carry an order as a document; HL7 has no response to them, so their senders get a result."""
STATUS = ("ORU", "R01", "ORU_R01")
UPDATE = ("OSU", "O51", "OSU_O51")
"""Order status update: of 2.8, and used before that by IHE 360X."""
DOCUMENT = ("MDM", "T02", "MDM_T02")
OLDEST_WITH_DOCUMENTS = "2.3"


class _Words(NamedTuple):
    """How one kind of confirmation reads in ORC-1 (table 0119), ORC-5 (0038), RF1-1 (0283) and to a person."""

    control: str
    status: str
    referral: str
    text: str


WORDS: dict[ConfirmationKind, _Words] = {
    ConfirmationKind.ACKNOWLEDGED: _Words("OK", "IP", "A", "The order was received and has a case number."),
    ConfirmationKind.INFORMATION_REQUESTED: _Words("OK", "HD", "P", "The order is on hold until this has been sent:"),
    ConfirmationKind.UNDER_REVIEW: _Words(
        "RR", "HD", "P", "The order was received and is being looked at by a person."
    ),
    ConfirmationKind.SCHEDULED: _Words("SC", "SC", "A", "The service is scheduled."),
    ConfirmationKind.RESCHEDULED: _Words("SC", "SC", "A", "The service is scheduled anew."),
    ConfirmationKind.MISSED: _Words("SC", "IP", "P", "The service was missed; another start is being arranged."),
    ConfirmationKind.REDISPATCHED: _Words(
        "SC", "IP", "P", "The provider cannot serve; another provider is being looked for."
    ),
    ConfirmationKind.COMPLETED: _Words("SC", "CM", "A", "The service is completed."),
    ConfirmationKind.CANCELLED: _Words("CR", "CA", "R", "The order was cancelled as requested."),
}

_LATER: dict[Gate, str] = {"delivery": "SC", "claim": "CM"}
"""ORC-5 of an order whose sender is asked at a later gate: it stands where it stood."""


def _words_of(confirmation: ConfirmationRequested) -> _Words | None:
    if confirmation.asks and confirmation.gate in _LATER:
        return _Words("SC", _LATER[confirmation.gate], "A", NEEDED[confirmation.gate])
    return WORDS.get(confirmation.kind)


def control_id_of(confirmation_id: str) -> str:
    """Return MSH-10 for a confirmation: 20 characters, the same each time, so that a repeat is recognised."""
    digest = hashlib.sha256(confirmation_id.encode()).digest()
    return "DS" + base64.b32encode(digest).decode("ascii")[:18]


def response_of(confirmation: ConfirmationRequested, *, at: datetime) -> bytes:
    """Return the response message; CodecError when this kind of confirmation or message has none."""
    context = confirmation.recipient.context
    asked = context.get("message_type", "")
    if asked == "OSU^O51":
        return update_of(confirmation, at=at)
    kind = RESPONSES.get(asked) or (STATUS if asked.partition("^")[0] in CARRIERS else None)
    words = _words_of(confirmation)
    if kind is None or words is None:
        raise CodecError("200", "HL7 v2 has no response for this kind of confirmation", "MSH-9")
    version = context.get("version") or DEFAULT_VERSION
    body = {"RRI": _referral, "ORU": _status, "ORS": _supply, "ORN": _supply}.get(kind[0], _order)
    answered = [] if kind is STATUS else [["MSA", "AA", _e(context.get("control_id", ""))]]
    return _written(confirmation, kind, version, [*answered, *body(confirmation, words, version)], at)


def update_of(confirmation: ConfirmationRequested, *, at: datetime) -> bytes:
    """Return the confirmation as an order status update (OSU^O51), whatever was asked of us.

    Its MSA is part of the structure in 2.8; 360X, which borrows the message for 2.5.1, has none.
    """
    words = _words_of(confirmation)
    if words is None:
        raise CodecError("200", "HL7 v2 has no response for this kind of confirmation", "MSH-9")
    context = confirmation.recipient.context
    version = context.get("version") or DEFAULT_VERSION
    placer, filler = _numbers(context, confirmation)
    answered = [["MSA", "AA", _e(context.get("control_id", ""))]] if version >= "2.8" else []
    orc = ["ORC", words.control, placer, filler, "", words.status]
    if version < "2.5":
        orc += ["", f"^^^{timestamp(confirmation.scheduled_start)}" if confirmation.scheduled_start else "^^^^^R"]
    segments = [*answered, *_notes(confirmation, words), _person(confirmation), orc]
    return _written(confirmation, UPDATE, version, segments, at)


def lines_of(confirmation: ConfirmationRequested) -> list[str]:
    """Return what a person at the sender's side reads, a line each; CodecError where HL7 v2 has no form for it."""
    words = _words_of(confirmation)
    if words is None:
        raise CodecError("200", "HL7 v2 has no response for this kind of confirmation", "MSH-9")
    return _lines(confirmation, words)


def document_of(confirmation: ConfirmationRequested, pdf: bytes, *, at: datetime, packet: bytes | None = None) -> bytes:
    """Return the confirmation as a document notification (MDM^T02): the PDF in OBX-5, whatever was asked of us.

    `packet` is the record of the case, as a second document.
    """
    context = confirmation.recipient.context
    version = max(context.get("version") or DEFAULT_VERSION, OLDEST_WITH_DOCUMENTS)
    placer, filler = _numbers(context, confirmation)
    when = timestamp(at)
    txa = ["TXA", "1", "PR", "AP", when, "", when, "", "", "", "", "", control_id_of(confirmation.confirmation_id)]
    txa += ["", placer, filler, "", "AU", "", "AV"]
    named = [("STATUS^Order status", pdf), *([("PACKET^Case record", packet)] if packet else [])]
    observations = [
        ["OBX", str(n), "ED", f"{name}^{ASSIGNER}", "1", f"^Application^PDF^Base64^{_packed(data)}", *[""] * 5, "F"]
        for n, (name, data) in enumerate(named, start=1)
    ]
    event = ["EVN", "T02" if version < "2.7" else "", when]  # EVN-1 was withdrawn
    segments = [event, _person(confirmation), ["PV1", "1", "N"], txa, *observations]
    return _written(confirmation, DOCUMENT, version, segments, at)


def _packed(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _written(
    confirmation: ConfirmationRequested,
    kind: tuple[str, str, str],
    version: str,
    segments: list[list[str]],
    at: datetime,
) -> bytes:
    """Return MSH and these segments in the sender's character set, or in UTF-8 where that lacks a letter."""
    text = "\r".join("|".join(fields).rstrip("|") for fields in segments) + "\r"
    charset = confirmation.recipient.context.get("character_set", "").upper()
    codec = known_codec(charset) or "ascii"
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        charset, codec = "UNICODE UTF-8", "utf-8"  # a name must not arrive with question marks in it
    return (_msh(confirmation, kind, version, charset, at) + "\r" + text).encode(codec, "replace")


def _e(text: str) -> str:
    return STANDARD.encode(text)


def _msh(
    confirmation: ConfirmationRequested, kind: tuple[str, str, str], version: str, charset: str, at: datetime
) -> str:
    context = confirmation.recipient.context
    sender, _, facility = confirmation.recipient.address.partition("|")
    fields = [
        "MSH",
        STANDARD.msh2,
        _e(context.get("receiving_application") or ASSIGNER),
        _e(context.get("receiving_facility") or ASSIGNER),
        _e(context.get("sending_application") or sender),
        _e(context.get("sending_facility") or facility),
        timestamp(at),
        "",
        "^".join(kind if version >= "2.3.1" else kind[:2]),
        control_id_of(confirmation.confirmation_id),
        _e(context.get("processing_id") or "P"),
        _e(version),
        *["", "", "", "", "", _e(charset)],
    ]
    return "|".join(fields).rstrip("|")


def _lines(confirmation: ConfirmationRequested, words: _Words) -> list[str]:
    lines = [words.text, *confirmation.asks]
    reference = confirmation.case_id or confirmation.reference
    lines.append(f"{'Case' if confirmation.case_id else 'Reference'} {reference}")
    manager = confirmation.manager
    if manager is not None:
        mail = f", {manager.email}" if manager.email else ""
        lines.append(f"Case manager {manager.name}, extension {manager.extension}{mail}")
    if confirmation.provider_name:
        lines.append(f"Provider {confirmation.provider_name}")
    if confirmation.scheduled_start is not None:
        lines.append(f"Scheduled start {confirmation.scheduled_start:%Y-%m-%d %H:%M %Z}".rstrip())
    if confirmation.scheduled_end is not None:
        lines.append(f"Window ends {confirmation.scheduled_end:%Y-%m-%d %H:%M %Z}".rstrip())
    if confirmation.previous_start is not None:
        lines.append(f"Committed before {confirmation.previous_start:%Y-%m-%d %H:%M %Z}".rstrip())
    if confirmation.completed_at is not None:
        lines.append(f"Completed {confirmation.completed_at:%Y-%m-%d %H:%M %Z}".rstrip())
    if confirmation.self_pay:
        lines.append(SELF_PAY)
    if confirmation.note:
        lines.append(confirmation.note)
    return lines


def _notes(confirmation: ConfirmationRequested, words: _Words) -> list[list[str]]:
    return [["NTE", str(n), "L", _e(line)] for n, line in enumerate(_lines(confirmation, words), 1)]


def _numbers(context: Mapping[str, str], confirmation: ConfirmationRequested) -> tuple[str, str]:
    filler = confirmation.case_id or confirmation.reference
    return _e(context.get("placer_number", "")), f"{_e(filler)}^{ASSIGNER}"


def _order(confirmation: ConfirmationRequested, words: _Words, version: str) -> list[list[str]]:
    """ORC; the notes stand before it, where all these structures allow them."""
    context = confirmation.recipient.context
    asked = context.get("message_type", "")[:3]
    placer, filler = _numbers(context, confirmation)
    start = confirmation.scheduled_start
    orc = ["ORC", words.control, placer, filler, "", words.status]
    body = [*_notes(confirmation, words)]
    if version >= "2.5" or asked == "OML":
        # There ORL and ORG nest the orders under PID; the case number stands in for the person.
        body.append(_person(confirmation))
    timed_by_tq1 = version >= "2.5" and asked != "ORM"  # ORR has no TQ1 in any version
    if not timed_by_tq1 and version < "2.7":
        orc += ["", f"^^^{timestamp(start)}" if start is not None else "^^^^^R"]  # required before 2.5
    body.append(orc)
    if start is not None and timed_by_tq1:
        body.append(["TQ1", "1", "", "", "", "", "", timestamp(start)])
    return body


def _supply(confirmation: ConfirmationRequested, words: _Words, version: str) -> list[list[str]]:
    """The order and the RQD that these structures want with each ORC; it names no item, the numbers say which."""
    return [*_order(confirmation, words, version), ["RQD", "1"]]


def _person(confirmation: ConfirmationRequested) -> list[str]:
    """PID where the structure wants one: our own account number for the case, no name, no identity."""
    filler = _e(confirmation.case_id or confirmation.reference)
    return ["PID", "1", "", f"{filler}^^^{ASSIGNER}^AN", "", "^^^^^^U"]


def _status(confirmation: ConfirmationRequested, words: _Words, version: str) -> list[list[str]]:
    """Return one observation for each line that a person reads: an unsolicited result has no ORC-1 to answer."""
    placer, filler = _numbers(confirmation.recipient.context, confirmation)
    lines = [_e(line) for line in _lines(confirmation, words)]
    start = timestamp(confirmation.scheduled_start) if confirmation.scheduled_start else ""
    obr = ["OBR", "1", placer, filler, f"STATUS^Order status^{ASSIGNER}", "", "", start]
    if version < "2.4":
        obr += [*[""] * 19, "^^^^^R"]  # OBR-27 is required there
    obx = [
        ["OBX", str(n), "TX", "STATUS^Order status^" + ASSIGNER, str(n), line, *[""] * 5, "F"]
        for n, line in enumerate(lines, 1)
    ]
    return [_person(confirmation), obr, *obx]


def _referral(confirmation: ConfirmationRequested, words: _Words, version: str) -> list[list[str]]:
    """RF1 with both numbers, PRD for the provider (us until one is scheduled), PID without a person."""
    placer, filler = _numbers(confirmation.recipient.context, confirmation)
    start = timestamp(confirmation.scheduled_start) if confirmation.scheduled_start else ""
    provider = confirmation.provider_name or ASSIGNER
    organization = ["", "", "", "", "", "", "", _e(provider)] if version >= "2.7" else []
    return [
        ["RF1", words.referral, "", "", "", "", placer or '""', start, "", "", "", filler],
        ["PRD", "RT", "" if organization else _e(provider), *organization],
        _person(confirmation),
        *_notes(confirmation, words),
    ]
