"""A payer that asks back before it decides: its clock stands still until somebody has sent what it wants.

A pended answer that asks for nothing is the payer's own time: its clock runs on (decision 0107).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from doorstep.handler import Unit, on
from handlers.benefits import DECISION, PAYERS_WORD, decision_clock, timer_of, to_person
from handlers.casework import clocks, saved
from handlers.command import Outcome, Spoken, obeyed, says
from handlers.payers import decision_limit, policy_of
from schemas.case import Case
from schemas.clock import ClockPaused, ClockResumed
from schemas.commands import InformationSent
from schemas.desk import PayerInformed
from schemas.event import Event, Payload
from schemas.net_time import Measure
from schemas.payer import DECISION_LABEL, Authorization, Decision
from schemas.transmission import TransmissionReceived

SENT = "information-sent"
SETTLES = (*PAYERS_WORD, SENT)
CAUSE = "payer-asks"
LABEL = "The payer waits for information that it asked for"
OWNER = "case manager"


def asked_back(case: Case, said: Authorization, unit: Unit) -> list[Payload]:
    """Keep what the payer wants, let its clock stand still, and put it before a person; said again, nothing changes."""
    known = case.authorization
    wants = tuple(want for want in said.wants if known is not None and want not in known.sent)
    if known is None or not wants or wants == known.wants:
        return []
    still = known.paused_at is None and _pauses(case, known, unit)
    kept = known.model_copy(update={"wants": wants, "paused_at": unit.now if still else known.paused_at})
    case = saved(case, unit, authorization=kept)
    events: list[Payload] = []
    if still:
        unit.cancel_timer(timer_of(DECISION, case.case_id))
        paused = ClockPaused(
            case_id=case.case_id,
            clock=DECISION,
            label=DECISION_LABEL,
            cause=CAUSE,
            cause_label=LABEL,
            owner=OWNER,
            by=said.decided_by,
            remaining_seconds=int(_left(case, kept, unit).total_seconds()),
        )
        events.append(paused)
    reason = f"the payer waits for information: {'; '.join(wants)}"[:400]
    return [*events, *to_person(case, reason, unit, settled_by=SETTLES)]


def _limit(case: Case, known: Authorization, unit: Unit) -> tuple[Measure, bool]:
    policy = policy_of(case.order, unit)
    limit, pauses = decision_limit(policy, case.order, known.codes, known.submitted_at, unit)
    hours = clocks(unit).business if limit.business_days is not None else None
    return Measure(hours, case.order), pauses


def _pauses(case: Case, known: Authorization, unit: Unit) -> bool:
    """Say whether the payer's clock may stand still: by its rules, and while it has not run out."""
    return known.due_at is not None and unit.now < known.due_at and _limit(case, known, unit)[1]


def _left(case: Case, known: Authorization, unit: Unit) -> timedelta:
    assert known.due_at is not None
    return _limit(case, known, unit)[0].between(known.paused_at or unit.now, known.due_at)


@on(TransmissionReceived, where=says(SENT))
def information_sent(event: Event[TransmissionReceived], unit: Unit) -> Iterable[Payload]:
    return obeyed(event, unit, InformationSent, _sent)


def _sent(spoken: Spoken, said: InformationSent, unit: Unit) -> Outcome:
    """What the payer asked for is on its way to it: its clock goes on with what was left."""
    case, known = spoken.case, spoken.case.authorization
    if known is None or known.decision is not Decision.PENDED or not known.wants:
        return [], "the payer does not wait for information"
    told = PayerInformed(case_id=case.case_id, trace=known.trace, wants=known.wants, by=said.agent, note=said.note)
    done = {"wants": (), "sent": (*known.sent, *known.wants)}
    if known.paused_at is None:
        saved(case, unit, authorization=known.model_copy(update=done))
        return [told], None
    left = _left(case, known, unit)
    due_at: datetime = _limit(case, known, unit)[0].after(unit.now, left)
    saved(case, unit, authorization=known.model_copy(update={**done, "paused_at": None, "due_at": due_at}))
    decision_clock(case.case_id, due_at, unit)
    resumed = ClockResumed(
        case_id=case.case_id,
        clock=DECISION,
        label=DECISION_LABEL,
        cause=CAUSE,
        cause_label=LABEL,
        by=said.agent,
        remaining_seconds=int(left.total_seconds()),
        due_at=due_at,
    )
    return [told, resumed], None
