"""Cloud fax gateways: their notifications in, their send and status calls out; all of them are data (`vendors/`).

A notification is believed only that something happened to a fax; what happened is asked of the gateway's own API.
"""

from __future__ import annotations

from connectors.fax.gateways.generic import GenericFax
from connectors.fax.settings import FaxSettings
from doorstep.connector import Hub
from doorstep.errors import Refused


def open_gateway(settings: FaxSettings, hub: Hub, name: str) -> GenericFax:
    """Return a gateway of the settings; close it after use."""
    own = settings.gateways.get(name)
    if own is None:
        raise Refused("no-gateway", f"no fax gateway {name} is set")
    return GenericFax(name, own, f"{hub.base_url()}/webhooks/fax/{name}", max_bytes=settings.max_bytes)


__all__ = ["GenericFax", "open_gateway"]
