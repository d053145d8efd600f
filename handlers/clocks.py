"""Runs the clocks of a case: what must have moved by when, whom to remind, and when a person takes over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from doorstep.handler import Unit, on
from handlers.business import after_business_minutes
from handlers.casework import answerable, ask_person, clocks, derived_id, once
from schemas.case import Case, CaseClock, CaseStateChanged, ClockDue
from schemas.event import Event, Payload
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.rules import ClockRule


def timer_of(clock: str, case_id: str) -> str:
    return f"clock {clock} {case_id}"


def due_at(rule: ClockRule, case: Case, since: datetime, unit: Unit) -> datetime:
    """Return when a clock that began at `since` runs out."""
    if rule.business_minutes is not None:
        return after_business_minutes(since, rule.business_minutes, clocks(unit).business, case.order)
    return since + timedelta(minutes=rule.elapsed_minutes or 0)


@on(CaseStateChanged)
def clocks_of(event: Event[CaseStateChanged], unit: Unit) -> Iterable[Payload]:
    """Start the clocks of the state that a case came into, and stop those of the state that it left."""
    case = unit.case(event.data.case_id)
    if case is None:
        return []
    for rule in clocks(unit).case:
        running = case.state in rule.while_
        if not running:
            unit.cancel_timer(timer_of(rule.clock, case.case_id))
        elif event.data.from_state not in rule.while_:
            _set(rule, case, unit, number=1)
    return []


def _set(rule: ClockRule, case: Case, unit: Unit, *, number: int) -> None:
    due = ClockDue(case_id=case.case_id, clock=rule.clock, number=number)
    unit.set_timer(timer_of(rule.clock, case.case_id), due_at(rule, case, unit.now, unit), due)


@on(ClockDue)
def due(event: Event[ClockDue], unit: Unit) -> Iterable[Payload]:
    """Remind the sender while reminders are left, then put the case before a person."""
    data = event.data
    case = unit.case(data.case_id)
    rule = next((rule for rule in clocks(unit).case if rule.clock == data.clock), None)
    if case is None or rule is None or case.state not in rule.while_:
        return []
    ran_out = CaseClock(case_id=case.case_id, clock=rule.clock, label=rule.label, number=data.number)
    if data.number <= rule.reminders and answerable(case.reply_to):
        _set(rule, case, unit, number=data.number + 1)
        return [ran_out, *_reminder(case, data.number, unit)]
    reason = f"{rule.label}: not done in time"
    stage = f"clock {rule.clock} {case.case_id} {data.number}"
    return [ran_out, *ask_person(unit, case.document_ids[-1], stage=stage, reason=reason, case_id=case.case_id)]


def _reminder(case: Case, number: int, unit: Unit) -> list[Payload]:
    assert case.reply_to is not None
    return once(
        unit,
        ConfirmationRequested(
            confirmation_id=derived_id("reminder", case.case_id, str(case.revision), str(number)),
            kind=ConfirmationKind.INFORMATION_REQUESTED,
            recipient=case.reply_to,
            case_id=case.case_id,
            document_id=case.document_ids[-1],
            reference=case.case_id,
            manager=case.manager,
            case_state=case.state.value,
            asks=tuple(element.ask for element in case.unmet),
        ),
    )
