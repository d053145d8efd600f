"""An entry of a Bundle as the request that it stands for: asked of the same addresses, answered by the same code."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from fastapi import APIRouter, Request
from starlette.types import Message

from connectors.fhir.wire import MEDIA_TYPE, refusal
from connectors.fhir.wording import instant
from schemas.fhir import dumps, loads
from schemas.fhir.graph import part

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
READS = frozenset({"GET", "HEAD"})
_CONDITIONS = {
    "ifNoneMatch": "if-none-match",
    "ifModifiedSince": "if-modified-since",
    "ifMatch": "if-match",
    "ifNoneExist": "if-none-exist",
}
_OWN = re.compile(r"content-.*|accept.*|if-.*|transfer-encoding|prefer")
"""Headers that speak of the Bundle itself and not of its entries."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One request: its address below the base, and what it brings."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered."""

    status: int
    headers: Mapping[str, str]
    resource: dict[str, Any] | None

    @property
    def good(self) -> bool:
        return self.status < 400


def wish_of(raw: dict[str, Any], path: str, base: str) -> Wish:
    """Return the request that an entry stands for; refuse what is none, or leads away from here."""
    asked = part(raw.get("request"))
    method, url = str(asked.get("method") or ""), str(asked.get("url") or "")
    if not asked:
        raise refusal(422, "required", "the entry has no request", f"{path}.request")
    if method not in METHODS:
        wrong = f"an entry's method is one of {', '.join(sorted(METHODS))}"
        raise refusal(422, "not-supported", wrong, f"{path}.request.method")
    url = url.removeprefix(base).lstrip("/")
    if "://" in url.partition("?")[0] or not url.partition("?")[0]:
        raise refusal(422, "invalid", "an entry names an address of this server below its base", f"{path}.request.url")
    said = {name: str(asked[key]) for key, name in _CONDITIONS.items() if asked.get(key)}
    resource = raw.get("resource")
    if method == "PATCH":
        body, media = patch_in(resource, path)
    else:
        body, media = (dumps(resource), MEDIA_TYPE) if isinstance(resource, dict) else (b"", "")
    if method in {"POST", "PUT"} and not body and "$" not in url and "_search" not in url:
        raise refusal(422, "required", "the entry has no resource", f"{path}.resource")
    if media:
        said["content-type"] = media
    return Wish(method, url, said, body)


def patch_in(resource: Any, path: str) -> tuple[bytes, str]:
    """Return the patch that an entry brings, and its media type: R4 puts it into a Binary (3.1.0.11.3)."""
    if not isinstance(resource, dict):
        raise refusal(422, "required", "the entry has no resource", f"{path}.resource")
    if resource.get("resourceType") != "Binary":
        return dumps(resource), MEDIA_TYPE
    try:
        data = base64.b64decode(str(resource.get("data") or ""), validate=True)
    except (binascii.Error, ValueError):
        raise refusal(422, "value", "the patch is no base64", f"{path}.resource.data") from None
    return data, str(resource.get("contentType") or "")


class Inside:
    """The addresses of the FHIR endpoint, for requests from within."""

    def __init__(self, api: APIRouter) -> None:
        self._api = api

    async def ask(self, outer: Request, wish: Wish) -> Reply:
        """Do what the same request would do alone, for the same caller."""
        path, _, query = wish.url.partition("?")
        kept = {name: value for name, value in outer.headers.items() if not _OWN.fullmatch(name)}
        headers = {**kept, "prefer": _preferred(outer, wish), "accept": MEDIA_TYPE, **wish.headers}
        scope = {
            **outer.scope,
            "method": wish.method,
            "path": f"/fhir/{unquote(path)}",
            "raw_path": f"/fhir/{path}".encode(),
            "query_string": query.encode(),
            "headers": [(_latin(name), _latin(value)) for name, value in headers.items()],
            "path_params": {},
        }
        told: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": wish.body, "more_body": False}

        async def send(message: Message) -> None:
            told.append(message)

        await self._api(scope, receive, send)
        first = next(message for message in told if message["type"] == "http.response.start")
        body = b"".join(message.get("body", b"") for message in told if message["type"] == "http.response.body")
        answered = {name.decode().lower(): value.decode("latin-1") for name, value in first["headers"]}
        resource = loads(body, max_bytes=len(body)) if body and wish.method != "HEAD" else None
        return Reply(int(first["status"]), answered, resource)


def _latin(text: str) -> bytes:
    return text.encode("latin-1", "replace")


def _preferred(outer: Request, wish: Wish) -> str:
    """Return what the client prefers; of what it sent itself it gets back only where it is kept, if it says nothing."""
    said = outer.headers.get("prefer", "")
    return said if "return=" in said.lower() or wish.method in READS else f"return=minimal,{said}".rstrip(",")


def entry_told(reply: Reply) -> dict[str, Any]:
    """Return the entry of a response Bundle that tells of an answer."""
    response: dict[str, Any] = {"status": status_line(reply.status)}
    for name, key in (("location", "location"), ("etag", "etag")):
        if name in reply.headers:
            response[key] = reply.headers[name]
    if "last-modified" in reply.headers:
        response["lastModified"] = instant(parsedate_to_datetime(reply.headers["last-modified"]).astimezone(UTC))
    resource = reply.resource
    if resource is not None and resource.get("resourceType") == "OperationOutcome":
        return {"response": {**response, "outcome": resource}}
    return {**({} if resource is None else {"resource": resource}), "response": response}


def status_line(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"
