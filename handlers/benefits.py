"""Takes a complete order through its payer: coverage, then authorization, then to the providers (`handlers.gate`)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from doorstep.handler import Unit, on
from handlers.casework import ask_person, moved, recalled, saved
from handlers.gate import Standing, Step, standing
from handlers.payers import decision_due, enquiry_of, facts_of, new_trace, payer_of, policy_of, sent_to, urgent
from handlers.withdraw import outdated
from schemas.case import Case, CaseState, CompletenessEvaluated
from schemas.event import Event, Payload
from schemas.payer import (
    DECISION_LABEL,
    Authorization,
    AuthorizationSubmitted,
    CoverageStatus,
    Decision,
    DispatchCleared,
    Eligibility,
    EligibilityAnswered,
    EligibilityRequested,
    PayerClockDue,
    PayerFailed,
)

BEFORE = frozenset(
    {CaseState.COMPLETE, CaseState.BENEFITS, CaseState.AUTH_PENDING, CaseState.AUTHORIZED, CaseState.DENIED}
)
"""States in which the gate decides what comes next."""
OFFERING = frozenset({CaseState.DISPATCHING, CaseState.UNDISPATCHABLE})
DECISION = "authorization decision"
ANSWER = "eligibility answer"


def timer_of(clock: str, case_id: str) -> str:
    return f"payer {clock} {case_id}"


@on(CompletenessEvaluated, where=lambda data: data.complete)
def benefits(event: Event[CompletenessEvaluated], unit: Unit) -> Iterable[Payload]:
    """A complete order goes to the gate."""
    case = unit.case(event.data.case_id)
    if case is None or case.state is not CaseState.COMPLETE:
        return []
    case, withdrawn = outdated(case, unit)
    if withdrawn:
        unit.cancel_timer(timer_of(DECISION, case.case_id))
    return [*withdrawn, *proceed(case, unit)]


def proceed(case: Case, unit: Unit) -> list[Payload]:
    """Do what the gate says comes next; the case is in a state before dispatch."""
    where = standing(case, unit)
    match where.step:
        case Step.CLEAR:
            return [DispatchCleared(case_id=case.case_id, cause=where.reason or "the order is complete")]
        case Step.ASK_ELIGIBILITY:
            return _ask_eligibility(case, unit)
        case Step.ASK_AUTHORIZATION:
            return _ask_authorization(case, where.codes, unit)
        case Step.HOLD:
            return _held(case, where, unit)
        case _:
            return []


def _held(case: Case, where: Standing, unit: Unit) -> list[Payload]:
    events: list[Payload] = []
    if case.state is CaseState.COMPLETE:
        denied = case.authorization is not None and case.authorization.decision is Decision.DENIED and case.denials
        case, change = moved(case, CaseState.DENIED if denied else CaseState.BENEFITS, unit, cause=where.reason)
        events.append(change)
    return [*events, *to_person(case, where.reason, unit, settled_by=PAYERS_WORD)]


PAYERS_WORD = ("authorization", "coverage", "denial")
"""What the desk may say of a case that does what a review about its payer asks for."""


def to_person(
    case: Case, reason: str, unit: Unit, *, occasion: str = "", settled_by: tuple[str, ...] = ()
) -> list[Payload]:
    """Put the case before a person for this reason, once for each revision of the case and occasion."""
    stage = f"payer {case.case_id} {reason} {case.revision} {occasion}"
    document_id = case.document_ids[-1]
    return ask_person(unit, document_id, stage=stage, reason=reason, case_id=case.case_id, settled_by=settled_by)


def _ask_eligibility(case: Case, unit: Unit) -> list[Payload]:
    policy = policy_of(case.order, unit)
    assert policy.eligibility is not None
    facts = facts_of("eligibility", case.order)
    trace = new_trace(case, "eligibility", facts)
    enquiry = enquiry_of(case, policy, "eligibility", "x12", trace, unit)
    if enquiry is None:
        return _held(case, Standing(Step.HOLD, "the payer cannot be asked: the member's id is missing"), unit)
    asked = Eligibility(trace=trace, facts=facts, status=CoverageStatus.ASKED, checked_at=unit.now)
    if case.state is CaseState.BENEFITS:
        case, changes = saved(case, unit, eligibility=asked), []
    else:
        case, change = moved(case, CaseState.BENEFITS, unit, cause="the coverage is checked", eligibility=asked)
        changes = [change]
    due_at = unit.now + timedelta(minutes=policy.eligibility.answer_minutes)
    due = PayerClockDue(
        case_id=case.case_id, clock=ANSWER, label="The payer's answer on the coverage", due_at=due_at, number=1
    )
    unit.set_timer(timer_of(ANSWER, case.case_id), due_at, due)
    requested = EligibilityRequested(
        case_id=case.case_id, trace=trace, payer=enquiry.payer, service_types=enquiry.service_types
    )
    return [*changes, requested, sent_to(policy.eligibility.partner, case, enquiry, trace)]


def decision_clock(case_id: str, due_at: datetime, unit: Unit) -> None:
    """Set the time by which the payer must have decided."""
    due = PayerClockDue(case_id=case_id, clock=DECISION, label=DECISION_LABEL, due_at=due_at, number=1)
    unit.set_timer(timer_of(DECISION, case_id), due_at, due)


def _ask_authorization(case: Case, codes: tuple[str, ...], unit: Unit) -> list[Payload]:
    policy = policy_of(case.order, unit)
    asking = policy.authorization
    facts = facts_of("authorization", case.order, codes)
    trace = new_trace(case, "authorization", facts)
    way = asking.way if asking else "person"
    enquiry = enquiry_of(case, policy, "authorization", way, trace, unit) if way != "person" else None
    due_at = decision_due(policy, case.order, codes, unit.now, unit)
    known = Authorization(
        trace=trace,
        facts=facts,
        way=way if enquiry else "person",
        payer=payer_of(case.order),
        decision=Decision.SUBMITTED,
        codes=codes,
        expedited=urgent(case.order),
        submitted_at=unit.now,
        due_at=due_at,
    )
    cause = "an authorization is needed"
    if case.state in {CaseState.AUTH_PENDING, CaseState.DENIED}:
        case, changes = saved(case, unit, authorization=known), []
    else:
        case, change = moved(case, CaseState.AUTH_PENDING, unit, cause=cause, authorization=known)
        changes = [change]
    decision_clock(case.case_id, due_at, unit)
    submitted = AuthorizationSubmitted(
        case_id=case.case_id, trace=trace, way=known.way, codes=codes, expedited=known.expedited, due_at=due_at
    )
    if enquiry is None or asking is None or asking.partner is None:
        sent: list[Payload] = to_person(
            case,
            f"an authorization for {', '.join(codes)} must be asked of {policy.payer}",
            unit,
            settled_by=PAYERS_WORD,
        )
    else:
        sent = [sent_to(asking.partner, case, enquiry, trace)]
    cleared = standing(case, unit)
    meanwhile = [DispatchCleared(case_id=case.case_id, cause=cleared.reason)] if cleared.step is Step.CLEAR else []
    return [*changes, submitted, *sent, *meanwhile]


@on(EligibilityAnswered)
def answered(event: Event[EligibilityAnswered], unit: Unit) -> Iterable[Payload]:
    """Keep what is said of the coverage and go on; an inactive one stops offers that are out, and a person looks."""
    case, said = unit.case(event.data.case_id), event.data.eligibility
    if case is None or case.eligibility is None or case.eligibility.trace != said.trace:
        return []
    unit.cancel_timer(timer_of(ANSWER, case.case_id))
    case = saved(case, unit, eligibility=said)
    where = standing(case, unit)
    if case.state in {CaseState.BENEFITS, CaseState.COMPLETE}:
        open_words = _unconfirmed(case, unit) if said.status is CoverageStatus.UNKNOWN else []
        return [*proceed(case, unit), *(open_words if where.step is not Step.HOLD else [])]
    if where.step is not Step.HOLD:
        return []
    return stopped(case, where.reason, CaseState.BENEFITS, unit)


def stopped(case: Case, reason: str, to: CaseState, unit: Unit) -> list[Payload]:
    """Stop offers that are out, for the payer spoke against it; what a provider holds already, a person decides."""
    events: list[Payload] = []
    if case.state in OFFERING:
        events += recalled(case.case_id, unit, reason=reason)
        unit.cancel_timer(f"offers {case.case_id}")
        case, change = moved(case, to, unit, cause=reason)
        events.append(change)
    return [*events, *to_person(case, reason, unit, settled_by=PAYERS_WORD)]


def _unconfirmed(case: Case, unit: Unit) -> list[Payload]:
    return to_person(
        case, "the coverage could not be confirmed; the order goes on without", unit, settled_by=("coverage",)
    )


@on(PayerFailed, where=lambda data: data.ask == "eligibility")
def unanswered(event: Event[PayerFailed], unit: Unit) -> Iterable[Payload]:
    """No usable answer on the coverage: what the payer's rules say (`fail`), and a person is told either way."""
    case = unit.case(event.data.case_id)
    if case is None or case.eligibility is None or case.eligibility.trace != event.data.trace:
        return []
    if case.eligibility.status is not CoverageStatus.ASKED:
        return []
    unit.cancel_timer(timer_of(ANSWER, case.case_id))
    case = saved(case, unit, eligibility=case.eligibility.model_copy(update={"status": CoverageStatus.UNKNOWN}))
    if case.state is not CaseState.BENEFITS:
        return []
    events = proceed(case, unit)
    held = standing(case, unit).step is Step.HOLD
    return events if held else [*events, *_unconfirmed(case, unit)]
