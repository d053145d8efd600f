"""POST /oauth2/token (client_credentials with a signed assertion) and the SMART configuration that points at it."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from doorstep.access.assertion import ALGORITHMS, Assertions, refused
from doorstep.access.gate import TOKEN_PATH, WELL_KNOWN
from doorstep.access.pace import Pace
from doorstep.access.scopes import MOST, Scope, granted, parse
from doorstep.access.settings import AccessSettings
from doorstep.access.tokens import Tokens
from doorstep.errors import HubError, Refused, Unavailable
from doorstep.journal import Journal

log = logging.getLogger("doorstep.access")

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_MOST_BYTES = 32 * 1024
_UNCACHED = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class BadRequest(Refused):
    """The request itself is wrong; `code` is the error word of RFC 6749 5.2."""

    http_status = 400


def access_router(access: AccessSettings, tokens: Tokens, journal: Journal, base_url: Callable[[], str]) -> APIRouter:
    """Return the routes of the authorization server; without clients that sign assertions there are none."""
    routes = APIRouter(tags=["access"])
    if not any(client.asserts for client in access.clients.values()):
        return routes
    desk = TokenDesk(access, tokens, journal, base_url)
    routes.add_api_route(TOKEN_PATH, desk.token, methods=["POST"], response_model=None)
    for path in (WELL_KNOWN, f"/fhir{WELL_KNOWN}"):
        routes.add_api_route(path, desk.configuration, methods=["GET"], response_model=None)
    return routes


class TokenDesk:
    """Gives tokens to clients that prove themselves."""

    def __init__(self, access: AccessSettings, tokens: Tokens, journal: Journal, base_url: Callable[[], str]) -> None:
        self._access = access
        self._tokens = tokens
        self._journal = journal
        self._base_url = base_url
        self._assertions = Assertions(access.clients)
        self._pace = Pace(access.token_requests)

    @property
    def _token_url(self) -> str:
        return self._base_url() + TOKEN_PATH

    async def configuration(self) -> JSONResponse:
        """GET .well-known/smart-configuration (SMART App Launch 2.x, conformance)."""
        registered = {text for client in self._access.clients.values() if client.asserts for text in client.scopes}
        return JSONResponse(
            {
                "token_endpoint": self._token_url,
                "grant_types_supported": ["client_credentials"],
                "token_endpoint_auth_methods_supported": ["private_key_jwt"],
                "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
                "scopes_supported": sorted(registered),
                "code_challenge_methods_supported": ["S256"],
                "capabilities": ["client-confidential-asymmetric", "permission-v1", "permission-v2"],
            }
        )

    async def token(self, request: Request) -> JSONResponse:
        """Give a token, or say in OAuth's words why not."""
        wait = self._pace.take(request.client.host if request.client else "")
        if wait:
            return _error(429, "temporarily_unavailable", "too many requests", {"Retry-After": str(math.ceil(wait))})
        try:
            return JSONResponse(await self._given(request), headers=_UNCACHED)
        except Unavailable as away:
            wait = max(1, math.ceil(away.retry_after or 5))
            return _error(503, "temporarily_unavailable", away.message, {"Retry-After": str(wait)})
        except HubError as wrong:
            log.info("a token was refused: %s (%s)", wrong.code, wrong.message)
            challenge = {"WWW-Authenticate": 'Bearer realm="doorstep"'} if wrong.http_status == 401 else {}
            return _error(wrong.http_status, wrong.code, wrong.message, challenge)

    async def _given(self, request: Request) -> dict[str, Any]:
        form = await _form(request)
        if form.get("grant_type") != "client_credentials":
            code = "unsupported_grant_type" if form.get("grant_type") else "invalid_request"
            raise BadRequest(code, "grant_type must be client_credentials")
        if form.get("client_assertion_type") != ASSERTION_TYPE or not form.get("client_assertion"):
            raise BadRequest("invalid_request", f"client_assertion_type must be {ASSERTION_TYPE}, with an assertion")
        asked = _scopes(form.get("scope", ""))
        proof = await self._assertions.prove(form["client_assertion"], self._token_url)
        if form.get("client_id", proof.client_id) != proof.client_id:
            raise refused("client_id is not the assertion's")
        given = granted(asked, self._access.clients[proof.client_id].registered)
        new = await self._journal.write(lambda unit: unit.use_assertion(proof.client_id, proof.jti, proof.expires_at))
        if not new:
            raise refused("the assertion was used before (jti)")
        if not given:
            raise BadRequest("invalid_scope", "the client is registered for none of these scopes")
        log.info("a token was given to client %s", proof.client_id)
        return {
            "access_token": self._tokens.issue(proof.client_id, given),
            "token_type": "bearer",
            "expires_in": self._tokens.seconds,
            "scope": " ".join(scope.text for scope in given),
        }


async def _form(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise BadRequest("invalid_request", "send application/x-www-form-urlencoded")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_BYTES:
            raise BadRequest("invalid_request", "the form is too long")
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        raise BadRequest("invalid_request", "the form cannot be read") from None
    if len({name for name, _ in pairs}) != len(pairs):
        raise BadRequest("invalid_request", "a parameter stands twice")
    return dict(pairs)


def _scopes(text: str) -> list[Scope]:
    """Return the scopes asked for; each must be one of a system client's (RFC 6749 3.3)."""
    listed = text.split()
    if not 0 < len(listed) <= MOST:
        raise BadRequest("invalid_scope", "say which scopes are wanted")
    try:
        return [parse(one) for one in listed]
    except ValueError as wrong:
        raise BadRequest("invalid_scope", str(wrong)) from None


def _error(status: int, code: str, description: str, headers: dict[str, str]) -> JSONResponse:
    return JSONResponse({"error": code, "error_description": description}, status, {**_UNCACHED, **headers})
