"""Starts and stops the relay, the consumer groups and the reconciler, and starts each again when Kafka was away."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Iterable
from time import monotonic
from typing import Protocol, TypeVar

from doorstep.errors import Unavailable
from doorstep.handler import Subscription
from doorstep.journal import Journal
from doorstep.stream.kafka.connection import KafkaSettings
from doorstep.stream.kafka.consumers import Consumers
from doorstep.stream.kafka.reconcile import Reconciler
from doorstep.stream.kafka.relay import Relay
from doorstep.stream.work import Worker, log_unexpected

__all__ = ["KafkaTransport"]

log = logging.getLogger("doorstep.stream.kafka")

_FIRST_WAIT = 0.25
_LONGEST_WAIT = 5.0


ErrorT = TypeVar("ErrorT", bound=Exception)


class _Part(Protocol):
    @property
    def up(self) -> bool: ...
    async def run(self) -> None: ...


class KafkaTransport:
    """The roles of one process on Kafka; the routes of its journal must contain RELAY_ROUTE.

    `relay` publishes events (one process at a time does, the others stand by), `handlers` consumes them.
    `start` returns at once, also when Kafka is away: what comes in waits in the journal.
    """

    def __init__(
        self,
        bootstrap: str,
        *,
        journal: Journal,
        worker: Worker,
        subscriptions: Iterable[Subscription],
        prefix: str = "",
        partitions: int = 6,
        replication: int = 1,
        relay: bool = True,
        handlers: bool = True,
        patience: float = 30.0,
    ) -> None:
        settings = KafkaSettings(bootstrap, prefix, partitions, replication)
        consumed = list(subscriptions)
        self.relay = Relay(journal, settings)
        self.reconciler = Reconciler(journal, worker, consumed, patience=patience)
        self.consumers = Consumers(journal, worker, consumed, settings, self.reconciler.defer)
        self._parts: dict[str, _Part] = {"relay": self.relay} if relay else {}
        if handlers and consumed:
            self._parts |= {"consumers": self.consumers, "reconciler": self.reconciler}
        self._tasks: list[asyncio.Task[None]] = []
        self._errors: dict[str, str] = {}

    @property
    def health(self) -> dict[str, str]:
        """Each part of this process: `up`, `starting`, or the code of the error that it waits out.

        A relay stays `starting` while another process has the turn.
        """
        return {n: "up" if part.up else self._errors.get(n, "starting") for n, part in self._parts.items()}

    async def start(self) -> None:
        for name, part in self._parts.items():
            self._tasks.append(asyncio.create_task(self._keep_running(name, part), name=f"kafka {name}"))

    async def stop(self) -> None:
        """Stop all parts; what was under way is either durable or comes again."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def _keep_running(self, name: str, part: _Part) -> None:
        wait = _FIRST_WAIT
        while True:
            began = monotonic()
            try:
                await part.run()
            except* Unavailable as away:
                error = _first(away)
                self._errors[name] = error.code
                log.warning("kafka %s waits: %s %s", name, error.code, error.detail)
            except* Exception as unexpected:  # noqa: BLE001 - a fault in one part must neither end it for good nor stay hidden
                self._errors[name] = "unexpected"
                log_unexpected(_first(unexpected), f"kafka {name}")
            wait = _FIRST_WAIT if monotonic() - began > 2 * _LONGEST_WAIT else min(2 * wait, _LONGEST_WAIT)
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))


def _first(group: BaseExceptionGroup[ErrorT]) -> ErrorT:
    """Return the first error of a group, however deep."""
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
