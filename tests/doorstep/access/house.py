"""A hub with access on, served for real with all of its routes, and clients that sign their assertions."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from fastapi import FastAPI

from doorstep import http
from doorstep.access.keys import hashed
from doorstep.access.routes import ASSERTION_TYPE
from doorstep.app import App, routes_of
from doorstep.cli.serve import ROLES
from doorstep.hub import LiveHub
from doorstep.journal import Journal
from doorstep.settings import Settings, load
from doorstep.workers import Workers

OPERATOR_KEY, NORTH_KEY, SOUTH_KEY = "the-operator", "dsk_north", "dsk_south"


@lru_cache
def rsa_key(name: str = "one") -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@lru_cache
def ec_key(name: str = "one") -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP384R1())


def public(key: Any, kid: str) -> dict[str, Any]:
    algorithm = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    return {**algorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig"}


@dataclass
class House:
    """The served hub."""

    url: str
    app: FastAPI
    hub: LiveHub
    journal: Journal
    client: httpx.AsyncClient

    async def ask(self, method: str, path: str, key: str = "", body: Any = None, **headers: str) -> httpx.Response:
        told = {"Authorization": f"Bearer {key}"} if key else {}
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            told["Content-Type"] = "application/fhir+json" if path.startswith("/fhir") else "application/json"
        return await self.client.request(method, path, content=content, headers={**told, **headers})

    async def token(self, assertion: str, scope: str = "system/*.rs", **form: str) -> httpx.Response:
        sent = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE}
        sent |= {"client_assertion": assertion, "scope": scope, **form}
        return await self.client.post("/oauth2/token", data={k: v for k, v in sent.items() if v})

    def assertion(
        self, key: Any, kid: str, *, client: str = "ehr", header: Mapping[str, Any] | None = None, **claims: Any
    ) -> str:
        """Return a client's assertion; claims given as None are left out."""
        now = datetime.now(UTC)
        told = {"iss": client, "sub": client, "aud": f"{self.url}/oauth2/token", "exp": now + timedelta(minutes=4)}
        told |= {"jti": secrets.token_hex(8), **claims}
        algorithm = "RS384" if isinstance(key, rsa.RSAPrivateKey) else "ES384"
        kept = {name: value for name, value in told.items() if value is not None}
        return jwt.encode(kept, key, algorithm, headers={"kid": kid, **(header or {})})


def settings_of(folder: Path, **clients: Mapping[str, Any]) -> Settings:
    """Return settings with an operator, two partners with keys, and the clients given."""
    known = {"north": {"keys": [hashed(NORTH_KEY)], "scopes": ["system/*.cruds"]}}
    known |= {"south": {"keys": [hashed(SOUTH_KEY)], "scopes": ["system/*.cruds"]}, **clients}
    return load(data_dir=folder, http_port=0, api_key=OPERATOR_KEY, access={"clients": known})


@asynccontextmanager
async def house(settings: Settings) -> AsyncIterator[House]:
    whole = App(settings, frozenset(ROLES))
    journal = Journal.open(
        settings.journal_url,
        data_dir=settings.data_dir,
        routes=routes_of(settings, whole._subscriptions, whole._specs),
        rules_dir=settings.data_dir,
    )
    async with journal:
        hub = LiveHub(settings, journal, Workers(1))
        app, listener = whole._http(hub, journal)
        async with http.serving(app, settings, listener) as port:
            hub.http_port = port
            url = f"http://127.0.0.1:{port}"
            async with httpx.AsyncClient(base_url=url, timeout=20) as client:
                yield House(url, app, hub, journal, client)
