"""Who may speak for the desk, and how its JSON is read."""

from __future__ import annotations

from fastapi import Request
from pydantic import Field

from doorstep.access.caller import check_desk, current
from doorstep.connector import ConnectorSettings
from doorstep.errors import TooLarge, WrongType

BODY_LIMIT = 64 * 1024


class DeskSettings(ConnectorSettings):
    """How the desk is answered."""

    answer_wait: float = Field(
        default=1.5, ge=0, le=10, description="Seconds that a word on a case waits for its effect before it is recorded"
    )


def check_caller(request: Request) -> None:
    check_desk(request.client.host if request.client else None)


async def json_body(request: Request) -> bytes:
    """Return the body. JSON only: a browser asks first before it sends that from another site."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise WrongType("content-type", "send application/json")
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_LIMIT:
            raise TooLarge("too-long", "the decision is over 64 KB")
    return body


def caller_detail() -> dict[str, str]:
    """Return who really called, where callers are known; a word states its speaker by itself."""
    caller = current()
    return {"caller": caller.name} if caller.known else {}
