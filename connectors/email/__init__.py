"""Mail, both ways: an SMTP server that says 250 only for what is durable, and confirmations through a relay."""

from __future__ import annotations

from connectors.email.sender import check, destination, send
from connectors.email.server import listener
from connectors.email.settings import EmailSettings
from doorstep.connector import ConnectorSpec

CONNECTOR = ConnectorSpec(
    name="email",
    settings=EmailSettings,
    inbound=listener,
    default_port=2525,
    send=send,
    destination=destination,
    check=check,
)
