"""Batches (HL7 v2 chapter 2, 2.10.3): messages between BHS and BTS, batches between FHS and FTS, in one frame."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from schemas.codec import CodecError
from schemas.hl7v2.ack import timestamp
from schemas.hl7v2.er7 import STANDARD, Delimiters, delimiters_of
from schemas.hl7v2.header import Header

_LINE = re.compile(rb"(?:\r\n|\r|\n)+")
_MARK = re.compile(rb"(?:\A|(?<=[\r\n]))(?:FHS|BHS|MSH|BTS|FTS)(?=[^0-9A-Za-z\s]|[\r\n]|\Z)")
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Envelope:
    """FHS or BHS: the fields are those of MSH up to 6; `control_id` is FHS-11 or BHS-11."""

    header: Header
    control_id: str


@dataclass(slots=True)
class Batch:
    """One batch; `envelope` None where the file has messages without a BHS."""

    envelope: Envelope | None = None
    messages: list[bytes] = field(default_factory=list)


@dataclass(slots=True)
class BatchFile:
    """All batches of one frame; `envelope` None where it began with BHS."""

    envelope: Envelope | None = None
    batches: list[Batch] = field(default_factory=list)


def is_batch(data: bytes) -> bool:
    """Say whether the data begins with FHS or BHS."""
    return data.removeprefix(_BOM).lstrip(b"\r\n \t")[:3] in (b"FHS", b"BHS")


def envelope_of(data: bytes) -> Envelope:
    """Read the first segment, an FHS or BHS; CodecError 102 when its separators make no sense."""
    return _envelope(_LINE.split(data.removeprefix(_BOM).lstrip(b"\r\n \t"), maxsplit=1)[0])


def batch_of(data: bytes) -> BatchFile:
    """Take a file or batch apart, messages as received. CodecError where it is not whole: then none may be taken.

    Trailers may be absent, as the standard allows; one that is there must tell the true number (BTS-1, FTS-1).
    """
    data = data.removeprefix(_BOM).lstrip(b"\r\n \t")
    found = BatchFile()
    ended = False
    starts = [mark.start() for mark in _MARK.finditer(data)]
    for start, end in pairwise([*starts, len(data)]):
        part = data[start:end]
        if ended:
            raise CodecError("100", "something follows the end of the batch file", "FTS")
        if part.startswith(b"MSH"):
            if not found.batches:
                found.batches.append(Batch())
            found.batches[-1].messages.append(part)
            continue
        line, *rest = _LINE.split(part, maxsplit=1)
        if rest and rest[0].strip():
            raise CodecError("100", "a segment of the batch belongs to no message", line[:3].decode())
        ended = _enter(found, line[:3], line)
    if not found.batches:
        raise CodecError("100", "the batch holds no message", "BHS")
    return found


def _enter(found: BatchFile, name: bytes, line: bytes) -> bool:
    """Take an envelope segment; True for the one that ends the file."""
    match name:
        case b"FHS":
            if found.envelope is not None or found.batches:
                raise CodecError("100", "there is more than one FHS segment, or it is not the first", "FHS")
            found.envelope = _envelope(line)
        case b"BHS":
            found.batches.append(Batch(_envelope(line)))
        case b"BTS":
            if not found.batches:
                raise CodecError("100", "a batch ends that did not begin", "BTS")
            _counted(line, len(found.batches[-1].messages), "BTS")
        case _:
            _counted(line, len(found.batches), "FTS")
            return True
    return False


def _counted(line: bytes, number: int, segment: str) -> None:
    told = re.match(rb"[BF]TS[^0-9A-Za-z\s](\s*\d{1,9}\s*)(?:[^0-9]|$)", line)
    if told is not None and int(told[1]) != number:
        raise CodecError("102", "the count of the trailer is not the count of what came", f"{segment}-1")


def _envelope(line: bytes) -> Envelope:
    text = line.decode("utf-8", "replace")
    delimiters = delimiters_of(text)
    raw = text.split(delimiters.field)
    raw += [""] * (13 - len(raw))

    def hd(index: int) -> str:
        return delimiters.decode(raw[index].split(delimiters.component)[0]).strip()

    control_id = hd(10)
    header = Header(
        delimiters=delimiters,
        sending_application=hd(2),
        sending_facility=hd(3),
        receiving_application=hd(4),
        receiving_facility=hd(5),
        sender_key=f"{raw[2]}|{raw[3]}",
        control_id=control_id,
    )
    return Envelope(header, control_id)


def batch_acknowledgement(file: BatchFile, answers: Iterable[Iterable[bytes]], at: datetime) -> bytes:
    """Return the answer: the same batches with each message's acknowledgement in place of the message."""
    lines: list[bytes] = []
    if file.envelope is not None:
        lines.append(_segment("FHS", file.envelope, at))
    for batch, acks in zip(file.batches, answers, strict=True):
        given = list(acks)
        d = batch.envelope.header.delimiters if batch.envelope else STANDARD
        if batch.envelope is not None:
            lines.append(_segment("BHS", batch.envelope, at))
        lines += given
        if batch.envelope is not None:
            lines.append(f"BTS{d.field}{len(given)}\r".encode())
    if file.envelope is not None:
        lines.append(f"FTS{file.envelope.header.delimiters.field}{len(file.batches)}\r".encode())
    return b"".join(lines)


def _segment(name: str, envelope: Envelope, at: datetime) -> bytes:
    """Return the header of the answer: sender and receiver change places, and field 12 refers to the original."""
    h = envelope.header
    d: Delimiters = h.delimiters
    fields = [
        f"{name}{d.field}{d.msh2}",
        d.plain(h.receiving_application) or "DOORSTEP",
        d.plain(h.receiving_facility) or "DOORSTEP",
        d.plain(h.sending_application),
        d.plain(h.sending_facility),
        timestamp(at),
        *[""] * 5,
        d.plain(envelope.control_id)[:199],
    ]
    return (d.field.join(fields).rstrip(d.field) + "\r").encode()
