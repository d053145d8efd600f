"""What every step of a case shares: moving it, asking a person, reading its rules. It decides nothing itself."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Any, TypeGuard, TypeVar
from uuid import NAMESPACE_URL, uuid5

from pydantic import ValidationError

from doorstep.errors import Defect
from doorstep.handler import Unit
from schemas.case import ALLOWED, Case, CaseManager, CaseState, CaseStateChanged, OfferRecalled, OfferState
from schemas.clock_rules import Clocks
from schemas.desk_rules import Desk
from schemas.document import DocumentClass, ReviewDecided, ReviewRequested, ReviewSettled
from schemas.event import Payload
from schemas.network import Directory
from schemas.order import Order, OrderType
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.rules import Rule, Ruleset, covers
from schemas.transmission import Content, ReceiptState, ReplyTo

ORDER_CANCELLED = "the order was cancelled"
"""Why offers are recalled when their order is."""
WAITS = "the case waits: "
"""How the reason begins for which offers are recalled when a person says that the case waits; its label follows."""
NETWORK_DOCUMENT = "network "
"""How the document of a review begins that is about a provider, not about something received."""
_NAMESPACE = uuid5(NAMESPACE_URL, "https://doorstep.example/casework")
_parsed: dict[str, tuple[Any, Any]] = {}
RuleT = TypeVar("RuleT", bound=Rule)


def derived_id(*parts: str) -> str:
    """Return the id that belongs to these parts: the same parts give the same id, so nothing is made twice."""
    return str(uuid5(_NAMESPACE, "\x1f".join(parts)))


def rule(unit: Unit, name: str, model: type[RuleT]) -> RuleT:
    """Return a rules file as its model, parsed again only when the unit hands out another object."""
    raw = unit.rules(name)
    known = _parsed.get(name)
    if known is None or known[0] is not raw:
        try:
            known = (raw, model.model_validate(raw))
        except ValidationError as error:
            raise Defect("bad-rules", f"The rules file {name}.yaml is not valid.", detail=str(error)) from error
        _parsed[name] = known
    found: RuleT = known[1]
    return found


def directory(unit: Unit) -> Directory:
    """Return the network: the directory file's providers, and in their place what the API says of them."""
    return rule(unit, "network/sample", Directory).with_kept(one.provider for one in unit.providers())


def clocks(unit: Unit) -> Clocks:
    return rule(unit, "clocks", Clocks)


def rulesets_for(unit: Unit, order_type: OrderType, payer: str | None = None) -> tuple[Ruleset, ...]:
    """Return the rulesets of an order type, those that each extends before it and those that narrow it after it.

    A ruleset for certain payers, or kinds of payers, is left out for every other payer's orders.
    """
    found: dict[str, Ruleset] = {}
    whose = {payer_key(unit, payer), *payer_kinds(unit, payer)}

    def add(name: str) -> None:
        if name in found:
            return
        ruleset = rule(unit, f"elements/{name}", Ruleset)
        payers = {payer_key(unit, one) for one in ruleset.applies.payers}
        if payers and not whose & payers:
            return
        for parent in ruleset.extends:
            add(parent)
        found[name] = ruleset
        for child in ruleset.narrowed_by:
            add(child)

    add("common.intake" if order_type is OrderType.UNKNOWN else order_type.value)
    return tuple(found.values())


def primary_payer(order: Order) -> str | None:
    """Return the name of the payer that is asked first."""
    return order.primary_coverage.payer if order.primary_coverage else None


def order_type_of(unit: Unit, codes: Iterable[str]) -> OrderType:
    """Return the order type that all known codes agree on, unknown when they do not or none is known."""
    families = unit.rules("elements/order_types")["order_types"]
    kinds = {next((kind for kind, listed in families.items() if covers(listed, code)), None) for code in codes} - {None}
    return OrderType(str(kinds.pop())) if len(kinds) == 1 else OrderType.UNKNOWN


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Return text for comparison: lower case, no accents, no punctuation, single spaces."""
    import unicodedata

    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(re.findall(r"[a-z0-9]+", plain.lower().replace("'", "").replace("’", "")))


def payer_key(unit: Unit, payer: str | None) -> str | None:
    """Return the payer's name that all of its known spellings share."""
    if not payer or not fold(payer):
        return None
    raw = unit.rules("codes/payers")["payers"]
    known = _parsed.get("codes/payers")
    if known is None or known[0] is not raw:
        spellings = {fold(str(s)): fold(str(name)) for name, others in raw.items() for s in (name, *(others or ()))}
        known = (raw, spellings)
        _parsed["codes/payers"] = known
    return str(known[1].get(fold(payer), fold(payer)))


def payer_kinds(unit: Unit, payer: str | None) -> set[str]:
    """Return of which kinds a payer is (`medicare advantage`), by the words in its name as it was sent."""
    kinds = unit.rules("codes/payers").get("kinds") or {}
    name = f" {fold(payer or '')} "
    return {fold(kind) for kind, words in kinds.items() if any(f" {fold(str(word))} " in name for word in words)}


def manager_for(unit: Unit, order_type: OrderType, number: str) -> CaseManager:
    """Return whose turn it is: the managers of that order type in the turn of the running number."""
    managers = rule(unit, "desk", Desk).managers
    able = [m for m in managers if not m.order_types or order_type in m.order_types] or list(managers)
    digits = re.search(r"\d+", number)
    turn = able[int(digits.group() if digits else "0") % len(able)]
    return CaseManager(name=turn.name, extension=turn.extension, email=turn.email)


def saved(case: Case, unit: Unit, **changes: Any) -> Case:
    """Save the case with these changes as its next revision, in the state it is in."""
    case = case.model_copy(update={**changes, "revision": case.revision + 1, "updated_at": unit.now})
    unit.save_case(case)
    return case


def moved(case: Case, to: CaseState, unit: Unit, *, cause: str, **changes: Any) -> tuple[Case, CaseStateChanged]:
    """Move the case to another state, save it, and return it with the event that says so; Defect if not allowed."""
    if to not in ALLOWED[case.state]:
        raise Defect("case-state", f"A case cannot go from {case.state} to {to}.", detail=case.case_id)
    change = CaseStateChanged(case_id=case.case_id, from_state=case.state, to_state=to, cause=cause)
    return saved(case, unit, state=to, **changes), change


def with_document(case: Case, document_id: str) -> tuple[str, ...]:
    return case.document_ids if document_id in case.document_ids else (*case.document_ids, document_id)


def recalled(case_id: str, unit: Unit, *, reason: str, but: str | None = None) -> list[Payload]:
    """Recall every offer of the case that is out or accepted, except one."""
    events: list[Payload] = []
    for offer in unit.offers_of(case_id):
        if offer.offer_id != but and offer.state in {OfferState.SENT, OfferState.ACCEPTED}:
            unit.save_offer(offer.model_copy(update={"state": OfferState.RECALLED, "answered_at": unit.now}))
            events.append(OfferRecalled(case_id=case_id, offer_id=offer.offer_id, npi=offer.npi, reason=reason))
    return events


def once(unit: Unit, confirmation: ConfirmationRequested) -> list[Payload]:
    """Return the confirmation unless it was requested before."""
    known = unit.latest(ConfirmationRequested, confirmation.confirmation_id)
    return [] if known else [confirmation]


def review_id_of(unit: Unit, document_id: str, stage: str) -> str:
    """Return the id of the review of a document at a stage: another one once a person has decided on the document."""
    decided = unit.latest(ReviewDecided, document_id)
    return derived_id("review", document_id, stage, decided.data.review_id if decided else "")


def settle_review(
    review: ReviewRequested, command: str, by: str, unit: Unit, reason: str | None = None
) -> ReviewSettled:
    """Close a review whose question has been answered by other means than its decision."""
    unit.close_review(review.review_id)
    return ReviewSettled(
        review_id=review.review_id,
        document_id=review.document_id,
        case_id=review.case_id,
        command=command,
        by=by,
        reason=reason,
    )


def ask_person(
    unit: Unit,
    document_id: str,
    *,
    stage: str,
    reason: str,
    case_id: str | None = None,
    fields: dict[str, str] | None = None,
    document_class: DocumentClass | None = None,
    documents: tuple[Content, ...] = (),
    settled_by: tuple[str, ...] = (),
) -> list[Payload]:
    """Put a document before a person, once for each stage until a person has decided on the one before."""
    review_id = review_id_of(unit, document_id, stage)
    if unit.review(review_id) is not None:
        return []
    review = ReviewRequested(
        review_id=review_id,
        document_id=document_id,
        case_id=case_id,
        reason=reason,
        fields=fields or {},
        document_class=document_class,
        documents=documents,
        settled_by=settled_by,
    )
    unit.save_review(review)
    return [review]


def answerable(reply_to: ReplyTo | None) -> TypeGuard[ReplyTo]:
    """Say whether the sender left an address to answer; a fax may have come without a number."""
    return reply_to is not None and bool(reply_to.address)


def hold(
    unit: Unit, document_id: str, reply_to: ReplyTo | None, *, stage: str, reason: str, **review: Any
) -> list[Payload]:
    """Put a document before a person, leave its receipt pending with the reason, and tell the sender so."""
    asked = ask_person(unit, document_id, stage=stage, reason=reason, **review)
    case: Case | None = unit.case(review["case_id"]) if review.get("case_id") else None
    if not asked:
        return []
    unit.settle_receipt(
        document_id, ReceiptState.PENDING, reason=f"under review: {reason}", case_id=case.case_id if case else None
    )
    if not answerable(reply_to):
        return asked
    told = ConfirmationRequested(
        confirmation_id=derived_id(document_id, ConfirmationKind.UNDER_REVIEW, case.case_id if case else ""),
        kind=ConfirmationKind.UNDER_REVIEW,
        recipient=reply_to,
        case_id=case.case_id if case else None,
        document_id=document_id,
        reference=case.case_id if case else document_id,
        manager=case.manager if case else manager_for(unit, OrderType.UNKNOWN, document_id),
        case_state=case.state.value if case else None,
    )
    return [*asked, *once(unit, told)]


def day_of(order: Order, received: date) -> date:
    """Return the day by whose rules an order is judged: when it was written, else when it was signed or received."""
    return min(order.authored_on or order.signature_date or received, received)
