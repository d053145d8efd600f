"""Is the order complete? The required elements are data in `rules/elements`; nothing is required here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType

from doorstep.handler import Unit, on
from handlers.casework import ask_person, day_of, moved, primary_payer, rulesets_for
from handlers.decide import CONFIRMED
from schemas.case import (
    Case,
    CaseState,
    CompletenessEvaluated,
    IdentityResolved,
    InformationRequested,
)
from schemas.element import (
    DISPATCH,
    GATES,
    UNMET,
    ElementResult,
    ElementStatus,
    Gate,
    Waiver,
    unmet,
)
from schemas.event import Event, Payload
from schemas.order import Order
from schemas.rules import Element, Ruleset

_OF_THE_SENDER = {ElementStatus.MISSING, ElementStatus.STALE}
"""What only the sender can mend; of the others a person looks first."""


def evaluate(
    order: Order,
    rulesets: Sequence[Ruleset],
    as_of: date,
    *,
    gate: Gate = "intake",
    received: date | None = None,
    waived: Mapping[str, Waiver] = MappingProxyType({}),
) -> tuple[ElementResult, ...]:
    """Return the verdict on every element up to this gate that is in force on that day.

    An element of a later ruleset replaces the one of the same id before it. Dates are held against the day of
    receipt only where it is given: a paper from the archive is not implausible.
    """
    reached = GATES[: GATES.index(gate) + 1]
    elements: dict[str, Element] = {}
    for ruleset in rulesets:
        if ruleset.effective.on(as_of) and ruleset.applies.to(order):
            elements.update({element.id: element for element in ruleset.elements if element.gate in reached})
    verdicts = (_verdict(element, order, as_of, received) for element in elements.values())
    return tuple(_waived(one, waived.get(one.element_id)) for one in verdicts)


def _waived(result: ElementResult, by: Waiver | None) -> ElementResult:
    if by is None or result.status not in UNMET:
        return result
    return result.model_copy(update={"status": ElementStatus.WAIVED, "why": f"{by.by}: {by.reason}"})


def _verdict(element: Element, order: Order, as_of: date, received: date | None) -> ElementResult:
    status = _status(element, order, as_of)
    ask = element.ask
    if status is ElementStatus.UNREADABLE:
        ask = f"{element.label}: we could not read it with certainty; please send it again clearly."
    elif status is ElementStatus.CONFLICTING:
        ask = f"{element.label}: what we received contradicts itself; please confirm which is right."
    elif status is ElementStatus.STALE:
        ask = f"{element.label}: what we received is too old; please send a newer one."
    elif status is ElementStatus.MET and element.doubt and not _believed(element, order, received):
        status, ask = ElementStatus.CONFLICTING, element.doubt
    return ElementResult(
        element_id=element.id,
        label=element.label,
        status=status,
        severity=element.severity,
        ask=ask,
        cite=element.cite,
        gate=element.gate,
    )


def _status(element: Element, order: Order, as_of: date) -> ElementStatus:
    if not element.applies(order, as_of):
        return ElementStatus.NOT_APPLICABLE
    if element.id in order.conflicting:
        return ElementStatus.CONFLICTING
    good = [(way, value) for way in element.ways() for value in way.good(order, as_of)]
    if good:
        old = all(way.stale(value, order, as_of) for way, value in good)
        return ElementStatus.STALE if old else ElementStatus.MET
    return ElementStatus.UNREADABLE if element.id in order.unreadable else ElementStatus.MISSING


def _believed(element: Element, order: Order, received: date | None) -> bool:
    """Say whether every value is plausible, or a person has said that it is right."""
    said = order.evidence.get(element.id)
    if element.plausible is None or (said is not None and CONFIRMED in said.validators):
        return True
    values = [v for v in element.values(order) if received is not None or not isinstance(v, date)]
    return all(element.plausible.believes(value, received or date.min) for value in values)


def judged(case: Case, received: date, unit: Unit) -> tuple[tuple[Ruleset, ...], tuple[ElementResult, ...]]:
    """Return the rulesets for a case's order as it stands, and the verdict on every element of every gate."""
    rulesets = rulesets_for(unit, case.order.order_type, primary_payer(case.order))
    as_of = day_of(case.order, received)
    return rulesets, evaluate(case.order, rulesets, as_of, gate=GATES[-1], received=received, waived=case.waived)


@on(IdentityResolved, where=lambda data: not data.duplicate and data.order.action != "cancel")
def check(event: Event[IdentityResolved], unit: Unit) -> Iterable[Payload]:
    """Judge the case's order as it stands now, and move the case if it is waiting for that."""
    data = event.data
    case = unit.case(data.case_id)
    if case is None or case.gate != DISPATCH:  # what later gates want is `handlers.later`'s
        return []
    last = unit.latest(CompletenessEvaluated, case.case_id)
    if case.state is not CaseState.OPEN and last is not None and last.data.document_id == data.document_id:
        return []
    verdict = verdict_of(case, data.document_id, data.received_at.date(), unit)
    if case.state is not CaseState.OPEN:
        return [verdict]
    return [verdict, *_follow_up(case, unmet(verdict.results), data.document_id, unit)]


def verdict_of(case: Case, document_id: str, received: date, unit: Unit) -> CompletenessEvaluated:
    """Return the verdict on a case's order as it stands, at the gate that lies before it."""
    rulesets, results = judged(case, received, unit)
    return CompletenessEvaluated(
        case_id=case.case_id,
        document_id=document_id,
        rulesets=tuple(f"{ruleset.ruleset}@{ruleset.version}" for ruleset in rulesets),
        gate=case.gate,
        results=results,
        complete=not unmet(results, case.gate),
    )


MOST_ROUNDS = 3
"""Requests to the sender after which a person calls (hub service policy: up to three rounds of clarification)."""


def _follow_up(case: Case, open_elements: tuple[ElementResult, ...], document_id: str, unit: Unit) -> list[Payload]:
    if not open_elements:
        return [moved(case, CaseState.COMPLETE, unit, cause="every element up to dispatch is met", unmet=())[1]]
    cause, rounds = "elements up to dispatch are unmet", case.rounds + 1
    _, change = moved(case, CaseState.INCOMPLETE, unit, cause=cause, unmet=open_elements, rounds=rounds)
    asked = InformationRequested(case_id=case.case_id, document_id=document_id, elements=open_elements)
    told: list[Payload] = [change, asked]
    if rounds > MOST_ROUNDS:
        reason = f"asked {MOST_ROUNDS} times, and it is not complete: please call the sender"
        stage = f"rounds {case.case_id} {rounds}"
        told += ask_person(unit, document_id, stage=stage, reason=reason, case_id=case.case_id)
    return [*told, *doubts(case, open_elements, document_id, unit)]


def doubts(case: Case, open_elements: Sequence[ElementResult], document_id: str, unit: Unit) -> list[Payload]:
    """Put before a person what was said of these elements and is not certain."""
    doubtful = {r.element_id: r.ask for r in open_elements if r.status not in _OF_THE_SENDER}
    if not doubtful:
        return []
    return ask_person(
        unit,
        document_id,
        stage=f"check {case.case_id}",
        reason="values are not certain",
        case_id=case.case_id,
        fields={n: case.order.unreadable.get(n) or case.order.conflicting.get(n) or why for n, why in doubtful.items()},
        documents=case.order.documents,
    )
