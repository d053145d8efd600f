"""Open referrals: how old, what holds each up, and which of its clocks runs out first."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from doorstep.journal import Journal
from doorstep.reports import named_period
from doorstep.reports.open_referrals import bucket, report
from schemas.case import ClockDue
from schemas.clock import ClockRun, Pause
from schemas.document import ReviewRequested
from schemas.state import CaseState
from tests.factories import NOW, case, order

TODAY = named_period("today", ZoneInfo("America/New_York"), NOW + timedelta(days=4))


@pytest.mark.parametrize(("hours", "name"), [(0, "0-24 h"), (24, "24-72 h"), (72, "3-7 days"), (336, "over 14 days")])
def test_an_age_has_one_bucket(hours: float, name: str) -> None:
    assert bucket(timedelta(hours=hours)) == name


async def test_each_open_case_stands_with_its_blocker_and_its_next_clock(journal: Journal) -> None:
    states = {
        "DS-000001-8": CaseState.DISPATCHING,
        "DS-000002-6": CaseState.DENIED,
        "DS-000003-4": CaseState.FULFILLED,
        "DS-000004-2": CaseState.COMPLETE,
    }
    left = datetime(2026, 11, 24, 20, 30, tzinfo=UTC)
    discharges = {"DS-000001-8": left, "DS-000002-6": date(2026, 11, 24)}
    due = ClockDue(case_id="DS-000001-8", clock="schedule_standard", number=1)
    for number, (case_id, state) in enumerate(states.items(), start=1):
        said = order(number).model_copy(update={"discharge_deadline": discharges.get(case_id)})
        made = case(said, state=state, case_id=case_id, order_key=case_id)
        await journal.write(lambda unit, made=made: unit.save_case(made))
    for timer_id, days in {
        "clock schedule_standard DS-000001-8": 3,
        "clock schedule_standard DS-000001-8 warning 1": 1,
        "clock no_provider DS-000001-8": 5,
        "payer appeal DS-000002-6": 9,
    }.items():
        at = TODAY.now + timedelta(days=days)
        await journal.write(lambda unit, timer_id=timer_id, at=at: unit.set_timer(timer_id, at, due))
    asked = ReviewRequested(review_id="r", document_id="d", case_id="DS-000004-2", reason="look")
    await journal.write(lambda unit: unit.save_review(asked))
    began = TODAY.now - timedelta(hours=30)
    pause = Pause(cause="payer", owner="payer", began_at=began + timedelta(hours=20))
    run = ClockRun(
        case_id="DS-000002-6",
        clock="schedule_standard",
        started_by=1,
        started_at=began,
        first_due_at=began,
        pauses=(pause,),
    )
    await journal.write(lambda unit: unit.save_clock(run))
    made = await journal.read(lambda reader: report(reader, TODAY))
    rows = {row[0]: dict(zip(made.tables[1].columns, row, strict=True)) for row in made.tables[1].rows}
    assert set(rows) == set(states) - {"DS-000003-4"}
    assert (rows["DS-000001-8"]["clock"], rows["DS-000001-8"]["age"]) == ("schedule standard", "3-7 days")
    assert rows["DS-000002-6"]["clock"] == "appeal"
    local = (TODAY.now + timedelta(days=9)).astimezone(TODAY.zone)
    assert rows["DS-000002-6"]["due"] == f"{local:%Y-%m-%d %H:%M}"  # the desk's wall clock, as the report's head says
    discharged = [rows[one]["discharge"] for one in ("DS-000001-8", "DS-000002-6", "DS-000004-2")]
    assert discharged == [f"{left.astimezone(TODAY.zone):%Y-%m-%d %H:%M}", "2026-11-24", ""]
    assert rows["DS-000002-6"]["paused"] == "schedule standard: payer (owner: payer)"
    assert [rows["DS-000002-6"][name] for name in ("left h", "net h", "gross h")] == [52.0, 20.0, 30.0]
    assert made.tables[2].rows == (("Waiting for the payer", 1, 3),)
    assert rows["DS-000004-2"]["blocker"] == "desk: look"
    assert made.notes[0].startswith("3 open; 0 of them")
