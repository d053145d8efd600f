"""Makes one normalized order of a read document's accepted fields; what was not accepted is named, never used."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from pydantic import JsonValue

from doorstep.handler import Unit, on
from handlers.casework import derived_id, hold, order_type_of, payer_key, primary_payer, rulesets_for
from handlers.finding import request_case, sheet_case
from handlers.identity import agrees, person_of
from schemas.case import Case
from schemas.document import DocumentClass, ExtractedField, FieldsExtracted
from schemas.event import Event, Payload
from schemas.fields import FIELD_NAMES, order_of, problems_of
from schemas.noted import facts
from schemas.order import Order, OrderType, ReferralReceived
from schemas.transmission import ReplyTo

IDENTITY = ("member_name", "dob", "payer")
_TYPE_OF_CLASS = {
    DocumentClass.DME_ORDER: OrderType.DME,
    DocumentClass.HOME_HEALTH_REFERRAL: OrderType.HOME_HEALTH,
    DocumentClass.INFUSION_ORDER: OrderType.INFUSION,
}


def doubt_of(field: ExtractedField) -> str:
    """Return why a field was not accepted: the validators that speak of a conflict, else that it was not certain."""
    conflicts = [note for note in field.evidence.validators if "conflict" in note.lower()]
    return "; ".join(conflicts) or "below threshold"


def order_from(data: FieldsExtracted, unit: Unit) -> Order:
    """Return the order that the accepted fields make; the rest stands in `unreadable` or `conflicting`."""
    values: dict[str, JsonValue] = {}
    unreadable: dict[str, str] = {}
    conflicting: dict[str, str] = {}
    for name, field in data.fields.items():
        if name not in FIELD_NAMES or (field.evidence.accepted and field.value in (None, "", [], {})):
            continue
        if field.evidence.accepted:
            values[name] = field.value
        else:
            reason = doubt_of(field)
            (conflicting if "conflict" in reason.lower() else unreadable)[name] = reason
    for name, problem in problems_of(values).items():
        unreadable[name] = problem
        del values[name]
    order = order_of(
        values,
        order_id=derived_id("order", data.document_id),
        document_id=data.document_id,
        channel=data.channel,
        documents=data.documents,
        evidence={name: field.evidence for name, field in data.fields.items() if name in FIELD_NAMES},
        unreadable=unreadable,
        conflicting=conflicting,
    )
    codes = [line.code for line in order.lines if line.code]
    by_codes = order_type_of(unit, codes)
    by_class = _TYPE_OF_CLASS.get(data.document_class, OrderType.UNKNOWN)
    kind = by_codes if by_codes is not OrderType.UNKNOWN else by_class
    order = order.model_copy(update={"order_type": kind, "authored_on": order.signature_date, "notes": lines_of(data)})
    return order.model_copy(update={"unreadable": {**_half_read(data, order, unit), **order.unreadable}})


def lines_of(data: FieldsExtracted) -> tuple[str, ...]:
    """Return the lines of notes that may be used unseen."""
    return tuple(dict.fromkeys(str(fact.value) for fact in data.facts.values() if fact.evidence.accepted))


def _half_read(data: FieldsExtracted, order: Order, unit: Unit) -> dict[str, str]:
    """Return the elements that a line would say which was not read surely: a person looks, the sender is not asked."""
    unsure = {str(f.value): doubt_of(f) for f in data.facts.values() if not f.evidence.accepted and f.value}
    if not unsure:
        return {}
    found: dict[str, str] = {}
    for ruleset in rulesets_for(unit, order.order_type, primary_payer(order)):
        for element in (one for one in ruleset.elements if one.severity == "required" and one.id not in FIELD_NAMES):
            for line, why in unsure.items():
                if any(list(facts((line,), way.labels())) for way in element.ways()):
                    found.setdefault(element.id, why)
    return found


def reply_to_of(data: FieldsExtracted, order: Order) -> ReplyTo | None:
    """Return where to answer; a fax without its caller's number is answered at the practice's own fax number."""
    known = data.reply_to
    if known is not None and known.address:
        return known
    if data.channel == "fax" and order.clinician.practice_fax:
        context = known.context if known else {}
        return ReplyTo(channel="fax", address=order.clinician.practice_fax, context=context)
    return None


def normalized(data: FieldsExtracted, unit: Unit) -> list[Payload]:
    """Return the referral, or the review when it is no single order of a known person."""
    order = order_from(data, unit)
    reply_to = reply_to_of(data, order)
    doubts = {**order.unreadable, **order.conflicting}
    case = sheet_case(data.returned, unit) or request_case(data.about, reply_to, unit)
    if case is not None and data.patients <= 1:
        return _answer(case, order, data, reply_to, unit)
    reason = None
    if not data.document_class.is_order:
        reason = "the document is not known to be an order"
    elif data.patients != 1:
        reason = "no patient was found" if data.patients == 0 else f"it names {data.patients} patients"
    elif unsettled := [name for name in IDENTITY if not _has(order, name)]:
        reason = "the member is not certain: " + ", ".join(unsettled)
        doubts = {**dict.fromkeys(unsettled, "missing"), **doubts}
    if reason is None:
        return [
            ReferralReceived(document_id=data.document_id, order=order, reply_to=reply_to, received_at=data.received_at)
        ]
    return hold(
        unit,
        data.document_id,
        reply_to,
        stage="normalize",
        reason=reason,
        fields=doubts,
        document_class=data.document_class,
        documents=data.documents,
    )


def _answer(case: Case, order: Order, data: FieldsExtracted, reply_to: ReplyTo | None, unit: Unit) -> list[Payload]:
    """Return what came back with the case's own sheet as an answer to it; it need not name the member again."""
    who = partial(payer_key, unit)
    if not agrees(person_of(order, who), person_of(case.order, who)):
        reason = "the sheet of a case came back with another member's papers"
        return hold(
            unit, data.document_id, reply_to, stage="normalize", reason=reason, case_id=case.case_id,
            document_class=data.document_class, documents=data.documents,
        )  # fmt: skip
    known = case.order
    member = order.member.model_copy(
        update={"name": order.member.name or known.member.name, "dob": order.member.dob or known.member.dob}
    )
    left = {name: why for name, why in order.unreadable.items() if name not in IDENTITY}
    answer = order.model_copy(
        update={
            "member": member,
            "coverage": order.coverage or known.coverage,
            "order_type": known.order_type,
            "unreadable": left,
        }
    )
    return [
        ReferralReceived(
            document_id=data.document_id,
            order=answer,
            reply_to=reply_to,
            received_at=data.received_at,
            answers_case=case.case_id,
        )
    ]


def _has(order: Order, name: str) -> bool:
    coverage = order.coverage[0] if order.coverage else None
    return {
        "member_name": order.member.name is not None,
        "dob": order.member.dob is not None,
        "payer": coverage is not None and bool(coverage.payer or coverage.payer_id),
    }[name]


@on(FieldsExtracted)
def normalize(event: Event[FieldsExtracted], unit: Unit) -> Iterable[Payload]:
    return normalized(event.data, unit)
