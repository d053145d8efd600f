"""The caller of the request at hand, kept for as long as it runs, so that the hub itself holds callers apart.

What a partner may see is not left to each route: `doorstep.hub` asks here at every look-up (decision 0068).
Outside of a request, and where access is off, the caller is the house itself and sees everything.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from doorstep.access.scopes import EVERYTHING, Scope, allowed
from doorstep.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. `tenant` is whose things it sees and sends; None sees everyone's (the operator)."""

    name: str
    tenant: str | None
    scopes: tuple[Scope, ...] = EVERYTHING
    provider: str | None = None
    """The NPI of a provider of the network: it sees the offers that were made to it, and nothing else."""
    known: bool = True
    """False where access is off and nobody was asked."""

    def may(self, resource_type: str, interaction: str) -> bool:
        """Say whether the scopes allow an interaction (c, r, u, d, s) with a FHIR resource type."""
        return allowed(self.scopes, resource_type, interaction)


HOUSE = Caller("house", None, known=False)
_current: ContextVar[Caller] = ContextVar("doorstep_caller", default=HOUSE)


def current() -> Caller:
    return _current.get()


def check_desk(host: str | None) -> None:
    """Refuse who may not speak for the desk: an operator may, and where nobody is asked this machine's callers."""
    caller = current()
    if caller.known and caller.tenant is None:
        return
    try:
        here = not caller.known and ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        here = False
    if not here:
        raise Forbidden("caller", "only an operator, or without access keys this machine, speaks for the desk")


@contextmanager
def calling(caller: Caller) -> Iterator[None]:
    """Have `current` answer with this caller inside the block."""
    mark = _current.set(caller)
    try:
        yield
    finally:
        _current.reset(mark)
