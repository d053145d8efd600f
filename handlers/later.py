"""Asks for what a later gate wants: before the delivery once a start is committed, before the claim once it is done.

The elements, verdicts and words to the sender are those of before (`handlers.check`); only the case goes on meanwhile.
Of a case for which the member pays nothing is asked: these gates are the payer's.
"""

from __future__ import annotations

from collections.abc import Iterable

from doorstep.handler import Unit, on
from handlers.acknowledge import asked_again
from handlers.casework import answerable, ask_person, once, saved
from handlers.check import doubts, verdict_of
from handlers.link import ANSWERED
from schemas.case import (
    Case,
    CaseState,
    CaseStateChanged,
    CompletenessEvaluated,
    IdentityResolved,
    InformationRequested,
)
from schemas.element import DISPATCH, ElementResult, Gate, unmet
from schemas.event import Event, Payload
from schemas.order import ReferralReceived

_COMES = frozenset({CaseState.SCHEDULED, CaseState.FULFILLED})
BEFORE: dict[Gate, str] = {"delivery": "before the delivery", "claim": "before the claim"}


@on(CaseStateChanged, where=lambda data: data.to_state in _COMES)
def later(event: Event[CaseStateChanged], unit: Unit) -> Iterable[Payload]:
    """A gate lies ahead: ask its sender for what is open, once for the same."""
    case = unit.case(event.data.case_id)
    if case is None or case.state is not event.data.to_state or case.self_pay:
        return []
    first = case.document_ids[0]
    case, verdict, wanted = _judged(case, first, unit)
    if not wanted:
        return []
    told = _told(case, wanted, unit)
    if not told:  # it was asked for before: the case has lost its provider since
        return []
    asked = InformationRequested(case_id=case.case_id, document_id=first, elements=wanted, gate=case.gate)
    return [verdict, asked, *told, *doubts(case, wanted, first, unit)]


@on(IdentityResolved, where=lambda data: not data.duplicate and data.order.action != "cancel")
def supplied(event: Event[IdentityResolved], unit: Unit) -> Iterable[Payload]:
    """Something of it has come: judge anew. What came on paper and leaves something open, a person reads."""
    data = event.data
    case = unit.case(data.case_id)
    if case is None or case.gate == DISPATCH or case.self_pay:
        return []
    case, verdict, wanted = _judged(case, data.document_id, unit)
    came = unit.latest(ReferralReceived, data.document_id)
    if not wanted or data.rule != ANSWERED or came is None or came.data.answers_case is None:
        return [verdict]
    read = ask_person(
        unit,
        data.document_id,
        stage=f"supplied {case.case_id}",
        reason=f"an answer came to what is needed {BEFORE[case.gate]}: please read it",
        case_id=case.case_id,
        fields={one.element_id: one.ask for one in wanted},
        documents=data.order.documents,
    )
    return [verdict, *read]


def _judged(case: Case, document_id: str, unit: Unit) -> tuple[Case, CompletenessEvaluated, tuple[ElementResult, ...]]:
    """Keep with the case what its gate wants and is not there."""
    verdict = verdict_of(case, document_id, case.received_at.date(), unit)
    wanted = unmet(verdict.results, case.gate)
    if wanted != case.unmet:
        case = saved(case, unit, unmet=wanted)
    return case, verdict, wanted


def _told(case: Case, wanted: tuple[ElementResult, ...], unit: Unit) -> list[Payload]:
    if answerable(case.reply_to):
        return once(unit, asked_again(case, wanted, case.reply_to))
    labels = ", ".join(one.label for one in wanted)
    reason = f"the sender left no address to be asked for what is needed {BEFORE[case.gate]}: {labels}"
    stage = f"later {case.case_id} {case.gate}"
    return ask_person(unit, case.document_ids[0], stage=stage, reason=reason, case_id=case.case_id)
