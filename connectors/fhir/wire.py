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
from schemas.fhir import Issue, dumps, operation_outcome, xml_dumps

MEDIA_TYPE = "application/fhir+json"
XML_TYPE = "application/fhir+xml"
INLINE_BYTES = 8 * 1024
"""Up to here parsing and validation take about 2 ms."""
JSON_TYPES = frozenset({MEDIA_TYPE, "application/json", "application/json+fhir", "text/json", "json"})
XML_TYPES = frozenset({XML_TYPE, "application/xml", "application/xml+fhir", "text/xml", "xml"})
ANY_TYPES = frozenset({"", "*/*", "application/*"})
R4_VERSIONS = frozenset({"4.0", "4.0.1", "4.3", "4.3.0", "r4"})


class Refusal(Exception):
    """The answer to a request that is not taken: an HTTP status and the issues that explain it."""

    def __init__(self, status: int, *issues: Issue, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {issues[0].code}" if issues else str(status))
        self.status = status
        self.issues = issues
        self.headers = headers


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


def format_of(request: Request) -> str:
    """Return the media type that the client is answered in; `_format` wins over Accept, else as it wrote itself."""
    named = request.query_params.get("_format")
    found = _preferred(named.replace(" ", "+") if named else request.headers.get("accept", ""))
    if found is None:
        raise refusal(406, "not-supported", f"only {MEDIA_TYPE} and {XML_TYPE} of FHIR R4 are served")
    return found or (XML_TYPE if _media(request.headers.get("content-type", ""))[0] in XML_TYPES else MEDIA_TYPE)


def _preferred(wanted: str) -> str | None:
    """Return the type with the highest weight (JSON of two alike), "" where any will do, None where none fits."""
    best: tuple[float, int, str] | None = None
    for kind in wanted.split(","):
        media, parameters = _media(kind)
        if parameters.get("fhirversion", "4.0") not in R4_VERSIONS:
            continue
        kinds = ((2, MEDIA_TYPE, JSON_TYPES), (1, XML_TYPE, XML_TYPES), (0, "", ANY_TYPES))
        for rank, served, names in kinds:
            if media in names and _weight(parameters.get("q", "1")) > 0:
                best = max(best or (0.0, 0, ""), (_weight(parameters.get("q", "1")), rank, served))
    return best[2] if best else None


def _media(text: str) -> tuple[str, dict[str, str]]:
    """Return a media type and its parameters, in small letters."""
    media, *listed = text.lower().split(";")
    pairs = (parameter.partition("=") for parameter in listed)
    return media.strip().replace(" ", "+"), {name.strip(): value.strip(' "') for name, _, value in pairs}


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def packed(request: Request, response: Response) -> Response:
    """Pack an answer with gzip where the client takes it."""
    wanted = request.headers.get("accept-encoding", "").lower()
    if "gzip" not in wanted or len(response.body) < GZIP_FROM or "content-encoding" in response.headers:
        return response
    headers = {k: v for k, v in response.headers.items() if k.lower() not in {"content-length", "content-type"}}
    headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    body = gzip.compress(bytes(response.body), 5, mtime=0)
    return Response(body, response.status_code, headers, media_type=response.media_type)


class Answer(Response):
    """A resource on its way out, written as JSON until the client is known to want XML."""

    def __init__(self, resource: Any, status: int, headers: Mapping[str, str] | None) -> None:
        super().__init__(dumps(resource), status, headers, media_type=MEDIA_TYPE)
        self.resource = resource


def answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a FHIR response."""
    return Answer(body, status, headers)


def written(response: Response, media: str) -> Response:
    """Return an answer in the format that the client asked for."""
    if not isinstance(response, Answer) or media == MEDIA_TYPE:
        return response
    headers = {k: v for k, v in response.headers.items() if k.lower() not in {"content-length", "content-type"}}
    return Response(xml_dumps(response.resource), response.status_code, headers, media_type=XML_TYPE)


class FhirRoute(APIRoute):
    """A route whose refusals and failures leave as OperationOutcome."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            media = MEDIA_TYPE
            try:
                media = format_of(request)
                response = await handle(request)
            except Refusal as refused:
                response = answer(operation_outcome(refused.issues), refused.status, refused.headers)
            except ClientDisconnect:
                response = answer(operation_outcome([Issue("error", "incomplete", "the body ended early")]), 400)
            except Unavailable as away:
                wait = str(max(1, round(away.retry_after or 5)))
                issue = Issue("error", "transient", away.message)
                response = answer(operation_outcome([issue]), 503, {"Retry-After": wait})
            except HubError as wrong:
                code = "exception" if wrong.http_status >= 500 else "processing"
                issue = Issue("error", code, wrong.message, wrong.location)
                response = answer(operation_outcome([issue]), wrong.http_status)
            return packed(request, written(response, media))

        return guarded


async def read_body(
    request: Request, max_bytes: int, taken: frozenset[str] = frozenset(JSON_TYPES | XML_TYPES)
) -> tuple[bytes, str]:
    """Return the body and its media type, stopping at the cap; refuse what is neither JSON nor XML of FHIR R4.

    `taken` are the media types of an address that takes others.
    """
    content_type = request.headers.get("content-type", "")
    media, parameters = _media(content_type)
    if content_type and media not in taken:
        named = f"{MEDIA_TYPE} and {XML_TYPE} are" if XML_TYPE in taken else f"{', '.join(sorted(taken))} is"
        raise refusal(415, "not-supported", f"only {named} taken")
    if parameters.get("charset", "utf-8") not in {"utf-8", "utf8"}:
        raise refusal(415, "not-supported", "only UTF-8 is taken")
    if parameters.get("fhirversion", "4.0") not in R4_VERSIONS:
        raise refusal(415, "not-supported", "only FHIR R4 is taken")
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
    data = bytes(body) if coding == "identity" else await work(len(body), _unpacked, bytes(body), max_bytes)
    return data, XML_TYPE if media in XML_TYPES else MEDIA_TYPE


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
