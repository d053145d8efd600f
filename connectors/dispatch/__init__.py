"""Providers' answers over HTTP: an offer's page behind its signed link, and the same as JSON; it decides nothing."""

from __future__ import annotations

from connectors.dispatch.routes import DispatchSettings, router
from doorstep.connector import ConnectorSpec

CONNECTOR = ConnectorSpec(name="dispatch", settings=DispatchSettings, router=router)
