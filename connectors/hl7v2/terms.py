"""What a listener has agreed with those who send to it: who may, what is taken, how it is read and answered."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator

from schemas.hl7v2 import known_codec

_TYPE = re.compile(r"[A-Z]{3}(?:\^[A-Z]\d{2})?")


class Terms(BaseModel):
    """The default listener's own stand in `[connectors.hl7v2]`; every other one starts from those."""

    model_config = ConfigDict(extra="forbid")

    allowed_peers: list[str] = Field(
        default_factory=list, description="Networks that may connect (10.1.0.0/16, 10.2.0.7); empty = all"
    )
    allowed_subjects: list[str] = Field(
        default_factory=list,
        description="Names (CN or DNS name) of client certificates that may connect; empty = all that the CA signed",
    )
    processing_ids: list[str] = Field(
        default_factory=lambda: ["P"],
        description="MSH-11 that is taken: P production (or empty), T training, D debugging; others are refused",
    )
    message_types: list[str] = Field(
        default_factory=list, description="Types that are taken (`ORM`, `ADT^A08`); empty = all of docs/hl7v2.md"
    )
    max_segments: int = Field(
        default=20_000, ge=100, description="Most segments of a message; one with more is refused (AR, 207)"
    )
    only_aa: bool = Field(
        default=False, description="The partner knows original mode only: AA, AE, AR whatever MSH-15 and MSH-16 say"
    )
    time_zone: str = Field(
        default="", description="Zone of times without an offset (America/Chicago); empty = that of the patient's home"
    )
    charset: str = Field(
        default="", description="Character set of eight-bit text without MSH-18 (8859/1); empty = UTF-8, else 8859/1"
    )
    default_payer: str = Field(default="", description="The payer of orders that name none: a health plan's own feed")
    member_id_assigner: str = Field(
        default="", description="PID-3.4 of the number that is the member ID with `default_payer`"
    )

    tenant: str = Field(default="", description="Whose messages come in here, as `tenant` of `[access.clients.NAME]`")

    @field_validator("allowed_peers")
    @classmethod
    def _networks(cls, value: list[str]) -> list[str]:
        for one in value:
            ipaddress.ip_network(one)
        return value

    @field_validator("processing_ids")
    @classmethod
    def _processing_ids(cls, value: list[str]) -> list[str]:
        ids = [one.strip().upper() for one in value]
        if not ids or not set(ids) <= {"P", "T", "D"}:
            raise ValueError("give one or more of P, T and D")
        return ids

    @field_validator("message_types")
    @classmethod
    def _types(cls, value: list[str]) -> list[str]:
        kinds = [one.strip().upper() for one in value]
        if not all(_TYPE.fullmatch(kind) for kind in kinds):
            raise ValueError("give message types such as ORM or ADT^A08")
        return kinds

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            if value:
                ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("give a zone of the tz database, for example America/Chicago") from None
        return value

    @field_validator("charset")
    @classmethod
    def _charset(cls, value: str) -> str:
        if value and known_codec(value) is None:
            raise ValueError("give a character set as MSH-18 has it, for example 8859/1")
        return value


class ListenerSettings(Terms):
    """`[connectors.hl7v2.listeners.NAME]`: a further listener; what it does not set is as for the default one."""

    port: int = Field(ge=0, le=65535, description="Its port; 0 = any free one")
    host: str = Field(default="", description="Address that it binds; empty = the hub's")
    tls_cert: Path | None = Field(default=None, description="PEM certificate chain; empty = the hub's, if it has one")
    tls_key: Path | None = Field(default=None, description="PEM key of tls_cert")
    tls_client_ca: Path | None = Field(
        default=None, description="PEM CA that clients' certificates must come from; empty = as the hub"
    )
    plain: bool = Field(
        default=False, description="No TLS though the hub has it; beyond loopback only with DOORSTEP_TRUSTED_NETWORK"
    )
