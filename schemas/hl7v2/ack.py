"""Builds acknowledgements (ACK: MSH, MSA, ERR) out of checked fields only; nothing hostile is echoed."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import NamedTuple

from schemas.codec import CodecError
from schemas.hl7v2.er7 import Delimiters, Repetition, known_codec
from schemas.hl7v2.header import Header

DEFAULT_VERSION = "2.5.1"
ERROR_TEXTS = {
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "104": "Value too long",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "202": "Unsupported processing id",
    "203": "Unsupported version id",
    "204": "Unknown key identifier",
    "205": "Duplicate key identifier",
    "206": "Application record locked",
    "207": "Application internal error",
}
"""HL7 table 0357."""

_KNOWN_VERSION = re.compile(r"2\.[1-9](?:\.[1-9])?")
_LOCATION = re.compile(r"([A-Z][A-Z0-9]{2})(?:-(\d{1,3})(?:\.(\d{1,3}))?)?")
_ECHO_LIMIT = 227


class AckError(NamedTuple):
    """What goes into ERR: a code of table 0357, where (`MSH-10`), and a text that names no value of the message."""

    code: str
    location: str = ""
    text: str = ""

    @classmethod
    def of(cls, error: CodecError) -> AckError:
        return cls(error.code if error.code in ERROR_TEXTS else "207", error.location, error.message)


def timestamp(at: datetime) -> str:
    """Return an aware instant as DTM with its offset."""
    return at.strftime("%Y%m%d%H%M%S%z")


def version_of(header: Header) -> str:
    return header.version if _KNOWN_VERSION.fullmatch(header.version) else DEFAULT_VERSION


def acknowledgement(header: Header | None, code: str, *, at: datetime, error: AckError | None = None) -> bytes:
    """Return an ACK; the same arguments give the same bytes. `header` None: the message had no readable MSH."""
    header = header or Header()
    d, version = header.delimiters, version_of(header)
    f, c = d.field, d.component
    control_id = header.control_id[:199]
    echoed = "" if control_id == '""' else d.encode(d.plain(control_id) if _unsafe(control_id, d) else control_id)
    own_id = hashlib.sha256(f"{header.sender_key}|{control_id}|{code}|{timestamp(at)}".encode()).hexdigest()[:20]
    kind = "ACK" if version < "2.3.1" or not header.event else f"ACK{c}{_plain(header.event, d)}{c}ACK"
    charset = _plain(header.character_set, d) if known_codec(header.character_set) else ""
    msh = [
        f"MSH{f}{d.msh2}",
        _plain(header.receiving_application, d) or "DOORSTEP",
        _plain(header.receiving_facility, d) or "DOORSTEP",
        _plain(header.sending_application, d),
        _plain(header.sending_facility, d),
        timestamp(at),
        "",
        kind,
        own_id.upper(),
        _plain(header.processing_id, d)[:1] or "P",
        version,
        *(["", "", "", "", "", charset] if charset else []),
    ]
    text = "" if error is None or version >= "2.7" else d.encode(error.text)
    segments = [f.join(msh), f"MSA{f}{code}{f}{echoed}{f}{text}".rstrip(f)]
    if error is not None:
        segments.append(_err(error, d, version))
    codec = known_codec(header.character_set) or "utf-8"
    return ("\r".join(segments) + "\r").encode(codec, "replace")


def _unsafe(control_id: str, d: Delimiters) -> bool:
    return any(ch in control_id for ch in d.component + d.repetition) or not control_id.isprintable()


def _plain(value: str, d: Delimiters) -> str:
    return d.plain(value)[:_ECHO_LIMIT]


def _err(error: AckError, d: Delimiters, version: str) -> str:
    """Return the ERR segment in the form of the sender's version (ERR-1 before 2.5, ERR-2 to ERR-8 from then on)."""
    f, c = d.field, d.component
    found = _LOCATION.match(error.location)
    segment, number, component = (found[1], found[2] or "", found[3] or "") if found else ("", "", "")
    meaning = f"{error.code}{c}{ERROR_TEXTS[error.code]}{c}HL70357"
    if version < "2.5":
        sub = d.subcomponent or " "
        return f"ERR{f}{c.join((segment, '1' if segment else '', number))}{c}{meaning.replace(c, sub)}"
    place = c.join((segment, "1", number, "1" if component else "", component)).rstrip(c) if segment else ""
    return f"ERR{f}{f}{place}{f}{meaning}{f}E{f}{f}{f}{f}{d.encode(error.text)}".rstrip(f)


class Answer(NamedTuple):
    """An acknowledgement that came back to us: MSA-1, MSA-2 and its error code, if it gave one."""

    code: str
    control_id: str
    error: str = ""


def answer_of(data: bytes) -> Answer | None:
    """Read an acknowledgement; None when it is none. Raises CodecError on what is no HL7 v2 message at all."""
    from schemas.hl7v2.er7 import split

    message = split(data)
    for segment in message.segments():
        if segment.name == "MSA":
            error = ""
            for other in message.segments():
                if other.name == "ERR":
                    reps: list[Repetition] = other.repetitions(3) or other.repetitions(1)
                    error = next((t for r in reps for t in (r.get(1), r.get(4)) if t in ERROR_TEXTS), error)
            return Answer(segment.get(1).upper(), segment.text(2), error)
    return None
