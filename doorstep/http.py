"""The hub's one HTTP server: connectors' routes, the JSON API and the console behind the same guards."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import hmac
import math
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import uvicorn
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from doorstep import __version__
from doorstep.errors import HubError, SettingsError, Unavailable
from doorstep.settings import Settings

_LOOPBACK_NAMES = {"127.0.0.1", "localhost", "[::1]", "::1", "testserver"}
_SAFE = {"GET", "HEAD", "OPTIONS"}
_OPEN_PATHS = ("/healthz", "/readyz", "/offers/", "/api/offers/", "/webhooks/fax/")
"""Paths that need no API key: probes, a provider's signed link, and a fax gateway's own signature."""

_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"),
]


class Guard:
    """Refuses foreign host names on loopback (DNS rebinding), cross-site writes, and callers without the API key."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._public = urlsplit(settings.base_url.lower())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(Request(scope))
        if refusal:
            status, reason = refusal
            # Browsers ask a person for the key (as a password) where they see this header.
            ask = {"WWW-Authenticate": 'Basic realm="doorstep"'} if status == 401 else None
            await JSONResponse({"error": "refused", "message": reason}, status, ask)(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(h for h in _HEADERS if h[0] not in present)]
            await send(message)

        await self._app(scope, receive, with_headers)

    def _refusal(self, request: Request) -> tuple[int, str] | None:
        host = request.headers.get("host", "").lower()
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        if self._settings.loopback and name not in {*_LOOPBACK_NAMES, self._public.hostname}:
            return 421, "this hub listens on loopback only and answers to no other name"
        origin = request.headers.get("origin")
        foreign = origin is not None and _netloc(origin) not in {host, self._public.netloc or host}
        if request.method not in _SAFE and (foreign or request.headers.get("sec-fetch-site") == "cross-site"):
            return 403, "writes from other sites are refused"
        key = self._settings.api_key
        if key and not request.url.path.startswith(_OPEN_PATHS):
            given = _key_of(request.headers.get("authorization", ""))
            if not hmac.compare_digest(given.encode(), key.get_secret_value().encode()):
                return 401, "an API key is required: Authorization: Bearer KEY"
        return None


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _key_of(authorization: str) -> str:
    """Return the key of a Bearer header, or of a browser's Basic header where it stands as the password."""
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(given, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


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
    app.add_middleware(Guard, settings=settings)
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
