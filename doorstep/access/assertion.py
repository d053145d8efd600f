"""A client's signed assertion (SMART Backend Services, RFC 7523): whose it is, and that it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from doorstep import clock
from doorstep.access.jwks import KeySet
from doorstep.access.settings import ClientSettings
from doorstep.errors import Refused

ALGORITHMS = ("RS384", "ES384")
LONGEST = timedelta(minutes=5)
SKEW = timedelta(seconds=10)
"""By how much a client's clock may differ from ours."""
MOST_CHARACTERS = 16 * 1024
_MOST_JTI = 1000


class NotTheClient(Refused):
    """The client could not be proved (RFC 6749 5.2, invalid_client)."""

    http_status = 401


@dataclass(frozen=True, slots=True)
class Proof:
    """A client that proved itself, with what makes the assertion count only once."""

    client_id: str
    jti: str
    expires_at: datetime


def refused(why: str) -> NotTheClient:
    return NotTheClient("invalid_client", why)


class Assertions:
    """Checks assertions against the registered clients."""

    def __init__(self, clients: Mapping[str, ClientSettings]) -> None:
        self._clients = clients
        self._keys = {name: KeySet(client) for name, client in clients.items() if client.asserts}

    async def prove(self, assertion: str, token_url: str) -> Proof:
        """Return whose assertion it is; NotTheClient says what is wrong, never who is known here."""
        header, claimed = _looked_at(assertion)
        kid, algorithm = header.get("kid"), header.get("alg")
        if algorithm not in ALGORITHMS:
            raise refused("the assertion must be signed by RS384 or ES384")
        if not isinstance(kid, str) or not kid:
            raise refused("the assertion's header must name its key (kid)")
        keys = self._keys.get(claimed)
        if keys is None or header.get("jku", self._clients[claimed].jwks_uri) != self._clients[claimed].jwks_uri:
            raise refused("the client is not known, or its key is not")
        key = await keys.find(kid, algorithm)
        if key is None:
            raise refused("the client is not known, or its key is not")
        claims = _checked(assertion, key, algorithm, claimed, token_url)
        return _proof(claimed, claims)


def _looked_at(assertion: str) -> tuple[dict[str, Any], str]:
    """Return the header and the claimed client of an assertion that is not proved yet."""
    if len(assertion) > MOST_CHARACTERS:
        raise refused("the assertion is too long")
    try:
        token = jwt.decode_complete(assertion, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise refused("the assertion is no signed JWT") from None
    issuer = token["payload"].get("iss")
    if not isinstance(issuer, str) or token["payload"].get("sub") != issuer:
        raise refused("iss and sub must both be the client id")
    return token["header"], issuer


def _checked(assertion: str, key: Any, algorithm: str, client_id: str, token_url: str) -> dict[str, Any]:
    try:
        return jwt.decode(
            assertion,
            key,
            algorithms=[algorithm],
            audience=token_url,
            issuer=client_id,
            subject=client_id,
            leeway=SKEW,
            options={"require": ["iss", "sub", "aud", "exp", "jti"]},
        )
    except jwt.ExpiredSignatureError:
        raise refused("the assertion is over") from None
    except jwt.InvalidAudienceError:
        raise refused("aud must be the token address") from None
    except jwt.MissingRequiredClaimError:
        raise refused("the assertion needs iss, sub, aud, exp and jti") from None
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError):
        raise refused("the assertion's signature or claims do not hold") from None


def _proof(client_id: str, claims: dict[str, Any]) -> Proof:
    jti = claims["jti"]
    if not isinstance(jti, str) or not 0 < len(jti) <= _MOST_JTI:
        raise refused("jti must be a text that is used once")
    try:
        expires_at = datetime.fromtimestamp(int(claims["exp"]), UTC)
    except (ValueError, OverflowError, OSError):
        raise refused("exp is no instant") from None
    if expires_at > clock.now() + LONGEST + SKEW:
        raise refused("exp must lie within five minutes")
    return Proof(client_id, jti, expires_at + SKEW)
