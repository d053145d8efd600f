"""Access tokens: short-lived, signed with the hub's own secret, checked without a look into the database."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import jwt

from doorstep import clock
from doorstep.access.scopes import Scope, granted, parse

_ALGORITHM = "HS256"
_WHERE = "doorstep"


@dataclass(frozen=True, slots=True)
class Held:
    """What a token says: whose it is and for what."""

    client_id: str
    scopes: tuple[Scope, ...]

    def within(self, registered: tuple[Scope, ...]) -> tuple[Scope, ...]:
        """Return what of it the client is still registered for."""
        return tuple(granted(self.scopes, registered))


class Tokens:
    """Issues and checks tokens with one secret: processes that share it know each other's."""

    def __init__(self, secret: Callable[[], bytes], seconds: int) -> None:
        self._read_secret = secret
        self.seconds = seconds

    @cached_property
    def _secret(self) -> bytes:
        return self._read_secret()

    def issue(self, client_id: str, scopes: Iterable[Scope]) -> str:
        now = clock.now()
        claims = {
            "iss": _WHERE,
            "aud": _WHERE,
            "sub": client_id,
            "scope": " ".join(scope.text for scope in scopes),
            "iat": now,
            "exp": now + timedelta(seconds=self.seconds),
            "jti": secrets.token_hex(16),
        }
        return jwt.encode(claims, self._secret, algorithm=_ALGORITHM)

    def held(self, token: str) -> Held | None:
        """Return what a token says; None when it is not ours or its time is over."""
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[_ALGORITHM],
                audience=_WHERE,
                issuer=_WHERE,
                options={"require": ["sub", "exp", "scope"]},
            )
            return Held(str(claims["sub"]), tuple(parse(text) for text in str(claims["scope"]).split()))
        except (jwt.PyJWTError, ValueError):
            return None
