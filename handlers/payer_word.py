"""What a person learnt from a payer: about the coverage, an authorization, a denial by letter, the claim."""

from __future__ import annotations

from collections.abc import Iterable

from doorstep.handler import Unit, on
from handlers.authorize import CLAIM
from handlers.benefits import BEFORE, OFFERING, timer_of
from handlers.casework import moved, saved
from handlers.command import Outcome, Spoken, obeyed, says, unusable
from handlers.denial import denial_of, recorded
from handlers.gate import codes_needing
from handlers.payers import facts_of, new_trace, payer_of, policy_of
from schemas.case import CLOSED, CaseState
from schemas.commands import AuthorizationWord, ClaimFiled, Coverage, DenialTerms, DenialWord
from schemas.desk import ClaimNoted
from schemas.event import Event, Payload
from schemas.payer import (
    Authorization,
    AuthorizationDecided,
    AuthorizedLine,
    CoverageStatus,
    Decision,
    Denial,
    DispatchCleared,
    Eligibility,
    EligibilityAnswered,
    Reason,
)
from schemas.transmission import TransmissionReceived


@on(TransmissionReceived, where=says("coverage"))
def coverage(event: Event[TransmissionReceived], unit: Unit) -> Iterable[Payload]:
    return obeyed(event, unit, Coverage, _covered)


@on(TransmissionReceived, where=says("authorization"))
def authorization(event: Event[TransmissionReceived], unit: Unit) -> Iterable[Payload]:
    return obeyed(event, unit, AuthorizationWord, _authorized)


@on(TransmissionReceived, where=says("denial"))
def denial(event: Event[TransmissionReceived], unit: Unit) -> Iterable[Payload]:
    return obeyed(event, unit, DenialWord, _denied)


@on(TransmissionReceived, where=says("claim"))
def claim(event: Event[TransmissionReceived], unit: Unit) -> Iterable[Payload]:
    return obeyed(event, unit, ClaimFiled, _claimed)


def _covered(spoken: Spoken, said: Coverage, unit: Unit) -> Outcome:
    case = spoken.case
    if case.state in CLOSED:
        return [], "the case is closed"
    if said.status == "close":
        if case.state not in {CaseState.BENEFITS, CaseState.AUTH_PENDING}:
            return [], "only a case that waits for its payer can be closed as not covered"
        return [moved(case, CaseState.NOT_COVERED, unit, cause=f"not covered: {said.note}"[:200])[1]], None
    if said.status == "self-pay":
        if case.state in {CaseState.APPEALING, CaseState.EXTERNAL_REVIEW}:
            return [], "an appeal is under way: enter its decision first"
        case = saved(case, unit, self_pay=True)
        if case.state not in BEFORE:
            return [], None
        return [DispatchCleared(case_id=case.case_id, cause="the member pays")], None
    facts = facts_of("eligibility", case.order)
    known = case.eligibility
    if known is None or known.facts != facts:
        trace = new_trace(case, "eligibility", facts)
        asked = Eligibility(trace=trace, facts=facts, status=CoverageStatus.ASKED, checked_at=unit.now)
        case = saved(case, unit, eligibility=asked)
    assert case.eligibility is not None
    word = case.eligibility.model_copy(
        update={
            "status": CoverageStatus(said.status),
            "plan": said.plan or case.eligibility.plan,
            "begins": said.begins,
            "ends": said.ends,
            "service_covered": True if said.status == "active" else case.eligibility.service_covered,
            "reasons": (Reason(system="text", text=said.note[:200]),),
            "checked_at": unit.now,
            "checked_by": said.agent,
        }
    )
    return [EligibilityAnswered(case_id=case.case_id, eligibility=word, document_id=spoken.document_id)], None


_DECISIONS = {
    "approved": Decision.APPROVED,
    "not-required": Decision.NOT_REQUIRED,
    "partial": Decision.PARTIAL,
    "modified": Decision.MODIFIED,
    "pended": Decision.PENDED,
    "denied": Decision.DENIED,
}


def _authorized(spoken: Spoken, said: AuthorizationWord, unit: Unit) -> Outcome:
    case = spoken.case
    if case.state in CLOSED:
        return [], "the case is closed"
    if said.valid_to is not None and said.valid_to < unit.now.date():
        return [], "the authorization has expired"
    known = case.authorization
    codes = codes_needing(case, policy_of(case.order, unit), unit) or tuple(
        line.code for line in case.order.lines if line.code
    )
    facts = facts_of("authorization", case.order, codes)
    current = known is not None and known.facts == facts
    asked = set(known.codes) if known is not None and current else set(codes)
    if (refusal := _unfit(spoken, said, asked, unit)) is not None:
        return [], refusal
    if known is None or not current:
        known = Authorization(
            trace=new_trace(case, "authorization", facts),
            facts=facts,
            way="person",
            payer=payer_of(case.order),
            decision=Decision.SUBMITTED,
            codes=codes,
            submitted_at=unit.now,
        )
        case = saved(case, unit, authorization=known)
    taken = said.accept and said.decision in {"partial", "modified"}
    word = known.model_copy(
        update={
            "decision": Decision.APPROVED if taken else _DECISIONS[said.decision],
            "number": said.number or known.number,
            "valid_from": said.valid_from,
            "valid_to": said.valid_to,
            "lines": _lines(said),
            "reasons": _reasons(said),
            "note": said.note,
            "wants": said.wants,
            "paused_at": known.paused_at if said.decision == "pended" else None,
            "decided_at": None if said.decision == "pended" else unit.now,
            "decided_by": said.agent,
        }
    )
    told = AuthorizationDecided(
        case_id=case.case_id,
        authorization=word,
        document_id=spoken.document_id,
        denial=_denial(spoken, said, unit, word.trace) if said.decision == "denied" else None,
    )
    return [told], None


def _unfit(spoken: Spoken, said: AuthorizationWord, asked: set[str], unit: Unit) -> str | None:
    """Return why the word cannot be taken, before anything of it is kept; None when it can."""
    listed = {item.code for item in said.items if item.decision == "approved"}
    if said.decision == "approved" and said.items and not asked <= listed:
        return "approved means every item that was asked for: say partial"
    return _terms(spoken, said, unit) if said.decision == "denied" else None


def _lines(said: AuthorizationWord) -> tuple[AuthorizedLine, ...]:
    return tuple(
        AuthorizedLine(
            sequence=n,
            code=item.code,
            decision=Decision(item.decision),
            number=said.number if item.decision == "approved" else None,
            units=item.units,
            valid_from=said.valid_from,
            valid_to=said.valid_to,
        )
        for n, item in enumerate(said.items, start=1)
    )


def _reasons(said: DenialTerms) -> tuple[Reason, ...]:
    return tuple(Reason(system=one.system, code=one.code, text=one.text) for one in said.reasons)


def _terms(spoken: Spoken, said: DenialTerms, unit: Unit) -> str | None:
    """Return why the dates or the document of a notice cannot be, None when they can."""
    noticed = said.notice_date or unit.now.date()
    if noticed > unit.now.date():
        return "a notice cannot be dated ahead"
    if said.appeal_until is not None and said.appeal_until < noticed:
        return "the appeal's last day is before the notice"
    return unusable(said.document_id, spoken.case, unit)


def _denial(spoken: Spoken, said: DenialTerms, unit: Unit, trace: str | None) -> Denial:
    return denial_of(
        spoken.case,
        unit,
        reasons=_reasons(said),
        notice_date=said.notice_date or unit.now.date(),
        appeal_until=said.appeal_until,
        peer_contact=said.peer_contact,
        peer_until=said.peer_until,
        amount=said.amount,
        source="letter" if said.document_id else "desk",
        recorded_by=said.agent,
        trace=trace,
        document_id=said.document_id or spoken.document_id,
    )


def _denied(spoken: Spoken, said: DenialWord, unit: Unit) -> Outcome:
    """A denial by letter, or of a claim: an authorization that it is about is denied with it."""
    case = spoken.case
    if case.state is CaseState.CANCELLED:
        return [], "the case is cancelled"
    if (refusal := _terms(spoken, said, unit)) is not None:
        return [], refusal
    known = case.authorization
    denied = _denial(spoken, said, unit, known.trace if known else None)
    if case.denials and _same(case.denials[-1], denied) and not (case.appeals and case.appeals[-1].filed_at):
        return [], "this denial is recorded already"
    if known is not None and case.state in {*BEFORE, *OFFERING} and known.decision is not Decision.DENIED:
        change = {"decision": Decision.DENIED, "reasons": denied.reasons, "decided_at": unit.now}
        word = known.model_copy(update={**change, "decided_by": said.agent})
        return [
            AuthorizationDecided(
                case_id=case.case_id, authorization=word, document_id=spoken.document_id, denial=denied
            )
        ], None
    return recorded(case, denied, unit), None


def _same(before: Denial, now: Denial) -> bool:
    """Say whether two words are of one denial: said twice, or by two who read the same letter."""
    return (before.notice_date, before.reasons) == (now.notice_date, now.reasons)


def _claimed(spoken: Spoken, said: ClaimFiled, unit: Unit) -> Outcome:
    if said.filed_on > unit.now.date():
        return [], "a claim cannot be filed ahead"
    unit.cancel_timer(timer_of(CLAIM, spoken.case.case_id))
    if spoken.case.state is CaseState.FULFILLED and spoken.case.unmet:  # what it had to hold is asked for no more
        saved(spoken.case, unit, unmet=())
    noted = ClaimNoted(case_id=spoken.case.case_id, filed_on=said.filed_on, reference=said.reference, agent=said.agent)
    return [noted], None
