"""Seals small secrets that the hub must keep for later use, such as a subscriber's Authorization header."""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from doorstep.errors import Defect

_NONCE = 12


def seal(key: bytes, data: bytes, owner: str) -> bytes:
    """Return the data encrypted (AES-256-GCM) for one owner: moved to another's row it does not open."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, data, owner.encode())


def unseal(key: bytes, sealed: bytes, owner: str) -> bytes:
    """Return what was sealed; Defect when the key or the owner is another."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], owner.encode())
    except (InvalidTag, ValueError):
        raise Defect("sealed", "what was sealed cannot be opened: the hub's secret is another", detail=owner) from None
