"""FHIR R4 over HTTP: orders in by REST, their Task out; it knows nothing of cases beyond showing one as a Task."""

from connectors.fhir.push import destination, send
from connectors.fhir.routes import router
from connectors.fhir.settings import FhirSettings
from connectors.fhir.subscriptions.send import notify
from connectors.fhir.subscriptions.watch import WATCHES, watch
from doorstep.connector import ConnectorSpec

CONNECTOR = ConnectorSpec(
    name="fhir",
    settings=FhirSettings,
    router=router,
    send=send,
    destination=destination,
    watch=watch,
    watches=WATCHES,
    notify=notify,
)

__all__ = ["CONNECTOR", "FhirSettings"]
