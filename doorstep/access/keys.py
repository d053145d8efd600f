"""Static API keys: 256 random bits each, so that a plain SHA-256 of one gives nothing away (decision 0069)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable

PREFIX = "dsk_"
"""Lets people and secret scanners know one when they see it."""


def new_key() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def hashed(key: str) -> str:
    """Return what the settings keep of a key."""
    return "sha256:" + hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def owner(given: str, known: Iterable[tuple[str, str]]) -> str | None:
    """Return the name beside the hash of the given key; as long for a right key as for a wrong one."""
    digest = hashed(given).encode()
    found = None
    for name, kept in known:
        if hmac.compare_digest(digest, kept.encode()):
            found = name
    return found
