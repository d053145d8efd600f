"""The fax channel: a watched folder (HylaFAX, or anything that drops files) and cloud gateways, in and out.

It must never acknowledge, that is move a file out of its claim or tell a gateway, before the hub has made it durable.
"""

from __future__ import annotations

from connectors.fax.counted import own_counts
from connectors.fax.outbound import check, destination, send
from connectors.fax.service import inbound, router
from connectors.fax.settings import FaxSettings
from doorstep.connector import ConnectorSpec

CONNECTOR = ConnectorSpec(
    name="fax",
    settings=FaxSettings,
    inbound=inbound,
    router=router,
    send=send,
    destination=destination,
    own_counts=own_counts,
    check=check,
)

__all__ = ["CONNECTOR", "FaxSettings"]
