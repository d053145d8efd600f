"""Settings of the HL7 v2 connector: `[connectors.hl7v2]`, DOORSTEP_CONNECTORS__HL7V2__NAME."""

from __future__ import annotations

from pydantic import Field, field_validator

from connectors.hl7v2.framer import DEFAULT_LIMIT
from doorstep.connector import ConnectorSettings


def host_and_port(text: str) -> tuple[str, int]:
    """Split `host:port` (IPv6 in brackets); ValueError when it is neither."""
    host, separator, port = text.rpartition(":")
    if not separator or not host or not (port.isascii() and port.isdigit()) or not 0 < int(port) < 65536:
        raise ValueError("give host:port, for example 10.0.0.5:2575")
    return host.strip("[]"), int(port)


class Hl7v2Settings(ConnectorSettings):
    """Where answers go, and the limits of the MLLP listener."""

    partners: dict[str, str] = Field(
        default_factory=dict,
        description="APPLICATION|FACILITY of a sender (MSH-3|MSH-4) -> host:port of its own MLLP listener",
    )
    default_partner: str = Field(default="", description="host:port for senders that stand not in `partners`")
    processing_ids: list[str] = Field(
        default_factory=lambda: ["P"],
        description="MSH-11 that is taken: P production (or empty), T training, D debugging; others are refused",
    )
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

    @field_validator("partners")
    @classmethod
    def _partners(cls, value: dict[str, str]) -> dict[str, str]:
        for target in value.values():
            host_and_port(target)
        return value

    @field_validator("processing_ids")
    @classmethod
    def _processing_ids(cls, value: list[str]) -> list[str]:
        ids = [one.strip().upper() for one in value]
        if not ids or not set(ids) <= {"P", "T", "D"}:
            raise ValueError("give one or more of P, T and D")
        return ids

    @field_validator("default_partner")
    @classmethod
    def _default(cls, value: str) -> str:
        if value:
            host_and_port(value)
        return value

    def target(self, address: str) -> str:
        """Return host:port for a sender's address; '' when none is set."""
        return self.partners.get(address, self.default_partner)
