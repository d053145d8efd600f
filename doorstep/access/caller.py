"""The caller of the request at hand, kept for as long as it runs, so that the hub itself holds callers apart.

What a partner may see is not left to each route: `doorstep.hub` asks here at every look-up (decision 0068).
Outside of a request, and where access is off, the caller is the house itself and sees everything.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from doorstep.access.scopes import EVERYTHING, Scope, allowed
from doorstep.errors import Forbidden

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. `tenant` is whose things it sees and sends; None sees everyone's (the operator)."""

    name: str
    tenant: str | None
    scopes: tuple[Scope, ...] = EVERYTHING
    known: bool = True
    """False where access is off and nobody was asked."""

    def may(self, resource_type: str, interaction: str) -> bool:
        """Say whether the scopes allow an interaction (c, r, u, d, s) with a FHIR resource type."""
        return allowed(self.scopes, resource_type, interaction)


HOUSE = Caller("house", None, known=False)
_current: ContextVar[Caller] = ContextVar("doorstep_caller", default=HOUSE)


def current() -> Caller:
    return _current.get()


def check_desk(host: str | None, networks: Iterable[Network], refusal: Forbidden) -> None:
    """Raise `refusal` unless the gate has let an operator in or, where access is off, the host is of these networks."""
    if current().known:
        return
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        raise refusal from None
    if not any(address in network for network in networks):
        raise refusal


@contextmanager
def calling(caller: Caller) -> Iterator[None]:
    """Have `current` answer with this caller inside the block."""
    mark = _current.set(caller)
    try:
        yield
    finally:
        _current.reset(mark)
