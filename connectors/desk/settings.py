"""Who may speak for the desk, and how its JSON is read."""

from __future__ import annotations

import ipaddress

from fastapi import Request
from pydantic import Field

from doorstep.access.caller import Network, check_desk
from doorstep.connector import ConnectorSettings
from doorstep.errors import Forbidden, TooLarge, WrongType

BODY_LIMIT = 64 * 1024


class DeskSettings(ConnectorSettings):
    """Who may decide reviews and speak on cases."""

    allow_from: tuple[Network, ...] = Field(
        default=(ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128")),
        description="Networks whose callers may decide where no key is asked for",
    )
    answer_wait: float = Field(
        default=1.5, ge=0, le=10, description="Seconds that a word on a case waits for its effect before it is recorded"
    )


def check_caller(settings: DeskSettings, request: Request) -> None:
    refusal = Forbidden("caller", "reviews are decided from this machine only (connectors.desk.allow_from)")
    check_desk(request.client.host if request.client else None, settings.allow_from, refusal)


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
