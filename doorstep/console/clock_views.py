"""The clocks of a case as the API, the console and the command line show them: running or paused, and what is left."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from doorstep.case_clocks import case_clocks
from doorstep.clock import now
from doorstep.journal import Reader
from schemas.case import CLOSED, Case
from schemas.clock import CaseHeld, ClockPaused, ClockResumed, ClockRun, ClockStopped, HoldDue, HoldEnded
from schemas.clock_rules import ClockRule, Clocks
from schemas.net_time import Measure, gross, net, remaining
from schemas.payer import DECISION_LABEL

MINOR = (HoldDue, ClockStopped)
_PAYERS = (
    *("eligibility answer", "authorization decision", "authorization inquiry", "authorization expiry"),
    *("appeal", "peer to peer", "claim"),
)


def clocks_of(reader: Reader, case: Case) -> list[dict[str, Any]]:
    """Return the clocks of an open case, those that stand still first, then by when they run out."""
    if case.state in CLOSED:
        return []
    known, at = case_clocks(), now()
    runs = {run.clock: run for run in reader.clocks(case.case_id)}
    timers = reader.timers_at([*(f"clock {rule.clock} {case.case_id}" for rule in known.case), *_payers(case)])
    found = [line(rule, run, known, case, at) for rule in known.case if (run := runs.get(rule.clock))]
    if (pend := _pend(case)) is not None:
        found.append(pend)
    for timer_id, due in timers.items():
        kind, name = timer_id.removesuffix(f" {case.case_id}").split(" ", 1)
        if name not in runs:
            label = next((rule.label for rule in known.case if kind == "clock" and rule.clock == name), name)
            left = max(int((due - at).total_seconds()), 0)
            found.append(shown(name, label, "running", due_at=due.isoformat(), remaining_seconds=left))
    return sorted(found, key=lambda one: (one["state"] != "paused", one["due_at"] or "", one["clock"]))


def _pend(case: Case) -> dict[str, Any] | None:
    """Return the payer's own clock while it stands still for information that the payer asked for."""
    known = case.authorization
    if known is None or known.paused_at is None:
        return None
    pause = {"cause": "payer-asks", "label": f"The payer waits for {'; '.join(known.wants)}", "owner": "case manager"}
    began = {"by": "payer", "began_at": known.paused_at.isoformat(), "ended_at": None}
    return shown("authorization decision", DECISION_LABEL, "paused", pauses=[{**pause, **began}])


def _payers(case: Case) -> Iterable[str]:
    return (f"payer {name} {case.case_id}" for name in _PAYERS)


def shown(clock: str, label: str, state: str, **more: Any) -> dict[str, Any]:
    """Return a clock in the form of the API; what it has not is null."""
    nothing = dict.fromkeys(("due_at", "remaining_seconds", "gross_seconds", "net_seconds"))
    return {"clock": clock, "label": label, "state": state, **nothing, "business_hours": False, "pauses": [], **more}


def line(rule: ClockRule, run: ClockRun, known: Clocks, case: Case, at: datetime) -> dict[str, Any]:
    """Return a clock that may pause; its seconds are of its own kind of time."""
    measure = Measure.of(rule, known.business, case.order)
    state = "over" if run.over else "paused" if run.open_pauses else "running"
    return shown(
        rule.clock,
        rule.label,
        state,
        due_at=run.due_at.isoformat() if run.due_at else None,
        remaining_seconds=int(remaining(run, rule.budget, at, measure).total_seconds()),
        gross_seconds=int(gross(run, at, measure).total_seconds()),
        net_seconds=int(net(run, at, measure).total_seconds()),
        business_hours=rule.business_minutes is not None,
        pauses=[
            {
                "cause": pause.cause,
                "label": label_of(pause.cause, known),
                "owner": pause.owner,
                "by": pause.by,
                "began_at": pause.began_at.isoformat(),
                "ended_at": pause.ended_at.isoformat() if pause.ended_at else None,
            }
            for pause in run.pauses
        ],
    )


def label_of(cause: str, known: Clocks) -> str:
    found = known.cause(cause)
    return found.label if found else cause


def lasting(seconds: int | None) -> str:
    """Return a stretch of time in words: 41 h 20 min."""
    if seconds is None:
        return ""
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"


def words(one: dict[str, Any]) -> str:
    """Return in a line how a clock stands."""
    kind = " of business hours" if one["business_hours"] else ""
    left = f"{lasting(one['remaining_seconds'])}{kind} left"
    if one["state"] == "over":
        return "has run out"
    if one["state"] == "running":
        return f"runs out {one['due_at'][:16].replace('T', ' ')} UTC, {left}"
    still = [pause for pause in one["pauses"] if pause["ended_at"] is None]
    why = "; ".join(f"{p['label']} (owner: {p['owner']}{_said(p)})" for p in still)
    return f"paused, {left}: {why}"


def _said(pause: dict[str, Any]) -> str:
    return "" if pause["by"] == "hub" else f", said by {pause['by']}"


def told_of_clock(data: Any) -> str | None:
    """Say in a few words what an event of a clock or a hold means; None for any other."""
    match data:
        case ClockPaused():
            left = lasting(data.remaining_seconds)
            return f"clock paused with {left} left: {data.label} ({data.cause_label}; owner: {data.owner})"
        case ClockResumed() if data.due_at is None:
            return f"no longer waiting, but for something else: {data.cause_label} ({data.label})"
        case ClockResumed():
            return f"clock goes on with {lasting(data.remaining_seconds)} left: {data.label}"
        case ClockStopped():
            still = lasting(data.gross_seconds - data.net_seconds)
            return f"clock ended after {lasting(data.net_seconds)} net, {still} paused: {data.label}"
        case CaseHeld():
            held = data.hold
            return f"on hold until {held.until:%Y-%m-%d %H:%M} UTC by {held.by}: {held.label}"
        case HoldEnded():
            return f"no longer on hold ({'its time is over' if data.by == 'hub' else 'by ' + data.by}): {data.label}"
        case _:
            return None
