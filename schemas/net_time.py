"""Gross and net time of a clock, in its own kind of time: elapsed, or business hours. Pure.

Pauses may overlap and may be told twice; at each moment one cause counts, the one that began first, so that
net time and what the causes took are together the gross time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.business import after_business_time, business_between
from schemas.clock import ClockRun
from schemas.clock_rules import BusinessHours, ClockRule
from schemas.order import Order

ZERO = timedelta(0)


@dataclass(frozen=True, slots=True)
class Measure:
    """How a clock counts; business hours go by the wall clock of the order's service address."""

    hours: BusinessHours | None
    order: Order

    @classmethod
    def of(cls, rule: ClockRule, hours: BusinessHours, order: Order) -> Measure:
        return cls(hours if rule.business_minutes is not None else None, order)

    def between(self, begin: datetime, end: datetime) -> timedelta:
        """Return the time from one instant to another; none where the second is not later."""
        if end <= begin:
            return ZERO
        return end - begin if self.hours is None else business_between(begin, end, self.hours, self.order)

    def after(self, begin: datetime, left: timedelta) -> datetime:
        """Return when so much time has passed."""
        return begin + left if self.hours is None else after_business_time(begin, left, self.hours, self.order)


def stretches(run: ClockRun, now: datetime) -> Iterator[tuple[str, datetime, datetime]]:
    """Yield the stretches of the run in which it stood still, apart from each other, each with its cause."""
    reached = run.started_at
    for pause in sorted(run.pauses, key=lambda one: (one.began_at, one.cause)):
        begin, end = max(pause.began_at, reached), min(pause.ended_at or now, now)
        if end > begin:
            yield pause.cause, begin, end
            reached = end


def gross(run: ClockRun, now: datetime, measure: Measure) -> timedelta:
    return measure.between(run.started_at, now)


def paused(run: ClockRun, now: datetime, measure: Measure) -> dict[str, timedelta]:
    """Return what each cause took of the run."""
    found: dict[str, timedelta] = {}
    for cause, begin, end in stretches(run, now):
        found[cause] = found.get(cause, ZERO) + measure.between(begin, end)
    return found


def net(run: ClockRun, now: datetime, measure: Measure) -> timedelta:
    return gross(run, now, measure) - sum(paused(run, now, measure).values(), ZERO)


def remaining(run: ClockRun, budget: timedelta, now: datetime, measure: Measure) -> timedelta:
    """Return what is left of a budget (the clock's own, or until a warning); never below nothing."""
    return max(budget - net(run, now, measure), ZERO)
