"""Finds the case of an order, or opens one; a weak or contradicting match goes to a person, it never merges."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from doorstep.handler import Unit, on
from handlers.amend import about, amended, is_all_of, without
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
from handlers.decide import CONFIRMED
from handlers.difference import differences
from handlers.finding import (
    FILLING,
    all_by_number,
    awaiting,
    by_number,
    cancelled_before,
    cancelled_token,
    confirmed,
    identity_of,
    index,
    resembling,
)
from handlers.identity import (
    Person,
    agrees,
    completed,
    order_key,
    person_of,
    placer_tokens,
    recorded,
    surely_again,
)
from handlers.waiting import cancelled_on_its_way, held, is_over, not_known, withdrawn
from schemas.case import Case, CaseState, CaseStateChanged, IdentityResolved
from schemas.document import ReviewDecided
from schemas.element import DISPATCH
from schemas.event import Event, Payload
from schemas.fields import FIELD_NAMES, fields_of
from schemas.order import Evidence, Order, ReferralReceived
from schemas.transmission import ReceiptState

_BY_NUMBER = "order number"
ANSWERED = "answers what is asked for after the acceptance"
"""How an answer is linked that a later gate wanted: its case goes on."""
_SAID_IN = {"quantity": "order_lines", "order_date": "signature_date"}
"""Elements whose value stands in a field of another name."""
NOT_KNOWN = "it cancels an order that is not known here"
_COMMITTED = {CaseState.PROVIDER_ACCEPTED, CaseState.SCHEDULED, CaseState.MISSED, CaseState.FULFILLED}


@on(ReferralReceived)
def link(event: Event[ReferralReceived], unit: Unit) -> Iterable[Payload]:
    data = event.data
    if is_over(data.order, unit) or unit.review(review_id_of(unit, data.document_id, _stage(data))) is not None:
        return []
    person = person_of(data.order, partial(payer_key, unit))
    own = _own(data, unit)
    if own is not None and own.order.order_id == data.order.order_id and data.order.action == "new":
        return _corrected(own, data, unit)
    if own is not None and _was_linked(data, own, person, unit):
        return []
    answered = unit.case(data.answers_case) if data.answers_case else None
    if answered is not None and agrees(person, person_of(answered.order, partial(payer_key, unit))):
        return _again(answered, data, unit, rule="its own sheet came back")
    if taken_back := _taken_back(data, person, unit):
        return taken_back
    case = by_number(data, unit)
    if case is not None:
        if not agrees(person, person_of(case.order, partial(payer_key, unit))):
            return _held(data, unit, "its order number belongs to another member", case=case)
        return _again(case, data, unit, rule=_BY_NUMBER)
    if not (person.settled or recorded(person, data.order)):
        doubts = dict.fromkeys(person.unsettled(), "missing") | data.order.unreadable | data.order.conflicting
        return _held(data, unit, "the member is not certain: " + ", ".join(person.unsettled()), fields=doubts)
    identity = identity_of(person, data, unit)
    if identity is None:
        doubt = {"identity": "resembles a known member"}
        return _held(data, unit, "the member resembles a known one and is not certainly the same", fields=doubt)
    case = unit.case_by_order_key(order_key(identity, data.order)) or awaiting(identity, data.order, unit)
    if case is not None:
        return _again(case, data, unit, rule="same member, same items, same day")
    return _unknown(identity, data, unit)


def _unknown(identity: str, data: ReferralReceived, unit: Unit) -> list[Payload]:
    """The order is of no case for certain: it opens one, unless something speaks against that."""
    alike = resembling(identity, data.order, unit)
    if alike and not confirmed(data.document_id, "order", unit):
        return _resembled(alike, data, unit)
    if data.order.action == "cancel":
        return _held(data, unit, NOT_KNOWN)
    if cancelled_before(data, unit) and not confirmed(data.document_id, "cancellation", unit):
        doubt = {"cancellation": "came before the order"}
        return _held(data, unit, "a cancellation of this order came before it", fields=doubt)
    return _opened(identity, data, unit)


def _taken_back(data: ReferralReceived, person: Person, unit: Unit) -> list[Payload]:
    """Return the end of what a cancellation names by its number: cases, orders that wait for a person, both."""
    if data.order.action != "cancel":
        return cancelled_on_its_way(data, unit) if cancelled_before(data, unit) else []
    who = partial(payer_key, unit)
    mine = [case for case in all_by_number(data, unit) if agrees(person, person_of(case.order, who))]
    live = [case for case in mine if case.state is not CaseState.CANCELLED]
    done: list[Payload] = []
    for case in live or mine[:1]:
        part = data.model_copy(update={"order": about(case.order, data.order)})
        done += _again(case, part, unit, rule=_BY_NUMBER)
    ended = all((now := unit.case(case.case_id)) is not None and now.state is CaseState.CANCELLED for case in mine)
    if ended:
        done += withdrawn(data, unit, confirmed=bool(mine))
    left = not_known(data, unit) if done else None
    return [*done, *(_held(left, unit, NOT_KNOWN) if left else [])]


def _own(data: ReferralReceived, unit: Unit) -> Case | None:
    """Return the case that this order of the document has; where it has none, that of another order of it."""
    cases = unit.cases_by_document(data.document_id)
    return next((case for case in cases if case.order.order_id == data.order.order_id), next(iter(cases), None))


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
    review_id = review_id_of(unit, data.document_id, _stage(data))
    asked = hold(
        unit,
        data.document_id,
        data.reply_to,
        stage=_stage(data),
        reason=reason,
        case_id=case.case_id if case else None,
        fields=fields,
        documents=data.order.documents,
    )
    if data.order.action == "cancel" and case is None:
        for token in placer_tokens(data.order, data.reply_to):
            unit.mark(cancelled_token(token))
    return [*asked, *held(data, review_id, unit)] if asked else []


def _corrected(case: Case, data: ReferralReceived, unit: Unit) -> list[Payload]:
    """The same document again: only what a person decided on it since is new."""
    decided = unit.latest(ReviewDecided, data.document_id)
    if decided is None:
        return []
    merged = completed(case.order, data.order, tuple(decided.data.fields))
    merged = _vouched(merged, decided.data, unit)
    doubted = {result.element_id for result in case.unmet if result.element_id in merged.evidence}
    if case.state is CaseState.INCOMPLETE and any(
        merged.evidence[name] != case.order.evidence.get(name) for name in doubted
    ):
        return _reopened(case, merged, data, unit, rule="confirmed by a person")
    return changed(case, merged, data, unit, rule="corrected by a person")


def _vouched(order: Order, decided: ReviewDecided, unit: Unit) -> Order:
    """Return the order with a person's word on the values that the review was about or that the person gave."""
    review = unit.review(decided.review_id)
    if decided.decision != "accept" or review is None:
        return order
    names = (set(decided.fields) | set(review.fields)) & set(fields_of(order))
    word = Evidence(accepted=True, confidence=1.0, validators=(CONFIRMED,))
    return order.model_copy(update={"evidence": {**order.evidence, **dict.fromkeys(sorted(names), word)}})


def updated(case: Case, news: Order) -> Order:
    """Return the order with the new values; what was known of an old value is not known of the new one."""
    merged, before = completed(amended(case.order, news), case.order), fields_of(case.order)
    changed = {name for name, value in fields_of(merged).items() if before.get(name) != value}
    kept = {n: e for n, e in merged.evidence.items() if n not in changed or n in news.evidence}
    return merged.model_copy(update={"evidence": kept})


def _again(case: Case, data: ReferralReceived, unit: Unit, *, rule: str) -> list[Payload]:
    if data.document_id in case.document_ids and unit.latest(ReviewDecided, data.document_id) is None:
        return []
    if data.order.action == "cancel":
        return _cancelled(case, data, unit, rule=rule)
    if data.order.action == "update":
        return changed(case, updated(case, data.order), data, unit, rule=rule)
    return _repeated(case, data, unit, rule=rule)


def _resembled(alike: list[Case], data: ReferralReceived, unit: Unit) -> list[Payload]:
    """An order that leaves its items or its day open is a repeat of the one case that it fits, or a person says."""
    if len(alike) == 1 and surely_again(data.order, alike[0].order) and not _other(data.order, alike[0], unit):
        return _duplicate(alike[0], data, unit, rule="same member, nothing differs")
    cases = ", ".join(case.case_id for case in alike)
    return _held(data, unit, f"it resembles case {cases}", fields={"order": f"resembles case {cases}"})


def _other(order: Order, case: Case, unit: Unit) -> list[str]:
    """Return the fields that the order says otherwise than its case, without what the case was asked for."""
    asked = _asked(case)
    asked |= {"quantity"} if "order_lines" in asked else set()
    return [name for name in differences(order, case.order, partial(payer_key, unit)) if name not in asked]


def _asked(case: Case) -> set[str]:
    asked = {result.element_id for result in (case.unmet if case.state in FILLING else case.asked)}
    return asked | {_SAID_IN[name] for name in asked & set(_SAID_IN)}


def _repeated(case: Case, data: ReferralReceived, unit: Unit, *, rule: str) -> list[Payload]:
    """The order came again: an answer to what was missing, or a duplicate."""
    if case.state is CaseState.CANCELLED:
        return _held(data, unit, "its order number was cancelled before", case=case)
    other = _other(data.order, case, unit)
    if other and confirmed(data.document_id, "order", unit):
        return changed(case, updated(case, data.order), data, unit, rule=f"{rule}: a person took the change")
    if other:
        known = "its order number" if rule == _BY_NUMBER else "the same order"
        fields = {"order": "differs from the one before", **dict.fromkeys(other, "another value than before")}
        return _held(data, unit, f"{known} came before with other values: {', '.join(other)}", case=case, fields=fields)
    if case.gate != DISPATCH:
        return _supplied(case, data, unit) or _duplicate(case, data, unit, rule=rule)
    unmet = tuple(result.element_id for result in case.unmet)
    merged = completed(case.order, data.order, unmet) if case.state in FILLING else case.order
    told = _newly_told(case, merged, unmet) or _newly_doubted(case, merged, unmet)
    if told or fields_of(merged) != fields_of(case.order):
        return _reopened(case, merged, data, unit, rule=f"{rule}: answers what was missing")
    return _duplicate(case, data, unit, rule=rule)


def _newly_told(case: Case, merged: Order, unmet: tuple[str, ...]) -> bool:
    """Say whether notes have come while something was asked for that only notes can say."""
    return merged.notes != case.order.notes and any(name not in FIELD_NAMES for name in unmet)


def _supplied(case: Case, data: ReferralReceived, unit: Unit) -> list[Payload]:
    """Keep what came of what a later gate asked for; nothing where it is none of that."""
    asked = tuple(sorted(_asked(case)))
    order = completed(case.order, data.order, asked) if asked else case.order
    order = order.model_copy(update={"notes": tuple(dict.fromkeys((*case.order.notes, *data.order.notes)))})
    as_before = (fields_of(order), order.notes) == (fields_of(case.order), case.order.notes)
    if not asked or (as_before and data.answers_case is None):
        return []
    case = saved(case, unit, order=order, document_ids=with_document(case, data.document_id))
    index(case, data, unit)
    return _resolved(case, data, unit, rule=ANSWERED)


def _says_more(case: Case, merged: Order) -> bool:
    """Say whether a change is of more than what a later gate asked for."""
    before, asked = fields_of(case.order), _asked(case)
    other = any(before.get(name) != value for name, value in fields_of(merged).items() if name not in asked)
    return other or merged.priority != case.order.priority


def _newly_doubted(case: Case, merged: Order, unmet: tuple[str, ...]) -> bool:
    """Say whether an answer holds what was asked for, though not certainly: a person looks before it is asked again."""
    before = case.order.unreadable | case.order.conflicting
    return any(name in merged.unreadable | merged.conflicting and name not in before for name in unmet)


def changed(case: Case, merged: Order, data: ReferralReceived, unit: Unit, *, rule: str) -> list[Payload]:
    """The sender or a person changed the order: its new values stand, what they do not say stays."""
    if case.state is CaseState.CANCELLED:
        return _held(data, unit, "it changes a cancelled order", case=case)
    if case.gate != DISPATCH and not _says_more(case, merged) and (answer := _supplied(case, data, unit)):
        return answer
    before = (fields_of(case.order), case.order.priority, case.order.unreadable, case.order.conflicting)
    if (fields_of(merged), merged.priority, merged.unreadable, merged.conflicting) == before:
        return _duplicate(case, data, unit, rule=rule)
    if case.state in _COMMITTED:
        return _held(data, unit, "the order changed after a provider accepted it", case=case)
    return _reopened(case, merged, data, unit, rule=rule)


def _duplicate(case: Case, data: ReferralReceived, unit: Unit, *, rule: str) -> list[Payload]:
    if data.document_id in case.document_ids:
        return []
    notes = tuple(dict.fromkeys([*case.order.notes, *data.order.notes]))
    order = case.order.model_copy(update={"notes": notes})
    case = saved(case, unit, order=order, document_ids=with_document(case, data.document_id))
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
    if case.state is CaseState.FULFILLED:
        return _held(data, unit, "it cancels a service that is done", case=case)
    rest = without(case.order, data.order)
    if rest is not None:
        told = data.model_copy(update={"order": rest.model_copy(update={"action": "update"})})
        return changed(case, rest, told, unit, rule="a line was cancelled by the sender")
    if not is_all_of(case.order, data.order):
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
