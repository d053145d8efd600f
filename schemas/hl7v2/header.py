"""The MSH segment alone, and the quick checks that precede an acknowledgement: no other segment is split."""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from schemas.codec import CodecError
from schemas.hl7v2.er7 import NULL, STANDARD, Delimiters, Repetition, codec_of, delimiters_of, first_line
from schemas.hl7v2.tables import STATUS_ACTIONS
from schemas.hl7v2.values import entity_number

MAX_CONTROL_ID = 199
_VERSION = re.compile(r"2(?:\.\d){0,2}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

ORDER_SEGMENTS: dict[tuple[str, str], tuple[str, ...]] = {
    ("ORM", "O01"): ("ORC", "OBR", "RXO", "RQD"),
    ("OML", "O21"): ("ORC", "OBR"),
    ("OMG", "O19"): ("ORC", "OBR"),
    ("OMP", "O09"): ("ORC", "RXO"),
    ("RDE", "O11"): ("ORC", "RXE"),
    ("RDE", "O01"): ("ORC", "RXE"),
    ("OMS", "O05"): ("ORC", "RQD"),
    ("OMS", "O01"): ("ORC", "RQD"),
    ("OMN", "O07"): ("ORC", "RQD"),
    ("OMN", "O01"): ("ORC", "RQD"),
    ("OSU", "O51"): ("ORC",),
    ("REF", "I12"): ("RF1", "PRD"),
    ("REF", "I13"): ("RF1", "PRD"),
    ("REF", "I14"): ("RF1", "PRD"),
}
"""Message type and event that we take -> segments of which one must be there. Until 2.3.1 the events were O01."""

SOLE_EVENTS = {"ORM": "O01", "OML": "O21", "OMG": "O19", "OMP": "O09", "RDE": "O11", "OMS": "O05", "OMN": "O07"}
"""The event of order types that leave no doubt, for senders that give the type (2.1) or the structure alone."""

REASONS = {
    "BAR": "billing accounts are not kept here",
    "DFT": "charges are not posted here",
    "MFN": "master files are not kept here",
    "OMD": "diets are not ordered here",
    "OMI": "imaging is not ordered here",
    "QBP": "queries are not answered here",
    "QRY": "queries are not answered here",
    "RDS": "only orders are taken, not dispenses",
    "RGV": "only orders are taken, not doses",
    "RAS": "only orders are taken, not administrations",
    "VXQ": "queries are not answered here",
    "VXU": "immunizations are not registered here",
}
"""Valid messages with nothing in them for us -> what their senders are told beside table 0357's 200."""

NOTICE_SEGMENTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "ADT": (("A",), ("PID",)),
    "SIU": (("S",), ("SCH",)),
    "ORU": (("R", "W", ""), ("OBR", "OBX")),
    "MDM": (("T",), ("PID",)),
}
"""Message type that tells of a patient -> first letters of its events, and segments of which one must be there."""

_CONDITIONS = frozenset({"AL", "NE", "ER", "SU"})
_DAY = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
PRODUCTION = frozenset({"P"})
RESPONSE_TYPES = frozenset({"ACK", "MCF", "ORR", "ORL", "ORG", "ORP", "RRI", "RRE", "ORS", "ORN"})
"""Answers: taken on an outbound connection, never acknowledged."""


@dataclass(frozen=True, slots=True)
class Header:
    """MSH, decoded, as far as it could be read; `application` and `facility` as HD (namespace, else universal id)."""

    delimiters: Delimiters = STANDARD
    sending_application: str = ""
    sending_facility: str = ""
    receiving_application: str = ""
    receiving_facility: str = ""
    sender_key: str = ""
    """MSH-3 and MSH-4 as received: with MSH-10 the identity of a message."""
    code: str = ""
    event: str = ""
    control_id: str = ""
    processing_id: str = ""
    version: str = ""
    accept_ack: str = ""
    application_ack: str = ""
    character_set: str = ""

    @property
    def message_type(self) -> str:
        return f"{self.code}^{self.event}" if self.event else self.code

    @property
    def enhanced(self) -> bool:
        return bool(self.accept_ack or self.application_ack)

    @property
    def sender(self) -> str:
        """`APPLICATION|FACILITY`, the address that answers go to."""
        return f"{self.sending_application.replace('|', ' ')}|{self.sending_facility.replace('|', ' ')}"


def header_of(data: bytes) -> Header:
    """Read the MSH segment; CodecError when there is none or its separators make no sense."""
    line = first_line(data)
    text = line.decode("latin-1")
    delimiters = delimiters_of(text)
    raw = text.split(delimiters.field)
    declared = raw[17].split(delimiters.repetition)[0] if len(raw) > 17 else ""
    try:
        codec = codec_of(declared) or "utf-8"
    except CodecError:
        codec = "utf-8"  # check() says so with a code; until then the ids can still be read and echoed
    with suppress(UnicodeDecodeError):  # then the latin-1 reading stands: it never fails
        if not line.isascii():
            raw = line.decode("utf-8" if codec == "ascii" else codec).split(delimiters.field)
    raw += [""] * (18 - len(raw))

    def hd(index: int) -> str:
        parts = [delimiters.decode(p).strip() for p in raw[index].split(delimiters.component)]
        return next((p for p in parts[:2] if p and p != '""'), "")

    def value(index: int) -> str:
        return delimiters.decode(raw[index].split(delimiters.component)[0]).strip()

    code, event = kind_of(raw[8], delimiters)
    return Header(
        delimiters=delimiters,
        sending_application=hd(2),
        sending_facility=hd(3),
        receiving_application=hd(4),
        receiving_facility=hd(5),
        sender_key=f"{raw[2]}|{raw[3]}",
        code=code,
        event=event,
        control_id=delimiters.decode(raw[9]).strip() if delimiters.component not in raw[9] else raw[9],
        processing_id=value(10),
        version=value(11),
        accept_ack=_condition(value(14)),
        application_ack=_condition(value(15)),
        character_set=declared.strip(),
    )


def _condition(text: str) -> str:
    """Return a condition of table 0155; what is none of them asks for nothing, and the mode stays the original one."""
    return text.upper() if text.upper() in _CONDITIONS else ""


@lru_cache(maxsize=512)
def kind_of(raw: str, delimiters: Delimiters) -> tuple[str, str]:
    """Return the type and event of MSH-9, in upper case; the structure (`ORM_O01`) may stand for the type."""
    parts = [part.strip().upper() for part in raw.split(delimiters.component)]
    code = parts[0].partition("_")[0]
    event = parts[1] if len(parts) > 1 else ""
    return code, event or SOLE_EVENTS.get(code, "")


def check(
    data: bytes, header: Header, processing_ids: Collection[str] = PRODUCTION, max_segments: int | None = None
) -> None:
    """Refuse what can be seen to be wrong without splitting the message: CodecError with the table 0357 code.

    `processing_ids` are the values of MSH-11 that are taken; a message without one counts as production (P).
    """
    _check_control_id(header)
    if max_segments is not None and has_more_segments(data, max_segments, header.delimiters):
        raise CodecError("207", f"the message has more than the {max_segments} segments that are taken here")
    if (header.processing_id.upper().replace(NULL, "") or "P") not in processing_ids:
        raise CodecError("202", "messages of this processing id are not taken here", "MSH-11.1")
    wanted = _wanted(header)
    if header.version and not _VERSION.fullmatch(header.version):
        raise CodecError("203", "the version is not supported", "MSH-12")
    codec_of(header.character_set)
    data = data.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n \t")  # else its own MSH would look like a second one
    if has_segment(data, "MSH", header.delimiters):
        raise CodecError("100", "there is more than one MSH segment in the message", "MSH")
    order = header.code not in NOTICE_SEGMENTS
    if order and not has_segment(data, "PID", header.delimiters):
        raise CodecError("100", "the PID segment is missing", "PID")
    if not any(has_segment(data, name, header.delimiters) for name in wanted):
        raise CodecError("100", f"there is no {' or '.join(wanted)} segment", wanted[0])


def _wanted(header: Header) -> tuple[str, ...]:
    """Return the segments of which one must be there; CodecError 200 or 201 for what is not supported."""
    notice = NOTICE_SEGMENTS.get(header.code)
    if notice is not None:
        events, segments = notice
        if header.event and not (header.event[:1] in events and header.event[1:].isdigit()):
            raise CodecError("201", "the event is not supported for this message type", "MSH-9.2")
        return segments
    if not any(code == header.code for code, _ in ORDER_SEGMENTS):
        reason = REASONS.get(header.code, "")
        raise CodecError("200", "the message type is not supported" + (f": {reason}" if reason else ""), "MSH-9.1")
    wanted = ORDER_SEGMENTS.get((header.code, header.event))
    if wanted is None:
        raise CodecError("201", "the event is not supported for this message type", "MSH-9.2")
    return wanted


def _check_control_id(header: Header) -> None:
    control_id = header.control_id
    if not control_id or control_id == '""':
        raise CodecError("101", "the message control id is missing", "MSH-10")
    if len(control_id) > MAX_CONTROL_ID:
        raise CodecError("104", f"the message control id is longer than {MAX_CONTROL_ID} characters", "MSH-10")
    separators = header.delimiters.component + header.delimiters.repetition
    if _CONTROL.search(control_id) or any(c in control_id for c in separators):
        raise CodecError("102", "the message control id holds separators or control characters", "MSH-10")


def has_segment(data: bytes, name: str, delimiters: Delimiters) -> bool:
    """Return whether a segment of that name follows the first line, whatever ends the lines."""
    wanted = (name + delimiters.field).encode()
    if data.find(b"\r" + wanted) >= 0 or data.find(b"\n" + wanted) >= 0:
        return True
    return re.search(rb"[\r\n][ \t]+" + re.escape(wanted), data) is not None


def has_more_segments(data: bytes, number: int, delimiters: Delimiters) -> bool:
    """Return whether there are more segments than this; lines that are text inside a field are not counted."""
    if data.count(b"\r") < number and data.count(b"\n") < number:
        return False
    starts = re.finditer(rb"[\r\n][ \t]*[A-Z][A-Z0-9]{2}" + re.escape(delimiters.field.encode()), data)
    return sum(1 for _ in islice(starts, number)) == number  # MSH comes before the first of them


def placer_number(data: bytes, delimiters: Delimiters) -> str:
    """Return RF1-6 (else the first ORC-2, else OBR-2) as received, without its assigner; '' when there is none."""
    separator = delimiters.field.encode()
    for name, number in ((b"RF1", 6), (b"ORC", 2), (b"OBR", 2)):
        start = max(data.find(b"\r" + name + separator), data.find(b"\n" + name + separator))
        if start < 0:
            continue
        fields = re.split(rb"[\r\n]", data[start + 1 : start + 4096], maxsplit=1)[0].split(separator, number + 1)
        if len(fields) > number:
            text = fields[number].decode("utf-8", "replace").split(delimiters.repetition)[0]
            value = entity_number(Repetition(text, delimiters, "utf-8", (0, 0, 1)).get)
            if value and value != '""' and not (name == b"RF1" and is_day(value)):
                return value[:100]
    return ""


def tells_status(data: bytes, delimiters: Delimiters) -> bool:
    """Say whether a message only tells how far orders are (ORC-1 SC): it asks for nothing, so no response follows."""
    separator = delimiters.field.encode()
    found = [line.strip().split(separator, 6) for line in re.split(rb"[\r\n]", data) if line.strip()[:3] == b"ORC"]
    told = [[*(part.strip().upper().decode("utf-8", "replace") for part in orc), *[""] * 6] for orc in found]
    return bool(told) and all(orc[1] == "SC" and STATUS_ACTIONS.get(orc[5]) == "status" for orc in told)


def is_day(text: str) -> bool:
    """Say whether a text is a day, as some senders write it into RF1-6 where the number of the referral belongs."""
    return _DAY.fullmatch(text) is not None
