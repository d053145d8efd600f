"""HL7 v2 over MLLP, both ways: order messages in with durable acknowledgements, application responses out."""

from __future__ import annotations

from connectors.hl7v2.client import check, destination, send
from connectors.hl7v2.server import listen_mllp
from connectors.hl7v2.settings import Hl7v2Settings
from doorstep.connector import ConnectorSpec

CONNECTOR = ConnectorSpec(
    name="hl7v2",
    settings=Hl7v2Settings,
    inbound=listen_mllp,
    mutual_tls=True,
    default_port=2575,
    send=send,
    destination=destination,
    check=check,
)
