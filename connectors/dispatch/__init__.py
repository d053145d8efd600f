"""Providers' answers over HTTP: an offer's page behind its signed link, and the same as JSON; it decides nothing."""

from __future__ import annotations

from fastapi import APIRouter

from connectors.dispatch import desk, routes
from connectors.dispatch.routes import DispatchSettings
from doorstep.connector import ConnectorSpec, Hub


def _router(settings: DispatchSettings, hub: Hub) -> APIRouter:
    both = APIRouter()
    both.include_router(routes.router(settings, hub))
    both.include_router(desk.router(settings, hub))
    return both


CONNECTOR = ConnectorSpec(name="dispatch", settings=DispatchSettings, router=_router)
