"""Clocks that pause: each stands still while a cause holds, keeps what is left, and goes on when the last has ended.

A cause is a state in which the case waits for somebody, or a person's word (`handlers.hold`); `rules/clocks.yaml`
says which clock pauses for which. Nothing here counts on being told once: a clock is brought into line with the case
as it stands, so the same word again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from doorstep.handler import Unit
from handlers.casework import clocks
from schemas.case import CLOSED, Case, CaseState, CaseStateChanged, ClockDue
from schemas.clock import ClockPaused, ClockResumed, ClockRun, ClockStopped, Pause
from schemas.clock_rules import ClockRule
from schemas.event import Payload
from schemas.net_time import Measure, gross, net, paused, remaining

_WITHOUT_SERVICE = CLOSED - {CaseState.FULFILLED}


def timer_of(clock: str, case_id: str, warning: int | None = None) -> str:
    return f"clock {clock} {case_id}" if warning is None else f"clock {clock} {case_id} warning {warning}"


def cancel(rules: Iterable[ClockRule], case_id: str, unit: Unit) -> None:
    """Forget the timers of these clocks."""
    warnings = ((rule.clock, number) for rule in rules for number in (None, *range(1, rule.warnings + 1)))
    unit.cancel_timer(*(timer_of(clock, case_id, number) for clock, number in warnings))


def settle(
    rule: ClockRule, case: Case, unit: Unit, *, seq: int, change: CaseStateChanged | None = None, by: str = "hub"
) -> list[Payload]:
    """Bring a clock that may pause into line with its case: start, pause, go on or stop it.

    `seq` is that of the event that is told of. After a change from a state that is not the clock's own it begins anew,
    whatever was left of an earlier one.
    """
    run, events = unit.clock(case.case_id, rule.clock), list[Payload]()
    lives = clocks(unit).lives(rule)
    if run is not None:
        left = change.from_state if change is not None and seq > run.started_by else None
        anew = left is not None and left not in lives
        if anew or case.state not in lives or not rule.to(case.order):
            events.append(_stopped(rule, run, case, unit, ended_in=left if anew and left else case.state))
            run = None
    fresh = run is None
    if run is None:
        begins = (change.to_state if change is not None else case.state) in rule.while_
        if not begins or case.state not in lives or not rule.to(case.order):
            return events
        due_at = _measure(rule, case, unit).after(unit.now, rule.budget)
        run = ClockRun(case_id=case.case_id, clock=rule.clock, started_by=seq, started_at=unit.now, first_due_at=due_at)
    return [*events, *_in_line(rule, run, case, by, unit, fresh=fresh)]


def again(rule: ClockRule, case: Case, unit: Unit) -> None:
    """Begin anew after a reminder."""
    run = unit.clock(case.case_id, rule.clock)
    if run is None:
        return
    due_at = _measure(rule, case, unit).after(unit.now, rule.budget)
    fresh = {"number": run.number + 1, "started_at": unit.now, "first_due_at": due_at, "pauses": (), "over": False}
    _arm(rule, run.model_copy(update=fresh), case, unit)


def void(rule: ClockRule, case: Case, data: ClockDue, unit: Unit) -> bool:
    """Say whether a time that has come is of an earlier start or pause of its clock; if not, keep that it has come."""
    run = unit.clock(case.case_id, rule.clock)
    if run is None:
        return bool(data.leg)
    if data.leg != run.leg or run.open_pauses or (data.number in run.warned if data.warning else run.over):
        return True
    if data.warning:
        unit.save_clock(run.model_copy(update={"warned": (*run.warned, data.number)}))
    else:
        unit.save_clock(run.model_copy(update={"over": True, "due_at": None}))
    return False


def _measure(rule: ClockRule, case: Case, unit: Unit) -> Measure:
    return Measure.of(rule, clocks(unit).business, case.order)


def _causes(rule: ClockRule, case: Case, unit: Unit) -> dict[str, Pause]:
    """Return for what the clock must stand still now: the state of the case, and persons' words."""
    found: dict[str, Pause] = {}
    for cause in clocks(unit).pauses:
        if cause.cause in rule.pauses and case.state in cause.states:
            found[cause.cause] = Pause(cause=cause.cause, owner=cause.owner, began_at=unit.now)
    for hold in case.holds:
        if hold.cause in rule.pauses:
            found[hold.cause] = Pause(cause=hold.cause, owner=hold.owner, by=hold.by, began_at=unit.now)
    return found


def _in_line(rule: ClockRule, run: ClockRun, case: Case, by: str, unit: Unit, *, fresh: bool) -> list[Payload]:
    """End the pauses whose cause is gone and begin those that are new; set or forget the timers as that wants."""
    wanted, before = _causes(rule, case, unit), run.open_pauses
    known = {pause.cause for pause in before}
    ended = [pause.cause for pause in before if pause.cause not in wanted]
    begun = [pause for cause, pause in wanted.items() if cause not in known]
    if not (ended or begun or fresh):
        return []
    kept = (
        p.model_copy(update={"ended_at": max(p.began_at, unit.now)}) if p.ended_at is None and p.cause in ended else p
        for p in run.pauses
    )
    run = run.model_copy(update={"pauses": (*kept, *begun)})
    if run.open_pauses or run.over:
        cancel([rule], case.case_id, unit)
        run = run.model_copy(update={"due_at": None})
        unit.save_clock(run)
    else:
        run = _arm(rule, run, case, unit)
    return [] if run.over else [*_ended(rule, run, ended, case, by, unit), *_begun(rule, run, begun, case, unit)]


def _arm(rule: ClockRule, run: ClockRun, case: Case, unit: Unit) -> ClockRun:
    """Set what is left of the clock and of the warnings that were not given."""
    measure = _measure(rule, case, unit)

    def at(budget: timedelta) -> datetime:
        return measure.after(unit.now, remaining(run, budget, unit.now, measure))

    due_at = at(rule.budget)
    due = ClockDue(case_id=case.case_id, clock=rule.clock, number=run.number, leg=run.leg)
    unit.set_timer(timer_of(rule.clock, case.case_id), due_at, due)
    for number, minutes in enumerate(rule.warn_minutes, start=1):
        if number not in run.warned:
            warning = due.model_copy(update={"number": number, "warning": True})
            unit.set_timer(timer_of(rule.clock, case.case_id, number), at(timedelta(minutes=minutes)), warning)
    run = run.model_copy(update={"due_at": due_at})
    unit.save_clock(run)
    return run


def _left(rule: ClockRule, run: ClockRun, case: Case, unit: Unit) -> int:
    return int(remaining(run, rule.budget, unit.now, _measure(rule, case, unit)).total_seconds())


def _label(cause: str, unit: Unit) -> str:
    known = clocks(unit).cause(cause)
    return known.label if known else cause


def _begun(rule: ClockRule, run: ClockRun, begun: Iterable[Pause], case: Case, unit: Unit) -> list[Payload]:
    return [
        ClockPaused(
            case_id=case.case_id,
            clock=rule.clock,
            label=rule.label,
            cause=pause.cause,
            cause_label=_label(pause.cause, unit),
            owner=pause.owner,
            by=pause.by,
            remaining_seconds=_left(rule, run, case, unit),
        )
        for pause in begun
    ]


def _ended(rule: ClockRule, run: ClockRun, ended: Iterable[str], case: Case, by: str, unit: Unit) -> list[Payload]:
    return [
        ClockResumed(
            case_id=case.case_id,
            clock=rule.clock,
            label=rule.label,
            cause=cause,
            cause_label=_label(cause, unit),
            by=by,
            remaining_seconds=_left(rule, run, case, unit),
            due_at=run.due_at,
        )
        for cause in ended
    ]


def _stopped(rule: ClockRule, run: ClockRun, case: Case, unit: Unit, *, ended_in: CaseState) -> ClockStopped:
    """Forget the clock and its timers, and say how long it took."""
    cancel([rule], case.case_id, unit)
    unit.drop_clock(case.case_id, rule.clock)
    measure = _measure(rule, case, unit)
    causes = {cause: int(took.total_seconds()) for cause, took in paused(run, unit.now, measure).items()}
    net_seconds = int(net(run, unit.now, measure).total_seconds())
    return ClockStopped(
        case_id=case.case_id,
        clock=rule.clock,
        label=rule.label,
        business=rule.business_minutes is not None,
        started_at=run.started_at,
        budget_seconds=int(rule.budget.total_seconds()),
        gross_seconds=int(gross(run, unit.now, measure).total_seconds()),
        net_seconds=net_seconds,
        paused_seconds={cause: seconds for cause, seconds in sorted(causes.items()) if seconds},
        ended_in=ended_in,
        done=rule.to(case.order) and ended_in not in _WITHOUT_SERVICE,
    )
