"""Sends confirmations: one at a time and in order for each destination, so that a dead one delays only itself.

A send is marked inflight before it begins. One that was inflight when the hub died is sent again under the
same id (`Delivery.again`): docs/decisions/0004.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from doorstep.connector import Delivery, Sent
from doorstep.errors import Ambiguous, Defect, HubError, Unavailable
from doorstep.journal import Journal, JournalUnit
from doorstep.journal.deliveries import Claim, Pending
from doorstep.stream.dispatcher import SOON, Lanes, Pause
from doorstep.stream.work import RetryPolicy, as_hub_error, log_unexpected, seconds_until
from schemas.event import Event
from schemas.outbound import ConfirmationRequested, ConfirmationSent

log = logging.getLogger("doorstep.stream.sender")

CONSUMER = "outbound"
PATIENCE = RetryPolicy(attempts=48)
"""About three and a half hours of a partner's absence at a cap of 300 s, before a person is asked."""


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """After `failures` in a row a destination rests for `rest` seconds, then one send probes it.

    Each failed probe doubles the rest, up to `cap` seconds.
    """

    failures: int = 5
    rest: float = 15.0
    cap: float = 300.0


class Breaker:
    """One destination's record: whether it may be tried now."""

    def __init__(self, policy: BreakerPolicy) -> None:
        self._policy = policy
        self.failures = 0
        self.open_until = 0.0

    def failed(self, now: float) -> None:
        self.failures += 1
        over = self.failures - self._policy.failures
        if over >= 0:
            self.open_until = now + min(self._policy.cap, self._policy.rest * 2.0 ** min(over, 30))

    def answered(self) -> None:
        self.failures = 0
        self.open_until = 0.0


class Sender:
    """The loop between the consumer `outbound` and the connectors; `send` finds the channel by the recipient.

    On PostgreSQL one process sends and the others stand by.
    """

    def __init__(
        self,
        journal: Journal,
        send: Callable[[Delivery], Awaitable[Sent]],
        *,
        policy: RetryPolicy = PATIENCE,
        breaker: BreakerPolicy | None = None,
        timeout: float = 60.0,
        limit: int = 16,
        poll: float | None = None,
    ) -> None:
        self._journal = journal
        self._send = send
        self._policy = policy
        self._breaker_policy = breaker or BreakerPolicy()
        self._timeout = timeout
        self._breakers: dict[str, Breaker] = {}
        self._sent: dict[str, tuple[Sent, int]] = {}
        self._lanes = Lanes(
            journal, CONSUMER, self._run, limit=limit, poll=poll, blocked=self._resting, gate=self._is_the_sender
        )

    def start(self) -> None:
        self._lanes.start()

    async def stop(self, grace: float = 10.0) -> None:
        """Stop gracefully; a send cut off by the end of `grace` stays inflight and is sent again."""
        await self._lanes.stop(grace)
        await self._journal.release(CONSUMER)

    def open_destinations(self) -> list[str]:
        """Return the destinations whose breaker is open now."""
        return sorted(self._resting())

    def _resting(self) -> set[str]:
        now = asyncio.get_running_loop().time()
        return {lane for lane, breaker in self._breakers.items() if breaker.open_until > now}

    async def _is_the_sender(self) -> bool:
        return await self._journal.holds(CONSUMER) or await self._journal.hold(CONSUMER)

    async def _run(self, head: Pending) -> Pause | None:
        breaker = self._breakers.setdefault(head.lane, Breaker(self._breaker_policy))
        try:
            event = _confirmation(head)
        except Defect as error:
            await self._bury(head, error)
            return None
        if head.event_id not in self._sent:
            delivery = await self._begin(head, event)
            if delivery is None:
                return Pause(SOON, hold=True)
            try:
                async with asyncio.timeout(self._timeout):
                    sent = await self._send(delivery)
            except Exception as error:  # noqa: BLE001 - whatever one send does, the other destinations go on
                return await self._failed(head, error, breaker, delivery.attempt)
            self._sent[head.event_id] = (sent, delivery.attempt)
        breaker.answered()
        await self._record(event)
        return None

    async def _begin(self, head: Pending, event: Event[ConfirmationRequested]) -> Delivery | None:
        """Mark the delivery inflight, durably; None when it is not its turn after all."""

        def job(unit: JournalUnit) -> Delivery | None:
            claim = unit.claim(head.event_id, CONSUMER)
            if claim not in {Claim.TAKEN, Claim.AGAIN}:
                return None
            attempt = unit.begin(head.event_id, CONSUMER)
            return Delivery(event.data, attempt, again=claim is Claim.AGAIN)

        return await self._journal.write(job)

    async def _record(self, event: Event[ConfirmationRequested]) -> None:
        """Write down that it was sent; until that succeeds it stays known here, so that it is not sent again."""
        sent, attempt = self._sent[event.id]
        confirmation = event.data
        record = ConfirmationSent(
            confirmation_id=confirmation.confirmation_id,
            case_id=confirmation.case_id,
            kind=confirmation.kind,
            channel=confirmation.recipient.channel,
            provider_status=sent.provider_status,
            provider_id=sent.provider_id,
            attempt=attempt,
        )

        def job(unit: JournalUnit) -> None:
            if unit.claim(event.id, CONSUMER) is Claim.SETTLED:
                return
            unit.append(record, source=f"connectors/{record.channel}", cause=event)
            unit.done(event.id, CONSUMER)

        await self._journal.write(job)
        del self._sent[event.id]

    async def _failed(self, head: Pending, error: Exception, breaker: Breaker, attempt: int) -> Pause | None:
        late = isinstance(error, TimeoutError)
        if late:
            error = Unavailable("send.timeout", "the far end did not answer in time; it may have taken it")
        if not isinstance(error, Unavailable):
            breaker.answered()
            log_unexpected(error, f"send of event {head.event_id}")
            await self._bury(head, as_hub_error(error))
            return None
        breaker.failed(asyncio.get_running_loop().time())
        if attempt >= self._policy.attempts:
            await self._bury(head, Ambiguous(error.code, error.message) if late else error)
            return None
        at = await self._journal.write(lambda unit: self._put_off(unit, head, error, attempt, maybe_sent=late))
        resting = breaker.open_until - asyncio.get_running_loop().time()
        log.info("send of event %s put off, attempt %d: %s", head.event_id, attempt, error.code)
        return Pause(max(seconds_until(at), resting))

    def _put_off(
        self, unit: JournalUnit, head: Pending, error: HubError, attempt: int, *, maybe_sent: bool
    ) -> datetime:
        at = self._policy.at(attempt, unit.now, error)
        unit.retry(head.event_id, CONSUMER, at, error, maybe_sent=maybe_sent)
        return at

    async def _bury(self, head: Pending, error: HubError) -> None:
        await self._journal.write(lambda unit: unit.bury(head.event_id, CONSUMER, error))
        log.error("send of event %s is dead: %s %s", head.event_id, error.code, error.detail)


def _confirmation(head: Pending) -> Event[ConfirmationRequested]:
    event = head.event()
    if not isinstance(event.data, ConfirmationRequested):
        raise Defect("outbound.topic", "only confirmations can be sent", detail=event.topic)
    return event
