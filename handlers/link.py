"""Finds the case of an order, or opens one; a weak or contradicting match goes to a person, it never merges."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from doorstep.handler import Unit, on
from handlers.casework import (
    ORDER_CANCELLED,
    hold,
    manager_for,
    moved,
    payer_key,
    recalled,
    review_id_of,
    saved,
    with_document,
)
from handlers.finding import (
    FILLING,
    awaiting,
    by_number,
    cancelled_before,
    cancelled_token,
    confirmed,
    identity_of,
    index,
)
from handlers.identity import (
    Person,
    agrees,
    answers,
    codes_of,
    completed,
    order_key,
    person_of,
    placer_tokens,
)
from schemas.case import Case, CaseState, CaseStateChanged, IdentityResolved
from schemas.document import ReviewDecided
from schemas.event import Event, Payload
from schemas.fields import fields_of
from schemas.order import Order, ReferralReceived
from schemas.transmission import ReceiptState

_COMMITTED = {CaseState.PROVIDER_ACCEPTED, CaseState.SCHEDULED}


@on(ReferralReceived)
def link(event: Event[ReferralReceived], unit: Unit) -> Iterable[Payload]:
    data = event.data
    if unit.review(review_id_of(unit, data.document_id, _stage(data))) is not None:
        return []
    person = person_of(data.order, partial(payer_key, unit))
    own = unit.case_by_document(data.document_id)
    if own is not None and own.order.order_id == data.order.order_id and data.order.action == "new":
        return _corrected(own, data, unit)
    if own is not None and _was_linked(data, own, person, unit):
        return []
    case = by_number(data, unit)
    if case is not None:
        if not agrees(person, person_of(case.order, partial(payer_key, unit))):
            return _held(data, unit, "its order number belongs to another member", case=case)
        return _again(case, data, unit, rule="order number")
    if not person.settled:
        doubts = dict.fromkeys(person.unsettled(), "missing") | data.order.unreadable | data.order.conflicting
        return _held(data, unit, "the member is not certain: " + ", ".join(person.unsettled()), fields=doubts)
    identity = identity_of(person, data, unit)
    if identity is None:
        doubt = {"identity": "resembles a known member"}
        return _held(data, unit, "the member resembles a known one and is not certainly the same", fields=doubt)
    case = unit.case_by_order_key(order_key(identity, data.order)) or awaiting(identity, data.order, unit)
    if case is not None:
        return _again(case, data, unit, rule="same member, same items, same day")
    if data.order.action == "cancel":
        for token in placer_tokens(data.order, data.reply_to):
            unit.mark(cancelled_token(token))
        return _held(data, unit, "it cancels an order that is not known here")
    if cancelled_before(data, unit) and not confirmed(data.document_id, "cancellation", unit):
        doubt = {"cancellation": "came before the order"}
        return _held(data, unit, "a cancellation of this order came before it", fields=doubt)
    return _opened(identity, data, unit)


def _was_linked(data: ReferralReceived, own: Case, person: Person, unit: Unit) -> bool:
    """Say whether this very order of the document was linked before; a message may hold several."""
    return (
        data.order.placer_number in {None, own.order.placer_number}
        and data.order.order_type is own.order.order_type
        and agrees(person, person_of(own.order, partial(payer_key, unit)))
        and unit.latest(ReviewDecided, data.document_id) is None
    )


def _stage(data: ReferralReceived) -> str:
    return f"link {data.order.order_id}"


def _held(
    data: ReferralReceived, unit: Unit, reason: str, *, case: Case | None = None, fields: dict[str, str] | None = None
) -> list[Payload]:
    return hold(
        unit,
        data.document_id,
        data.reply_to,
        stage=_stage(data),
        reason=reason,
        case_id=case.case_id if case else None,
        fields=fields,
        documents=data.order.documents,
    )


def _corrected(case: Case, data: ReferralReceived, unit: Unit) -> list[Payload]:
    """The same document again: only what a person decided on it since is new."""
    decided = unit.latest(ReviewDecided, data.document_id)
    if decided is None:
        return []
    merged = completed(case.order, data.order, tuple(decided.data.fields))
    return _changed(case, merged, data, unit, rule="corrected by a person")


def _again(case: Case, data: ReferralReceived, unit: Unit, *, rule: str) -> list[Payload]:
    if data.document_id in case.document_ids and unit.latest(ReviewDecided, data.document_id) is None:
        return []
    if data.order.action == "cancel":
        return _cancelled(case, data, unit, rule=rule)
    if data.order.action == "update":
        return _changed(case, completed(data.order, case.order), data, unit, rule=rule)
    return _repeated(case, data, unit, rule=rule)


def _repeated(case: Case, data: ReferralReceived, unit: Unit, *, rule: str) -> list[Payload]:
    """The order came again: an answer to what was missing, or a duplicate."""
    if case.state is CaseState.CANCELLED:
        return _held(data, unit, "its order number was cancelled before", case=case)
    if not answers(data.order, case):
        return _held(data, unit, "its order number came before with other items or another day", case=case)
    unmet = tuple(result.element_id for result in case.unmet)
    merged = completed(case.order, data.order, unmet) if case.state in FILLING else case.order
    if fields_of(merged) != fields_of(case.order):
        return _reopened(case, merged, data, unit, rule=f"{rule}: answers what was missing")
    return _duplicate(case, data, unit, rule=rule)


def _changed(case: Case, merged: Order, data: ReferralReceived, unit: Unit, *, rule: str) -> list[Payload]:
    """The sender or a person changed the order: its new values stand, what they do not say stays."""
    if case.state is CaseState.CANCELLED:
        return _held(data, unit, "it changes a cancelled order", case=case)
    before = (fields_of(case.order), case.order.unreadable, case.order.conflicting)
    if (fields_of(merged), merged.unreadable, merged.conflicting) == before:
        return _duplicate(case, data, unit, rule=rule)
    if case.state in _COMMITTED:
        return _held(data, unit, "the order changed after a provider accepted it", case=case)
    return _reopened(case, merged, data, unit, rule=rule)


def _duplicate(case: Case, data: ReferralReceived, unit: Unit, *, rule: str) -> list[Payload]:
    if data.document_id in case.document_ids:
        return []
    case = saved(case, unit, document_ids=with_document(case, data.document_id))
    index(case, data, unit)
    return _resolved(case, data, unit, rule=rule, duplicate=True)


def _reopened(case: Case, order: Order, data: ReferralReceived, unit: Unit, *, rule: str) -> list[Payload]:
    key = order_key(case.identity_key, order)
    other = unit.case_by_order_key(key)
    if other is not None and other.case_id != case.case_id:
        return _held(data, unit, f"with it the order is the same as that of case {other.case_id}", case=case)
    events = recalled(case.case_id, unit, reason="the order changed")
    changes = {"order": order, "order_key": key, "document_ids": with_document(case, data.document_id)}
    if case.state is CaseState.OPEN:
        case = saved(case, unit, **changes)
    else:
        case, change = moved(case, CaseState.OPEN, unit, cause=rule, **changes)
        events.append(change)
    index(case, data, unit)
    return [*events, *_resolved(case, data, unit, rule=rule)]


def _cancelled(case: Case, data: ReferralReceived, unit: Unit, *, rule: str) -> list[Payload]:
    if case.state is CaseState.CANCELLED:
        return _duplicate(case, data, unit, rule=rule)
    named, ordered = set(codes_of(data.order)), set(codes_of(case.order))
    if named and named != ordered:
        return _held(data, unit, "it cancels a part of the order or other items", case=case)
    events = recalled(case.case_id, unit, reason=ORDER_CANCELLED)
    documents = with_document(case, data.document_id)
    case, change = moved(case, CaseState.CANCELLED, unit, cause="cancelled by the sender", document_ids=documents)
    return [*events, change, *_resolved(case, data, unit, rule=rule)]


def _opened(identity: str, data: ReferralReceived, unit: Unit) -> list[Payload]:
    case_id = unit.new_case_id()
    case = Case(
        case_id=case_id,
        state=CaseState.OPEN,
        order=data.order,
        manager=manager_for(unit, data.order.order_type, case_id),
        reply_to=data.reply_to,
        identity_key=identity,
        order_key=order_key(identity, data.order),
        document_ids=(data.document_id,),
        received_at=data.received_at,
        opened_at=unit.now,
        updated_at=unit.now,
    )
    unit.save_case(case)
    index(case, data, unit)
    opened = CaseStateChanged(case_id=case_id, from_state=None, to_state=CaseState.OPEN, cause="a new order arrived")
    return [opened, *_resolved(case, data, unit, rule="new order", is_new=True)]


def _resolved(
    case: Case, data: ReferralReceived, unit: Unit, *, rule: str, is_new: bool = False, duplicate: bool = False
) -> list[Payload]:
    reason = f"duplicate of case {case.case_id}" if duplicate else None
    unit.settle_receipt(data.document_id, ReceiptState.ACCEPTED, reason=reason, case_id=case.case_id)
    return [
        IdentityResolved(
            case_id=case.case_id,
            document_id=data.document_id,
            order=data.order,
            reply_to=data.reply_to,
            received_at=data.received_at,
            rule=rule,
            is_new=is_new,
            duplicate=duplicate,
        )
    ]
