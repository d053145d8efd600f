"""The clocks of a case as people see them: paused ones first, with their cause, whose it is, and what is left."""

from __future__ import annotations

from datetime import timedelta

from doorstep import clock
from doorstep.console.clock_views import clocks_of, lasting, told_of_clock, words
from doorstep.journal import Journal
from schemas.case import ClockDue
from schemas.clock import ClockPaused, ClockRun, HoldEnded, Pause
from schemas.state import CaseState
from tests.factories import case, order


async def test_a_paused_clock_stands_first_with_its_cause_its_owner_and_what_is_left(journal: Journal) -> None:
    now = clock.now()
    kept = case(order(), state=CaseState.AUTH_PENDING, case_id="DS-000001-8")
    pause = Pause(cause="payer", owner="payer", began_at=now - timedelta(hours=9, minutes=30))
    run = ClockRun(
        case_id="DS-000001-8",
        clock="schedule_standard",
        started_by=1,
        started_at=now - timedelta(hours=12),
        first_due_at=now,
        pauses=(pause,),
    )
    due = ClockDue(case_id="DS-000001-8", clock="discharge", number=1)
    await journal.write(lambda unit: unit.save_case(kept))
    await journal.write(lambda unit: unit.save_clock(run))
    for name in ("clock discharge DS-000001-8", "clock discharge DS-000001-8 warning 1", "payer appeal DS-000001-8"):
        await journal.write(lambda unit, name=name: unit.set_timer(name, now + timedelta(hours=5), due))
    found = await journal.read(lambda reader: clocks_of(reader, kept))
    assert [(one["clock"], one["state"]) for one in found] == [
        ("schedule_standard", "paused"),
        ("appeal", "running"),
        ("discharge", "running"),
    ]
    assert words(found[0]) == "paused, 69 h 30 min left: Waiting for the payer (owner: payer)"
    assert words(found[2]).endswith(("4 h 59 min left", "5 h 00 min left"))
    over = kept.model_copy(update={"state": CaseState.CANCELLED})
    assert await journal.read(lambda reader: clocks_of(reader, over)) == []


def test_what_happens_to_a_clock_is_told_in_words() -> None:
    said = {"case_id": "A", "clock": "x", "label": "X", "cause": "payer", "cause_label": "Waiting", "owner": "payer"}
    paused = ClockPaused.model_validate({**said, "by": "hub", "remaining_seconds": 3660})
    assert told_of_clock(paused) == "clock paused with 1 h 01 min left: X (Waiting; owner: payer)"
    ended = HoldEnded(case_id="A", cause="on-hold", label="Wait", by="Marta", note="a daughter's name")
    assert told_of_clock(ended) == "no longer on hold (by Marta): Wait"
    assert [lasting(seconds) for seconds in (None, 0, 59 * 60, 3600)] == ["", "0 min", "59 min", "1 h 00 min"]
