"""A client's public keys: of the settings, a file or its own https address; cached, and fetched anew for a new key."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK, PyJWTError

from doorstep.access.settings import ClientSettings
from doorstep.errors import Unavailable
from doorstep.trust import authorities

log = logging.getLogger("doorstep.access")

MOST_BYTES, MOST_KEYS = 64 * 1024, 100
PATIENCE = 5.0
FRESH, LEAST_FRESH, MOST_FRESH = 600.0, 60.0, 3600.0
"""Seconds that fetched keys are used without asking again: by default, at least, at most (Cache-Control: max-age)."""
STALE = 3600.0
"""Seconds beyond that in which old keys serve while the address does not answer."""
BETWEEN_FETCHES = 10.0
_MAX_AGE = re.compile(r"max-age=(\d{1,9})")
_RSA_BITS = 2048
_FAMILIES = {"RS384": "RSA", "ES384": "EC"}


class KeySet:
    """One client's keys."""

    def __init__(self, client: ClientSettings) -> None:
        self._client = client
        self._keys: list[dict[str, Any]] = []
        self._changed: float | None = None
        self._good_until = 0.0
        self._asked_at = -BETWEEN_FETCHES
        self._lock = asyncio.Lock()

    async def find(self, kid: str, algorithm: str) -> RSAPublicKey | EllipticCurvePublicKey | None:
        """Return the key of this id that fits the algorithm; ask the source again before None is said."""
        await self._refresh(anew=False)
        found = _chosen(self._keys, kid, algorithm)
        if found is None and await self._refresh(anew=True):
            found = _chosen(self._keys, kid, algorithm)
        return found

    async def _refresh(self, *, anew: bool) -> bool:
        """Bring the keys up to date; True when they may have changed."""
        if self._client.jwks is not None:
            self._keys = listed(self._client.jwks)
            return False
        if self._client.jwks_file is not None:
            return await asyncio.to_thread(self._reread)
        async with self._lock:
            now = time.monotonic()
            if now - self._asked_at < BETWEEN_FETCHES or (now < self._good_until and not anew):
                if self._keys:
                    return False
                if now - self._asked_at < BETWEEN_FETCHES:
                    raise _away()
            self._asked_at = now
            return await self._fetch(now)

    def _reread(self) -> bool:
        path = self._client.jwks_file
        assert path is not None
        try:
            changed = path.stat().st_mtime
            if changed == self._changed:
                return False
            self._keys = listed(json.loads(path.read_bytes()[: MOST_BYTES + 1]))
        except (OSError, ValueError) as broken:
            log.error("the key file of a client cannot be used: %s", type(broken).__name__)
            raise _away() from None
        self._changed = changed
        return True

    async def _fetch(self, now: float) -> bool:
        try:
            keys, fresh = await _fetched(self._client.jwks_uri)
        except (httpx.HTTPError, ValueError, TimeoutError) as broken:
            log.warning("a client's keys cannot be fetched: %s", type(broken).__name__)
            if self._keys and now < self._good_until + STALE:
                return False
            raise _away() from None
        self._keys, self._good_until = keys, now + fresh
        return True


def _away() -> Unavailable:
    return Unavailable("temporarily_unavailable", "the client's keys cannot be had now", retry_after=BETWEEN_FETCHES)


async def _fetched(uri: str) -> tuple[list[dict[str, Any]], float]:
    """Return the keys at an address and how long they are good; nothing but a plain, small, direct answer is taken."""
    async with (
        asyncio.timeout(PATIENCE),
        httpx.AsyncClient(timeout=PATIENCE, follow_redirects=False, trust_env=False, verify=authorities()) as client,
        client.stream("GET", uri, headers={"Accept": "application/json"}) as answer,
    ):
        if answer.status_code != httpx.codes.OK:
            raise ValueError(f"status {answer.status_code}")
        body = bytearray()
        async for piece in answer.aiter_bytes():
            body += piece
            if len(body) > MOST_BYTES:
                raise ValueError("the key set is too large")
        age = _MAX_AGE.search(answer.headers.get("cache-control", "").lower())
    return listed(json.loads(body)), min(max(float(age[1]) if age else FRESH, LEAST_FRESH), MOST_FRESH)


def listed(key_set: Any) -> list[dict[str, Any]]:
    """Return the keys of a set; ValueError for what is none, or holds what must stay with its owner."""
    keys = key_set.get("keys") if isinstance(key_set, dict) else None
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys) or len(keys) > MOST_KEYS:
        raise ValueError("no JSON Web Key Set")
    if any("d" in key or key.get("kty") == "oct" for key in keys):
        raise ValueError("the key set holds a private key")
    return keys


def _chosen(keys: list[dict[str, Any]], kid: str, algorithm: str) -> RSAPublicKey | EllipticCurvePublicKey | None:
    for key in keys:
        fits = key.get("kid") == kid and key.get("kty") == _FAMILIES[algorithm] and key.get("use", "sig") == "sig"
        if not fits or key.get("alg", algorithm) != algorithm:
            continue
        try:
            public = PyJWK.from_dict(key, algorithm=algorithm).key
        except (PyJWTError, ValueError, TypeError):
            continue
        if isinstance(public, RSAPublicKey) and public.key_size >= _RSA_BITS:
            return public
        if isinstance(public, EllipticCurvePublicKey) and isinstance(public.curve, SECP384R1):
            return public
    return None
