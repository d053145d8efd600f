"""The desk is told 90, 30 and 7 days before a provider's paper ends, once each, whenever the hub looks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import handlers.papers  # noqa: F401
from doorstep.network import TIMER
from doorstep.rules import load
from schemas.document import ReviewRequested
from schemas.service import PaperEnding, PapersDue
from tests.handlers.memory import OURS, MemoryHub

OURS.add("papers")
FIRST = load("network/sample")["providers"][0]


def network(**changes: Any) -> dict[str, Any]:
    far = {"issuer": "X", "expires": "2099-01-01"}
    whole = {**FIRST, "accreditation": far, "surety_bond": far, **changes}
    return {"version": date(2026, 11, 1), "providers": [whole]}


def looked(hub: MemoryHub, until: datetime) -> list[int]:
    hub.pass_time(until)
    return [ending.days for ending in hub.seen(PaperEnding)]


def hub_with(ends: str, now: datetime) -> MemoryHub:
    hub = MemoryHub()
    hub.unit.now = now
    hub.unit.network = network(licences=[{"number": "L-1", "states": ["OH"], "expires": ends}])
    hub.send(PapersDue())
    return hub


def test_each_limit_is_told_once_on_its_morning() -> None:
    start = datetime(2026, 11, 1, 15, tzinfo=UTC)
    hub = hub_with("2027-03-25", start)  # over both shifts of daylight saving
    assert looked(hub, datetime(2027, 4, 1, tzinfo=UTC)) == [90, 30, 7]
    first = hub.seen(ReviewRequested)[0]
    assert first.reason.startswith("Buckeye Home Medical: licence L-1 (OH) ends on")
    times = [e.time for e in hub.unit.events if isinstance(e.data, PaperEnding)]
    assert [t.hour for t in times] == [13, 13, 12]  # eight o'clock in New York


def test_a_hub_that_starts_late_or_often_tells_the_nearest_limit_once() -> None:
    start = datetime(2026, 11, 23, 15, tzinfo=UTC)
    hub = hub_with("2026-12-13", start)
    for _ in range(3):
        hub.send(PapersDue())
    assert looked(hub, start + timedelta(days=2)) == [20]
    assert looked(hub, start + timedelta(days=40)) == [20, 7]
    assert list(hub.unit.timers) == [TIMER]


def test_a_renewed_paper_is_told_of_anew_and_one_of_a_provider_that_left_is_not() -> None:
    start = datetime(2026, 11, 23, 15, tzinfo=UTC)
    hub = hub_with("2026-11-25", start)
    hub.unit.network = network(licences=[{"number": "L-1", "states": ["OH"], "expires": "2026-12-24"}])
    assert looked(hub, start + timedelta(days=2)) == [2, 30]
    hub.unit.network = network(active=False, licences=[{"number": "L-2", "states": ["OH"], "expires": "2026-11-29"}])
    assert looked(hub, start + timedelta(days=4)) == [2, 30]


def test_a_person_who_has_seen_it_closes_it() -> None:
    hub = hub_with("2026-11-25", datetime(2026, 11, 23, 15, tzinfo=UTC))
    (review,) = hub.seen(ReviewRequested)
    for decision in ("accept", "reject"):
        hub.say("desk", decision, {"review_id": review.review_id, "decision": decision, "reviewer": "Marta"})
    assert review.review_id in hub.unit.closed
