"""Whom the hub trusts when it calls others by HTTPS."""

from __future__ import annotations

import ssl
from functools import cache

import httpx


@cache
def authorities() -> ssl.SSLContext:
    """Return the public authorities, for `verify` of an httpx client.

    Read once: each client would read them anew, and that takes 50 ms of the event loop's time.
    """
    return httpx.create_ssl_context(trust_env=False)
