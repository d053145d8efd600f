"""Escalates what a clock says cannot wait, and ends that escalation when the clock has no reason any more."""

from __future__ import annotations

from collections.abc import Iterable

from doorstep.handler import Unit, on
from handlers.casework import clocks, rule, settle_review
from handlers.escalate import HUB, ended, level_of, promised, raise_to
from handlers.escalation_mail import ENDS
from schemas.case import Case, CaseStateChanged, Escalation
from schemas.clock_rules import ClockRule
from schemas.desk_rules import Escalations
from schemas.event import Event, Payload


def raise_for(of: ClockRule, case: Case, what: str, cause_id: str, unit: Unit) -> list[Payload]:
    """Raise the case for this clock: to the first level, or one above where the clock has raised it before.

    Where somebody has promised something already, that promise stands.
    """
    now = case.escalation
    if now is not None and now.clock != of.clock:
        return []
    top = len(rule(unit, "escalations", Escalations).levels)
    level = 1 if now is None else now.level + 1
    if level > top:
        return []
    at = level_of(level, unit)
    raised = Escalation(
        level=level,
        reason=f"{of.label}: {what}",
        supervisor=at.supervisor,
        manager_name=at.manager_name,
        manager_contact=at.manager_contact,
        email=at.email,
        committed_eta=promised(at, case, of.clock, unit),
        clock=of.clock,
        opened_by=HUB,
        opened_at=unit.now,
    )
    return raise_to(case, raised, cause_id, unit)


@on(CaseStateChanged)
def alarm(event: Event[CaseStateChanged], unit: Unit) -> Iterable[Payload]:
    """The case has moved on: what a clock has raised may be over."""
    case = unit.case(event.data.case_id)
    if case is None or case.escalation is None:
        return []
    of = next((one for one in clocks(unit).case if one.clock == case.escalation.clock), None)
    if of is None or (case.state in clocks(unit).lives(of) and of.to(case.order)):
        return []
    return lowered(case, f"the case is {case.state}", event.id, unit)


def lowered(case: Case, why: str, cause_id: str, unit: Unit) -> list[Payload]:
    """End an escalation that a clock has raised, and what a person was asked about it."""
    known = case.escalation
    if known is None or known.clock is None:
        return []
    over = ended(case, known, why, HUB, cause_id, unit)
    asked = [review for review in unit.open_reviews(case.case_id) if ENDS[0] in review.settled_by]
    return [*over, *(settle_review(review, ENDS[0], HUB, unit) for review in asked)]
