"""What the year brings: when orders come, by which channel, and what is wrong with each. All by lot from one seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from schemas.business import is_holiday
from tests.samples.people import OrderTruth, order_truth

OHIO = ZoneInfo("America/New_York")
CHANNELS = {"fax": 55, "hl7v2": 25, "fhir": 12, "email": 8}
KINDS = {"dme": 60, "home_health": 25, "infusion": 15}
GAPS = ("member_id", "clinician_npi", "signature_present", "icd10", "ship_address", "contact_phone", "service_start")
DOUBTS = ("member_id", "clinician_npi", "dob", "payer", "contact_phone")
WEEKEND, HOLIDAY = 0.12, 0.15
"""Of a usual day's orders, so many come on a day of the weekend and on a federal holiday."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One order: its truth, how it comes, and what happens to it before anybody looks at it."""

    number: int
    at: datetime
    channel: str
    truth: OrderTruth
    gaps: frozenset[str] = frozenset()
    doubts: frozenset[str] = frozenset()
    again_after: timedelta | None = None
    cancelled_after: timedelta | None = None

    @property
    def electronic(self) -> bool:
        return self.channel in {"hl7v2", "fhir"}

    @property
    def discharge(self) -> bool:
        return self.truth.discharge_deadline is not None

    @property
    def seen(self) -> date:
        """When the clinician saw the member, of whom the record tells."""
        return date.fromisoformat(self.truth.signature_date) - timedelta(days=10)


def orders(count: int, first: date, days: int, rng: random.Random) -> Iterator[Planned]:
    """Yield about `count` orders of that many days, in the order in which they come."""
    weights = [_weight(first + timedelta(days=n)) for n in range(days)]
    usual = count / sum(weights)
    number = 0
    for offset, weight in enumerate(weights):
        day = first + timedelta(days=offset)
        for at in sorted(_moment(day, rng) for _ in range(_poisson(usual * weight, rng))):
            number += 1
            yield _order(number, at, rng)


def _weight(day: date) -> float:
    if is_holiday(day):
        return HOLIDAY
    return WEEKEND if day.isoweekday() > 5 else 1.0


def _poisson(mean: float, rng: random.Random) -> int:
    """Return a Poisson variate: how many exponential gaps fit into `mean`."""
    count, passed = 0, rng.expovariate(1.0)
    while passed < mean:
        count, passed = count + 1, passed + rng.expovariate(1.0)
    return count


def _moment(day: date, rng: random.Random) -> datetime:
    """Most come in office hours; the hour that a spring Sunday lacks is as good as any."""
    hour = rng.triangular(8, 18, 14) if rng.random() < 0.85 else rng.uniform(0, 24)
    local = datetime(day.year, day.month, day.day, tzinfo=OHIO) + timedelta(hours=hour)
    return local.astimezone(UTC)


def _order(number: int, at: datetime, rng: random.Random) -> Planned:
    channel = rng.choices(list(CHANNELS), weights=list(CHANNELS.values()))[0]
    kind = rng.choices(list(KINDS), weights=list(KINDS.values()))[0]
    local = at.astimezone(OHIO)
    start = local.date() + timedelta(days=rng.choice((0, 1, 1, 2, 3, 5)))
    changes: dict[str, Any] = {
        "service_start": str(start),
        "service_end": str(start + timedelta(days=60)),
        "signature_date": str(local.date() - timedelta(days=rng.choice((0, 0, 1, 3)))),
    }
    if rng.random() < 0.10:
        changes["discharge_deadline"] = (local + timedelta(hours=rng.uniform(10, 60))).strftime("%Y-%m-%dT%H:%M")
    if kind == "dme" and rng.random() < 0.07:
        chair = ({"code": "K0823", "quantity": 1},)  # needs an authorization that a person asks for
        changes |= {"payer": "Medicare", "order_lines": chair, "icd10": ("G82.20",), "frequency": None}
    truth = order_truth(number, kind, **changes)
    gaps = frozenset(rng.sample(GAPS, rng.choice((1, 1, 2)))) if rng.random() < 0.18 else frozenset()
    doubted = not gaps and channel in {"fax", "email"} and rng.random() < 0.22
    return Planned(
        number,
        at,
        channel,
        truth,
        gaps,
        frozenset(rng.sample(DOUBTS, rng.choice((1, 1, 2)))) if doubted else frozenset(),
        timedelta(hours=rng.uniform(1, 30)) if rng.random() < 0.05 else None,
        timedelta(hours=rng.uniform(2, 90)) if rng.random() < 0.03 else None,
    )
