"""Clocks in the figures: by net and by gross time, each with what was left out."""

from __future__ import annotations

from typing import Any

from doorstep.reports.net_clocks import in_time, tables
from schemas.clock import ClockStopped
from schemas.state import CaseState
from tests.factories import NOW


def ended(net: int, gross: int, **more: Any) -> ClockStopped:
    values = {"case_id": "A", "clock": "x", "label": "X", "business": False, "started_at": NOW, "done": True}
    times = {"budget_seconds": 72 * 3600, "net_seconds": net * 3600, "gross_seconds": gross * 3600}
    return ClockStopped.model_validate({**values, **times, "ended_in": CaseState.SCHEDULED, **more})


def test_net_time_is_what_the_clock_is_judged_by_and_gross_stands_beside_it() -> None:
    found = [ended(10, 10), ended(70, 200, paused_seconds={"payer": 130 * 3600}), ended(80, 80)]
    found.append(ended(1, 1, ended_in=CaseState.CANCELLED, done=False))
    assert (in_time(found, net=True).n, in_time(found, net=True).of) == (2, 3)
    assert in_time(found, net=False).n == 1
    rates, hours, causes = tables(found, {"X": 4})
    net = rates.rows[0]
    assert net[:5] == ("X", "net", 66.67, 2, 3)
    assert net[5] == "1 closed without service, or no longer the order's clock; 4 not ended yet"
    assert [row[:4] for row in hours.rows] == [("X", "net", "elapsed", 3), ("X", "gross", "elapsed", 3)]
    assert causes.rows == (("X", "payer", 1, 3, 130.0),)
