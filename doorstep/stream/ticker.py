"""Fires the journal's timers: sleeps until the next is due, and looks again when one was set or the clock jumped."""

from __future__ import annotations

import asyncio
import logging

from doorstep import clock
from doorstep.errors import HubError
from doorstep.journal import Journal
from doorstep.journal.timers import TICKER
from doorstep.stream.work import log_unexpected, seconds_until

log = logging.getLogger("doorstep.stream.ticker")

LONGEST_SLEEP = 1.0
"""Another process may set a timer, and the clock may jump: so long at most until that is seen."""
AFTER_TROUBLE = 5.0


class Ticker:
    """One loop a process; any number of processes may run one."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._wake = asyncio.Event()
        self._stopping = False
        self._serving: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._serving = asyncio.create_task(self._serve(), name="timers")

    async def stop(self) -> None:
        """Let what is being fired be finished, then end."""
        self._stopping = True
        self._wake.set()
        if self._serving is not None:
            await self._serving

    async def _serve(self) -> None:
        stop_listening = self._journal.listen(TICKER, self._wake.set)
        try:
            while not self._stopping:
                self._wake.clear()
                pause = LONGEST_SLEEP
                try:
                    pause = await self._fire()
                except HubError as error:
                    log.warning("timers cannot be looked at: %s", error.code)
                    pause = AFTER_TROUBLE
                except Exception as error:  # noqa: BLE001 - a timer that fails must not stop the others for good
                    log_unexpected(error, "firing timers")
                    pause = AFTER_TROUBLE
                await self._sleep(pause)
        finally:
            stop_listening()

    async def _fire(self) -> float:
        """Fire what is due; return the seconds until to look again."""
        due = await self._journal.read(lambda reader: reader.next_timer())
        if due is None or due > clock.now():
            return LONGEST_SLEEP if due is None else min(LONGEST_SLEEP, seconds_until(due))
        return 0.0 if await self._journal.write(lambda unit: unit.fire_timers()) else LONGEST_SLEEP

    async def _sleep(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return
