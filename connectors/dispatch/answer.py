"""What a provider sends: a bounded body, read strictly, as one answer to one offer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from fastapi import Request

from doorstep.errors import Refused, TooLarge, WrongType

BODY_LIMIT = 16 * 1024
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
ZONES: tuple[str, ...] = (
    *("America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles"),
    *("America/Anchorage", "Pacific/Honolulu", "America/Puerto_Rico", "UTC"),
)

_FIELDS = frozenset(("token", "start", "zone", "reason"))
_REASON_LIMIT = 500
_LATE = timedelta(minutes=15)
_AHEAD = timedelta(days=366)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class Malformed(Refused):
    http_status = 422


@dataclass(frozen=True, slots=True)
class Answer:
    """`start` keeps the offset that the provider meant."""

    kind: str
    start: datetime | None
    reason: str

    def record(self, offer_id: str) -> bytes:
        """Return the JSON that is kept as the provider's answer."""
        start = self.start.isoformat() if self.start else None
        said = {"offer_id": offer_id, "answer": self.kind, "start": start, "reason": self.reason or None}
        return json.dumps(said, ensure_ascii=False).encode()

    def key(self, offer_id: str) -> str:
        """Return what a repeated answer has in common with the first."""
        return f"{offer_id} {self.kind} {self.start.astimezone(UTC).isoformat() if self.start else ''}".rstrip()


def media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def fields_of(request: Request) -> dict[str, str]:
    """Return the body's fields as text; form or JSON, at most 16 KB, no name twice, none unknown."""
    kind = media_type(request)
    if kind not in {FORM, JSON}:
        raise WrongType("content-type", "send application/json or a form")
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_LIMIT:
            raise TooLarge("too-long", "the answer is over 16 KB")
    pairs: Sequence[tuple[str, object]]
    try:
        text = body.decode("utf-8")
        pairs = _json_pairs(text) if kind == JSON else parse_qsl(text, keep_blank_values=True, max_num_fields=20)
    except (ValueError, RecursionError):
        raise Malformed("structure", "the answer cannot be read", location="body") from None
    fields = {name: value for name, value in pairs if isinstance(value, str) and not _CONTROL.search(value)}
    wrong = next((name for name, _ in pairs if name in _FIELDS and name not in fields), None)
    if wrong:
        raise Malformed("value", f"{wrong} is not plain text", location=wrong)
    if len(fields) != len(pairs) or not fields.keys() <= _FIELDS:
        raise Malformed("structure", "known fields are token, start, zone and reason, each once", location="body")
    return fields


def _json_pairs(text: str) -> list[tuple[str, object]]:
    """Return the members of the one object; a null counts as absent."""
    pairs = json.loads(text, object_pairs_hook=lambda members: members)
    if (
        not isinstance(pairs, list)
        or not all(isinstance(pair, tuple) for pair in pairs)
        or not text.lstrip("\ufeff \t\r\n").startswith("{")
    ):
        raise ValueError("no object")
    return [(name, value) for name, value in pairs if value is not None]


def answer_of(kind: str, fields: Mapping[str, str], now: datetime) -> Answer:
    """Check an answer: an acceptance needs its date and time with an offset or zone, a decline may say why."""
    reason = " ".join(fields.get("reason", "").split())
    if len(reason) > _REASON_LIMIT:
        raise Malformed("value", f"the reason is over {_REASON_LIMIT} characters", location="reason")
    if kind == "decline":
        return Answer(kind, None, reason)
    start = start_of(fields.get("start", "").strip(), fields.get("zone", "").strip())
    if not now - _LATE <= start <= now + _AHEAD:
        raise Malformed("value", "the start must lie in the future, within a year", location="start")
    return Answer(kind, start, reason)


def start_of(text: str, zone: str) -> datetime:
    """Return the start with its offset, from an ISO instant or from local date and time with a zone's name."""
    try:
        start = datetime.fromisoformat(text)
        start.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Malformed("value", "start must be an ISO date and time", location="start") from None
    if len(text) < len("2026-01-01T10:00"):
        raise Malformed("value", "start must have a time of day", location="start")
    if start.tzinfo is not None:
        return start
    if zone not in ZONES:
        raise Malformed("value", "start needs an offset, or zone must be one of " + ", ".join(ZONES), location="zone")
    local = start.replace(tzinfo=ZoneInfo(zone))
    if local.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None) != start:
        raise Malformed("value", "that time is skipped by daylight saving on that day", location="start")
    return local
