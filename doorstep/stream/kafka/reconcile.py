"""Sees to it that an event reaches its handler whatever Kafka does: what is due in the journal is run from there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from doorstep import clock
from doorstep.errors import HubError
from doorstep.handler import Subscription
from doorstep.journal import Journal, Reader
from doorstep.journal.deliveries import Pending
from doorstep.stream.kafka.known import relayed_before
from doorstep.stream.work import State, Worker
from schemas.event import Event

__all__ = ["Reconciler"]

log = logging.getLogger("doorstep.stream.kafka.reconcile")

_AT_ONCE = 64
_PREPARED_AT_ONCE = 4
_REMEMBERED = 10_000


class Reconciler:
    """Takes retries that are due, events that wait behind them, and what Kafka should long have brought.

    `patience` is how long after the relay published an event Kafka may take to bring it before it is
    run from the journal. Both may happen: the worker's claim makes one of them the effect.
    """

    def __init__(
        self,
        journal: Journal,
        worker: Worker,
        subscriptions: Iterable[Subscription],
        *,
        patience: float = 30.0,
        every: float = 1.0,
    ) -> None:
        self._journal = journal
        self._worker = worker
        self._subscriptions = list(subscriptions)
        self._patience = timedelta(seconds=patience)
        self._every = every
        self._deferred: set[tuple[str, str]] = set()
        self.recovered = 0
        self.up = False

    def defer(self, subscription: Subscription, event: Event[Any]) -> None:
        """Remember that Kafka brought this event while an earlier one of its lane was open."""
        if len(self._deferred) >= _REMEMBERED:
            self._deferred.clear()  # the patience finds them too, only later
        self._deferred.add((subscription.consumer, event.id))

    async def run(self) -> None:
        """Look after every consumer, each at its own pace, until cancelled; raise Unavailable with the journal."""
        self.up = True
        try:
            async with asyncio.TaskGroup() as group:
                for subscription in self._subscriptions:
                    group.create_task(self._look_after(subscription))
        finally:
            self.up = False

    async def _look_after(self, subscription: Subscription) -> None:
        while True:
            if not await self.round(subscription):
                await asyncio.sleep(self._every)

    async def round(self, subscription: Subscription) -> int:
        """Run what is due of one consumer now, the heads of its lanes beside each other; return how many moved."""
        heads = await self._journal.read(lambda reader: self._due(reader, subscription))
        moved = await asyncio.gather(*(self._one(subscription, head) for head in heads))
        return sum(moved)

    def _due(self, reader: Reader, subscription: Subscription) -> list[Pending]:
        now = clock.now()
        limit = _PREPARED_AT_ONCE if subscription.prepare else _AT_ONCE
        heads = reader.due(subscription.consumer, now, _AT_ONCE * 8)
        pending = {h.seq for h in heads if h.state == "pending" and (h.consumer, h.event_id) not in self._deferred}
        late = relayed_before(reader, pending, now - self._patience)
        return [head for head in heads if head.seq not in pending or head.seq in late][:limit]

    async def _one(self, subscription: Subscription, head: Pending) -> bool:
        try:
            event = head.event()
        except HubError as error:
            outcome = await self._worker.settle(head.event_id, subscription.consumer, error)
        else:
            outcome = await self._worker.run(subscription, event)
        if outcome.state is State.DEFERRED:
            return False
        self._deferred.discard((subscription.consumer, head.event_id))
        self.recovered += outcome.state is State.DONE
        return True
