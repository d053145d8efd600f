"""HTTP as FHIR wants it: bounded bodies, media types, and every refusal as an OperationOutcome."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect

from doorstep.errors import HubError, Unavailable
from schemas.fhir import Issue, dumps, operation_outcome

MEDIA_TYPE = "application/fhir+json"
INLINE_BYTES = 8 * 1024
"""Up to here parsing and validation take about 2 ms."""
ACCEPTED_TYPES = frozenset({"application/fhir+json", "application/json", "application/json+fhir"})


class Refusal(Exception):
    """The answer to a request that is not taken: an HTTP status and the issues that explain it."""

    def __init__(self, status: int, *issues: Issue) -> None:
        super().__init__(f"{status} {issues[0].code}" if issues else str(status))
        self.status = status
        self.issues = issues


def refusal(status: int, code: str, diagnostics: str, expression: str = "") -> Refusal:
    return Refusal(status, Issue("error", code, diagnostics, expression))


MOST_PARAMETERS = 50
MOST_FORM_BYTES = 64 * 1024
GZIP_FROM = 1400
"""From so many bytes on an answer is packed for who takes that."""


async def read_form(request: Request) -> str:
    """Return the form of a POST _search, bounded; refuse other media types."""
    media = request.headers.get("content-type", "").lower().partition(";")[0].strip()
    if media not in {"application/x-www-form-urlencoded", ""}:
        raise refusal(415, "not-supported", "_search takes application/x-www-form-urlencoded")
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MOST_FORM_BYTES:
            raise refusal(413, "too-long", "the form is too long")
    return data.decode("utf-8", "replace")


def wants_json(request: Request) -> bool:
    """Say whether JSON is among what the client takes (`_format` wins over Accept)."""
    wanted = request.query_params.get("_format") or request.headers.get("accept") or "*/*"
    kinds = [kind.partition(";")[0].strip().lower().replace(" ", "+") for kind in wanted.split(",")]
    return any(kind in {"", "*/*", "application/*", "json", "text/json", *ACCEPTED_TYPES} for kind in kinds)


def packed(request: Request, response: Response) -> Response:
    """Pack an answer with gzip where the client takes it."""
    wanted = request.headers.get("accept-encoding", "").lower()
    if "gzip" not in wanted or len(response.body) < GZIP_FROM or "content-encoding" in response.headers:
        return response
    headers = {k: v for k, v in response.headers.items() if k.lower() not in {"content-length", "content-type"}}
    headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    body = gzip.compress(bytes(response.body), 5, mtime=0)
    return Response(body, response.status_code, headers, media_type=MEDIA_TYPE)


def answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a FHIR JSON response."""
    return Response(dumps(body), status, headers, media_type=MEDIA_TYPE)


class FhirRoute(APIRoute):
    """A route whose refusals and failures leave as OperationOutcome."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                if not wants_json(request):
                    raise refusal(406, "not-supported", f"only {MEDIA_TYPE} is served")
                return packed(request, await handle(request))
            except Refusal as refused:
                return answer(operation_outcome(refused.issues), refused.status)
            except ClientDisconnect:
                return answer(operation_outcome([Issue("error", "incomplete", "the body ended early")]), 400)
            except Unavailable as away:
                wait = str(max(1, round(away.retry_after or 5)))
                issue = Issue("error", "transient", away.message)
                return answer(operation_outcome([issue]), 503, {"Retry-After": wait})
            except HubError as wrong:
                code = "exception" if wrong.http_status >= 500 else "processing"
                issue = Issue("error", code, wrong.message, wrong.location)
                return answer(operation_outcome([issue]), wrong.http_status)

        return guarded


async def read_body(request: Request, max_bytes: int) -> bytes:
    """Return the body, stopping at the cap; refuse other media types and compressed bodies."""
    content_type = request.headers.get("content-type", "")
    media, _, parameters = content_type.lower().partition(";")
    if content_type and media.strip() not in ACCEPTED_TYPES:
        raise refusal(415, "not-supported", f"only {MEDIA_TYPE} is taken")
    if "charset=" in parameters and "utf-8" not in parameters and "utf8" not in parameters:
        raise refusal(415, "not-supported", "only UTF-8 is taken")
    coding = request.headers.get("content-encoding", "identity").lower()
    if coding not in {"identity", "gzip", "x-gzip"}:
        raise refusal(415, "not-supported", "bodies are taken as they are or packed with gzip")
    too_large = refusal(413, "too-long", f"the body has more than {max_bytes} bytes")
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared[:20]) > max_bytes:
        raise too_large
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise too_large
    return bytes(body) if coding == "identity" else await work(len(body), _unpacked, bytes(body), max_bytes)


def _unpacked(body: bytes, max_bytes: int) -> bytes:
    """Unpack a body, stopping at the cap, however far it would swell."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        data = unpacker.decompress(body, max_bytes + 1)
    except zlib.error:
        raise refusal(400, "structure", "the body is not packed with gzip as it says") from None
    if len(data) > max_bytes:
        raise refusal(413, "too-long", f"the body has more than {max_bytes} bytes when unpacked")
    if not unpacker.eof or unpacker.unused_data:
        raise refusal(400, "structure", "the packed body is cut off or followed by something")
    return data


async def work(size: int, fn: Callable[..., Any], *args: Any) -> Any:
    """Run a pure function over an input of that many bytes: here when it is short, else in a thread."""
    return fn(*args) if size <= INLINE_BYTES else await asyncio.to_thread(fn, *args)
