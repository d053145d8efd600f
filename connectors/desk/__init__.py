"""The desk by HTTP: a person's word on a review, a case or a provider; kept durably before it is answered."""

from __future__ import annotations

from fastapi import APIRouter

from connectors.desk import cases, providers, reviews
from connectors.desk.settings import DeskSettings
from doorstep.connector import ConnectorSpec, Hub

__all__ = ["CONNECTOR", "DeskSettings"]


def router(settings: DeskSettings, hub: Hub) -> APIRouter:
    """Return the routes of the desk."""
    routes = APIRouter(tags=["desk"])
    routes.include_router(reviews.router(hub))
    routes.include_router(cases.router(settings, hub))
    routes.include_router(providers.router(settings, hub))
    return routes


CONNECTOR = ConnectorSpec(name="desk", settings=DeskSettings, router=router)
