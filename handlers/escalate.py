"""Escalations: three levels, each with a manager by name and a promised time; a broken promise goes up a level.

Each promise, and its end, is written to the manager where the rules name an address (`handlers.escalation_mail`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from doorstep.handler import Unit, on
from handlers.benefits import timer_of, to_person
from handlers.casework import clocks, rule, saved
from handlers.command import Outcome, Spoken, obeyed, says
from handlers.deadline import DISCHARGE
from handlers.escalation_mail import ENDS, written
from schemas.business import after_business_minutes
from schemas.case import CLOSED, Case, Escalation
from schemas.commands import Escalate, Resolve
from schemas.deadline import pressing_discharge
from schemas.desk import CaseEscalated, EscalationDue, EscalationResolved
from schemas.desk_rules import EscalationLevel, Escalations
from schemas.event import Event, Payload
from schemas.transmission import TransmissionReceived

TIMER = "escalation"
HUB = "hub"
LATEST = timedelta(days=30)
DAILY, WEEKLY = timedelta(days=1), timedelta(days=7)
"""How often the top is told again of what a clock has raised: who was told at night need not be told each hour, and who
has left a discharge for a week need not be told of it each day.
"""


@on(TransmissionReceived, where=says("escalate"))
def escalate(event: Event[TransmissionReceived], unit: Unit) -> Iterable[Payload]:
    return obeyed(event, unit, Escalate, _escalated)


@on(TransmissionReceived, where=says("resolve-escalation"))
def resolve(event: Event[TransmissionReceived], unit: Unit) -> Iterable[Payload]:
    return obeyed(event, unit, Resolve, _resolved)


def level_of(level: int, unit: Unit) -> EscalationLevel:
    levels = rule(unit, "escalations", Escalations).levels
    return levels[min(level, len(levels)) - 1]


def promised(at: EscalationLevel, case: Case, clock: str | None, unit: Unit) -> datetime:
    """Return by when a level answers: in business hours, but around the clock where a discharge has raised the case."""
    if clock == DISCHARGE:
        return unit.now + timedelta(minutes=at.answer_business_minutes)
    return after_business_minutes(unit.now, at.answer_business_minutes, clocks(unit).business, case.order)


def _escalated(spoken: Spoken, said: Escalate, unit: Unit) -> Outcome:
    case = spoken.case
    if case.state in CLOSED:
        return [], "the case is closed"
    eta = said.committed_eta.astimezone(UTC)
    if not unit.now < eta <= unit.now + LATEST:
        return [], "the promised time must lie ahead, within 30 days"
    if case.escalation is not None and said.level < case.escalation.level:
        return [], f"the case is at level {case.escalation.level} already"
    if case.escalation is not None and _same(case.escalation, said):
        return [], "the case is escalated so already"
    at = level_of(said.level, unit)
    raised = Escalation(
        level=said.level,
        reason=said.reason,
        supervisor=at.supervisor,
        manager_name=said.manager_name or at.manager_name,
        manager_contact=said.manager_contact or at.manager_contact,
        email=said.manager_email or at.email,
        committed_eta=eta,
        opened_by=said.agent,
        opened_at=unit.now,
    )
    return raise_to(case, raised, spoken.document_id, unit), None


def _same(now: Escalation, said: Escalate) -> bool:
    """Say whether two people (or one, twice) raise the case with the same words."""
    return (now.level, now.reason, now.committed_eta) == (said.level, said.reason, said.committed_eta.astimezone(UTC))


def raise_to(case: Case, raised: Escalation, cause_id: str, unit: Unit) -> list[Payload]:
    """Keep the escalation on the case, set the clock of its promise, and tell who answers for it."""
    case = saved(case, unit, escalation=raised)
    due = EscalationDue(case_id=case.case_id, level=raised.level, committed_eta=raised.committed_eta)
    unit.set_timer(timer_of(TIMER, case.case_id), raised.committed_eta, due)
    told = written(case, raised, cause_id, unit)
    return [CaseEscalated(case_id=case.case_id, escalation=raised, mailed=bool(told)), *told]


def _resolved(spoken: Spoken, said: Resolve, unit: Unit) -> Outcome:
    case = spoken.case
    if case.escalation is None:
        return [], "the case is not escalated"
    return ended(case, case.escalation, said.outcome, said.agent, spoken.document_id, unit), None


def ended(case: Case, known: Escalation, outcome: str, agent: str, cause_id: str, unit: Unit) -> list[Payload]:
    """Take the escalation off the case with the clock of its promise, and tell who answered for it."""
    unit.cancel_timer(timer_of(TIMER, case.case_id))
    case = saved(case, unit, escalation=None)
    told = written(case, known, cause_id, unit, resolved_by=agent)
    return [EscalationResolved(case_id=case.case_id, level=known.level, outcome=outcome, agent=agent), *told]


@on(EscalationDue)
def overdue(event: Event[EscalationDue], unit: Unit) -> Iterable[Payload]:
    """The promised time has passed: up a level, with a new promise; at the top a person is told again and again."""
    data, case = event.data, unit.case(event.data.case_id)
    now = case.escalation if case is not None else None
    if case is None or now is None or case.state in CLOSED:
        return []
    if (now.level, now.committed_eta) != (data.level, data.committed_eta):
        return []
    level = min(now.level + 1, len(rule(unit, "escalations", Escalations).levels))
    at = level_of(level, unit)
    again = level == now.level and now.clock is not None  # nobody is above, and no person has promised it anew
    pace = DAILY if pressing_discharge(case.order, unit.now) else WEEKLY
    raised = now.model_copy(
        update={
            "level": level,
            "reason": f"promised for {data.committed_eta:%Y-%m-%d %H:%M} UTC and not done: {now.reason}"[:400],
            "supervisor": at.supervisor,
            "manager_name": at.manager_name,
            "manager_contact": at.manager_contact,
            "email": at.email,
            "committed_eta": unit.now + pace if again else promised(at, case, now.clock, unit),
            "opened_by": HUB,
            "opened_at": unit.now,
        }
    )
    events = raise_to(case, raised, event.id, unit)
    fresh = unit.case(case.case_id) or case
    return [
        *events,
        *to_person(fresh, f"escalated to level {level}: {at.supervisor} answers for it", unit, settled_by=ENDS),
    ]
