"""The fax channel: a watched folder in (HylaFAX or anything that drops files), HylaFAX's sendfax or a spool folder out.

It must never acknowledge, that is move a file out of its claim, before the hub has made it durable.
"""

from __future__ import annotations

from connectors.fax.outbound import check, destination, send
from connectors.fax.settings import FaxSettings
from connectors.fax.watch import inbound
from doorstep.connector import ConnectorSpec

CONNECTOR = ConnectorSpec(
    name="fax",
    settings=FaxSettings,
    inbound=inbound,
    send=send,
    destination=destination,
    check=check,
)

__all__ = ["CONNECTOR", "FaxSettings"]
