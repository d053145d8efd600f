"""Takes decisions on authorizations, asks again about pended ones; what is not a plain yes goes to a person."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from doorstep.handler import Unit, on
from handlers.benefits import BEFORE, DECISION, PAYERS_WORD, proceed, stopped, timer_of, to_person
from handlers.casework import ORDER_CANCELLED, derived_id, moved, once, saved
from handlers.denial import denied, end_of
from handlers.payers import enquiry_of, policy_of, sent_to, window_of
from handlers.pends import asked_back
from handlers.withdraw import withdrawn
from schemas.case import Case, CaseState
from schemas.event import Event, Payload
from schemas.payer import (
    Authorization,
    AuthorizationDecided,
    AuthorizationInquiryDue,
    Decision,
    PayerClockDue,
    PayerFailed,
)
from schemas.service import ServiceCompleted, ServiceScheduled

EXPIRY = "authorization expiry"
INQUIRY = "authorization inquiry"
CLAIM = "claim"
_YES = frozenset({Decision.APPROVED, Decision.NOT_REQUIRED})
_OPEN = frozenset({Decision.SUBMITTED, Decision.PENDED})
WAITING = frozenset({CaseState.AUTH_PENDING, CaseState.DENIED, CaseState.APPEALING, CaseState.EXTERNAL_REVIEW})
LONGEST_INQUIRY = timedelta(days=1)


@on(AuthorizationDecided)
def authorize(event: Event[AuthorizationDecided], unit: Unit) -> Iterable[Payload]:
    """Keep the decision and do what follows from it; one for an earlier request, or the same again, changes nothing."""
    data, case = event.data, unit.case(event.data.case_id)
    if case is None or case.authorization is None or case.authorization.trace != data.authorization.trace:
        return []
    known, said = case.authorization, data.authorization
    if said.decision is Decision.PENDED:
        return _pended(case, said, unit)
    if known.decision is said.decision and known.number == said.number and known.decided_by == said.decided_by:
        return []
    if case.state is CaseState.CANCELLED:
        return withdrawn(saved(case, unit, authorization=said), ORDER_CANCELLED, unit)
    unit.cancel_timer(timer_of(DECISION, case.case_id))
    unit.cancel_timer(timer_of(INQUIRY, case.case_id))
    if said.decision in _YES:
        return _approved(case, said, unit)
    case = saved(case, unit, authorization=said)
    if said.decision is Decision.DENIED:
        return denied(case, data, unit)
    reason = {
        Decision.MODIFIED: "the payer authorized other than was asked",
        Decision.PARTIAL: "the payer authorized only a part",
        Decision.CANCELLED: "the payer cancelled the authorization",
    }.get(said.decision, "the payer's decision on the authorization is not clear")
    return stopped(case, reason, CaseState.AUTH_PENDING, unit)


def _approved(case: Case, said: Authorization, unit: Unit) -> list[Payload]:
    events: list[Payload] = []
    if case.state in WAITING:
        cause = "the payer has authorized it" if said.decision is Decision.APPROVED else "no authorization is needed"
        case, change = moved(case, CaseState.AUTHORIZED, unit, cause=cause, authorization=said)
        events.append(change)
    else:
        case = saved(case, unit, authorization=said)
    _watch_expiry(case, said, unit)
    return [*events, *(proceed(case, unit) if case.state in BEFORE else [])]


def _watch_expiry(case: Case, said: Authorization, unit: Unit) -> None:
    policy = policy_of(case.order, unit).authorization
    if said.valid_to is None:
        return
    last = end_of(said.valid_to)
    at = max(last - timedelta(days=policy.warn_days if policy else 10), unit.now + timedelta(minutes=1))
    due = PayerClockDue(
        case_id=case.case_id, clock=EXPIRY, label="The authorization's last day is near", due_at=last, number=1
    )
    unit.set_timer(timer_of(EXPIRY, case.case_id), at, due)


def _pended(case: Case, said: Authorization, unit: Unit) -> list[Payload]:
    """Keep that it is pended and set the time to ask again; where the payer asks back, its clock stands still."""
    assert case.authorization is not None
    if case.authorization.decision not in _OPEN:
        return []
    if case.authorization.decision is Decision.SUBMITTED:
        case = saved(case, unit, authorization=said.model_copy(update={"wants": ()}))
    _set_inquiry(case, unit, number=1, only_if_first=True)
    return asked_back(case, said, unit)


def _set_inquiry(case: Case, unit: Unit, *, number: int, only_if_first: bool = False) -> None:
    """Set the next inquiry, each twice as late as the one before; after a pended answer the one that is set stands."""
    policy, known = policy_of(case.order, unit).authorization, case.authorization
    if known is None or known.way != "pas" or policy is None:
        return
    asked_before = unit.latest(AuthorizationInquiryDue, case.case_id)
    if only_if_first and asked_before is not None and asked_before.data.trace == known.trace:
        return
    pause = min(timedelta(minutes=policy.inquire_minutes * 2 ** min(number - 1, 20)), LONGEST_INQUIRY)
    due = AuthorizationInquiryDue(case_id=case.case_id, trace=known.trace, number=number)
    unit.set_timer(timer_of(INQUIRY, case.case_id), unit.now + pause, due)


@on(AuthorizationInquiryDue)
def inquire(event: Event[AuthorizationInquiryDue], unit: Unit) -> Iterable[Payload]:
    """Ask the payer what became of it, and set the next time."""
    data, case = event.data, unit.case(event.data.case_id)
    known = case.authorization if case is not None else None
    if case is None or known is None or known.trace != data.trace or known.decision is not Decision.PENDED:
        return []
    if case.state is CaseState.CANCELLED:
        return []
    _set_inquiry(case, unit, number=data.number + 1)
    return _inquiry(case, known, str(data.number), unit)


def _inquiry(case: Case, known: Authorization, number: str, unit: Unit) -> list[Payload]:
    policy = policy_of(case.order, unit)
    trace = derived_id("inquiry", known.trace, number)
    enquiry = enquiry_of(case, policy, "authorization-inquiry", known.way, trace, unit)
    if enquiry is None or policy.authorization is None or policy.authorization.partner is None:
        return []
    about = enquiry.model_copy(update={"submitted": known.trace, "authorization_number": known.number})
    return once(unit, sent_to(policy.authorization.partner, case, about, trace))


@on(ServiceScheduled)
def scheduled(event: Event[ServiceScheduled], unit: Unit) -> Iterable[Payload]:
    """Hold the start against the authorization's last day, and start the clock of the claim."""
    data, case = event.data, unit.case(event.data.case_id)
    if case is None or case.self_pay:
        return []
    day = data.start.date()
    _set_claim_clock(case, day, unit)
    known = case.authorization
    if known is None or known.valid_to is None or day <= known.valid_to:
        return []
    return to_person(case, f"the start is after the authorization's last day, {known.valid_to}", unit)


@on(ServiceCompleted)
def served(event: Event[ServiceCompleted], unit: Unit) -> Iterable[Payload]:
    """The claim's clock counts from the day of service as it was; an authorization's last day matters no more."""
    case = unit.case(event.data.case_id)
    if case is not None and not case.self_pay:
        unit.cancel_timer(timer_of(EXPIRY, case.case_id))
        _set_claim_clock(case, event.data.proof.completed_at.date(), unit)
    return []


def _set_claim_clock(case: Case, day: date, unit: Unit) -> None:
    window = window_of(policy_of(case.order, unit).claim, day)
    if window is None:
        return
    last = end_of(day + timedelta(days=window.days))
    label = "The claim's last day is near"
    due = PayerClockDue(case_id=case.case_id, clock=CLAIM, label=label, due_at=last, number=1)
    unit.set_timer(timer_of(CLAIM, case.case_id), last - timedelta(days=min(14, window.days // 2)), due)


@on(PayerFailed, where=lambda data: data.ask in {"authorization", "authorization-inquiry"})
def failed(event: Event[PayerFailed], unit: Unit) -> Iterable[Payload]:
    """A request for authorization did not reach the payer, or the answer is not usable: a person asks instead."""
    data, case = event.data, unit.case(event.data.case_id)
    known = case.authorization if case is not None else None
    if case is None or known is None or known.trace != data.trace or known.decision not in _OPEN:
        return []
    return to_person(case, data.reason, unit, settled_by=PAYERS_WORD)
