"""The settings of the mail channel."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator, model_validator

from doorstep.connector import ConnectorSettings
from schemas.mail import valid_address


class RelayTls(StrEnum):
    """How the relay is spoken to: not encrypted, upgraded by STARTTLS (required), or TLS from the first byte."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class EmailSettings(ConnectorSettings):
    """SMTP in and out."""

    recipients: tuple[str, ...] = Field(
        default=(), description="Addresses that take orders, exactly; empty = any recipient is taken"
    )
    hostname: str = Field(default="doorstep.localhost", description="The name in the SMTP greeting")
    max_bytes: int = Field(default=25 * 1024 * 1024, ge=1024, le=64 * 1024 * 1024, description="Largest mail")
    max_bytes_in_flight: int = Field(
        default=256 * 1024 * 1024, ge=1024, description="Sum of the mails being received at one moment; beyond: 452"
    )
    max_recipients: int = Field(default=100, ge=1, description="Recipients of one mail; beyond: 452")
    max_errors: int = Field(default=20, ge=1, description="Refused commands in one connection; then 421")
    max_connections: int = Field(default=1000, ge=1, description="At once; beyond, the longest idle one is cut by 421")
    idle_seconds: float = Field(default=300, gt=0, description="Longest wait for the next command or piece of a mail")
    data_seconds: float = Field(default=600, gt=0, description="Longest time for one whole mail")
    tls_certificate: Path | None = Field(default=None, description="PEM chain; with it STARTTLS is offered")
    tls_key: Path | None = Field(default=None, description="PEM key of the certificate")
    require_tls: bool = Field(default=False, description="Take mail only after STARTTLS")

    relay_host: str = Field(default="", description="SMTP relay for confirmations; empty = none can be sent")
    relay_port: int = Field(default=25, ge=1, le=65535)
    relay_tls: RelayTls = Field(default=RelayTls.NONE, description="none, starttls or tls")
    relay_user: str = Field(default="", description="User at the relay; empty = no login")
    relay_password: SecretStr = Field(default=SecretStr(""))
    relay_seconds: float = Field(default=30, gt=0, description="Longest wait for each answer of the relay")
    from_address: str = Field(default="orders@doorstep.localhost", description="Sender of all confirmations")
    time_zone: str = Field(default="America/New_York", description="Zone in which scheduled times are written")

    @field_validator("recipients")
    @classmethod
    def _lower(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(address.strip().lower() for address in value)

    @field_validator("from_address")
    @classmethod
    def _address(cls, value: str) -> str:
        if valid_address(value) is None:
            raise ValueError("is not one plain mail address")
        return value

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        ZoneInfo(value)
        return value

    @model_validator(mode="after")
    def _tls(self) -> EmailSettings:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key go together")
        if self.require_tls and self.tls_certificate is None:
            raise ValueError("require_tls needs tls_certificate and tls_key")
        if self.relay_user and self.relay_tls is RelayTls.NONE:
            raise ValueError("a relay login needs relay_tls = starttls or tls")
        return self
