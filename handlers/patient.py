"""Carries what is told of a patient to the cases that are certainly that patient's; in doubt a person decides."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from doorstep.handler import Unit, on
from handlers.casework import ask_person, payer_key, saved, with_document
from handlers.finding import request_case
from handlers.identity import Verdict, agrees, compare, person_of, record_tokens
from handlers.link import changed, updated
from schemas.case import CLOSED, Case
from schemas.event import Event, Payload
from schemas.fields import fields_of
from schemas.order import Order, ReferralReceived
from schemas.patient import NoticeKind, PatientNoticed
from schemas.transmission import ReceiptState

_ASKS = {
    NoticeKind.DISCHARGE_CANCELLED: "the discharge was cancelled",
    NoticeKind.VISIT: "a visit was booked, moved or cancelled elsewhere",
}
"""Notices that change nothing by themselves and that somebody must know of."""


@on(PatientNoticed)
def patient(event: Event[PatientNoticed], unit: Unit) -> Iterable[Payload]:
    """Change the open cases of this patient; what no open case needs is kept with its receipt."""
    data = event.data
    cases, doubtful = (_cases_about(data, unit), []) if data.requests else _cases_of(data, unit)
    out: list[Payload] = []
    for case in cases:
        out += _told(case, data, unit)
    if not cases and doubtful and data.kind is not NoticeKind.OTHER:
        known = doubtful[0]
        out += _ask(known, data, unit, f"it may be of the member of case {known.case_id}, but that is not certain")
    if cases:
        unit.settle_receipt(data.document_id, ReceiptState.ACCEPTED, case_id=cases[0].case_id)
    elif not doubtful and not data.documents:
        unit.settle_receipt(data.document_id, ReceiptState.ACCEPTED, reason="no open case of this patient")
    return out


def _cases_of(data: PatientNoticed, unit: Unit) -> tuple[list[Case], list[Case]]:
    """Return the live cases that are certainly this patient's, and those that may be."""
    told = data.told
    before = told.model_copy(update={"member": told.member.model_copy(update={"identifiers": data.prior})})
    records = {*record_tokens(told, data.reply_to), *(record_tokens(before, data.reply_to) if data.prior else ())}
    person = person_of(told, partial(payer_key, unit))
    found: dict[str, Case] = {}
    for token in (*sorted(records), *person.tokens()):
        found |= {case.case_id: case for case in unit.cases_by_token(token)}
    certain, doubtful = [], []
    for case in sorted(found.values(), key=lambda c: (c.opened_at, c.case_id)):
        if case.state in CLOSED:
            continue
        other = person_of(case.order, partial(payer_key, unit))
        recorded = bool(records & set(record_tokens(case.order, case.reply_to)))
        if (recorded and agrees(person, other)) or compare(person, other) is Verdict.SAME:
            certain.append(case)
        elif agrees(person, other):
            doubtful.append(case)
    return certain, doubtful


def _cases_about(data: PatientNoticed, unit: Unit) -> list[Case]:
    """Return the live cases of the requests that the sender itself says are about its patient."""
    found = [request_case(request, data.reply_to, unit) for request in data.requests]
    known = {case.case_id: case for case in found if case is not None and case.state not in CLOSED}
    return sorted(known.values(), key=lambda c: (c.opened_at, c.case_id))


def _told(case: Case, data: PatientNoticed, unit: Unit) -> list[Payload]:
    who = partial(payer_key, unit)
    if data.requests and not agrees(person_of(data.told, who), person_of(case.order, who)):
        _attached(case, data, unit)
        return _ask(case, data, unit, "the sender changed who the patient is (name or date of birth)")
    if data.kind is NoticeKind.MERGE:
        return _merged(case, data, unit)
    if data.kind in _ASKS:
        _attached(case, data, unit)
        return _ask(case, data, unit, _ASKS[data.kind])
    if data.kind in {NoticeKind.DEMOGRAPHICS, NoticeKind.DISCHARGE}:
        return _news_of(case, data, unit)
    if not data.documents:
        _attached(case, data, unit)
    return []


def _news_of(case: Case, data: PatientNoticed, unit: Unit) -> list[Payload]:
    """Change the case's order as its own sender could; what a provider has accepted is never changed unseen."""
    merged = updated(case, _news(data.told, case.order))
    if fields_of(merged) == fields_of(case.order):
        _attached(case, data, unit)
        return []
    change = ReferralReceived(
        document_id=data.document_id,
        order=merged.model_copy(update={"document_id": data.document_id, "action": "update"}),
        reply_to=case.reply_to,
        received_at=data.received_at,
    )
    return changed(case, merged, change, unit, rule=f"told by {data.event}")


def _news(told: Order, known: Order) -> Order:
    """Return of a notice only what a case takes from one: where the member lives, the telephone, the discharge.

    A place to deliver that is not known to be the old home stays: the order named it on purpose.
    """
    own_place = known.delivery_address not in {None, known.member.address}
    member = told.member.model_copy(update={"identifiers": (), "name": None, "dob": None, "sex": None})
    return Order(
        order_id=told.order_id,
        document_id=told.document_id,
        channel=told.channel,
        action="update",
        member=member,
        contact_phone=told.contact_phone,
        delivery_address=None if own_place else told.delivery_address,
        discharge_deadline=told.discharge_deadline,
    )


def _merged(case: Case, data: PatientNoticed, unit: Unit) -> list[Payload]:
    """Make the case findable by the surviving record's numbers too; it stays the same member's."""
    known = case.order.member.identifiers
    added = tuple(i for i in data.told.member.identifiers if i not in known)
    member = case.order.member.model_copy(update={"identifiers": (*known, *added)})
    order = case.order.model_copy(update={"member": member})
    saved(case, unit, order=order, document_ids=with_document(case, data.document_id))
    unit.index_case(case.case_id, record_tokens(data.told, data.reply_to))
    return []


def _attached(case: Case, data: PatientNoticed, unit: Unit) -> None:
    if data.document_id not in case.document_ids:
        saved(case, unit, document_ids=with_document(case, data.document_id))


def _ask(case: Case, data: PatientNoticed, unit: Unit, reason: str) -> list[Payload]:
    stage = f"patient {case.case_id}"
    return ask_person(unit, data.document_id, stage=stage, reason=reason, case_id=case.case_id)
