"""The discharge deadline of an order: when it is, whether a committed start misses it, and what is told at once."""

from __future__ import annotations

from datetime import datetime, timedelta

from doorstep.handler import Unit
from handlers.casework import ask_person, clocks
from schemas.case import Case, CaseClock
from schemas.deadline import pressing_discharge
from schemas.event import Payload
from schemas.order import Order

DISCHARGE = "discharge"
"""The clock's name in rules/clocks.yaml."""


def misses_discharge(start: datetime, case: Case) -> bool:
    """Say whether a start comes after the member has left the hospital."""
    deadline = pressing_discharge(case.order, case.received_at)
    return deadline is not None and start > deadline


def too_late_to_answer(respond_by: datetime, order: Order, unit: Unit) -> bool:
    """Say whether an offer that is answered by then comes after the discharge's own clock has run out."""
    deadline = pressing_discharge(order, unit.now)
    if deadline is None:
        return False
    before = next((rule.elapsed_minutes for rule in clocks(unit).case if rule.clock == DISCHARGE), None)
    return respond_by > deadline + timedelta(minutes=before or 0)


def at_risk(case: Case, reason: str, document_id: str, unit: Unit) -> list[Payload]:
    """Tell at once that the discharge cannot be met as things stand: a breach, and a person who must act."""
    breach = CaseClock(case_id=case.case_id, clock=DISCHARGE, label=f"Discharge: {reason}", number=1)
    stage = f"discharge {case.case_id} {case.dispatch_round} {case.scheduled_start}"
    return [breach, *ask_person(unit, document_id, stage=stage, reason=f"discharge: {reason}", case_id=case.case_id)]
