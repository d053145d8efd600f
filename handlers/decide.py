"""Takes a person's word on a review: corrected fields go the same way as read ones, a rejected document is closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import JsonValue

from doorstep.handler import Unit, on
from handlers.casework import (
    NETWORK_DOCUMENT,
    day_of,
    derived_id,
    moved,
    order_type_of,
    primary_payer,
    rulesets_for,
    saved,
)
from schemas.case import (
    Case,
    CaseState,
    IdentityResolved,
)
from schemas.document import (
    DocumentClass,
    ExtractedField,
    FieldsExtracted,
    ReviewDecided,
    ReviewRequested,
    ReviewSettled,
)
from schemas.element import DISPATCH, Waiver
from schemas.event import Event, Payload
from schemas.fields import FIELD_NAMES, order_of, problems_of, with_fields
from schemas.held import OrderHeld
from schemas.order import Evidence, Order, OrderType, ReferralReceived
from schemas.rules import Element
from schemas.transmission import ReceiptState, TransmissionReceived

CONFIRMED = "confirmed by reviewer"
_BY_A_PERSON = "an element was settled by a person"
ABOUT_THE_DOCUMENT = ("document_class", "member_of_case")
"""What a reviewer may say besides an order's fields: the document's class, and a case of the same member."""


@on(TransmissionReceived, where=lambda data: data.channel == "desk" and "command" not in data.details)
def decide(event: Event[TransmissionReceived], unit: Unit) -> Iterable[Payload]:
    """Check the decision's form and that its review is still open."""
    document_id = event.data.document_id
    content = unit.content(event.data.contents[0])
    said = content if isinstance(content, dict) else {}
    review = unit.review(str(said.get("review_id", "")))
    fields = said.get("fields") or {}
    refusal = None
    if review is None:
        refusal = "there is no such review"
    elif said.get("decision") not in {"accept", "reject"}:
        refusal = "the decision must be accept or reject"
    elif not isinstance(said.get("reviewer"), str) or not str(said["reviewer"]).strip():
        refusal = "the reviewer must be named"
    elif not isinstance(fields, dict) or (wrong := _wrong(fields)):
        refusal = "fields: " + (", ".join(f"{n} {why}" for n, why in wrong.items()) if isinstance(fields, dict) else "")
    elif (known := unit.latest(ReviewDecided, review.document_id)) and known.data.review_id == review.review_id:
        refusal = "the review was decided before"
    elif review not in unit.waiting_reviews(review.document_id):
        refusal = "the review was settled before: " + _end_of(review, unit)
    waived, supplied = said.get("waived") or {}, said.get("supplied") or {}
    about = unit.case(review.case_id) if review and review.case_id else None
    for name, given in (("waived", waived), ("supplied", supplied)):
        refusal = refusal or (_wrong_elements(name, given, about, unit) if given else None)
    if refusal or review is None or not isinstance(fields, dict):
        unit.settle_receipt(document_id, ReceiptState.REJECTED, reason=refusal)
        return []
    unit.close_review(review.review_id)
    unit.settle_receipt(document_id, ReceiptState.ACCEPTED, case_id=review.case_id)
    reason = said.get("reason")
    return [
        ReviewDecided(
            review_id=review.review_id,
            document_id=review.document_id,
            case_id=review.case_id,
            decision=str(said["decision"]),
            reviewer=str(said["reviewer"]).strip(),
            fields=fields,
            waived=_texts(waived),
            supplied=_texts(supplied),
            reason=reason if isinstance(reason, str) else None,
        )
    ]


def _texts(said: object) -> dict[str, str]:
    return {str(name): str(text) for name, text in said.items()} if isinstance(said, dict) else {}


def _end_of(review: ReviewRequested, unit: Unit) -> str:
    """Return why nobody needs to decide any more."""
    settled = unit.latest(ReviewSettled, review.document_id)
    known = settled is not None and settled.data.review_id == review.review_id
    return (settled.data.reason or settled.data.command) if settled and known else "nothing is left to decide"


def _wrong(fields: Mapping[str, JsonValue]) -> dict[str, str]:
    wrong = problems_of({name: value for name, value in fields.items() if name not in ABOUT_THE_DOCUMENT})
    if "document_class" in fields and fields["document_class"] not in {kind.value for kind in DocumentClass}:
        wrong["document_class"] = "is not known"
    return wrong


def _wrong_elements(what: str, said: object, case: Case | None, unit: Unit) -> str | None:
    """Return why elements cannot be waived or supplied so, None when they can."""
    if case is None:
        return f"{what}: an element is {what} for a case only"
    if not isinstance(said, dict) or not all(isinstance(text, str) and text.strip() for text in said.values()):
        return f"{what}: say for each element {'why it is not needed' if what == 'waived' else 'what it is'}"
    known = _elements(case, unit)
    unknown = sorted(said.keys() - known.keys())
    if unknown:
        return f"{what}: the order has no element {', '.join(unknown)}"
    if what == "waived":
        return None
    for name, value in said.items():
        if not any(way.notes for way in known[name].ways()):
            return f"supplied: {name} is a field of the order: give its value there"
        if _line(known[name], str(value), case) is None:
            return f"supplied: {name} is not what is asked for: {known[name].ask}"
    return None


def _elements(case: Case, unit: Unit) -> dict[str, Element]:
    rulesets = rulesets_for(unit, case.order.order_type, primary_payer(case.order))
    return {element.id: element for ruleset in rulesets for element in ruleset.elements}


@on(ReviewDecided)
def apply(event: Event[ReviewDecided], unit: Unit) -> Iterable[Payload]:
    """Send the corrected document the way of every order, or close it."""
    data = event.data
    if data.document_id.startswith(NETWORK_DOCUMENT):
        return []
    if data.decision == "reject":
        if data.case_id is None and not _others(data.document_id, unit):
            reason = f"rejected by a reviewer: {data.reason or 'no order'}"
            unit.settle_receipt(data.document_id, ReceiptState.REJECTED, reason=reason)
        return []
    if (data.waived or data.supplied) and not data.fields:
        return []
    extracted = unit.latest(FieldsExtracted, data.document_id)
    if extracted is not None:
        return [corrected(extracted.data, data.fields)]
    return _from_message(data, unit)


@on(ReviewDecided, where=lambda data: bool(data.waived or data.supplied) and data.decision == "accept")
def settle(event: Event[ReviewDecided], unit: Unit) -> Iterable[Payload]:
    """Note at the case what a person found not to be needed, or to be so, and have it checked anew."""
    data = event.data
    case = unit.case(data.case_id or "")
    if case is None:
        return []
    said = {n: Waiver(reason=why, by=data.reviewer, at=unit.now) for n, why in data.waived.items()}
    case = saved(case, unit, waived={**case.waived, **said}, order=_noted(case, data, unit))
    events: list[Payload] = []
    if case.state is CaseState.INCOMPLETE:
        case, change = moved(case, CaseState.OPEN, unit, cause=_BY_A_PERSON, unmet=())
        events.append(change)
    elif case.gate == DISPATCH:
        return []
    return [
        *events,
        IdentityResolved(
            case_id=case.case_id,
            document_id=data.document_id,
            order=case.order,
            reply_to=case.reply_to,
            received_at=case.received_at,
            rule=_BY_A_PERSON,
            is_new=False,
            duplicate=False,
        ),
    ]


def _line(element: Element, value: str, case: Case) -> str | None:
    """Return what was said of an element as a line of notes that says it; None where it is not right."""
    as_of = day_of(case.order, case.received_at.date())
    for way in element.ways():
        label = element.label if way is element else next(iter(way.notes), "")
        line = f"{label}: {' '.join(value.split())}"
        if way.notes and way.good(case.order.model_copy(update={"notes": (line,)}), as_of):
            return line
    return None


def _noted(case: Case, data: ReviewDecided, unit: Unit) -> Order:
    """Return the order with what a person has read or heard, as a line of its notes under the element's own label."""
    known = _elements(case, unit)
    said = {name: _line(known[name], value, case) for name, value in data.supplied.items() if name in known}
    lines = {name: line for name, line in said.items() if line is not None}
    word = Evidence(accepted=True, confidence=1.0, validators=(CONFIRMED,))
    notes = tuple(dict.fromkeys((*case.order.notes, *lines.values())))
    return case.order.model_copy(
        update={"notes": notes, "evidence": {**case.order.evidence, **dict.fromkeys(lines, word)}}
    )


def corrected(data: FieldsExtracted, decided: Mapping[str, JsonValue]) -> FieldsExtracted:
    """Return the extraction with the person's values in place; who accepts a document vouches for one patient."""
    evidence = Evidence(accepted=True, confidence=1.0, validators=(CONFIRMED,))
    values = {name: value for name, value in decided.items() if name in FIELD_NAMES}
    fields = {**data.fields, **{n: ExtractedField(value=v, evidence=evidence) for n, v in values.items()}}
    kind = DocumentClass(str(decided["document_class"])) if "document_class" in decided else data.document_class
    return data.model_copy(update={"fields": fields, "patients": 1, "document_class": kind})


def _others(document_id: str, unit: Unit) -> bool:
    """Say whether an input brought other orders, that have cases or wait for a person."""
    return bool(unit.cases_by_document(document_id) or unit.waiting_reviews(document_id))


def _reviewed(data: ReviewDecided, unit: Unit) -> ReferralReceived | None:
    """Return the order that a review is about: the one held, the case's own, or the only one of its document."""
    held = unit.latest(OrderHeld, data.review_id)
    if held is not None:
        return held.data.referral
    known = unit.latest(ReferralReceived, data.document_id)
    case = unit.case(data.case_id) if data.case_id else None
    if known is None or case is None or case.order.document_id != data.document_id:
        return known.data if known else None
    return known.data.model_copy(update={"order": case.order})


def _from_message(data: ReviewDecided, unit: Unit) -> list[Payload]:
    """Correct what a codec made of a message, or write the order that it could not make."""
    values = {name: value for name, value in data.fields.items() if name in FIELD_NAMES}
    known = _reviewed(data, unit)
    if known is not None:
        return [known.model_copy(update={"order": with_fields(known.order, values)})]
    sent = unit.latest(TransmissionReceived, data.document_id)
    if sent is not None and sent.data.channel in {"dispatch", "desk", "payer"}:
        return []
    if data.case_id is not None and not values:  # a letter about a case: read, and that is all
        return []
    if sent is None or not values:
        unit.settle_receipt(data.document_id, ReceiptState.REJECTED, reason="accepted by a reviewer without an order")
        return []
    order = order_of(
        values,
        order_id=derived_id("order", data.document_id),
        document_id=data.document_id,
        channel=sent.data.channel,
        documents=sent.data.contents,
    )
    kind = order_type_of(unit, [line.code for line in order.lines if line.code])
    return [
        ReferralReceived(
            document_id=data.document_id,
            order=order.model_copy(update={"order_type": kind if kind is not OrderType.UNKNOWN else order.order_type}),
            reply_to=sent.data.reply_to,
            received_at=sent.data.received_at,
        )
    ]
