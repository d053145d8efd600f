"""Everything that the fax channel runs beside its sends: the watched folder, the gateways, and the follower."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from weakref import WeakKeyDictionary

from fastapi import APIRouter

from connectors.fax import watch
from connectors.fax.follow import Follower, anything_to_follow
from connectors.fax.gateways import open_gateway
from connectors.fax.gateways.importing import Importer
from connectors.fax.gateways.webhook import webhook_router
from connectors.fax.settings import FaxSettings
from doorstep.connector import Hub, Inbound, Listen

_open: WeakKeyDictionary[Hub, dict[str, Importer]] = WeakKeyDictionary()
"""The gateways of a running hub: its routes and its listener are made apart and share them here."""


@asynccontextmanager
async def inbound(settings: FaxSettings, hub: Hub, listen: Listen) -> AsyncIterator[Inbound]:
    """Open the watched folder and the gateways; leaving lets what is in hand finish or stay noted."""
    async with AsyncExitStack() as stack:
        listener = await stack.enter_async_context(watch.inbound(settings, hub, listen))
        importers = _importers(settings, hub)
        for importer in importers.values():
            stack.push_async_callback(importer.gateway.close)
        _open[hub] = importers
        stack.callback(_open.pop, hub, None)
        if anything_to_follow(settings):
            follower = Follower(settings, hub, {name: one.gateway for name, one in importers.items()})
            for importer in importers.values():
                importer.follower = follower.nudged
            runs = [follower.run(), *(importer.run() for importer in importers.values())]
            for task in [asyncio.create_task(run, name="fax-gateways") for run in runs]:
                stack.push_async_callback(_ended, task)
        yield listener


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task}, timeout=5)


def _importers(settings: FaxSettings, hub: Hub) -> dict[str, Importer]:
    folder = hub.data_dir("fax") / "gateways"
    return {
        name: Importer(open_gateway(settings, hub, name), own, hub, folder / name)
        for name, own in settings.gateways.items()
    }


def router(settings: FaxSettings, hub: Hub) -> APIRouter:  # noqa: ARG001
    """Return the routes of the gateways' notifications."""
    return webhook_router(lambda: _open.get(hub, {}))
