"""Watches the inbox and hands each fax to the hub; a file leaves its claim only when the hub has it for good."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from hashlib import sha256

from connectors.fax.framing import frame, frame_oversize
from connectors.fax.settings import FaxSettings
from connectors.fax.spool import Claim, Spool, Taken
from doorstep.clock import now
from doorstep.connector import Hub, Inbound, Listen, Transmission
from doorstep.errors import HubError, Refused, Unavailable

log = logging.getLogger("doorstep.fax")

_TOGETHER = 4  # files in memory at a time; together they share the journal's commits
_HELD = 64  # claims at a time while the hub cannot take them (those stuck on a defect do not count)
_LONGEST_WAIT = 30.0
_HOUSEKEEPING = 3.0
_GRACE = 10.0


class FaxWatch:
    """The listener of the fax channel. It has no port."""

    port: int | None = None

    def __init__(self, settings: FaxSettings, hub: Hub) -> None:
        inbox = settings.inbox or hub.data_dir("fax") / "inbox"
        self._settings, self._hub = settings, hub
        self._spool = Spool(inbox, stable_seconds=settings.stable_seconds, max_bytes=settings.max_bytes)
        self._stop = asyncio.Event()
        self._waits: dict[str, tuple[int, float]] = {}
        self._stuck: set[str] = set()
        self._swept = 0.0
        self._failing = ""

    async def start(self) -> None:
        """Open the folders and take up what an earlier run left claimed."""
        await asyncio.to_thread(self._spool.open)

    async def run(self) -> None:
        """Look, take, hand over, until told to stop."""
        while not self._stop.is_set():
            busy = False
            try:
                busy = await self._pass()
                self._failing = ""
            except OSError as failed:
                # the folder may be away for a while (unmounted, full disk); say so once and go on looking
                code = f"{type(failed).__name__} {failed.errno}"
                if code != self._failing:
                    log.error("the fax inbox cannot be worked on: %s", code)
                self._failing = code
            if not busy:
                await self._pause(self._settings.poll_seconds)

    async def stop(self) -> None:
        self._stop.set()

    async def close(self) -> None:
        await asyncio.to_thread(self._spool.close)

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stop.wait(), seconds)
        except TimeoutError:
            return

    async def _pass(self) -> bool:
        """Do one round; return whether there is likely more to do at once."""
        held = await asyncio.to_thread(self._look)
        due = [c for c in held if self._waits.get(c.id, (0, 0.0))[1] <= time.monotonic()]
        for begin in range(0, len(due), _TOGETHER):
            if self._stop.is_set():
                return False
            async with asyncio.TaskGroup() as group:
                for claim in due[begin : begin + _TOGETHER]:
                    group.create_task(self._settle(claim))
        return len(due) >= _TOGETHER

    def _look(self) -> list[Claim]:
        if time.monotonic() - self._swept > _HOUSEKEEPING or not self._swept:
            self._swept = time.monotonic()
            if adopted := self._spool.adopt():
                log.info("took up %d claimed faxes of a watcher that is gone", adopted)
            self._spool.purge(self._settings.keep_done_days)
        held = self._spool.held()
        self._waits = {c.id: self._waits[c.id] for c in held if c.id in self._waits}
        self._stuck &= {c.id for c in held}
        return held + self._spool.claim(_HELD - len(held) + len(self._stuck))

    async def _settle(self, claim: Claim) -> None:
        try:
            await self._hand_over(claim)
        except BlockingIOError:
            self._wait(claim, self._settings.stable_seconds)
        except Unavailable as away:
            log.warning("claim %s waits: %s", claim.id, away.code)
            self._wait(claim, away.retry_after)
        except (HubError, OSError) as failed:
            log.error("claim %s failed and waits: %s", claim.id, getattr(failed, "code", type(failed).__name__))
            self._stuck.add(claim.id)
            self._wait(claim, None)
        except Exception as broken:  # noqa: BLE001 - a defect met by one fax must not stop the watch of all others
            log.error("claim %s met a defect and waits: %s", claim.id, type(broken).__name__)
            self._stuck.add(claim.id)
            self._wait(claim, None)

    def _wait(self, claim: Claim, seconds: float | None) -> None:
        tries = self._waits.get(claim.id, (0, 0.0))[0] + 1
        pause = seconds if seconds is not None else min(_LONGEST_WAIT, 0.5 * 2.0 ** min(tries, 10))
        self._waits[claim.id] = (tries, time.monotonic() + pause * random.uniform(0.8, 1.2))

    async def _hand_over(self, claim: Claim) -> None:
        try:
            taken = await asyncio.to_thread(self._spool.read, claim)
        except Refused as refused:
            await asyncio.to_thread(self._spool.reject, claim, refused.message)
            log.warning("claim %s rejected: %s", claim.id, refused.code)
            return
        transmission = self._frame(claim, taken)
        reason = await self._receive(transmission)
        if not await asyncio.to_thread(self._spool.unchanged, claim, taken):
            raise BlockingIOError("a late writer: what was read is kept, the whole is read again")
        if reason is not None:
            await asyncio.to_thread(self._spool.reject, claim, reason)
            log.warning("claim %s (%d bytes) rejected", claim.id, taken.size)
        else:
            await asyncio.to_thread(lambda: self._spool.done(claim, keep=self._settings.keep_done_days > 0))

    def _frame(self, claim: Claim, taken: Taken) -> Transmission:
        if taken.data is None:
            return frame_oversize(claim.name, taken.size, taken.stamp, self._settings.max_bytes, now())
        return frame(claim.name, taken.data, taken.sidecar, now())

    async def _receive(self, transmission: Transmission) -> str | None:
        """Hand over; return the reason if it was refused for good."""
        try:
            receipt = await self._hub.receive(transmission)
            if receipt.conflict:
                # HylaFAX counts its ids anew after a reset; nobody can be told, so other content is another fax
                data = transmission.blobs[0].data
                assert isinstance(data, bytes)
                key = f"{transmission.idempotency_key}:sha256:{sha256(data).hexdigest()}"
                receipt = await self._hub.receive(replace(transmission, idempotency_key=key))
        except Refused as refused:
            return refused.message
        log.info("received %s%s", receipt.document_id, " again" if receipt.duplicate else "")
        return transmission.rejected


@asynccontextmanager
async def inbound(settings: FaxSettings, hub: Hub, listen: Listen) -> AsyncIterator[Inbound]:  # noqa: ARG001
    """Open the watched folder; leaving lets a fax in hand finish, and what is not finished stays claimed."""
    watch = FaxWatch(settings, hub)
    await watch.start()
    task = asyncio.create_task(watch.run(), name="fax-watch")
    try:
        yield watch
    finally:
        await watch.stop()
        done, _ = await asyncio.wait({task}, timeout=_GRACE)
        if not done:
            task.cancel()
            await asyncio.wait({task}, timeout=1)
        await watch.close()
        if task.done() and not task.cancelled() and task.exception() is not None:
            log.error("the fax watch ended early: %s", type(task.exception()).__name__)
