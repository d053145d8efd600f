"""What an operator may set for the fax channel."""

from __future__ import annotations

import re
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from connectors.fax.gateway_settings import GatewaySettings
from doorstep.connector import ConnectorSettings


class FaxSettings(ConnectorSettings):
    """`[connectors.fax]`."""

    inbox: Path | None = Field(None, description="Watched folder; empty = `fax/inbox` in the data folder")
    poll_seconds: float = Field(0.5, gt=0, le=60, description="How often the watched folder is looked at")
    stable_seconds: float = Field(
        2.0,
        ge=0,
        le=600,
        description="How long a file must stay unchanged before it is taken (empty ones 10 times that)",
    )
    max_bytes: int = Field(50_000_000, gt=0, description="A larger file is refused unread")
    keep_done_days: float = Field(7, ge=0, description="How long taken files stay in `done`; 0 = removed at once")
    sendfax: Path | None = Field(
        None, description="HylaFAX's sendfax; empty = answers are written to the outbox folder"
    )
    sendfax_host: str | None = Field(
        None, description="HylaFAX server as HOST or HOST:PORT; empty = sendfax's own default"
    )
    sendfax_seconds: float = Field(60, gt=0, description="How long sendfax may take to hand a job over")
    outbox: Path | None = Field(None, description="Where answers are written without sendfax; empty = `fax/outbox`")
    hub_name: str = Field("Doorstep Intake", min_length=1, description="Who we are, on every page sent")
    hub_phone: str = Field("", description="The number to call back, on every page sent (47 CFR 68.318(d))")
    timezone: str = Field("America/New_York", description="The zone of dates and times on pages sent")

    gateways: dict[str, GatewaySettings] = Field(
        default_factory=dict, description="Cloud fax gateways by name: `[connectors.fax.gateways.NAME]`"
    )
    default_gateway: str = Field(
        "", description="Gateway for answers to faxes that came by none; empty = sendfax or the outbox folder"
    )
    tries: int = Field(3, ge=1, le=10, description="How often an answer is sent before another way is looked for")
    retry_factor: float = Field(1.0, ge=0, le=100, description="Multiplies the waits between tries")
    fate_hours: float = Field(24, gt=0, description="Without word of a sent fax for so long, a person is told")
    hylafax_fates: Path | None = Field(
        None, description="Folder that HylaFAX's notify hook writes to; empty = nothing is followed there"
    )
    hylafax_log: Path | None = Field(
        None, description="HylaFAX's etc/xferfaxlog; every received fax in it must be with the hub; empty = not read"
    )
    hylafax_grace_seconds: float = Field(
        120, ge=0, description="How long a fax in the log may be on its way before it is fetched from recvq"
    )

    @field_validator("gateways")
    @classmethod
    def _plain_names(cls, gateways: dict[str, GatewaySettings]) -> dict[str, GatewaySettings]:
        for name in gateways:
            if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,40}", name):
                raise ValueError("a gateway's name has small letters, digits and hyphens only")
        return gateways

    @model_validator(mode="after")
    def _known_default(self) -> FaxSettings:
        if self.default_gateway and self.default_gateway not in self.gateways:
            raise ValueError(f"default_gateway: there is no gateway {self.default_gateway}")
        return self

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as wrong:
            raise ValueError("is not the name of a time zone, for example America/Chicago") from wrong
        return name
