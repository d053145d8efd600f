"""Settings of the HL7 v2 connector: `[connectors.hl7v2]`, DOORSTEP_CONNECTORS__HL7V2__NAME."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from connectors.hl7v2.framer import DEFAULT_LIMIT
from connectors.hl7v2.terms import ListenerSettings, Terms
from doorstep.connector import ConnectorSettings


def host_and_port(text: str) -> tuple[str, int]:
    """Split `host:port` (IPv6 in brackets); ValueError when it is neither."""
    host, separator, port = text.rpartition(":")
    if not separator or not host or not (port.isascii() and port.isdigit()) or not 0 < int(port) < 65536:
        raise ValueError("give host:port, for example 10.0.0.5:2575")
    return host.strip("[]"), int(port)


class PartnerSettings(BaseModel):
    """`[connectors.hl7v2.partners."APPLICATION|FACILITY"]`, or the address alone as text."""

    model_config = ConfigDict(extra="forbid")

    address: str = Field(description="host:port of the partner's MLLP listener")
    tls: bool = Field(default=False, description="Speak TLS to it")
    tls_ca: Path | None = Field(default=None, description="PEM CA of its certificate; empty = the system's")
    tls_cert: Path | None = Field(default=None, description="PEM certificate chain that we show it")
    tls_key: Path | None = Field(default=None, description="PEM key of tls_cert")
    answer: Literal["response", "document", "status"] = Field(
        default="response",
        description="What it gets: the response to its message (ORR, ORL...), the same as a PDF (MDM^T02), or OSU^O51",
    )
    packet: bool = Field(
        default=False, description="With answer = document: the record of a completed case as a second PDF"
    )

    @model_validator(mode="before")
    @classmethod
    def _address_alone(cls, value: object) -> object:
        return {"address": value} if isinstance(value, str) else value

    @field_validator("address")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        host_and_port(value)
        return value


class Hl7v2Settings(Terms, ConnectorSettings):
    """Where answers go, what the default listener has agreed, and the limits of all listeners."""

    listeners: dict[str, ListenerSettings] = Field(
        default_factory=dict, description="Further listeners by name: `[connectors.hl7v2.listeners.NAME]`"
    )
    partners: dict[str, PartnerSettings] = Field(
        default_factory=dict,
        description="APPLICATION|FACILITY of a sender (MSH-3|MSH-4) -> host:port of its own MLLP listener, "
        'or more in `[connectors.hl7v2.partners."APPLICATION|FACILITY"]`',
    )
    default_partner: str = Field(default="", description="host:port for senders that stand not in `partners`")
    connect_timeout: float = Field(default=10.0, gt=0, description="Seconds to connect to a partner")
    answer_timeout: float = Field(default=30.0, gt=0, description="Seconds to wait for a partner's acknowledgement")
    max_frame_bytes: int = Field(default=DEFAULT_LIMIT, ge=1024, description="Largest message that is taken")
    max_connections: int = Field(default=1000, ge=1, description="Open connections; beyond it the idlest is closed")
    max_connections_per_address: int = Field(default=500, ge=1, description="The same for one sender address")
    max_in_flight: int = Field(default=256, ge=1, description="Messages of one connection that are stored at once")
    max_buffered_bytes: int = Field(
        default=256 * 1024 * 1024, ge=1024, description="Bytes of unfinished messages of all connections together"
    )
    idle_timeout: float = Field(default=1800.0, gt=0, description="Seconds of silence before a connection is closed")
    frame_timeout: float = Field(default=60.0, gt=0, description="Seconds in which a begun message must be complete")
    end_grace: float = Field(default=2.0, gt=0, description="Seconds to wait for the CR after FS before doing without")
    write_timeout: float = Field(default=30.0, gt=0, description="Seconds a sender may leave its answers unread")
    write_buffer_bytes: int = Field(default=256 * 1024, ge=1024, description="Unread answers at which reading stops")
    drain_timeout: float = Field(default=5.0, ge=0, description="Seconds for messages in flight when the hub stops")

    @field_validator("listeners")
    @classmethod
    def _plain_names(cls, value: dict[str, ListenerSettings]) -> dict[str, ListenerSettings]:
        for name in value:
            if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,40}", name):
                raise ValueError("a listener's name has small letters, digits and hyphens only")
        return value

    @model_validator(mode="after")
    def _inherited(self) -> Hl7v2Settings:
        own = {name: getattr(self, name) for name in Terms.model_fields}
        for name, listener in self.listeners.items():
            missing = {key: value for key, value in own.items() if key not in listener.model_fields_set}
            self.listeners[name] = listener.model_copy(update=missing)
        return self

    @field_validator("default_partner")
    @classmethod
    def _default(cls, value: str) -> str:
        if value:
            host_and_port(value)
        return value

    def partner(self, address: str) -> PartnerSettings | None:
        """Return the listener that answers to a sender's address go to; None when none is known."""
        known = self.partners.get(address)
        if known is None and self.default_partner:
            known = PartnerSettings(address=self.default_partner)
        return known

    def target(self, address: str) -> str:
        """Return host:port for a sender's address; '' when none is set."""
        known = self.partner(address)
        return known.address if known else ""
