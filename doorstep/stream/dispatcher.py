"""The embedded transport: reads the journal by consumer and runs what is due, in order within each lane."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass

from doorstep import clock
from doorstep.errors import Defect, HubError
from doorstep.handler import Subscription
from doorstep.journal import Journal
from doorstep.journal.deliveries import Pending
from doorstep.stream.work import Outcome, State, Worker, log_unexpected, seconds_until

log = logging.getLogger("doorstep.stream.dispatcher")

POLL_SHARED = 0.25
POLL_ALONE = 2.0
SOON = 0.25


@dataclass(frozen=True, slots=True)
class Pause:
    """Look again after `seconds`; `hold` keeps the lane from being started before."""

    seconds: float
    hold: bool = False


async def _always() -> bool:
    return True


class Lanes:
    """The lanes of one consumer: the head of each is run, at most `limit` side by side, never two of one lane.

    `blocked` names lanes not to start now; `gate` says whether this process may start anything at all.
    """

    def __init__(
        self,
        journal: Journal,
        consumer: str,
        run: Callable[[Pending], Awaitable[Pause | None]],
        *,
        limit: int,
        poll: float | None = None,
        blocked: Callable[[], Collection[str]] = tuple,
        gate: Callable[[], Awaitable[bool]] = _always,
    ) -> None:
        self._journal = journal
        self.consumer = consumer
        self._run = run
        self._limit = limit
        self._poll = poll if poll is not None else (POLL_SHARED if journal.shared else POLL_ALONE)
        self._blocked = blocked
        self._gate = gate
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._held: set[str] = set()
        self._wake = asyncio.Event()
        self._stopping = False
        self._serving: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._serving = asyncio.create_task(self._serve(), name=f"lanes {self.consumer}")

    async def stop(self, grace: float) -> None:
        """Start nothing more, let what runs finish within `grace` seconds, then cancel it."""
        self._stopping = True
        self._wake.set()
        if self._serving is not None:
            await self._serving
        tasks = list(self._busy.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self) -> None:
        stop_listening = self._journal.listen(self.consumer, self._wake.set)
        try:
            while not self._stopping:
                self._wake.clear()
                try:
                    if len(self._busy) < self._limit and await self._gate():
                        await self._start_due()
                except HubError as error:
                    log.warning("%s cannot look for work: %s", self.consumer, error.code)
                await self._wait()
        finally:
            stop_listening()

    async def _start_due(self) -> None:
        without = {*self._busy, *self._held, *self._blocked()}
        free = self._limit - len(self._busy)
        for head in await self._journal.read(lambda reader: reader.due(self.consumer, clock.now(), free, without)):
            if self._stopping:
                return
            self._busy[head.lane] = asyncio.create_task(self._one(head), name=f"{self.consumer} {head.event_id}")

    async def _wait(self) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), self._poll)
        except TimeoutError:
            return  # nobody called: look by ourselves, another process may have appended

    async def _one(self, head: Pending) -> None:
        pause: Pause | None = None
        try:
            pause = await self._run(head)
        except HubError as error:
            log.warning("%s on event %s put off: %s", self.consumer, head.event_id, error.code)
            pause = Pause(1.0, hold=True)
        except Exception as error:  # noqa: BLE001 - a fault of the engine in one lane must not stop the others
            log_unexpected(error, f"{self.consumer} on event {head.event_id}")
            pause = Pause(5.0, hold=True)
        finally:
            del self._busy[head.lane]
            if pause is None:
                self._wake.set()
            else:
                self._pause(head.lane, pause)

    def _pause(self, lane: str, pause: Pause) -> None:
        if pause.hold:
            self._held.add(lane)

        def over() -> None:
            self._held.discard(lane)
            self._wake.set()

        asyncio.get_running_loop().call_later(pause.seconds + 0.001, over)


class Dispatcher:
    """Runs every handler of this process on the embedded transport.

    `handle_limit` handlers of one consumer share commits; `prepare_limit` bounds the slow ones (OCR).
    """

    def __init__(
        self,
        journal: Journal,
        subscriptions: Iterable[Subscription],
        worker: Worker,
        *,
        handle_limit: int = 64,
        prepare_limit: int = 4,
        poll: float | None = None,
    ) -> None:
        self._worker = worker
        self._lanes = [
            Lanes(
                journal,
                subscription.consumer,
                self._runner(subscription),
                limit=prepare_limit if subscription.prepare else handle_limit,
                poll=poll,
            )
            for subscription in subscriptions
        ]

    def start(self) -> None:
        for lanes in self._lanes:
            lanes.start()

    async def stop(self, grace: float = 10.0) -> None:
        """Stop gracefully: what runs may finish within `grace` seconds."""
        await asyncio.gather(*(lanes.stop(grace) for lanes in self._lanes))

    def _runner(self, subscription: Subscription) -> Callable[[Pending], Awaitable[Pause | None]]:
        async def run(head: Pending) -> Pause | None:
            try:
                event = head.event()
            except Defect as error:
                return _pause_of(await self._worker.settle(head.event_id, subscription.consumer, error))
            return _pause_of(await self._worker.run(subscription, event))

        return run


def _pause_of(outcome: Outcome) -> Pause | None:
    if outcome.retry_at is not None:
        return Pause(seconds_until(outcome.retry_at))
    return Pause(SOON, hold=True) if outcome.state is State.DEFERRED else None
