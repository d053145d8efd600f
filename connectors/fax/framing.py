"""Frames a dropped file and its sidecar as a transmission; it looks at the first bytes only, never at the meaning."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from doorstep.connector import Blob, Transmission
from schemas.transmission import ReplyTo

CHANNEL = "fax"
SIDECAR_MAX = 64_000
_FACTS = ("called_number", "tsid", "commid", "device", "qfile", "error")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_NANP = re.compile(r"[2-9]\d{2}[2-9]\d{6}")
_CLOCK_SLACK = timedelta(minutes=5)
_OLDEST = timedelta(days=90)


def content_type(head: bytes) -> str | None:
    """Return the type that the first bytes show, None if a fax never looks like that."""
    if head[:4] in {b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"}:
        return "image/tiff"
    if b"%PDF-" in head[:1024]:
        return "application/pdf"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return None


def ten_digits(number: str) -> str:
    """Return a North American number as ten digits, or an empty string."""
    digits = "".join(c for c in number if c in "0123456789")
    if len(digits) == 11 and digits.startswith("1"):
        digits = digits[1:]
    return digits if _NANP.fullmatch(digits) else ""


def sidecar(raw: bytes | None) -> dict[str, str]:
    """Return the text facts of a sidecar, cleaned and cut; a broken or hostile one gives none, never an error."""
    if raw is None or len(raw) > SIDECAR_MAX:
        return {}
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(told, dict):
        return {}
    names = (*_FACTS, "calling_number", "received_at", "complete")
    return {n: str(told[n]) for n in names if isinstance(told.get(n), str | bool | int)}


def _clean(text: str, limit: int = 128) -> str:
    return _CONTROL.sub(" ", text).strip()[:limit]


def _when(facts: Mapping[str, str], now: datetime) -> datetime:
    """Return the time the gateway tells, if it is aware and believable; else now."""
    try:
        told = datetime.fromisoformat(facts.get("received_at", ""))
    except ValueError:
        return now
    if told.tzinfo is None or not now - _OLDEST <= told <= now + _CLOCK_SLACK:
        return now
    return told.astimezone(UTC)


def frame(name: str, data: bytes, raw_sidecar: bytes | None, now: datetime) -> Transmission:
    """Return the transmission; what is no fax at all carries `rejected` with the reason."""
    kind = content_type(data)
    reason = None if kind else ("the file is empty" if not data else "the file is neither TIFF, PDF, PNG nor JPEG")
    return _transmission(Blob(kind or "application/octet-stream", data, _title(name)), raw_sidecar, now, reason)


def frame_oversize(name: str, size: int, stamp: str, limit: int, now: datetime) -> Transmission:
    """Return the refusal of a file that is larger than we read; a note stands in the place of its bytes."""
    reason = f"the file has {size} bytes, more than the {limit} that are read"
    note = Blob("text/plain", f"{reason} ({stamp})\n".encode(), _title(name))
    return _transmission(note, None, now, reason)


def frame_fetched(
    gateway: str, fax_id: str, facts: Mapping[str, str], data: bytes, now: datetime, *, rejected: str | None = None
) -> Transmission:
    """Return the transmission of a fax that a gateway holds for us; the gateway's own id says what a re-send is."""
    kind = content_type(data)
    if rejected is None and kind is None:
        rejected = "the file is empty" if not data else "the file is neither TIFF, PDF, PNG nor JPEG"
    details = {name: _clean(facts[name]) for name in ("called_number", "tsid", "pages") if facts.get(name)}
    error = _clean(facts.get("error", ""))
    if error and error.lower() not in {"false", "null", "none", "ok"}:
        details["error"] = "partial" if error.lower() == "true" else error
    calling = ten_digits(facts.get("calling_number", ""))
    context = {"gateway": gateway, "fax_id": fax_id}
    context |= {name: details[name] for name in ("called_number", "tsid") if name in details}
    key = f"{gateway}:{fax_id}"
    return Transmission(
        channel=CHANNEL,
        idempotency_key=key,
        blobs=(Blob(kind or ("text/plain" if rejected else "application/octet-stream"), data, None),),
        received_at=_when(facts, now),
        reply_to=ReplyTo(channel=CHANNEL, address=calling, context=context),
        identifier=key,
        sender=calling or None,
        details={**details, "gateway": gateway, "fax_id": fax_id, "size": str(len(data))},
        rejected=rejected,
    )


def _title(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "replace")


def hylafax_key(commid: str, qfile: str) -> str:
    """Return what identifies a fax that HylaFAX received."""
    return f"hylafax:{commid}:{qfile}"


def _transmission(blob: Blob, raw_sidecar: bytes | None, now: datetime, rejected: str | None) -> Transmission:
    facts = sidecar(raw_sidecar)
    details = {n: _clean(facts[n]) for n in _FACTS if facts.get(n)}
    assert isinstance(blob.data, bytes)
    digest = hashlib.sha256(blob.data).hexdigest()
    commid, qfile = details.get("commid"), details.get("qfile")
    calling = ten_digits(facts.get("calling_number", ""))
    context = {n: details[n] for n in ("commid", "called_number", "tsid") if n in details}
    known = hylafax_key(commid, qfile) if commid and qfile else None
    return Transmission(
        channel=CHANNEL,
        idempotency_key=known or f"sha256:{digest}",
        identifier=known,
        blobs=(blob,),
        received_at=_when(facts, now),
        reply_to=ReplyTo(channel=CHANNEL, address=calling, context=context),
        sender=calling or None,
        details={**details, "size": str(len(blob.data))},
        rejected=rejected,
    )
