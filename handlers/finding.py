"""Finds cases by what an order says of its number and its member, and keeps them findable; it changes no case."""

from __future__ import annotations

from functools import partial

from doorstep.handler import Unit
from handlers.casework import payer_key
from handlers.identity import (
    Person,
    Verdict,
    answers,
    compare,
    digest,
    numbered_apart,
    partly_read,
    person_of,
    placer_tokens,
    record_tokens,
    vague,
)
from schemas.case import Case, CaseState
from schemas.document import ReviewDecided
from schemas.order import Order, OrderType, ReferralReceived
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.transmission import ReplyTo

FILLING = {CaseState.OPEN, CaseState.INCOMPLETE}
"""The states in which another sending of the order may fill its gaps."""


def by_number(data: ReferralReceived, unit: Unit) -> Case | None:
    """Return the case that this sender's order number opened; of several, the newest that is not cancelled."""
    return next(iter(all_by_number(data, unit)), None)


def all_by_number(data: ReferralReceived, unit: Unit) -> list[Case]:
    """Return the cases that this sender's order numbers opened: the newest first, those that are cancelled last."""
    found = [case for token in placer_tokens(data.order, data.reply_to) for case in unit.cases_by_token(token)]
    fitting = {case.case_id: case for case in found if of_kind(case.order, data.order)}
    return sorted(
        fitting.values(), key=lambda c: (c.state is not CaseState.CANCELLED, c.opened_at, c.case_id), reverse=True
    )


def of_kind(known: Order, order: Order) -> bool:
    """Say whether two orders may be one by their kind: it is the same, or one of them leaves it open."""
    return len({known.order_type, order.order_type} - {OrderType.UNKNOWN}) < 2


def sheet_case(returned: str | None, unit: Unit) -> Case | None:
    """Return the case whose own sheet came back; None without a sheet, or for one that we never sent or of no case."""
    asked = unit.latest(ConfirmationRequested, returned) if returned else None
    return unit.case(asked.data.case_id) if asked and asked.data.case_id else None


def escalated_case(returned: str | None, unit: Unit) -> Case | None:
    """Return the case of the escalation mail that is answered: a manager's word, never what a sender was asked for."""
    asked = unit.latest(ConfirmationRequested, returned) if returned else None
    return sheet_case(returned, unit) if asked and asked.data.kind is ConfirmationKind.ESCALATION else None


def request_case(about: str | None, reply_to: ReplyTo | None, unit: Unit) -> Case | None:
    """Return the case of a FHIR request, by its reference (`ServiceRequest/ID`), that its sender has here."""
    if about is None or reply_to is None:
        return None
    request = Order(order_id="", document_id="", channel="fhir", unmapped={"requests": about})
    found = [case for token in placer_tokens(request, reply_to) for case in unit.cases_by_token(token)]
    return max(found, key=lambda c: (c.state is not CaseState.CANCELLED, c.opened_at, c.case_id), default=None)


def identity_of(person: Person, data: ReferralReceived, unit: Unit) -> str | None:
    """Return the member's identity key, a new one for a member not seen before, or None in doubt."""
    known: dict[str, Person] = {}
    for case in (case for token in person.tokens() for case in unit.cases_by_token(token)):
        other = person_of(case.order, partial(payer_key, unit))
        if case.identity_key not in known or (other.member_id and not known[case.identity_key].member_id):
            known[case.identity_key] = other
    verdicts = {key: compare(person, other) for key, other in known.items()}
    same = [key for key, verdict in verdicts.items() if verdict is Verdict.SAME]
    certain = [key for key in same if person.member_id and known[key].member_id == person.member_id]
    if len(certain) == 1:
        return certain[0]
    if len(same) == 1 and Verdict.DOUBT not in verdicts.values():
        return same[0]
    if same or Verdict.DOUBT in verdicts.values():
        decided = confirmed(data.document_id, "identity", unit)
        if decided is None:
            return None
        chosen = unit.case(str(decided.fields.get("member_of_case", "")))
        return chosen.identity_key if chosen else digest("identity", person.key(), data.document_id)
    return person.key() if person.key() not in known else digest("identity", person.key(), data.document_id)


def confirmed(document_id: str, doubt: str, unit: Unit) -> ReviewDecided | None:
    """Return a person's word that settled this doubt about the document."""
    decided = unit.latest(ReviewDecided, document_id)
    review = unit.review(decided.data.review_id) if decided else None
    settled = decided is not None and decided.data.decision == "accept" and review is not None
    return decided.data if decided and review and settled and doubt in review.fields else None


def awaiting(identity: str, order: Order, unit: Unit) -> Case | None:
    """Return the one incomplete case of this member that this order may complete."""
    if order.action != "new":
        return None
    asked = [c for c in unit.cases_by_identity(identity) if c.state in FILLING and c.unmet]
    open_cases = [c for c in asked if answers(order, c) and not numbered_apart(order, c.order)]
    return open_cases[0] if len(open_cases) == 1 else None


def resembling(identity: str, order: Order, unit: Unit) -> list[Case]:
    """Return this member's live cases of which this order may be another sending: one is vague or partly read."""
    if order.action != "new":
        return []
    live = [case for case in unit.cases_by_identity(identity) if case.state is not CaseState.CANCELLED]
    return [
        case
        for case in live
        if ((vague(order) or vague(case.order)) and answers(order, case)) or partly_read(order, case.order)
    ]


def cancelled_token(token: str) -> str:
    """Return the token that remembers a cancellation of an order not seen yet."""
    return digest("cancelled", token)


def cancelled_before(data: ReferralReceived, unit: Unit) -> bool:
    tokens = placer_tokens(data.order, data.reply_to)
    return any(unit.marked(cancelled_token(token)) for token in tokens)


def index(case: Case, data: ReferralReceived, unit: Unit) -> None:
    """Make the case findable by its order numbers and, unless another case says as much, by its member."""
    person = person_of(case.order, partial(payer_key, unit))
    by_member = [t for t in person.tokens() if not any(_stands_for(found, case) for found in unit.cases_by_token(t))]
    records = record_tokens(data.order, data.reply_to)
    unit.index_case(case.case_id, [*placer_tokens(data.order, data.reply_to), *records, *by_member])


def _stands_for(found: Case, case: Case) -> bool:
    """Say whether the case found already tells as much of the member as this one."""
    said, say = (any(cover.member_id for cover in one.order.coverage) for one in (found, case))
    return found.identity_key == case.identity_key and (said or not say)
