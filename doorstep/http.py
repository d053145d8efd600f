"""The hub's one HTTP server: connectors' routes, the JSON API and the console behind the same guards."""

from __future__ import annotations

import asyncio
import contextlib
import math
import socket
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from doorstep import __version__
from doorstep.access.caller import calling
from doorstep.access.certificates import names
from doorstep.access.gate import Denied, Gate
from doorstep.access.tokens import Tokens
from doorstep.errors import HubError, SettingsError, Unavailable
from doorstep.secret import hub_secret, purpose_key
from doorstep.settings import Settings
from schemas.fhir import Issue, dumps, operation_outcome

_LOOPBACK_NAMES = {"127.0.0.1", "localhost", "[::1]", "::1", "testserver"}
_SAFE = {"GET", "HEAD", "OPTIONS"}
CERTIFICATE = "certificate"
"""Where a request's state has the names in its client's certificate."""

_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"),
]


class Guard:
    """Refuses foreign host names on loopback (DNS rebinding), cross-site writes, and callers that the gate denies."""

    def __init__(self, app: ASGIApp, settings: Settings, gate: Gate) -> None:
        self._app = app
        self._settings = settings
        self._gate = gate
        self._public = urlsplit(settings.base_url.lower())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        caller = self._refusal(request) or self._gate.enter(
            request.method, scope["path"], request.headers, scope.get("state", {}).get(CERTIFICATE, frozenset())
        )
        if isinstance(caller, Denied):
            await _denied(request, caller)(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(h for h in _HEADERS if h[0] not in present)]
            await send(message)

        with calling(caller):
            await self._app(scope, receive, with_headers)

    def _refusal(self, request: Request) -> Denied | None:
        host = request.headers.get("host", "").lower()
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        if self._settings.loopback and name not in {*_LOOPBACK_NAMES, self._public.hostname}:
            return Denied(421, "this hub listens on loopback only and answers to no other name")
        origin = request.headers.get("origin")
        foreign = origin is not None and _netloc(origin) not in {host, self._public.netloc or host}
        if request.method not in _SAFE and (foreign or request.headers.get("sec-fetch-site") == "cross-site"):
            return Denied(403, "writes from other sites are refused")
        return None


def _denied(request: Request, denied: Denied) -> Response:
    """Return the refusal in the words of the protocol that is spoken at the address."""
    headers = {"WWW-Authenticate": denied.challenge} if denied.challenge else {}
    if request.scope["path"].startswith("/fhir"):
        issue = Issue("error", "login" if denied.status == 401 else "forbidden", denied.message)
        return Response(dumps(operation_outcome([issue])), denied.status, headers, "application/fhir+json")
    answer = JSONResponse({"error": "refused", "message": denied.message}, denied.status, headers)
    if denied.status == 401:
        # A browser asks a person for the key (as a password) where it sees this challenge.
        answer.headers.append("WWW-Authenticate", 'Basic realm="doorstep"')
    return answer


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def gate_of(settings: Settings) -> Gate:
    """Return the gate that these settings make."""
    key = settings.api_key.get_secret_value() if settings.api_key else ""
    return Gate(settings.access, key, tokens_of(settings))


def tokens_of(settings: Settings) -> Tokens:
    """Return the issuer of access tokens; processes of one data folder know each other's."""
    return Tokens(lambda: purpose_key(hub_secret(settings.data_dir), "access-token"), settings.access.token_seconds)


def build(settings: Settings, routers: Iterable[APIRouter]) -> FastAPI:
    """Return the application with all routes and guards."""
    app = FastAPI(title="Doorstep", version=__version__, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")

    @app.exception_handler(HubError)
    async def _told(_: Request, failed: HubError) -> JSONResponse:
        headers = {}
        if isinstance(failed, Unavailable):
            headers["Retry-After"] = str(max(1, math.ceil(failed.retry_after or 5)))
        body = {"error": failed.code, "message": failed.message, "location": failed.location}
        return JSONResponse(body, failed.http_status, headers)

    @app.exception_handler(RequestValidationError)
    async def _unfit(_: Request, wrong: RequestValidationError) -> JSONResponse:
        first = wrong.errors()[0]  # its `input` stays unsaid: it may hold a person, or what no JSON can carry
        where = ".".join(str(part) for part in first["loc"])
        return JSONResponse({"error": "bad-request", "message": first["msg"], "location": where}, 422)

    for router in routers:
        app.include_router(router)
    app.add_middleware(Guard, settings=settings, gate=gate_of(settings))
    return app


@asynccontextmanager
async def serving(app: FastAPI, settings: Settings, listener: socket.socket) -> AsyncIterator[int]:
    """Serve on a bound socket until the block is left, then let running requests finish; yields the port."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=int(settings.grace_seconds),
        timeout_keep_alive=30,
        h11_max_incomplete_event_size=64 * 1024,
        ssl_certfile=str(settings.tls_cert) if settings.tls_cert else None,
        ssl_keyfile=str(settings.tls_key) if settings.tls_key else None,
        **_client_certificates(settings),
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(_serve(server, listener), name="http")
    while not server.started and not task.done():
        await asyncio.sleep(0.01)
    try:
        if task.done():
            await task
        yield int(listener.getsockname()[1])
    finally:
        server.should_exit = True
        with contextlib.suppress(asyncio.CancelledError):
            await task
        listener.close()


def _client_certificates(settings: Settings) -> dict[str, Any]:
    """Ask clients for a certificate where one may prove a caller; without one they may prove themselves otherwise."""
    wanted = any(client.certificates for client in settings.access.clients.values())
    if not wanted or settings.tls_client_ca is None:
        return {}
    return {"ssl_ca_certs": str(settings.tls_client_ca), "ssl_cert_reqs": ssl.CERT_OPTIONAL, "http": _KnowsItsClient}


class _KnowsItsClient(H11Protocol):
    """Tells requests the names in their connection's client certificate, which TLS has verified."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, CERTIFICATE: names(transport.get_extra_info("peercert"))}


async def _serve(server: uvicorn.Server, listener: socket.socket) -> None:
    """Run uvicorn without its own signal handling: the app decides when to stop."""
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    await server.serve(sockets=[listener])


def bind(host: str, port: int, setting: str) -> socket.socket:
    """Return a listening socket; SettingsError names the setting when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as taken:
        listener.close()
        raise SettingsError("port-taken", f"{host}:{port} cannot be bound ({taken.strerror}); set {setting}") from None
    listener.listen(512)
    return listener
