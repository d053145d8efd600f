"""Follows what was handed over to its end: asks or is told, tries again by class, and reports each fate once.

A fate is reported before its record changes, so that a crash repeats the report (which has one effect), never loses it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from connectors.fax.fates import wait_before
from connectors.fax.files import lock_folder, open_folder, read_small
from connectors.fax.gateways.generic import GenericFax
from connectors.fax.gateways.port import GatewayGone, GatewayRefused, Status
from connectors.fax.handing import hand_over, surely_not_sent
from connectors.fax.outbound import HYLAFAX, follows_hylafax
from connectors.fax.reconcile import Reconciler
from connectors.fax.records import stamp
from connectors.fax.sendfax import SendFax
from connectors.fax.sends import BEGUN, HANDED, WAITING, Sends, tag_of_try
from connectors.fax.settings import FaxSettings
from doorstep.connector import Hub
from doorstep.errors import HubError, Refused, Unavailable
from schemas.outbound import ConfirmationDelivered, ConfirmationFailed, ConfirmationKind, FailureClass

log = logging.getLogger("doorstep.fax.follow")

_TICK = 1.0
_POLL_CAP = 300.0
_KEEP_DAYS = 400
_NEVER_HEARD = Status("no word", failure=FailureClass.UNKNOWN)


def judged(status: Status, submitted: int) -> Status:
    """Return the status with `delivered` kept only when all pages went: a gateway's word alone is not enough."""
    if not status.delivered or status.pages_sent is None:
        return status
    if status.pages_sent >= max(submitted, status.pages or 0):
        return status
    return Status(status.word, failure=FailureClass.PARTIAL, pages_sent=status.pages_sent, pages=status.pages)


class Follower:
    """The loop over open sends. Of several processes on one data folder, one follows and the others stand by."""

    def __init__(self, settings: FaxSettings, hub: Hub, gateways: Mapping[str, GenericFax]) -> None:
        self._settings, self._hub, self._gateways = settings, hub, gateways
        self._folder = hub.data_dir("fax")
        self.sends = Sends(self._folder / "sends")
        self._log = Reconciler(settings, hub, self._folder) if settings.hylafax_log else None
        self.nudged = asyncio.Event()

    async def run(self) -> None:
        lock = -1
        try:
            while True:
                if lock < 0:
                    lock = await asyncio.to_thread(lock_folder, self.sends.records.folder)
                if lock >= 0:
                    await self.look()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.nudged.wait(), _TICK)
        finally:
            if lock >= 0:
                os.close(lock)

    async def look(self) -> None:
        """Do one round over all open sends and all that HylaFAX told."""
        nudged = self.nudged.is_set()
        self.nudged.clear()
        for record in await asyncio.to_thread(self.sends.records.under_way):
            await self._safely(self._step(record, nudged=nudged), record["key"])
        if self._settings.hylafax_fates is not None:
            await self._safely(self._notes(self._settings.hylafax_fates), "the notes of HylaFAX")
        if self._log is not None:
            await self._safely(self._log.look(self._told), "the log of HylaFAX")
        await asyncio.to_thread(self.sends.records.purge, _KEEP_DAYS)

    async def _safely(self, work: Any, what: str) -> None:
        try:
            await work
        except (HubError, OSError) as failed:
            log.warning("%s: %s", what, getattr(failed, "code", type(failed).__name__))
        except Exception as broken:  # noqa: BLE001 - a defect met with one send must not stop the others
            log.error("%s met a defect: %s", what, type(broken).__name__)

    async def _step(self, record: dict[str, Any], *, nudged: bool) -> None:
        due = record["due"] <= stamp()
        if record["state"] == WAITING and due:
            await self._again(record)
        elif record["state"] == BEGUN and record["tries"] > 1 and due:
            await self._hand(record, fresh=False)
        elif record["state"] == HANDED:
            await self._ask(record, now=due or nudged)

    async def _ask(self, record: dict[str, Any], *, now: bool) -> None:
        """Ask the gateway, when it is time; without any word for too long the send counts as failed."""
        status = None
        gateway = self._gateways.get(record["way"])
        if gateway is not None:
            status = await asyncio.to_thread(self._noted, record)
            if status is None and now:
                status = await self._asked(gateway, record)
        if status is not None and (status.delivered or status.failure):
            await self.settle(record, status)
        elif stamp() - record["changed"] > self._settings.fate_hours * 3600:
            await self.settle(record, _NEVER_HEARD, final=True)

    async def _asked(self, gateway: GenericFax, record: dict[str, Any]) -> Status | None:
        wait = min(_POLL_CAP, 15 * 1.5 ** min(record["polls"], 20))
        try:
            status = await gateway.status(record["provider_id"])
        except Unavailable as away:
            wait = max(wait, away.retry_after or 0)
            status = None
        except (GatewayGone, GatewayRefused) as odd:
            log.warning("the fate of %s cannot be asked: %s", record["key"], odd.code)
            status = None
        if status is None or not (status.delivered or status.failure):
            polls = record["polls"] + 1
            await asyncio.to_thread(lambda: self.sends.change(record, due=stamp() + wait, polls=polls))
        return status

    def _noted(self, record: Mapping[str, Any]) -> Status | None:
        """Return what a gateway without a status call has told by itself."""
        folder = self._folder / "gateways" / str(record["way"]) / "fates"
        if not folder.is_dir():
            return None
        name = sha256(str(record["provider_id"]).encode()).hexdigest()[:40]
        with open_folder(folder) as handle:
            raw = read_small(handle, f"{name}.json", 16_000)
        if raw is None:
            return None
        told = json.loads(raw)
        failure = FailureClass(told["failure"]) if told["failure"] else None
        return Status(told["word"], failure is None, failure, told["pages_sent"], told["pages"])

    async def settle(self, record: dict[str, Any], status: Status, *, final: bool = False) -> None:
        """Report the end of one try, and end the send or put it off to its next try."""
        status = judged(status, record["pages"])
        facts: dict[str, Any] = {
            "confirmation_id": record["confirmation_id"],
            "case_id": record["case_id"],
            "kind": ConfirmationKind(record["kind"]),
            "channel": "fax",
            "provider_status": status.word,
            "provider_id": record["provider_id"],
            "attempt": record["tries"],
            "pages_sent": status.pages_sent,
        }
        if status.failure is None:
            await self._report(ConfirmationDelivered(**facts))
            await asyncio.to_thread(self.sends.settle, record, "delivered")
            return
        wait = None if final else wait_before(status.failure, record["tries"], self._settings.tries)
        last = wait is None
        failed = ConfirmationFailed(**facts, failure_class=status.failure, final=last, pages_submitted=record["pages"])
        await self._report(failed)
        log.info("try %d of %s failed: %s", record["tries"], record["key"], status.failure)
        if wait is None:
            await asyncio.to_thread(self.sends.settle, record, status.failure.value)
            return
        due = stamp() + wait * self._settings.retry_factor
        await asyncio.to_thread(lambda: self.sends.change(record, state=WAITING, due=due, changed=stamp()))

    async def _report(self, fate: ConfirmationDelivered | ConfirmationFailed) -> None:
        try:
            await self._hub.report(fate)
        except Refused as unknown:  # another journal's send: there is nobody to tell
            log.error("a fate belongs to no request: %s", unknown.code)

    async def _again(self, record: dict[str, Any]) -> None:
        at = stamp()
        tries = record["tries"] + 1
        begun = await asyncio.to_thread(
            lambda: self.sends.change(record, state=BEGUN, tries=tries, provider_id="", changed=at, due=at)
        )
        await self._hand(begun, fresh=True)

    async def _hand(self, record: dict[str, Any], *, fresh: bool) -> None:
        """Make a further try; when it surely left nothing there it is simply due again, else it is looked up first."""
        try:
            if record["way"] == HYLAFAX:
                await self._queue(record)
                return
            gateway = self._gateways.get(record["way"])
            if gateway is None:
                raise Refused("no-gateway", "the gateway of this send is no longer set")
            await hand_over(self.sends, gateway, record, fresh=fresh)
        except FileNotFoundError:
            await self.settle(record, Status("page gone", failure=FailureClass.DOCUMENT), final=True)
        except Unavailable as away:
            due = stamp() + (away.retry_after or 30)
            if surely_not_sent(away):
                back = {"state": WAITING, "tries": record["tries"] - 1}
                await asyncio.to_thread(lambda: self.sends.change(record, due=due, **back))
            else:
                await asyncio.to_thread(lambda: self.sends.change(record, due=due))
        except HubError as failed:
            failure = getattr(failed, "failure", FailureClass.UNKNOWN)
            await self.settle(record, Status(failed.code, failure=failure), final=True)

    async def _queue(self, record: dict[str, Any]) -> None:
        if self._settings.sendfax is None:
            raise Refused("no-sendfax", "sendfax is no longer set")
        sendfax = SendFax(
            self._settings.sendfax,
            self._settings.sendfax_host,
            self._folder / "hylafax",
            self._settings.sendfax_seconds,
        )
        tag = tag_of_try(record["key"], record["tries"])
        job = await sendfax.find(tag)
        if job is None:
            pdf = await asyncio.to_thread(self.sends.page, record["key"])
            told = self._settings.hylafax_fates is not None
            job = await sendfax.submit(tag, record["number"], pdf, told=told)
        await asyncio.to_thread(self.sends.handed, record, job)

    async def _notes(self, folder: Path) -> None:
        from connectors.fax import hylafax

        for note in await asyncio.to_thread(hylafax.notes, folder):
            await self._told(note.tag, note.status)
            await asyncio.to_thread(hylafax.drop, folder, note)

    async def _told(self, sent_as: str, status: Status) -> None:
        """Take HylaFAX's word on the try with that tag; of an older try, or of another's job, it changes nothing."""
        if not (status.delivered or status.failure):
            return
        tag = sent_as.partition("+")[0]
        record = await asyncio.to_thread(self.sends.records.get, tag)
        if record is None or record["way"] != HYLAFAX or record["state"] == WAITING:
            return
        if tag_of_try(tag, record["tries"]) == sent_as:
            await self.settle(record, status)


def anything_to_follow(settings: FaxSettings) -> bool:
    return bool(settings.gateways) or follows_hylafax(settings)
