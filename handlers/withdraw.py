"""Takes back what a payer was asked to authorize: the order was cancelled or changed, or another payer is asked now.

By the way the request went, under a trace number of its own (decisions 0071, 0089); else by a person.
"""

from __future__ import annotations

from collections.abc import Iterable

from doorstep.handler import Unit, on
from handlers.casework import ORDER_CANCELLED, ask_person, derived_id, once, payer_key, saved
from handlers.gate import codes_needing
from handlers.payers import facts_of, payer_of, policy_of, sent_to
from schemas.case import Case, CaseState, CaseStateChanged
from schemas.event import Event, Payload
from schemas.outbound import ConfirmationRequested
from schemas.payer import (
    Authorization,
    AuthorizationCancellationAnswered,
    AuthorizationWithdrawn,
    Decision,
    PayerFailed,
)

STANDING = frozenset(
    {
        Decision.SUBMITTED,
        Decision.PENDED,
        Decision.APPROVED,
        Decision.MODIFIED,
        Decision.PARTIAL,
        Decision.UNCLEAR,
    }
)
"""Decisions after which something stands at the payer that can be cancelled."""
OTHER_PAYER = "another payer is asked for the order now"
CHANGED = "the order changed since it was asked for"


@on(CaseStateChanged, where=lambda data: data.to_state is CaseState.CANCELLED)
def withdraw(event: Event[CaseStateChanged], unit: Unit) -> Iterable[Payload]:
    """A cancelled order needs no authorization any more."""
    case = unit.case(event.data.case_id)
    return withdrawn(case, ORDER_CANCELLED, unit) if case is not None else []


def outdated(case: Case, unit: Unit) -> tuple[Case, list[Payload]]:
    """Take back an authorization that is of another payer, or of another order, than the case has now.

    What is needed now is asked anew after it, in the same queue: the payer sees the cancellation first.
    """
    known, payer = case.authorization, payer_of(case.order)
    if known is None:
        return case, []
    if known.payer and payer and payer_key(unit, known.payer) != payer_key(unit, payer):
        return saved(case, unit, authorization=None), withdrawn(case, OTHER_PAYER, unit)
    if known.decision not in STANDING or not known.facts or known.facts == _facts_now(case, known, unit):
        return case, []
    told = withdrawn(case, CHANGED, unit)
    return saved(case, unit, authorization=None), told


def _facts_now(case: Case, known: Authorization, unit: Unit) -> str:
    """Return what would be asked now: what the rules want, or, where a person asked unasked, the same codes."""
    codes = codes_needing(case, policy_of(case.order, unit), unit)
    return facts_of("authorization", case.order, codes or known.codes)


def withdrawn(case: Case, reason: str, unit: Unit) -> list[Payload]:
    """Ask the payer, once for each number that it gave, to cancel what stands there; a person where no way leads."""
    known = case.authorization
    if known is None or known.decision not in STANDING:
        return []
    asked = unit.latest(ConfirmationRequested, known.trace)
    enquiry = asked.data.enquiry if asked else None
    told = AuthorizationWithdrawn(
        case_id=case.case_id,
        trace=known.trace,
        way=known.way if enquiry else "person",
        payer=known.payer,
        number=known.number,
        reason=reason,
    )
    if asked is None or enquiry is None:
        sent = _to_person(case, known.trace, f"{reason}: {_by_hand(known)}", unit)
    else:
        trace = derived_id("cancel", known.trace, known.number or "")
        cancels = {
            "ask": "authorization-cancellation",
            "trace": trace,
            "asked_at": unit.now,
            "authorization_number": known.number,
            "submitted": known.trace,
            "submitted_at": enquiry.asked_at,
        }
        partner = asked.data.recipient.address or ""
        sent = once(unit, sent_to(partner, case, enquiry.model_copy(update=cancels), trace))
    return [told, *sent] if sent else []


def _by_hand(known: Authorization) -> str:
    payer = known.payer or "the payer"
    if known.number is None and known.decision is Decision.SUBMITTED:
        return f"if {payer} was asked for an authorization, cancel it there"
    return f"cancel the authorization{f' {known.number}' if known.number else ''} at {payer}"


def _to_person(case: Case, trace: str, reason: str, unit: Unit) -> list[Payload]:
    stage = f"withdraw {trace} {reason}"
    return ask_person(unit, case.document_ids[-1], stage=stage, reason=reason, case_id=case.case_id)


@on(AuthorizationCancellationAnswered)
def answered(event: Event[AuthorizationCancellationAnswered], unit: Unit) -> Iterable[Payload]:
    """Keep that it is cancelled; any other word than that goes to a person."""
    data, case = event.data, unit.case(event.data.case_id)
    if case is None:
        return []
    if data.decision is not Decision.CANCELLED:
        reason = f"the payer has not confirmed that the authorization is cancelled: {data.decision}"
        return _to_person(case, data.trace, reason, unit)
    known = case.authorization
    if known is not None and known.trace == data.trace and known.decision in STANDING:
        done = {"decision": Decision.CANCELLED, "decided_at": unit.now, "decided_by": "payer"}
        saved(case, unit, authorization=known.model_copy(update=done))
    return []


@on(PayerFailed, where=lambda data: data.ask == "authorization-cancellation")
def failed(event: Event[PayerFailed], unit: Unit) -> Iterable[Payload]:
    """The cancellation did not reach the payer, or its answer is not usable: a person cancels instead."""
    data, case = event.data, unit.case(event.data.case_id)
    if case is None:
        return []
    return _to_person(case, data.trace, f"the authorization is not cancelled yet: {data.reason}", unit)
