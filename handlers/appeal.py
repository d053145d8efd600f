"""The appeal of a denial: its parts, its filing with the exhibits, its outcome, and the way to the regulator."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, timedelta

from doorstep.handler import Unit, on
from handlers.authorize import WAITING
from handlers.benefits import timer_of, to_person
from handlers.call import AHEAD
from handlers.casework import ask_person, moved, saved, with_document
from handlers.command import Outcome, Spoken, obeyed, says, unusable
from handlers.denial import APPEAL, CONTESTS, PEER, checklist, set_appeal_clock
from handlers.payers import policy_of
from schemas.case import Case, CaseState, IdentityResolved
from schemas.commands import AppealItemWord, AppealWord, CloseDenied, FileAppeal, Regulator
from schemas.event import Event, Payload
from schemas.payer import (
    Appeal,
    AppealDecided,
    AppealFiled,
    AppealPrepared,
    AuthorizationDecided,
    Decision,
    RegulatorAsked,
)
from schemas.transmission import TransmissionReceived

_NEXT_LEVEL = timedelta(days=60)
"""How long the next level stays open where the decision does not say (42 CFR 405.1014, 405.1102: steps of 60 days)."""


@on(TransmissionReceived, where=says("appeal-item"))
def appeal_item(event: Event[TransmissionReceived], unit: Unit) -> Iterable[Payload]:
    return obeyed(event, unit, AppealItemWord, _item)


@on(TransmissionReceived, where=says("appeal"))
def appeal(event: Event[TransmissionReceived], unit: Unit) -> Iterable[Payload]:
    return obeyed(event, unit, FileAppeal, _filed)


@on(TransmissionReceived, where=says("appeal-decision"))
def appeal_decision(event: Event[TransmissionReceived], unit: Unit) -> Iterable[Payload]:
    return obeyed(event, unit, AppealWord, _decided)


@on(TransmissionReceived, where=says("regulator"))
def regulator(event: Event[TransmissionReceived], unit: Unit) -> Iterable[Payload]:
    return obeyed(event, unit, Regulator, _regulator)


@on(TransmissionReceived, where=says("close-denied"))
def close_denied(event: Event[TransmissionReceived], unit: Unit) -> Iterable[Payload]:
    return obeyed(event, unit, CloseDenied, _closed)


@on(IdentityResolved, where=lambda data: data.duplicate)
def arrived(event: Event[IdentityResolved], unit: Unit) -> Iterable[Payload]:
    """A document came to a denied case: a person sees which part of the appeal it brings."""
    case = unit.case(event.data.case_id)
    preparing = _open(case) if case is not None else None
    if case is None or preparing is None or not preparing.missing or case.state is not CaseState.DENIED:
        return []
    wanted = ", ".join(item.label for item in preparing.missing)
    stage = f"appeal {case.case_id}"
    reason = f"a document came for a denied case; its appeal still lacks: {wanted}"
    settles = ("appeal-item", "appeal", "close-denied")
    return ask_person(
        unit, event.data.document_id, stage=stage, reason=reason, case_id=case.case_id, settled_by=settles
    )


def _with_appeal(case: Case, changed: Appeal) -> tuple[Appeal, ...]:
    return (*case.appeals[:-1], changed)


def _open(case: Case) -> Appeal | None:
    """Return the appeal that is being prepared."""
    last = case.appeals[-1] if case.appeals else None
    return last if last is not None and last.filed_at is None else None


def _item(spoken: Spoken, said: AppealItemWord, unit: Unit) -> Outcome:
    case, preparing = spoken.case, _open(spoken.case)
    if preparing is None:
        return [], "no appeal is being prepared"
    if said.item not in {item.item for item in preparing.items}:
        return [], "the appeal has no such part: " + ", ".join(item.item for item in preparing.items)
    if (refusal := unusable(said.document_id, case, unit)) is not None:
        return [], refusal
    items = tuple(
        item.model_copy(update={"document_id": said.document_id}) if item.item == said.item else item
        for item in preparing.items
    )
    changed = preparing.model_copy(update={"items": items})
    case = saved(case, unit, appeals=_with_appeal(case, changed), document_ids=with_document(case, said.document_id))
    return [AppealPrepared(case_id=case.case_id, level=changed.level, items=items)], None


def _filed(spoken: Spoken, said: FileAppeal, unit: Unit) -> Outcome:
    """Keep when, to whom and with which exhibits it was filed: every document of the case as the packet lists them."""
    case, preparing = spoken.case, _open(spoken.case)
    if preparing is None or case.state is not CaseState.DENIED:
        return [], "there is no denial to appeal"
    if said.filed_at > unit.now + AHEAD:
        return [], "an appeal cannot be filed ahead"
    if preparing.missing and not said.without:
        return [], "the appeal is missing: " + ", ".join(item.label for item in preparing.missing)
    filed = preparing.model_copy(
        update={
            "filed_at": said.filed_at.astimezone(UTC),
            "filed_by": said.agent,
            "filed_to": said.filed_to,
            "reference": said.reference,
            "exhibits": case.document_ids,
        }
    )
    unit.cancel_timer(timer_of(APPEAL, case.case_id))
    unit.cancel_timer(timer_of(PEER, case.case_id))
    case, change = moved(
        case, CaseState.APPEALING, unit, cause="the appeal is filed", appeals=_with_appeal(case, filed)
    )
    late = said.filed_at.date() > filed.until
    told = to_person(case, f"the appeal was filed after its last day, {filed.until}", unit) if late else []
    return [AppealFiled(case_id=case.case_id, appeal=filed), change, *told], None


def _decided(spoken: Spoken, said: AppealWord, unit: Unit) -> Outcome:
    case = spoken.case
    if not case.appeals or case.appeals[-1].filed_at is None or case.appeals[-1].outcome is not None:
        return [], "no appeal waits for a decision"
    if (refusal := unusable(said.document_id, case, unit)) is not None:
        return [], refusal
    last = case.appeals[-1].model_copy(update={"outcome": said.outcome, "decided_at": unit.now})
    told = AppealDecided(
        case_id=case.case_id,
        level=last.level,
        outcome=said.outcome,
        by=said.agent,
        document_id=said.document_id or spoken.document_id,
    )
    documents = with_document(case, said.document_id) if said.document_id else case.document_ids
    changes = {"appeals": _with_appeal(case, last), "document_ids": documents}
    if said.outcome == "overturned":
        case = saved(case, unit, **changes)
        return [told, *_overturned(case, said, spoken, unit)], None
    brought = {item.item: item.document_id for item in last.items}
    following = Appeal(  # the record of the case is the same: the next level begins with what the last one held
        level=last.level + 1,
        items=tuple(
            item.model_copy(update={"document_id": brought.get(item.item)}) for item in checklist(case.order, unit)
        ),
        until=said.next_until or unit.now.date() + _NEXT_LEVEL,
    )
    changes["appeals"] = (*_with_appeal(case, last), following)
    events: list[Payload] = [told]
    if case.state in {CaseState.APPEALING, CaseState.EXTERNAL_REVIEW}:
        case, change = moved(case, CaseState.DENIED, unit, cause="the appeal was not upheld", **changes)
        events.append(change)
    else:
        case = saved(case, unit, **changes)
    set_appeal_clock(case, following.until, unit, number=1)
    others = ", ".join(policy_of(case.order, unit).regulators)
    reason = f"the denial was upheld: next level until {following.until}, or {others}"
    return [*events, *to_person(case, reason, unit, settled_by=CONTESTS)], None


def _overturned(case: Case, said: AppealWord, spoken: Spoken, unit: Unit) -> list[Payload]:
    """The denial does not stand: the authorization is approved with the number that the decision gives."""
    known = case.authorization
    if known is None or case.state not in WAITING:
        return to_person(case, "the appeal was won: see what is still to be done", unit)
    word = known.model_copy(
        update={
            "decision": Decision.APPROVED,
            "number": said.number,
            "valid_from": said.valid_from,
            "valid_to": said.valid_to,
            "decided_at": unit.now,
            "decided_by": said.agent,
        }
    )
    return [AuthorizationDecided(case_id=case.case_id, authorization=word, document_id=spoken.document_id)]


def _regulator(spoken: Spoken, said: Regulator, unit: Unit) -> Outcome:
    """Keep that a regulator or reviewer was asked, with every attempt before."""
    case = spoken.case
    if not case.denials:
        return [], "there is no denial to complain about"
    asked = RegulatorAsked(
        case_id=case.case_id,
        body=said.body,
        reference=said.reference,
        attempts=tuple(attempts(case)),
        by=said.agent,
    )
    if case.state not in {CaseState.DENIED, CaseState.APPEALING}:
        return [asked], None
    return [asked, moved(case, CaseState.EXTERNAL_REVIEW, unit, cause=f"{said.body} was asked")[1]], None


def attempts(case: Case) -> Iterable[str]:
    """Return what was tried before, one line each: denials and appeals with their days and outcomes."""
    for number, denial in enumerate(case.denials, start=1):
        yield f"denial {number} of {denial.notice_date}"
    for filed in case.appeals:
        if filed.filed_at is not None:
            outcome = filed.outcome or "not decided"
            yield f"appeal level {filed.level} filed {filed.filed_at:%Y-%m-%d} to {filed.filed_to}: {outcome}"


def _closed(spoken: Spoken, said: CloseDenied, unit: Unit) -> Outcome:
    case = spoken.case
    if case.state not in {CaseState.DENIED, CaseState.APPEALING, CaseState.EXTERNAL_REVIEW}:
        return [], "only a denied case can be closed as denied"
    for clock in (APPEAL, PEER):
        unit.cancel_timer(timer_of(clock, case.case_id))
    return [moved(case, CaseState.CLOSED_DENIED, unit, cause=f"the denial stands: {said.note}"[:200])[1]], None
