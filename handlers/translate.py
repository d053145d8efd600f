"""Turns a structured message (HL7 v2, FHIR) into normalized orders; what its codec cannot read goes to a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from pydantic import ValidationError

from doorstep.handler import Tools, Unit, on
from doorstep.ocr import sniff
from handlers.apart import read_apart
from handlers.casework import hold, order_type_of, payer_key, saved, with_document
from handlers.finding import all_by_number
from handlers.identity import agrees, person_of
from schemas.codec import CodecError
from schemas.event import Event, Payload
from schemas.faults import faults_of
from schemas.order import Order, OrderType, ReferralReceived
from schemas.transmission import Content, ReceiptState, TransmissionReceived

STATUS_TOLD = "the status of an order at its sender: noted, nothing is done"
NOTICE_TYPES = frozenset({"ADT", "SIU", "ORU", "MDM"})
"""HL7 v2 messages that tell of a patient and order nothing."""


def orders_in(
    channel: str, data: bytes, document_id: str, details: Mapping[str, str] | None = None
) -> tuple[Order, ...] | CodecError:
    """Return the orders of a message, or why there are none; the error names places, never values.

    `details` say how the message is to be read, as its listener has agreed with the sender.
    """
    try:
        if channel == "hl7v2":
            from schemas.hl7v2 import Options
            from schemas.hl7v2 import orders_of as read_hl7

            orders = read_hl7(data, document_id, Options.of(details or {}))
        else:
            from schemas.fhir import loads
            from schemas.fhir import orders_of as read_fhir

            bundle = loads(data, max_bytes=len(data))
            if not isinstance(bundle, dict):
                return CodecError("structure", "the content is no resource")
            orders = read_fhir(bundle, document_id)
    except CodecError as error:
        return error
    except ValidationError as error:
        places = sorted({fault.place for fault in faults_of(error)})
        return CodecError("value", "a value does not fit the order", ", ".join(places)[:200])
    return orders or CodecError("not-found", "there is no order in it")


def answers_in(data: bytes, document_id: str, reference: str) -> tuple[Order, ...] | CodecError:
    """Return a finished QuestionnaireResponse as the order that fills the gaps of the one it answers."""
    from schemas.fhir import answer_of, is_answer, loads
    from schemas.fhir.graph import part, parts

    try:
        resources = [part(entry.get("resource")) for entry in parts(loads(data, max_bytes=len(data)).get("entry"))]
        return tuple(answer_of(one, reference, document_id) for one in resources if is_answer(one))[:1]
    except CodecError as error:
        return error


async def _parse(event: Event[TransmissionReceived], tools: Tools) -> tuple[Order, ...] | CodecError:
    """Parse outside the transaction: a large message must not stop the others."""
    contents = event.data.contents
    part = contents[1] if event.data.channel == "fhir" and len(contents) > 1 else contents[0]
    data = await tools.content(part)
    details, document_id = event.data.details, event.data.document_id
    reference = details.get("answers")
    try:
        if reference:
            return await read_apart(tools, len(data), answers_in, data, document_id, reference)
        found = await read_apart(tools, len(data), orders_in, event.data.channel, data, document_id, details)
    except CodecError as error:
        return error
    if event.data.channel != "hl7v2" or isinstance(found, CodecError):
        return found
    documents = await _enclosed(data, details, tools)
    return tuple(order.model_copy(update={"documents": (part, *documents)}) for order in found) if documents else found


async def _enclosed(data: bytes, details: Mapping[str, str], tools: Tools) -> tuple[Content, ...]:
    """Keep the documents inside an order message (a letter, a face sheet); what cannot be taken out stays in it."""
    from schemas.hl7v2 import Options, enclosed_of

    try:
        found, _ = await read_apart(tools, len(data), enclosed_of, data, Options.of(details))
    except CodecError:
        return ()
    return tuple([await tools.keep(one.data, sniff(one.data) or one.content_type) for one in found])


def is_paper(data: TransmissionReceived) -> bool:
    """Say whether an input is a document that stood inside of a FHIR resource."""
    return data.channel == "fhir" and data.details.get("interaction") == "document"


def is_order(data: TransmissionReceived) -> bool:
    """Say whether a structured message is an order; what tells of a patient goes to `handlers.notice`."""
    code = data.details.get("message_type", "").partition("^")[0]
    if data.channel == "fhir":
        return not is_paper(data)
    return data.channel == "hl7v2" and code not in NOTICE_TYPES


@on(TransmissionReceived, where=is_order, prepare=_parse)
def translate(
    event: Event[TransmissionReceived], unit: Unit, found: tuple[Order, ...] | CodecError
) -> Iterable[Payload]:
    data = event.data
    if data.details.get("orders") == "0":  # a Patient or the like for orders to come: kept, nothing to decide
        unit.settle_receipt(data.document_id, ReceiptState.ACCEPTED)
        return []
    if isinstance(found, CodecError):
        reason = f"{found.message}" + (f" at {found.location}" if found.location else "")
        return hold(unit, data.document_id, data.reply_to, stage="translate", reason=reason, documents=data.contents)
    received = [
        ReferralReceived(
            document_id=data.document_id,
            order=_typed(order, unit).model_copy(update={"documents": order.documents or data.contents[:1]}),
            reply_to=data.reply_to,
            received_at=data.received_at,
        )
        for order in found
    ]
    orders = [one for one in received if one.order.action != "status"]
    for one in received:
        if one.order.action == "status":
            _noted(one, unit, alone=not orders)
    return orders


def _noted(told: ReferralReceived, unit: Unit, *, alone: bool) -> None:
    """Keep with its case how far the order is at its sender: nobody is asked and nothing moves."""
    who = partial(payer_key, unit)
    person = person_of(told.order, who)
    cases = [case for case in all_by_number(told, unit) if agrees(person, person_of(case.order, who))]
    for case in cases:
        if told.document_id not in case.document_ids:
            saved(case, unit, document_ids=with_document(case, told.document_id))
    if alone:
        case_id = cases[0].case_id if cases else None
        unit.settle_receipt(told.document_id, ReceiptState.ACCEPTED, reason=STATUS_TOLD, case_id=case_id)


def _typed(order: Order, unit: Unit) -> Order:
    if order.order_type is not OrderType.UNKNOWN:
        return order
    codes = [line.code for line in order.lines if line.code]
    return order.model_copy(update={"order_type": order_type_of(unit, codes)})
