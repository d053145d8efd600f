"""What an operator may set for one cloud fax gateway."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class GatewaySettings(BaseModel):
    """`[connectors.fax.gateways.NAME]`; NAME is also the last part of its webhook's address."""

    model_config = ConfigDict(extra="forbid")

    vendor: str = Field(
        "", pattern=r"^[a-z0-9-]*$", description="phaxio, telnyx, sinch, documo, srfax, efax; empty = NAME"
    )
    spec: Path | None = Field(None, description="YAML of a gateway that is none of these (docs/fax.md)")
    api_url: str = Field("", description="Address of the API; empty = the vendor's own")
    user: SecretStr = Field(SecretStr(""), description="User, API key or access id")
    password: SecretStr = Field(SecretStr(""), description="Password, API secret or token")
    account: str = Field("", description="Account, project or connection id, where the vendor has one")
    from_number: str = Field("", description="Our own fax number there, ten digits")
    webhook_user: str = Field("", description="User that notifications come with (basic auth)")
    webhook_secret: SecretStr = Field(
        SecretStr(""), description="Password, token, HMAC key or last part of the address that notifications prove"
    )
    public_key: str = Field("", description="Key of signed notifications (base64 of an Ed25519 key)")
    public_url: str = Field("", description="The webhook's address as the vendor calls it; empty = from base_url")
    tolerance_seconds: float = Field(300, gt=0, le=3600, description="How old a signed notification may be")
    link_hosts: tuple[str, ...] | None = Field(None, description="Hosts that fax files may be got from, by exact name")
    poll_seconds: float = Field(60, gt=0, le=86_400, description="How often the gateway's inbox is looked at")
    timeout_seconds: float = Field(30, gt=0, le=600, description="How long the API may be silent")
    give_up_hours: float = Field(72, gt=0, description="How long a notified fax is asked for before a person is told")
