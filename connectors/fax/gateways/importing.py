"""Brings in what a gateway holds for us: noted, fetched by id, kept by the hub, and only then acknowledged upstream.

Each step can be repeated, so a crash between any two neither loses a fax nor doubles it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from connectors.fax.files import lock_folder
from connectors.fax.framing import frame_fetched
from connectors.fax.gateway_settings import GatewaySettings
from connectors.fax.gateways.generic import GenericFax
from connectors.fax.gateways.port import FaxFile, GatewayRefused, TooLarge
from connectors.fax.records import Records, stamp
from doorstep.clock import now
from doorstep.connector import Hub
from doorstep.errors import HubError, Unavailable

log = logging.getLogger("doorstep.fax.gateways")

_TICK = 2.0
_LONGEST_WAIT = 300.0
_TOGETHER = 2
_KEEP_DAYS = 90


class Importer:
    """One gateway's way in."""

    def __init__(self, gateway: GenericFax, settings: GatewaySettings, hub: Hub, folder: Path) -> None:
        self.gateway, self._settings, self._hub = gateway, settings, hub
        self.records = Records(folder)
        self._wake = asyncio.Event()
        self._look = True
        self._next_look = 0.0
        self.follower: asyncio.Event | None = None
        """Set to have open sends looked at soon."""

    async def begin(self, fax_id: str, facts: Mapping[str, str]) -> bool:
        """Note durably that this fax is to be brought in; False when it was noted before."""
        record = {"id": fax_id, "facts": dict(facts), "first": stamp(), "due": 0.0, "tries": 0, "stored": False}
        new = await asyncio.to_thread(self.records.begin, fax_id, record)
        self._wake.set()
        return new

    def nudge(self) -> None:
        """Look into the gateway's inbox soon."""
        self._look = True
        self._wake.set()

    async def take(self, fax_id: str, facts: Mapping[str, str], file: FaxFile, *, rejected: str | None = None) -> bool:
        """Give a fax to the hub; True when it was new. Other bytes under a known id are the same fax."""
        framed = frame_fetched(self.gateway.name, fax_id, facts, file.data, now(), rejected=rejected)
        receipt = await self._hub.receive(framed)
        new = not (receipt.duplicate or receipt.conflict)
        log.info("received %s%s from gateway %s", receipt.document_id, "" if new else " again", self.gateway.name)
        return new

    async def run(self) -> None:
        """Bring in until cancelled; of several processes on one data folder, one works and the others stand by."""
        lock = -1
        try:
            while True:
                if lock < 0:
                    lock = await asyncio.to_thread(lock_folder, self.records.folder)
                if lock >= 0:
                    await self._safely(self._pass())
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), min(_TICK, self._settings.poll_seconds))
                self._wake.clear()
        finally:
            if lock >= 0:
                os.close(lock)

    async def _safely(self, work: Any) -> None:
        try:
            await work
        except (HubError, OSError) as failed:
            code = getattr(failed, "code", type(failed).__name__)
            log.warning("gateway %s: %s", self.gateway.name, code)
        except Exception as broken:  # noqa: BLE001 - a defect met with one gateway must not stop its later faxes
            log.error("gateway %s met a defect: %s", self.gateway.name, type(broken).__name__)

    async def _pass(self) -> None:
        if self.gateway.spec.inbox and (self._look or time.monotonic() >= self._next_look):
            self._look = False
            self._next_look = time.monotonic() + self._settings.poll_seconds
            await self._safely(self._list())
        await asyncio.to_thread(self.records.purge, _KEEP_DAYS)
        due = [r for r in await asyncio.to_thread(self.records.under_way) if r["due"] <= stamp()]
        for start in range(0, len(due), _TOGETHER):
            async with asyncio.TaskGroup() as group:
                for record in due[start : start + _TOGETHER]:
                    group.create_task(self._safely(self._settle(record)))

    async def _list(self) -> None:
        for notice in await self.gateway.poll():
            await self.begin(notice.fax_id, notice.facts)

    async def _settle(self, record: dict[str, Any]) -> None:
        key = record["key"]
        try:
            result = await self._bring(record)
        except (HubError, OSError) as failed:
            code = getattr(failed, "code", type(failed).__name__)
            pause = failed.retry_after if isinstance(failed, Unavailable) else None
            if stamp() - record["first"] < self._settings.give_up_hours * 3600:
                log.warning("a fax at gateway %s waits: %s", self.gateway.name, code)
                await self._later(record, pause)
                return
            log.error("a fax at gateway %s is given up: %s", self.gateway.name, code)
            if not record["stored"]:
                note = FaxFile(f"the gateway did not give this fax: {code}\n".encode())
                await self.take(f"{record['id']}:lost", record["facts"], note, rejected="the gateway did not give it")
            result = "lost"
        if result is None:
            await self._later(record, None)
            return
        settled = {"id": record["id"], "result": result, "first": record["first"], "at": stamp()}
        await asyncio.to_thread(self.records.settle, key, settled)

    async def _later(self, record: dict[str, Any], pause: float | None) -> None:
        tries = record["tries"] + 1
        wait = pause if pause is not None else min(_LONGEST_WAIT, 2.0 ** min(tries, 10)) * random.uniform(0.8, 1.2)
        changed = {**record, "tries": tries, "due": stamp() + wait}
        await asyncio.to_thread(self.records.put, record["key"], changed)

    async def _bring(self, record: dict[str, Any]) -> str | None:
        """Fetch, give to the hub, acknowledge; None while the gateway has not all of it."""
        fax_id, facts = record["id"], record["facts"]
        if not record["stored"]:
            try:
                fetched = await self.gateway.fetch(fax_id, facts)
            except TooLarge as large:
                await self.take(fax_id, facts, FaxFile(f"{large.message}\n".encode()), rejected=large.message)
                return "rejected"
            except GatewayRefused as refused:
                if refused.code == "fax-failed":
                    return "failed at the gateway"
                raise
            if fetched is None:
                if stamp() - record["first"] > self._settings.give_up_hours * 3600:
                    raise Unavailable("fax-incomplete", "the gateway never completed this fax")
                return None
            await self.take(fax_id, *fetched)
            record["stored"] = True
            await asyncio.to_thread(self.records.put, record["key"], record)
        await self.gateway.acknowledge(fax_id)
        return "taken"
