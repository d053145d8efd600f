"""Subscriptions at work: what happens is numbered for who wants to know it, and each subscriber is told in order.

Numbers are given in the transaction that appends the notice; a notice is sent again under its number until it is
taken or the subscriber is given up (state `error`). A slow subscriber delays only itself: each is a lane of its own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from doorstep import clock
from doorstep.connector import Match, Notice
from doorstep.errors import Defect, HubError
from doorstep.journal import Journal, JournalDown, JournalUnit
from doorstep.journal.deliveries import Claim, Pending
from doorstep.stream.dispatcher import SOON, Lanes, Pause
from doorstep.stream.work import RetryPolicy, as_hub_error, log_unexpected, seconds_until
from schemas.event import Event
from schemas.subscription import NoticeKind, Subscription, SubscriptionNotice, SubscriptionState

log = logging.getLogger("doorstep.stream.notices")

WATCHER, NOTIFIER = "subscriptions", "notices"
PATIENCE = RetryPolicy(attempts=20)
"""About an hour of a subscriber's absence, before it must ask for what it missed."""
HANDSHAKES = 5
"""How often a handshake is tried: nothing waits for it but the one who asked."""
SOURCE = "doorstep/subscriptions"


class Watcher:
    """Finds who wants to know of an event, and appends a numbered notice for each."""

    def __init__(
        self, journal: Journal, watch: Callable[[Event[Any]], Awaitable[Sequence[Match]]], *, poll: float | None = None
    ) -> None:
        self._journal = journal
        self._watch = watch
        self._policy = RetryPolicy()
        self._lanes = Lanes(journal, WATCHER, self._run, limit=8, poll=poll, gate=lambda: _held(journal, WATCHER))

    def start(self) -> None:
        self._lanes.start()

    async def stop(self, grace: float = 10.0) -> None:
        await self._lanes.stop(grace)
        await self._journal.release(WATCHER)

    async def _run(self, head: Pending) -> Pause | None:
        try:
            event = head.event()
            matches = await self._watch(event)
            await self._journal.write(lambda unit: _number(unit, event, matches))
        except JournalDown:
            raise
        except Exception as error:  # noqa: BLE001 - whatever one event does, the others go on
            log_unexpected(error, f"matching event {head.event_id}")
            return await _put_off(self._journal, head, WATCHER, as_hub_error(error), self._policy)
        return None


def _number(unit: JournalUnit, event: Event[Any], matches: Sequence[Match]) -> None:
    if unit.claim(event.id, WATCHER) not in {Claim.TAKEN, Claim.AGAIN}:
        return
    for ordinal, match in enumerate(matches):
        number = unit.count_event(match.subscription.subscription_id)
        if number is None:
            continue
        notice = SubscriptionNotice(
            subscription_id=match.subscription.subscription_id,
            kind=NoticeKind.EVENT,
            activation=match.subscription.activation,
            number=number,
            focus=match.focus,
            happened_at=event.time,
        )
        unit.append(notice, source=SOURCE, cause=event, consumer=WATCHER, ordinal=ordinal)
    unit.done(event.id, WATCHER)


@dataclass(frozen=True, slots=True)
class _Sent:
    """What became of one attempt; `error` is None when the subscriber took it."""

    error: HubError | None
    give_up: bool = False


class Notifier:
    """Sends notices, one at a time and in order for each subscription."""

    def __init__(
        self,
        journal: Journal,
        notify: Callable[[Notice], Awaitable[None]],
        *,
        policy: RetryPolicy = PATIENCE,
        timeout: float = 60.0,
        poll: float | None = None,
    ) -> None:
        self._journal = journal
        self._notify = notify
        self._policy = policy
        self._timeout = timeout
        self._lanes = Lanes(journal, NOTIFIER, self._run, limit=16, poll=poll, gate=lambda: _held(journal, NOTIFIER))

    def start(self) -> None:
        self._lanes.start()

    async def stop(self, grace: float = 10.0) -> None:
        """Stop gracefully; a notice cut off by the end of `grace` is sent again under its number."""
        await self._lanes.stop(grace)
        await self._journal.release(NOTIFIER)

    async def _run(self, head: Pending) -> Pause | None:
        try:
            notice = head.event().data
            assert isinstance(notice, SubscriptionNotice)
        except Defect as broken:  # one that cannot be read must not hold up its lane
            defect = broken
            await self._journal.write(lambda unit: unit.bury(head.event_id, NOTIFIER, defect))
            return None
        begun = await self._journal.write(lambda unit: self._begin(unit, head, notice))
        if not isinstance(begun, tuple):
            return Pause(SOON, hold=True) if begun is Claim.DEFERRED else None
        subscription, attempt = begun
        outcome = await self._send(Notice(notice, subscription))
        most = min(HANDSHAKES, self._policy.attempts) if notice.kind is NoticeKind.HANDSHAKE else self._policy.attempts
        if outcome.error is not None and attempt < most and not outcome.give_up:
            log.info("notice %s put off, attempt %d: %s", head.event_id, attempt, outcome.error.code)
            return await _put_off(self._journal, head, NOTIFIER, outcome.error, self._policy, endless=True)
        await self._journal.write(lambda unit: _settle(unit, head, notice, outcome.error))
        return None

    def _begin(self, unit: JournalUnit, head: Pending, notice: SubscriptionNotice) -> tuple[Subscription, int] | Claim:
        """Mark the notice as on its way; one that nobody waits for any more is settled at once."""
        claim = unit.claim(head.event_id, NOTIFIER)
        if claim not in {Claim.TAKEN, Claim.AGAIN}:
            return claim
        subscription = unit.subscription(notice.subscription_id)
        if subscription is None or not _wanted(subscription, notice, unit):
            unit.done(head.event_id, NOTIFIER)
            return Claim.SETTLED
        return subscription, unit.begin(head.event_id, NOTIFIER)

    async def _send(self, notice: Notice) -> _Sent:
        try:
            async with asyncio.timeout(self._timeout):
                await self._notify(notice)
        except Exception as error:  # noqa: BLE001 - whatever one subscriber does, the others go on
            log_unexpected(error, f"notice to subscription {notice.subscription.subscription_id}")
            return _Sent(as_hub_error(error), give_up=getattr(error, "code", "") == "gone")
        return _Sent(None)


def _wanted(subscription: Subscription, notice: SubscriptionNotice, unit: JournalUnit) -> bool:
    state = subscription.state_at(unit.now)
    if notice.kind is NoticeKind.HANDSHAKE:
        return state is SubscriptionState.REQUESTED and notice.activation == subscription.activation
    if notice.kind is NoticeKind.HEARTBEAT and notice.activation != subscription.activation:
        return False
    return state is SubscriptionState.ACTIVE


def _settle(unit: JournalUnit, head: Pending, notice: SubscriptionNotice, error: HubError | None) -> None:
    """Write down what became of a notice, and what follows for its subscription."""
    if unit.claim(head.event_id, NOTIFIER) is Claim.SETTLED:
        return
    unit.done(head.event_id, NOTIFIER)
    subscription = unit.subscription(notice.subscription_id)
    if subscription is None or subscription.activation != notice.activation:
        return  # asked anew, or taken away, while this was on its way
    if error is not None:
        log.error("subscription %s is in error: %s", notice.subscription_id, error.code)
        _change(unit, subscription, SubscriptionState.ERROR, error.message)
        unit.cancel_timer(_timer(subscription))
        return
    if notice.kind is NoticeKind.HANDSHAKE:
        _change(unit, subscription, SubscriptionState.ACTIVE, None)
    if subscription.heartbeat:
        at = unit.now + timedelta(seconds=subscription.heartbeat)
        beat = SubscriptionNotice(
            subscription_id=subscription.subscription_id,
            kind=NoticeKind.HEARTBEAT,
            activation=subscription.activation,
            happened_at=at,
        )
        unit.set_timer(_timer(subscription), at, beat)


def keep_subscription(unit: JournalUnit, saved: Subscription, sealed: bytes | None) -> None:
    """Save a subscription as its owner wants it; one that is requested is shaken hands with."""
    unit.save_subscription(saved, sealed)
    unit.cancel_timer(_timer(saved))
    if saved.state is SubscriptionState.REQUESTED:
        shake = SubscriptionNotice(
            subscription_id=saved.subscription_id,
            kind=NoticeKind.HANDSHAKE,
            activation=saved.activation,
            happened_at=unit.now,
        )
        unit.append(shake, source=SOURCE)


def forget_subscription(unit: JournalUnit, subscription_id: str) -> None:
    """Take a subscription away; what is still to be sent for it is not sent."""
    unit.remove_subscription(subscription_id)
    unit.cancel_timer(f"heartbeat:{subscription_id}")


def _timer(subscription: Subscription) -> str:
    return f"heartbeat:{subscription.subscription_id}"


def _change(unit: JournalUnit, subscription: Subscription, state: SubscriptionState, error: str | None) -> None:
    change = {"state": state, "error": error, "revision": subscription.revision + 1, "updated_at": unit.now}
    unit.save_subscription(subscription.model_copy(update=change))


async def _held(journal: Journal, name: str) -> bool:
    return await journal.holds(name) or await journal.hold(name)


async def _put_off(
    journal: Journal, head: Pending, consumer: str, error: HubError, policy: RetryPolicy, *, endless: bool = False
) -> Pause | None:
    """Try again later; when it was tried often enough it is a dead letter (`endless`: the caller counts)."""

    def job(unit: JournalUnit) -> float | None:
        tried = (unit.attempts(head.event_id, consumer) or 0) + (0 if endless else 1)
        if not endless and tried >= policy.attempts:
            unit.bury(head.event_id, consumer, error)
            return None
        at = policy.at(tried, clock.now(), error)
        unit.retry(head.event_id, consumer, at, error)
        return seconds_until(at)

    wait = await journal.write(job)
    return None if wait is None else Pause(wait)
