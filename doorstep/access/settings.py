"""`[access]`: the callers that the hub knows, what proves them and what they may do."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from doorstep.access import scopes
from doorstep.access.scopes import Scope
from schemas.identifiers import npi_ok

_KEY = re.compile(r"sha256:[0-9a-f]{64}")
_NAME = re.compile(r"[!-~]{1,200}")
_CERTIFICATE = re.compile(r"(DNS|URI|IP|EMAIL|CN):.+")
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})


class ClientSettings(BaseModel):
    """One caller. Its name is its OAuth client id; a caller may have several kinds of proof."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tenant: str = Field("", description="Whose things it sends and sees; empty = its own name")
    operator: bool = Field(False, description="Sees and may do everything: console, API, every tenant's resources")
    provider: str = Field("", description="NPI, for a provider of the network: it sees its own offers' Tasks only")
    scopes: tuple[str, ...] = Field(("system/*.cruds",), description="SMART scopes: the most it may be given")
    keys: tuple[str, ...] = Field(
        (), max_length=2, description="API keys as `doorstep keys` writes them; two to rotate"
    )
    certificates: tuple[str, ...] = Field((), description="Names in its certificate: DNS:, URI:, IP:, EMAIL: or CN:")
    jwks: dict[str, Any] | None = Field(None, description="Its public keys, as a JSON Web Key Set")
    jwks_file: Path | None = Field(None, description="File of its public keys; read again when it changes")
    jwks_uri: str = Field("", description="https address of its public keys; fetched, cached, fetched again")

    @field_validator("tenant")
    @classmethod
    def _plain(cls, value: str) -> str:
        if value and not _NAME.fullmatch(value):
            raise ValueError("a tenant's name is up to 200 visible ASCII characters")
        return value

    @field_validator("scopes")
    @classmethod
    def _known_scopes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            scopes.parse(text)
        return value

    @field_validator("keys")
    @classmethod
    def _hashed_keys(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_KEY.fullmatch(key) for key in value):
            raise ValueError("keys are kept as sha256:HEX; `doorstep keys` makes one")
        return value

    @field_validator("certificates")
    @classmethod
    def _typed_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_CERTIFICATE.fullmatch(name) for name in value):
            raise ValueError("a certificate's name is written DNS:, URI:, IP:, EMAIL: or CN: and the name")
        return value

    @field_validator("jwks_uri")
    @classmethod
    def _secure(cls, value: str) -> str:
        parts = urlsplit(value)
        local = parts.scheme == "http" and parts.hostname in LOOPBACK_NAMES
        if value and not (parts.hostname and (parts.scheme == "https" or local)):
            raise ValueError("must begin with https://")
        return value

    @model_validator(mode="after")
    def _one_key_set(self) -> ClientSettings:
        if sum((self.jwks is not None, self.jwks_file is not None, bool(self.jwks_uri))) > 1:
            raise ValueError("give one of jwks, jwks_file and jwks_uri")
        return self

    @model_validator(mode="after")
    def _provider_is_no_operator(self) -> ClientSettings:
        if self.provider and not npi_ok(self.provider):
            raise ValueError("provider is an NPI: ten digits with its check digit")
        if self.provider and self.operator:
            raise ValueError("a provider is no operator")
        return self

    @property
    def asserts(self) -> bool:
        """Say whether it proves itself by signed assertions."""
        return self.jwks is not None or self.jwks_file is not None or bool(self.jwks_uri)

    @cached_property
    def registered(self) -> tuple[Scope, ...]:
        if self.provider:
            return tuple(scopes.granted([scopes.PROVIDERS], [scopes.parse(text) for text in self.scopes]))
        return scopes.EVERYTHING if self.operator else tuple(scopes.parse(text) for text in self.scopes)


class AccessSettings(BaseModel):
    """`[access]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    clients: dict[str, ClientSettings] = Field(
        default_factory=dict, description="[access.clients.NAME]: partners and operators (docs/access.md)"
    )
    token_seconds: int = Field(300, ge=30, le=300, description="How long an access token is good")
    token_requests: int = Field(120, ge=1, description="Token requests a minute that one address may make")

    @field_validator("clients")
    @classmethod
    def _named(cls, value: dict[str, ClientSettings]) -> dict[str, ClientSettings]:
        for name, client in value.items():
            if not _NAME.fullmatch(name):
                raise ValueError("a client's name is up to 200 visible ASCII characters")
            if not (client.asserts or client.keys or client.certificates):
                raise ValueError(f"{name} has no way to prove itself: give it keys, certificates or a jwks")
        held = [proof for client in value.values() for proof in (*client.keys, *client.certificates)]
        if len(set(held)) != len(held):
            raise ValueError("two clients have the same key or certificate")
        return value
