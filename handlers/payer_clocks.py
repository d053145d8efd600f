"""Runs the days that payers, contracts and notices set: what happens when one is near or over, always with an owner."""

from __future__ import annotations

from collections.abc import Iterable

from doorstep.handler import Unit, on
from handlers.authorize import CLAIM, EXPIRY
from handlers.benefits import ANSWER, DECISION, PAYERS_WORD, timer_of, to_person
from handlers.denial import APPEAL, CONTESTS, PEER, set_appeal_clock
from schemas.case import Case, CaseClock, CaseState
from schemas.event import Event, Payload
from schemas.payer import CoverageStatus, Decision, PayerClockDue, PayerClockWarned, PayerFailed

_CLOSED = frozenset({CaseState.CANCELLED, CaseState.CLOSED_DENIED, CaseState.NOT_COVERED})
_DOES = {APPEAL: CONTESTS, PEER: CONTESTS, DECISION: PAYERS_WORD, CLAIM: ("claim",)}
_UNDECIDED = frozenset({Decision.SUBMITTED, Decision.PENDED})


def runs(data: PayerClockDue, case: Case) -> bool:
    """Say whether what the clock waits for has still not come."""
    match data.clock:
        case clock if clock == ANSWER:
            return case.eligibility is not None and case.eligibility.status is CoverageStatus.ASKED
        case clock if clock == DECISION:
            known = case.authorization
            return known is not None and known.decision in _UNDECIDED and known.paused_at is None
        case clock if clock == EXPIRY:
            return _ends_before_start(case)
        case clock if clock in {APPEAL, PEER}:
            return bool(case.appeals) and case.appeals[-1].filed_at is None and case.state is CaseState.DENIED
        case _:
            return True


def _ends_before_start(case: Case) -> bool:
    """Say whether the authorization still matters: no start is committed within it."""
    known = case.authorization
    if known is None or known.valid_to is None:
        return False
    return case.scheduled_start is None or case.scheduled_start.date() > known.valid_to


@on(PayerClockDue)
def payer_clocks(event: Event[PayerClockDue], unit: Unit) -> Iterable[Payload]:
    """Say that the time is near or over, put the case before a person, and go on without an answer on the coverage."""
    data, case = event.data, unit.case(event.data.case_id)
    if case is None or case.state in _CLOSED or not runs(data, case):
        return []
    if unit.now < data.due_at:
        told: Payload = PayerClockWarned(case_id=case.case_id, clock=data.clock, label=data.label, due_at=data.due_at)
    else:
        told = CaseClock(case_id=case.case_id, clock=data.clock, label=data.label, number=data.number)
    if data.clock == ANSWER and case.eligibility is not None:
        reason = "the payer did not answer in time"
        return [
            told,
            PayerFailed(case_id=case.case_id, trace=case.eligibility.trace, ask="eligibility", reason=reason),
        ]
    if data.clock == CLAIM:
        _set_last_day(case, data, unit)
    if data.clock == APPEAL:
        _set_next(case, data, unit)
    does = _DOES.get(data.clock, ())
    open_ones = ", ".join(one.label for one in case.asked) if data.clock == CLAIM else ""
    reason = f"{data.label}: {data.due_at.date()}" + (f"; still open: {open_ones}" if open_ones else "")
    return [
        told,
        *to_person(case, reason, unit, occasion=str(data.number), settled_by=does),
    ]


def _set_last_day(case: Case, data: PayerClockDue, unit: Unit) -> None:
    if unit.now < data.due_at:
        last = data.model_copy(update={"number": data.number + 1, "label": "The claim's last day is over"})
        unit.set_timer(timer_of(CLAIM, case.case_id), data.due_at, last)


def _set_next(case: Case, data: PayerClockDue, unit: Unit) -> None:
    if unit.now < data.due_at:
        set_appeal_clock(case, case.appeals[-1].until, unit, number=data.number + 1)
