"""One event through one handler: prepared outside, then claimed, handled and marked done in one transaction.

The embedded dispatcher and the Kafka subscribers both call it, so an event delivered twice has one effect.
"""

from __future__ import annotations

import logging
import random
import traceback
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from doorstep import clock
from doorstep.errors import Defect, HubError, Refused, Unavailable
from doorstep.handler import Subscription, Tools
from doorstep.journal import Journal, JournalDown, JournalUnit
from doorstep.journal.deliveries import Claim
from schemas.codec import CodecError
from schemas.event import Event

log = logging.getLogger("doorstep.stream.work")


class State(StrEnum):
    """What became of one attempt."""

    DONE = "done"
    SKIPPED = "skipped"
    """Settled before, or never meant for this consumer."""
    DEFERRED = "deferred"
    """An earlier event of the lane is open, or another process prepares this one: come back soon."""
    RETRYING = "retrying"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Outcome:
    state: State
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with jitter; `attempts` in all, then the dead letters. Times in seconds."""

    base: float = 0.5
    cap: float = 300.0
    attempts: int = 12

    def delay(self, attempt: int, retry_after: float | None = None) -> float:
        """Return the wait after the `attempt`-th failure: half of the doubled time is fixed, half is random."""
        full = min(self.cap, self.base * 2.0 ** min(attempt - 1, 60))
        return max(full * random.uniform(0.5, 1.0), min(retry_after or 0.0, self.cap))

    def at(self, attempt: int, now: datetime, error: HubError) -> datetime:
        return now + timedelta(seconds=self.delay(attempt, getattr(error, "retry_after", None)))


def as_hub_error(error: Exception) -> HubError:
    """Return an error of ours for any error, without a value that it may quote."""
    if isinstance(error, HubError):
        return error
    if isinstance(error, CodecError):
        return Refused(error.code, error.message, location=error.location)
    if isinstance(error, ValidationError):
        return Defect("handler.data", "data does not fit its model", detail=error.title)
    name = type(error).__name__
    return Defect(f"handler.{name}", f"failed unexpectedly: {name}")


def log_unexpected(error: Exception, what: str) -> None:
    """Log where an unexpected error arose: lines of code only, for its text may quote a person's data."""
    if isinstance(error, HubError) and not isinstance(error, Defect):
        return
    frames = "; ".join(f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__))
    log.error("%s: %s at %s", what, type(error).__name__, frames)


class Worker:
    """Runs handlers. One worker serves any number of subscriptions at the same time."""

    def __init__(self, journal: Journal, tools: Tools, policy: RetryPolicy | None = None) -> None:
        self._journal = journal
        self._tools = tools
        self._policy = policy or RetryPolicy()

    async def run(self, subscription: Subscription, event: Event[Any]) -> Outcome:
        """Bring the event to its effect at this consumer, once; JournalDown means that nothing happened."""
        try:
            if subscription.prepare is None:
                return await self._journal.write(lambda unit: handled(unit, subscription, event))
            return await self._run_prepared(subscription, event)
        except JournalDown:
            raise
        except Exception as error:  # noqa: BLE001 - whatever one event does, the others must go on
            log_unexpected(error, f"{subscription.consumer} on event {event.id}")
            return await self.settle(event.id, subscription.consumer, as_hub_error(error))

    async def _run_prepared(self, subscription: Subscription, event: Event[Any]) -> Outcome:
        name = f"{subscription.consumer}:{event.id}"
        if not await self._journal.hold(name):
            return Outcome(State.DEFERRED)
        try:
            if not await self._journal.read(lambda reader: reader.is_open(event.id, subscription.consumer)):
                return Outcome(State.SKIPPED)
            assert subscription.prepare is not None
            prepared = await subscription.prepare(event, self._tools)
            return await self._journal.write(lambda unit: handled(unit, subscription, event, prepared))
        finally:
            await self._journal.release(name)

    async def settle(self, event_id: str, consumer: str, error: HubError) -> Outcome:
        """Record a failed attempt: put off, or dead."""

        def job(unit: JournalUnit) -> Outcome:
            attempts = unit.attempts(event_id, consumer)
            if attempts is None:
                return Outcome(State.SKIPPED)
            if isinstance(error, Unavailable) and attempts + 1 < self._policy.attempts:
                at = self._policy.at(attempts + 1, unit.now, error)
                unit.retry(event_id, consumer, at, error)
                return Outcome(State.RETRYING, at)
            unit.bury(event_id, consumer, error)
            return Outcome(State.DEAD)

        outcome = await self._journal.write(job)
        log.log(
            logging.ERROR if outcome.state is State.DEAD else logging.INFO,
            "%s on event %s is %s: %s %s",
            consumer, event_id, outcome.state.value, error.code, error.detail,
        )  # fmt: skip
        return outcome


def handled(unit: JournalUnit, subscription: Subscription, event: Event[Any], *prepared: Any) -> Outcome:
    """Claim, handle, append and mark done; an exception undoes all of it."""
    consumer = subscription.consumer
    claim = unit.claim(event.id, consumer)
    if claim is Claim.SETTLED:
        return Outcome(State.SKIPPED)
    if claim is Claim.DEFERRED:
        return Outcome(State.DEFERRED)
    if claim is Claim.AGAIN and unit.followed(event.id, consumer):
        # What follows from it stands in the log, and with it all that the handler changed: the state that it would
        # see now is a later one, and nothing that it did to that could be told any more.
        unit.done(event.id, consumer)
        return Outcome(State.DONE)
    for ordinal, payload in enumerate(subscription.handle(event, unit, *prepared)):
        unit.append(payload, source=f"handlers/{consumer}", cause=event, consumer=consumer, ordinal=ordinal)
    unit.done(event.id, consumer)
    return Outcome(State.DONE)


def seconds_until(at: datetime) -> float:
    return max(0.0, (at - clock.now()).total_seconds())
