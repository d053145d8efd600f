"""What an operator may set for the fax channel."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

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

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as wrong:
            raise ValueError("is not the name of a time zone, for example America/Chicago") from wrong
        return name
