"""Payers: asks about coverage and authorization by HTTP (X12 in real time, FHIR PAS) or by files, and takes answers."""

from connectors.payer.exchange import destination, send
from connectors.payer.folder import watching
from connectors.payer.settings import PayerSettings
from doorstep.connector import ConnectorSpec

CONNECTOR = ConnectorSpec(
    name="payer", settings=PayerSettings, inbound=watching, send=send, destination=destination, default_port=None
)
