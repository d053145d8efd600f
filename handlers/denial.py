"""Records a denial with its reasons, its windows (the notice wins) and whom to call, and prepares the appeal."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from doorstep.handler import Unit
from handlers.benefits import OFFERING, timer_of, to_person
from handlers.casework import answerable, derived_id, moved, once, recalled, rule, saved, with_document
from handlers.payers import policy_of, window_of
from schemas.case import Case, CaseState
from schemas.event import Payload
from schemas.order import Order
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.payer import (
    Appeal,
    AppealItem,
    AppealPrepared,
    AuthorizationDecided,
    Denial,
    DenialRecorded,
    PayerClockDue,
    Reason,
)
from schemas.payer_rules import AppealRules

APPEAL = "appeal"
PEER = "peer to peer"
CONTESTS = ("appeal", "close-denied", "regulator")
"""What the desk may say of a denied case that does what a review about the denial asks for."""
_PIECES = re.compile(r"[;\n]|(?<=[a-z)0-9])\.\s+(?=[A-Z])")
_PEER = re.compile(r"peer|medical director|reconsider", re.IGNORECASE)
_REACHED = re.compile(r"(?:\d[ ().-]{0,2}){7,}|[^\s@]+@[^\s@]+\.[a-z]{2,}")
_CAN_BE_DENIED = OFFERING | {
    CaseState.COMPLETE,
    CaseState.BENEFITS,
    CaseState.AUTH_PENDING,
    CaseState.AUTHORIZED,
    CaseState.APPEALING,
    CaseState.EXTERNAL_REVIEW,
}


def denied(case: Case, data: AuthorizationDecided, unit: Unit) -> list[Payload]:
    """Record the denial that a payer's decision is."""
    said = data.authorization
    denial = data.denial or denial_of(
        case,
        unit,
        reasons=said.reasons or (Reason(system="text", text=said.note or "the payer stated no reason"),),
        notice_date=(said.decided_at or unit.now).date(),
        peer_contact=peer_contact_in(said.note),
        source="payer",
        recorded_by=said.decided_by,
        trace=said.trace,
        document_id=data.document_id,
    )
    return recorded(case, denial, unit)


def peer_contact_in(note: str | None) -> str | None:
    """Return of a payer's note what says whom to call for a peer review; None when nothing in it does."""
    pieces = (piece.strip() for piece in _PIECES.split(note or ""))
    found = (piece for piece in pieces if _PEER.search(piece) and _REACHED.search(piece))
    return next((piece[:200] for piece in found), None)


def denial_of(
    case: Case,
    unit: Unit,
    *,
    reasons: tuple[Reason, ...],
    notice_date: date,
    source: str,
    recorded_by: str,
    appeal_until: date | None = None,
    peer_contact: str | None = None,
    peer_until: date | None = None,
    amount: Decimal | None = None,
    trace: str | None = None,
    document_id: str | None = None,
) -> Denial:
    """Return a denial with its windows: as the notice states them, else by the payer's rules."""
    policy = policy_of(case.order, unit)
    appeal = window_of(policy.appeal, notice_date)
    peer = window_of(policy.peer_to_peer, notice_date)
    by_rules = notice_date + timedelta(days=appeal.days if appeal else 30)
    return Denial(
        reasons=reasons,
        notice_date=notice_date,
        appeal_until=appeal_until or by_rules,
        window_by="notice" if appeal_until else "rules",
        peer_contact=peer_contact,
        peer_until=peer_until or (notice_date + timedelta(days=peer.days) if peer else None),
        amount=amount,
        source=source,
        trace=trace,
        document_id=document_id,
        recorded_by=recorded_by,
        recorded_at=unit.now,
    )


def recorded(case: Case, denial: Denial, unit: Unit) -> list[Payload]:
    """Keep the denial, stop what is under way, start its clocks, and ask the clinician for what an appeal needs."""
    appeal = prepared(case, denial, unit)
    documents = with_document(case, denial.document_id) if denial.document_id else case.document_ids
    changes = {
        "denials": (*case.denials, denial),
        "appeals": (*case.appeals, appeal),
        "document_ids": documents,
    }
    events: list[Payload] = [DenialRecorded(case_id=case.case_id, denial=denial)]
    if case.state in _CAN_BE_DENIED:
        if case.state in OFFERING:
            events += recalled(case.case_id, unit, reason="the payer denied it")
            unit.cancel_timer(f"offers {case.case_id}")
        case, change = moved(case, CaseState.DENIED, unit, cause="the payer denied it", **changes)
        events.append(change)
    else:  # a provider holds it already, or it is denied anew: a person decides what becomes of that
        case = saved(case, unit, **changes)
    set_appeal_clock(case, denial.appeal_until, unit, number=1)
    _set_peer_clock(case, denial, unit)
    prepares = AppealPrepared(case_id=case.case_id, level=appeal.level, items=appeal.items)
    reason = f"denied: appeal until {denial.appeal_until}, {len(appeal.missing)} parts of it are missing"
    return [*events, prepares, *asked_for(case, appeal, unit), *to_person(case, reason, unit, settled_by=CONTESTS)]


def prepared(case: Case, denial: Denial, unit: Unit) -> Appeal:
    """Return the appeal that the denial calls for: what it must hold for these items, none of it there yet."""
    return Appeal(
        level=len(case.appeals) + 1,
        items=tuple(checklist(case.order, unit)),
        until=denial.appeal_until,
    )


def checklist(order: Order, unit: Unit) -> Iterable[AppealItem]:
    """Return what an appeal for this order must hold: rationale, notes, and the measures of its kind."""
    elements = rule(unit, "appeals", AppealRules).elements
    return [AppealItem(item=e.id, label=e.label, ask=e.ask) for e in elements if e.applies.to(order)]


def asked_for(case: Case, appeal: Appeal, unit: Unit) -> list[Payload]:
    """Ask the ordering clinician, on the channel the order came by, for what the appeal is missing."""
    if not appeal.missing or not answerable(case.reply_to):
        return []
    told = ConfirmationRequested(
        confirmation_id=derived_id("appeal", case.case_id, str(appeal.level)),
        kind=ConfirmationKind.INFORMATION_REQUESTED,
        recipient=case.reply_to,
        case_id=case.case_id,
        document_id=case.document_ids[0],
        reference=case.case_id,
        manager=case.manager,
        case_state=case.state.value,
        asks=tuple(item.ask for item in appeal.missing),
    )
    return once(unit, told)


def end_of(day: date) -> datetime:
    """Return the instant that stands for the end of a day everywhere in the country: it is over nowhere before."""
    return datetime.combine(day, time(22), UTC)


def set_appeal_clock(case: Case, until: date, unit: Unit, *, number: int) -> None:
    """Set the next warning of an appeal's last day; after the last warning comes the day itself."""
    left = rule(unit, "appeals", AppealRules).warn_days
    stages = [end_of(until) - timedelta(days=days) for days in left] + [end_of(until)]
    for place, at in enumerate(stages[number - 1 :], start=number):
        if at > unit.now or place == len(stages):
            label = "An appeal's last day is near" if place < len(stages) else "An appeal's last day is over"
            due = PayerClockDue(case_id=case.case_id, clock=APPEAL, label=label, due_at=end_of(until), number=place)
            unit.set_timer(timer_of(APPEAL, case.case_id), at, due)
            return


def _set_peer_clock(case: Case, denial: Denial, unit: Unit) -> None:
    if denial.peer_until is None:
        return
    at = max(end_of(denial.peer_until) - timedelta(days=2), unit.now + timedelta(minutes=1))
    label = "The time to ask for a peer-to-peer review is nearly over"
    due = PayerClockDue(case_id=case.case_id, clock=PEER, label=label, due_at=end_of(denial.peer_until), number=1)
    unit.set_timer(timer_of(PEER, case.case_id), at, due)
