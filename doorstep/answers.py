"""What a provider sends: a bounded body, read strictly, as one answer to one offer."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from doorstep import clock
from doorstep.connector import Blob, Hub, Receipt, Transmission
from doorstep.errors import Refused, TooLarge
from doorstep.ocr import READABLE, sniff
from doorstep.rules import load
from schemas.case import Case
from schemas.network import Reason, Reasons

ZONES: tuple[str, ...] = (
    *("America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles"),
    *("America/Anchorage", "Pacific/Honolulu", "America/Puerto_Rico", "UTC"),
)
Kind = Literal["accept", "decline", "withdraw", "reschedule", "missed", "complete"]
FIRST: frozenset[str] = frozenset(("accept", "decline"))
"""What can be said to an offer that is open; the others are said of a service that is taken on."""
FIELDS = frozenset(
    (
        *("token", "start", "end", "zone", "reason", "code"),
        *("completed_at", "signed_by", "relation", "serials", "exceptions"),
    )
)
_REASON_LIMIT = 500
DOCUMENT_LIMIT = 8 * 1024 * 1024
_LATE = timedelta(minutes=15)
_AHEAD = timedelta(days=366)
_BEHIND = timedelta(days=366)
_LONGEST_WINDOW = timedelta(hours=24)


class Malformed(Refused):
    http_status = 422


@dataclass(frozen=True, slots=True)
class Answer:
    """What is kept of an answer: plain values; `start` keeps the offset that the provider meant."""

    kind: str
    start: datetime | None = None
    reason: str = ""
    more: Mapping[str, JsonValue] = field(default_factory=dict)
    document: Blob | None = None

    def record(self, of: Mapping[str, JsonValue]) -> bytes:
        """Return the JSON that is kept as the answer; `of` says what it is about and who speaks."""
        start = self.start.isoformat() if self.start else None
        said = {**of, "answer": self.kind, "start": start, "reason": self.reason or None, **self.more}
        return json.dumps(said, ensure_ascii=False).encode()

    def key(self, of: Mapping[str, JsonValue], standing: str) -> str:
        """Return what a repeated answer has in common with the first.

        A start may move there and back, so what is said of a service counts anew once the service stands elsewhere.
        """
        if self.kind in FIRST and set(of) == {"offer_id"}:
            start = self.start.astimezone(UTC).isoformat() if self.start else ""
            return f"{of['offer_id']} {self.kind} {start}".rstrip()
        digest = hashlib.sha256(self.record(of))
        if self.document is not None and isinstance(self.document.data, bytes):
            digest.update(self.document.data)
        return f"{of.get('offer_id') or of.get('case_id')} {self.kind} {standing} {digest.hexdigest()}"


@cache
def reasons() -> Reasons:
    return Reasons.model_validate(load("network/reasons"))


def reasons_for(kind: str) -> tuple[Reason, ...]:
    """Return the reasons that may be given with this kind of answer."""
    found: tuple[Reason, ...] = getattr(reasons(), kind, ())
    return found


def answer_of(kind: str, fields: Mapping[str, str], now: datetime, document: Blob | None = None) -> Answer:
    """Check an answer: an acceptance needs its date and time with an offset or zone, a decline may say why."""
    reason = _line(fields, "reason", _REASON_LIMIT)
    code = fields.get("code", "").strip()
    if code and code not in {known.code for known in reasons_for(kind)}:
        raise Malformed("value", f"code is not one of {', '.join(r.code for r in reasons_for(kind))}", location="code")
    more: dict[str, JsonValue] = {"code": code} if code else {}
    if kind in {"decline", "withdraw"}:
        return Answer(kind, None, reason, more)
    if kind == "complete":
        return Answer(kind, None, reason, {**more, "proof": _proof(fields, now)}, document)
    if kind == "missed" and not fields.get("start", "").strip():
        return Answer(kind, None, reason, more)
    start = start_of(fields.get("start", "").strip(), fields.get("zone", "").strip())
    if not now - _LATE <= start <= now + _AHEAD:
        raise Malformed("value", "the start must lie in the future, within a year", location="start")
    end = fields.get("end", "").strip()
    if end:
        until = start_of(end, fields.get("zone", "").strip(), "end")
        if not start < until <= start + _LONGEST_WINDOW:
            raise Malformed("value", "the window must end after its start, within a day", location="end")
        more["end"] = until.isoformat()
    return Answer(kind, start, reason, more)


def _proof(fields: Mapping[str, str], now: datetime) -> dict[str, JsonValue]:
    """Return who received it and when, the serial numbers and what was not as ordered."""
    at = start_of(fields.get("completed_at", "").strip(), fields.get("zone", "").strip(), "completed_at")
    if not now - _BEHIND <= at <= now + _LATE:
        raise Malformed("value", "completed_at must not lie ahead", location="completed_at")
    signed_by = _line(fields, "signed_by", 120)
    if not signed_by:
        raise Malformed("value", "signed_by must say who received it", location="signed_by")
    serials = [one.strip() for one in re.split(r"[\n,;]", fields.get("serials", "")) if one.strip()]
    if len(serials) > 50 or any(len(one) > 60 for one in serials):
        raise Malformed("value", "at most 50 serial numbers of 60 characters", location="serials")
    return {
        "completed_at": at.isoformat(),
        "signed_by": signed_by,
        "relation": _line(fields, "relation", 60) or None,
        "serials": list(serials),
        "exceptions": _line(fields, "exceptions", _REASON_LIMIT) or None,
    }


def _line(fields: Mapping[str, str], name: str, most: int) -> str:
    found = " ".join(fields.get(name, "").split())
    if len(found) > most:
        raise Malformed("value", f"{name} is over {most} characters", location=name)
    return found


def start_of(text: str, zone: str, name: str = "start") -> datetime:
    """Return a time with its offset, from an ISO instant or from local date and time with a zone's name."""
    try:
        start = datetime.fromisoformat(text)
        start.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Malformed("value", f"{name} must be an ISO date and time", location=name) from None
    if len(text) < len("2026-01-01T10:00"):
        raise Malformed("value", f"{name} must have a time of day", location=name)
    if start.tzinfo is not None:
        return start
    if zone not in ZONES:
        raise Malformed("value", f"{name} needs an offset, or zone must be one of " + ", ".join(ZONES), location="zone")
    local = start.replace(tzinfo=ZoneInfo(zone))
    if local.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None) != start:
        raise Malformed("value", "that time is skipped by daylight saving on that day", location=name)
    return local


def document_of(data: bytes) -> Blob:
    """Return a signed slip or photo; what it is, its own bytes say."""
    if len(data) > DOCUMENT_LIMIT:
        raise TooLarge("too-long", "the document is over 8 MB", location="document")
    kind = sniff(data)
    if kind not in READABLE:
        raise Malformed("value", "the document must be a JPEG, PNG, TIFF or PDF", location="document")
    return Blob(kind, data)


async def keep(
    hub: Hub,
    of: dict[str, JsonValue],
    case: Case | None,
    answer: Answer,
    *,
    sender: str,
    details: dict[str, str],
) -> Receipt:
    """Make an answer durable, with the document that came with it."""
    standing = str(case.revision) if case else ""
    blobs = (Blob("application/json", answer.record(of)), *([answer.document] if answer.document else []))
    return await hub.receive(
        Transmission(
            channel="dispatch",
            idempotency_key=answer.key(of, standing),
            blobs=blobs,
            received_at=clock.now(),
            sender=sender,
            details={**details, "answer": answer.kind},
        )
    )
