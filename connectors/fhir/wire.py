"""HTTP as FHIR wants it: bounded bodies, media types, and every refusal as an OperationOutcome."""

from __future__ import annotations

import asyncio
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


def answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a FHIR JSON response."""
    return Response(dumps(body), status, headers, media_type=MEDIA_TYPE)


class FhirRoute(APIRoute):
    """A route whose refusals and failures leave as OperationOutcome."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                return await handle(request)
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
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise refusal(415, "not-supported", "compressed bodies are not taken")
    too_large = refusal(413, "too-long", f"the body has more than {max_bytes} bytes")
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared[:20]) > max_bytes:
        raise too_large
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise too_large
    return bytes(body)


async def work(size: int, fn: Callable[..., Any], *args: Any) -> Any:
    """Run a pure function over an input of that many bytes: here when it is short, else in a thread."""
    return fn(*args) if size <= INLINE_BYTES else await asyncio.to_thread(fn, *args)
