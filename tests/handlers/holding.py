"""Cases whose clocks stand still, for the tests of holds and pauses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from schemas.case import CaseClock, CaseState
from schemas.transmission import ReceiptState
from tests.factories import referral
from tests.handlers.memory import MemoryHub

HOUR = timedelta(hours=1)
SCHEDULE = "schedule_standard"


def dispatching() -> MemoryHub:
    hub = MemoryHub()
    hub.send(referral())
    assert hub.only_case().state is CaseState.DISPATCHING
    return hub


def hold(hub: MemoryHub, cause: str = "patient-unavailable", days: float = 5, **said: Any) -> str:
    until = (hub.unit.now + timedelta(days=days)).isoformat()
    return hub.command("hold", hub.only_case().case_id, cause=cause, until=until, note="the daughter called", **said)


def release(hub: MemoryHub, cause: str = "patient-unavailable") -> str:
    return hub.command("release", hub.only_case().case_id, cause=cause, note="she is home again")


def breaches(hub: MemoryHub) -> list[str]:
    return [one.clock for one in hub.seen(CaseClock) if one.clock.startswith("schedule")]


def due(hub: MemoryHub, clock: str = SCHEDULE) -> Any:
    timer = hub.unit.timers.get(f"clock {clock} {hub.only_case().case_id}")
    return timer and timer[0]


def refusal(hub: MemoryHub, document_id: str) -> str | None:
    state, reason, _ = hub.unit.receipts[document_id]
    return reason if state is ReceiptState.REJECTED else None
