"""Where notifications may go, and how much they may say: the administrator's word, never the subscriber's alone."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from doorstep.connector import ConnectorSettings

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
EVERYONE = "*"


class SubscriptionSettings(ConnectorSettings):
    """The subscriptions' share of `[connectors.fhir]`."""

    subscribers: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="Tenant, or * for all -> origins (https://host[:port]) that its notifications may go to",
    )
    subscriber_networks: tuple[Network, ...] = Field(
        (), description="Private networks in which subscribers may be; public addresses need no word here"
    )
    full_resource: tuple[str, ...] = Field((), description="Tenants whose notifications may hold whole resources")
    subscriptions_each: int = Field(50, ge=0, description="Most subscriptions of one tenant")
    least_heartbeat: int = Field(10, ge=1, description="Shortest heartbeat in seconds that a subscriber may ask for")
    notice_timeout: float = Field(20.0, gt=0, le=60, description="Seconds that one notification may take")

    @field_validator("subscribers")
    @classmethod
    def _origins(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for origin in (one for listed in value.values() for one in listed):
            parts = urlsplit(origin)
            if parts.scheme not in {"https", "http"} or not parts.hostname or parts.path.strip("/") or parts.query:
                raise ValueError("an origin is https://host or https://host:port")
        return value

    def origins(self, tenant: str) -> set[tuple[str, str, int]]:
        """Return (scheme, host, port) of the origins that a tenant may name."""
        return {origin(one) for one in (*self.subscribers.get(tenant, ()), *self.subscribers.get(EVERYONE, ()))}


def origin(url: str) -> tuple[str, str, int]:
    """Return (scheme, host, port); ValueError for what has none."""
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError("no host")
    return parts.scheme.lower(), parts.hostname.lower().rstrip("."), parts.port or {"https": 443}.get(parts.scheme, 80)
