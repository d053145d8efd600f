"""Orders that wait for a person: each is kept with its review, and its sender may take it back by its number.

Nothing is withdrawn in doubt: the number is the sender's own, nothing that both inputs say of the member differs, and
what the cancellation names is what the order holds.
"""

from __future__ import annotations

from functools import partial

from doorstep.handler import Unit
from handlers.amend import about, is_all_of, without
from handlers.casework import answerable, derived_id, manager_for, once, payer_key, settle_review
from handlers.finding import cancelled_token, of_kind
from handlers.identity import agrees, digest, person_of, placer_tokens
from schemas.document import ReviewDecided, ReviewRequested, ReviewSettled
from schemas.event import Payload
from schemas.held import NumberHeld, OrderHeld, OrderWithdrawn
from schemas.order import Order, OrderLine, OrderType, ReferralReceived
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.transmission import WITHDRAWN, ReceiptState

_MOST = 20
"""Reviews that are remembered under one number; a sender that gives all orders the same number fills no event."""


def held(data: ReferralReceived, review_id: str, unit: Unit) -> list[Payload]:
    """Return what keeps an order that is put before a person: by its review, and by its sender's numbers."""
    found: list[Payload] = [OrderHeld(review_id=review_id, referral=data)]
    for token in placer_tokens(data.order, data.reply_to):
        known = unit.latest(NumberHeld, token)
        before = known.data.review_ids if known else ()
        found.append(NumberHeld(token=token, review_ids=(*before, review_id)[-_MOST:]))
    return found


def is_over(order: Order, unit: Unit) -> bool:
    """Say whether this very order was taken back before it had a case, or is what took such an order back."""
    return unit.marked(_over(order))


def withdrawn(data: ReferralReceived, unit: Unit, *, confirmed: bool) -> list[Payload]:
    """Withdraw the orders that wait under the numbers of this cancellation; nothing where that is not certain.

    With `confirmed`, a case was cancelled by it and its sender is told so; what waits is about that case then.
    """
    done: list[Payload] = []
    for one in _under_its_numbers(data, unit):
        order, cancels, waits = one.referral.order, about(one.referral.order, data.order), _waits(one, unit)
        on_its_way = not confirmed and not unit.cases_by_document(one.referral.document_id)
        if order.action == "cancel" or (waits is None and not on_its_way):
            continue
        rest = without(order, cancels)
        if rest is not None and waits is not None:
            done += _reduced(one, rest)
        elif rest is None and is_all_of(order, cancels):
            done += _taken_back(one.referral, data, waits, unit)
        else:
            continue
        done += [] if confirmed else _told(one.referral, data, unit)
    if done and not confirmed:
        unit.mark(_over(data.order))
        unit.settle_receipt(data.document_id, ReceiptState.ACCEPTED, reason=WITHDRAWN)
    return done


def not_known(data: ReferralReceived, unit: Unit) -> ReferralReceived | None:
    """Return the part of an HL7 v2 cancellation whose numbers nothing here ever came under."""
    left = [line for line in data.order.lines if line.placer_number and not _is_known(line, data, unit)]
    if data.order.channel != "hl7v2" or not left:
        return None
    order_id = derived_id(data.order.order_id, "not known")
    change = {"lines": tuple(left), "placer_number": left[0].placer_number, "order_id": order_id}
    return data.model_copy(update={"order": data.order.model_copy(update=change)})


def _is_known(line: OrderLine, data: ReferralReceived, unit: Unit) -> bool:
    alone = data.order.model_copy(update={"lines": (line,), "placer_number": None})
    tokens = placer_tokens(alone, data.reply_to)
    return any(unit.cases_by_token(token) or unit.latest(NumberHeld, token) for token in tokens)


def cancelled_on_its_way(data: ReferralReceived, unit: Unit) -> list[Payload]:
    """Withdraw an order that was received before the cancellation that names it and reached us here after it."""
    for one in _under_its_numbers(data, unit):
        cancels, waits = one.referral, _waits(one, unit)
        if cancels.order.action != "cancel" or waits is None or cancels.received_at <= data.received_at:
            continue
        named = about(data.order, cancels.order)
        if without(data.order, named) is None and is_all_of(data.order, named):
            done = [*_taken_back(data, cancels, None, unit), _settled(waits, unit)]
            unit.mark(_over(cancels.order))
            unit.settle_receipt(cancels.document_id, ReceiptState.ACCEPTED, reason=WITHDRAWN)
            return [*done, *_told(data, cancels, unit), *_told(data, data, unit)]
    return []


def _under_its_numbers(data: ReferralReceived, unit: Unit) -> list[OrderHeld]:
    """Return the orders that were put before a person under these numbers and are of the same member and kind."""
    who = partial(payer_key, unit)
    known = [unit.latest(NumberHeld, token) for token in placer_tokens(data.order, data.reply_to)]
    review_ids = dict.fromkeys(review_id for one in known if one for review_id in one.data.review_ids)
    kept = [one.data for review_id in review_ids if (one := unit.latest(OrderHeld, review_id))]
    newest = {one.referral.order.order_id: one for one in kept}
    person = person_of(data.order, who)
    return [
        one
        for one in newest.values()
        if of_kind(one.referral.order, data.order) and agrees(person, person_of(one.referral.order, who))
    ]


def _waits(one: OrderHeld, unit: Unit) -> ReviewRequested | None:
    """Return the review of an order while no person has decided on it."""
    waiting = unit.waiting_reviews(one.referral.document_id)
    return next((review for review in waiting if review.review_id == one.review_id), None)


def _over(order: Order) -> str:
    return digest("withdrawn", order.order_id)


def _reduced(one: OrderHeld, rest: Order) -> list[Payload]:
    """Take the lines that are cancelled off an order that waits on."""
    return [OrderHeld(review_id=one.review_id, referral=one.referral.model_copy(update={"order": rest}))]


def _taken_back(
    order: ReferralReceived, data: ReferralReceived, waits: ReviewRequested | None, unit: Unit
) -> list[Payload]:
    """Withdraw an order, whether it waits still or a person has decided already and it is on its way to a case."""
    known = is_over(order.order, unit)
    unit.mark(_over(order.order))
    for token in placer_tokens(order.order, order.reply_to):
        unit.mark(cancelled_token(token))
    settled = [] if waits is None else [_settled(waits, unit)]
    _settle_receipt(order.document_id, waits, unit)
    told = OrderWithdrawn(document_id=order.document_id, order_id=order.order.order_id, withdrawn_by=data.document_id)
    return [*settled, *([] if known else [told])]


def _settle_receipt(document_id: str, waits: ReviewRequested | None, unit: Unit) -> None:
    """Say that the input came to nothing; not where another order of it has a case, waits, or a person refused it."""
    decided = unit.latest(ReviewDecided, document_id)
    refused = decided is not None and decided.data.decision == "reject"
    if not unit.cases_by_document(document_id) and not unit.waiting_reviews(document_id) and not refused:
        case_id = waits.case_id if waits else None
        unit.settle_receipt(document_id, ReceiptState.ACCEPTED, reason=WITHDRAWN, case_id=case_id)


def _settled(review: ReviewRequested, unit: Unit) -> ReviewSettled:
    return settle_review(review, "cancellation", "its sender", unit, WITHDRAWN)


def _told(order: ReferralReceived, data: ReferralReceived, unit: Unit) -> list[Payload]:
    """Confirm the cancellation under the reference that the sender knows: no case was opened."""
    if not answerable(data.reply_to):
        return []
    told = ConfirmationRequested(
        confirmation_id=derived_id(data.document_id, ConfirmationKind.CANCELLED, order.order.order_id),
        kind=ConfirmationKind.CANCELLED,
        recipient=data.reply_to,
        case_id=None,
        document_id=data.document_id,
        reference=order.document_id,
        manager=manager_for(unit, OrderType.UNKNOWN, order.document_id),
    )
    return once(unit, told)
