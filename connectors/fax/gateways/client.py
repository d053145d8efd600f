"""HTTP to a gateway's API: its own address only, TLS verified, no redirects, replies capped, failures told apart."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urlsplit

import httpx
from pydantic import JsonValue

from connectors.fax.fates import classify
from connectors.fax.gateways.port import GatewayAway, GatewayGone, GatewayRefused, TooLarge
from connectors.fax.gateways.spec import Call, Spec, fill, fill_json, text_at
from doorstep.clock import now
from doorstep.errors import SettingsError
from schemas.outbound import FailureClass

_JSON_MAX = 4_000_000
_NOT_TAKEN = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_LONGEST_REST = 3600.0


@dataclass(frozen=True, slots=True)
class Reply:
    body: bytes
    content_type: str

    def json(self) -> JsonValue:
        try:
            parsed: JsonValue = json.loads(self.body)
        except (ValueError, RecursionError):
            raise GatewayAway("gateway-reply", "the fax gateway's answer is no JSON", maybe_taken=True) from None
        return parsed


class Api:
    """One gateway's API."""

    def __init__(self, name: str, spec: Spec, base: str, values: Mapping[str, str], *, seconds: float) -> None:
        parts = urlsplit(base)
        self.loopback = parts.hostname in _LOOPBACK
        if parts.scheme != "https" and not (parts.scheme == "http" and self.loopback):
            raise SettingsError("bad-setting", f"connectors.fax.gateways.{name}.api_url must begin with https://")
        self._base, self._spec, self._values = base.rstrip("/"), spec, dict(values)
        auth = (values["user"], values["password"]) if spec.auth == "basic" else None
        self._client = httpx.AsyncClient(
            auth=auth, timeout=seconds, follow_redirects=False, trust_env=not self.loopback
        )
        self._bare = httpx.AsyncClient(timeout=seconds, follow_redirects=False, trust_env=not self.loopback)
        self._seconds = seconds
        self._token: tuple[str, float] = ("", 0.0)
        self._token_lock = asyncio.Lock()

    async def close(self) -> None:
        await self._client.aclose()
        await self._bare.aclose()

    async def json(self, call: Call, values: Mapping[str, str], pdf: bytes | None = None) -> JsonValue:
        """Make a call and return its JSON, once its `success` holds."""
        return _succeeded(call, (await self.call(call, values, pdf)).json())

    async def call(
        self, call: Call, values: Mapping[str, str], pdf: bytes | None = None, *, limit: int = _JSON_MAX
    ) -> Reply:
        """Make a call; GatewayAway, GatewayRefused or GatewayGone unless the answer is a 2xx."""
        known = {**self._values, **values}
        if self._spec.token:
            known["token"] = await self._fresh_token()
        return await self._made(call, known, pdf, limit, self._spec.headers)

    async def download(self, link: str, hosts: tuple[str, ...], *, limit: int) -> Reply:
        """Get what a link in the API's own answer leads to, only on a host that is allowed; no credentials go there."""
        parts = urlsplit(link)
        host = parts.hostname or ""
        allowed = any(host == one or (one.startswith(".") and host.endswith(one)) for one in hosts)
        secure = parts.scheme == "https" or (parts.scheme == "http" and self.loopback and host in _LOOPBACK)
        if not allowed or not secure or parts.username or parts.password:
            raise GatewayRefused(
                "gateway-link", "the fax gateway's link leads to a host that is not allowed", FailureClass.ACCOUNT
            )
        request = self._bare.build_request("GET", link)
        return await self._exchange(self._bare, request, limit)

    async def _fresh_token(self) -> str:
        rule = self._spec.token
        assert rule is not None
        async with self._token_lock:
            token, until = self._token
            if time.monotonic() >= until:
                reply = await self._made(rule.call, self._values, None, _JSON_MAX, {})
                token = text_at(reply.json(), rule.token)
                self._token = (token, time.monotonic() + rule.seconds)
            return token

    async def _made(
        self, call: Call, known: Mapping[str, str], pdf: bytes | None, limit: int, headers: Mapping[str, str]
    ) -> Reply:
        in_path = {name: quote(value, safe="") for name, value in known.items()}
        form = {name: value for name, raw in call.form.items() if (value := fill(raw, known))}
        request = self._client.build_request(
            call.method,
            f"{self._base}/{fill(call.path, in_path)}".rstrip("/"),
            params={name: fill(value, known) for name, value in call.query.items()} or None,
            data=form or None,
            files={call.file: ("answer.pdf", pdf, "application/pdf")} if call.file and pdf is not None else None,
            json=fill_json(call.body, known) if call.body is not None else None,
            headers={name: fill(value, known) for name, value in {**headers, **call.headers}.items()},
        )
        return await self._exchange(self._client, request, limit)

    async def _exchange(self, client: httpx.AsyncClient, request: httpx.Request, limit: int) -> Reply:
        try:
            async with asyncio.timeout(self._seconds * 4):
                response = await client.send(request, stream=True)
                try:
                    body = await _read(response, limit)
                finally:
                    await response.aclose()
        except _NOT_TAKEN:
            raise GatewayAway("gateway-away", "the fax gateway cannot be reached") from None
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
            raise GatewayAway("gateway-cut", "the fax gateway did not answer", maybe_taken=True) from None
        _judge(response, body)
        return Reply(body, response.headers.get("content-type", ""))


async def _read(response: httpx.Response, limit: int) -> bytes:
    parts, size = [], 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > limit:
            raise TooLarge("gateway-size", f"the fax gateway's answer has more than the {limit} bytes that are read")
        parts.append(part)
    return b"".join(parts)


def _judge(response: httpx.Response, body: bytes) -> None:
    code = response.status_code
    if 200 <= code < 300:
        return
    if code in {404, 410}:
        raise GatewayGone("gateway-gone", "the fax gateway does not know this fax")
    if code in {408, 425, 429, 503}:
        raise GatewayAway("gateway-busy", f"the fax gateway answers {code}", retry_after=_retry_after(response))
    if code >= 500:
        raise GatewayAway("gateway-broken", f"the fax gateway answers {code}", maybe_taken=True)
    if code in {401, 402, 403} or code < 400:
        raise GatewayRefused("gateway-account", f"the fax gateway answers {code}", FailureClass.ACCOUNT)
    failure = classify([body[:2000].decode("utf-8", "replace")])
    if code in {413, 415}:
        failure = FailureClass.DOCUMENT
    raise GatewayRefused("gateway-refused", f"the fax gateway answers {code} ({failure})", failure)


def _retry_after(response: httpx.Response) -> float | None:
    told = response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,6}", told):
        return min(float(told), _LONGEST_REST)
    try:
        at = parsedate_to_datetime(told)
    except (ValueError, TypeError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(0.0, (at - now()).total_seconds()), _LONGEST_REST)


def _succeeded(call: Call, reply: JsonValue) -> JsonValue:
    for path, wanted in call.success.items():
        if not re.fullmatch(wanted, text_at(reply, path), re.IGNORECASE):
            said = [text for name in ("message", "Result", "error", "error_message") if (text := text_at(reply, name))]
            failure = classify(said)
            if re.search(r"not found|no such|does not exist|invalid fax ?details", " ".join(said), re.IGNORECASE):
                raise GatewayGone("gateway-gone", "the fax gateway does not know this fax")
            raise GatewayRefused("gateway-refused", f"the fax gateway refuses ({failure})", failure)
    return reply


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()
