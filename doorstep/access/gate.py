"""Who a request comes from, and whether that caller may come to this address at all: refused unless allowed."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from doorstep.access import keys
from doorstep.access.caller import HOUSE, Caller
from doorstep.access.certificates import folded
from doorstep.access.scopes import EVERYTHING
from doorstep.access.settings import AccessSettings
from doorstep.access.tokens import Tokens

TOKEN_PATH = "/oauth2/token"  # noqa: S105 - an address
WELL_KNOWN = "/.well-known/smart-configuration"
_PUBLIC = frozenset({"/healthz", "/readyz", "/fhir/metadata", TOKEN_PATH, WELL_KNOWN, f"/fhir{WELL_KNOWN}"})
_SIGNED = ("/offers/", "/api/offers/", "/webhooks/fax/")
_PROVIDERS_OWN = re.compile(r"/fhir/Task(/.*)?")
_PARTNERS_OWN = re.compile(r"/api/(receipts|cases|cases/[^/]+)")


class Rule(Enum):
    """Who may come to an address."""

    PUBLIC = "public"
    """Anybody: probes, what a client must read before it can prove itself, and what has a proof of its own in it."""
    PARTNER = "partner"
    """Every known caller; what it sees there is its own."""
    OPERATOR = "operator"


def rule_of(method: str, path: str) -> Rule:
    """Return the rule of an address; one that nobody thought of is the operator's."""
    if path in _PUBLIC or path.startswith(_SIGNED):
        return Rule.PUBLIC
    if path == "/fhir" or path.startswith("/fhir/"):
        return Rule.PARTNER
    if method in {"GET", "HEAD"} and _PARTNERS_OWN.fullmatch(path):
        return Rule.PARTNER
    return Rule.OPERATOR


@dataclass(frozen=True, slots=True)
class Denied:
    """Why a request does not come in; `challenge` says how a caller proves itself (RFC 9110 11.6.1)."""

    status: int
    message: str
    challenge: str = ""


class Gate:
    """Knows the callers. Without a key of the operator's and without clients it is open (loopback only)."""

    def __init__(self, access: AccessSettings, operator_key: str, tokens: Tokens) -> None:
        self._clients = access.clients
        self._tokens = tokens
        self.closed = bool(operator_key or access.clients)
        self._keys = [(name, kept) for name, client in access.clients.items() for kept in client.keys]
        if operator_key:
            self._keys.append(("", keys.hashed(operator_key)))
        self._certificates = {
            folded(name): client_id for client_id, client in access.clients.items() for name in client.certificates
        }

    def enter(self, method: str, path: str, headers: Mapping[str, str], certificate: frozenset[str]) -> Caller | Denied:
        """Return the caller of a request, or why it is refused."""
        rule = rule_of(method, path)
        if not self.closed or rule is Rule.PUBLIC:
            return HOUSE
        caller = self._caller(headers.get("authorization", ""), certificate)
        if isinstance(caller, Denied):
            return caller
        if caller.provider is not None and not _PROVIDERS_OWN.fullmatch(path):
            return Denied(403, "a provider comes to its own Tasks only: /fhir/Task")
        if rule is Rule.OPERATOR and caller.tenant is not None:
            return Denied(403, "this address is the operator's")
        return caller

    def _caller(self, authorization: str, certificate: frozenset[str]) -> Caller | Denied:
        scheme, _, given = authorization.partition(" ")
        given = given.strip()
        if scheme.lower() == "bearer" and given:
            return self._of_bearer(given)
        if scheme.lower() == "basic":
            name = keys.owner(_password(given), self._keys)
            return _unknown() if name is None else self._client(name)
        found = {self._certificates[name] for name in certificate if name in self._certificates}
        if len(found) == 1:
            return self._client(found.pop())
        return Denied(401, "prove who you are: Authorization: Bearer KEY or TOKEN", 'Bearer realm="doorstep"')

    def _of_bearer(self, given: str) -> Caller | Denied:
        name = keys.owner(given, self._keys)
        if name is not None:
            return self._client(name)
        held = self._tokens.held(given)
        client = self._clients.get(held.client_id) if held else None
        if held is None or client is None:
            return _unknown()
        known = self._client(held.client_id)
        return replace(known, scopes=tuple(held.within(client.registered)))

    def _client(self, name: str) -> Caller:
        client = self._clients.get(name)
        if client is None:  # the operator's own key
            return Caller("operator", None, EVERYTHING)
        tenant = None if client.operator else client.tenant or name
        return Caller(name, tenant, client.registered, client.provider or None)


def _unknown() -> Denied:
    said = "the key or token is not known, or its time is over"
    return Denied(401, said, 'Bearer realm="doorstep", error="invalid_token"')


def _password(given: str) -> str:
    """Return the password of a Basic header: a browser gives an operator's key there."""
    try:
        return base64.b64decode(given, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
