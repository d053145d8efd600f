"""HL7 v2 order messages (ORM, OML, OMG, OMP, RDE, OMS, OMN, OSU, REF) as orders. Pure; raises CodecError only."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from schemas.codec import CodecError
from schemas.fields import zone_of
from schemas.hl7v2 import parties, tables, values
from schemas.hl7v2.er7 import Message, split
from schemas.hl7v2.groups import Item, Patient, Segments, patients_of
from schemas.hl7v2.header import ORDER_SEGMENTS, is_day, kind_of
from schemas.hl7v2.lines import diagnoses_of, line_of, results_among, type_of
from schemas.hl7v2.moments import clock_of
from schemas.hl7v2.options import AS_SENT, Options
from schemas.hl7v2.sheet import Sheet, unmapped
from schemas.hl7v2.stated import with_stated
from schemas.order import Address, Clinician, Order, OrderLine, OrderType

NOT_ORDERS = frozenset({"RE", "PR", "NA"})
"""ORC-1 of results and numbers that may ride along with orders; they are left alone."""


@dataclass(slots=True)
class Draft:
    """The items of one member, order type and action, on the way to one order."""

    action: tables.Action
    order_type: OrderType
    sheet: Sheet
    patient: Patient
    items: list[tuple[Item, OrderLine | None]] = field(default_factory=list)
    results: list[Item] = field(default_factory=list)
    """What was found before: said with the order, and nothing of it is ordered."""


def orders_of(message: bytes, document_id: str, options: Options = AS_SENT) -> tuple[Order, ...]:
    """Return one order per member, order type and action in the message."""
    split_message = split(message, options.charset)
    patients, strange = patients_of(split_message)
    kind = _kind(split_message)
    if not patients:
        raise CodecError("100", "the PID segment is missing", "PID")
    drafts: list[Draft] = []
    for patient in patients:
        drafts += _drafts(patient, kind)
    if not drafts:
        raise CodecError("100", "there is nothing ordered in the message", ORDER_SEGMENTS[kind][0])
    used = {mark for draft in drafts for mark in draft.sheet.used}
    orders = []
    for ordinal, draft in enumerate(drafts):
        order = _order(draft, document_id, ordinal, options)
        used |= draft.sheet.used
        orders.append(order)
    everything: list[list[Segments]] = [
        [d.patient.segments, *(item.segments for item in (*(i for i, _ in d.items), *d.results))] for d in drafts
    ]
    note = {"MSH-18": "the character set is not declared; 8-bit text was read as " + split_message.codec}
    return tuple(
        order.model_copy(update={"unmapped": unmapped(scopes, strange, used) | (note if split_message.guessed else {})})
        for order, scopes in zip(orders, everything, strict=True)
    )


def _kind(message: Message) -> tuple[str, str]:
    kind = kind_of(message.fields[0][9] if len(message.fields[0]) > 9 else "", message.delimiters)
    if kind not in ORDER_SEGMENTS:
        known = any(kind[0] == code for code, _ in ORDER_SEGMENTS)
        raise CodecError("201" if known else "200", "the message is not an order", "MSH-9")
    return kind


def _action(item: Item, patient: Patient, kind: tuple[str, str], *, replaced: bool) -> tables.Action | None:
    """Return what the sender wants; None for results that ride along."""
    if kind[0] == "REF":
        status = next((s.get(1).upper() for s in patient.segments.get("RF1", ())), "")
        if tables.EVENT_ACTIONS.get(kind[1]) == "cancel":
            return "cancel"  # whatever the status is called here: table 0283 is the sites' own
        if status not in tables.REFERRAL_ACTIONS:
            raise CodecError("103", "the referral status is not supported", "RF1-1")
        return tables.EVENT_ACTIONS.get(kind[1], tables.REFERRAL_ACTIONS[status])
    for segment in item.segments.get("ORC", ()):
        control = segment.get(1).upper()
        if control in NOT_ORDERS:
            return None
        action = tables.ACTIONS.get(control)
        if control == "SC":
            action = tables.STATUS_ACTIONS.get(segment.get(5).upper())
        if action is None or (kind[0] == "OSU" and action not in {"cancel", "status"}):
            raise CodecError("103", "the order control code is not supported", "ORC-1")
        return "cancel" if control == "RP" and replaced else action
    return "new"


def _drafts(patient: Patient, kind: tuple[str, str]) -> list[Draft]:
    """Sort the patient's items into orders."""
    items = patient.items or ([Item()] if kind[0] == "REF" else [])
    replaced = any(s.get(1).upper() == "RO" for item in items for s in item.segments.get("ORC", ()))
    ordered, results = _parted(items, kind[0])
    read: list[tuple[Item, OrderLine | None, OrderType, tables.Action, Sheet]] = []
    for item in ordered:
        action = _action(item, patient, kind, replaced=replaced)
        if action is None:
            continue
        sheet = Sheet()
        line = line_of(sheet, item.segments) or _number_only(sheet, item.segments, action)
        read.append((item, line, type_of(line, patient.segments, item.segments), action, sheet))
    types = [t for _, _, t, _, _ in read]
    drafts: dict[tuple[OrderType, str], Draft] = {}
    for item, line, found, action, sheet in read:
        order_type = settled(found, line, types)
        draft = drafts.setdefault((order_type, action), Draft(action, order_type, Sheet(), patient))
        draft.sheet.used |= sheet.used
        draft.sheet.unreadable.update(sheet.unreadable)
        draft.sheet.conflicting.update(sheet.conflicting)
        draft.items.append((item, line))
    for draft in drafts.values():
        draft.results = results
    return list(drafts.values())


def _parted(items: list[Item], kind: str) -> tuple[list[Item], list[Item]]:
    """Return what is ordered and what is reported beside it; a referral of which only results are items is one."""
    told = results_among(kind, [(item.segments, line_of(Sheet(), item.segments)) for item in items])
    ordered = [item for item, result in zip(items, told, strict=True) if not result]
    results = [item for item, result in zip(items, told, strict=True) if result]
    return ordered or ([Item()] if results else []), results


def _number_only(sheet: Sheet, scope: Segments, action: tables.Action) -> OrderLine | None:
    """Return a line with the sender's number alone: what an ORC without an item cancels, or tells of."""
    number = next(sheet.texts(scope, "ORC-2"), None) if action in {"cancel", "status"} else None
    return OrderLine(placer_number=number) if number else None


def settled(found: OrderType, line: OrderLine | None, types: list[OrderType]) -> OrderType:
    """A pump goes with its infusion; an item of unknown type goes with the only known one."""
    code = line.code or "" if line else ""
    is_pump = any(low <= code <= high for low, high in tables.INFUSION_EQUIPMENT)
    if found is OrderType.DME and is_pump and OrderType.INFUSION in types:
        return OrderType.INFUSION
    known = set(types) - {OrderType.UNKNOWN}
    return known.pop() if found is OrderType.UNKNOWN and len(known) == 1 else found


def _order(draft: Draft, document_id: str, ordinal: int, options: Options) -> Order:
    sheet, patient = draft.sheet, draft.patient.segments
    scopes: list[Segments] = [{**patient, **item.segments} for item, _ in draft.items]
    everything = [*draft.items, *((item, None) for item in draft.results)]
    found = parties.member_of(sheet, patient)
    clinician = _same_clinician(sheet, [parties.clinician_of(sheet, scope) for scope in scopes])
    authored = _date(sheet, "authored_on", scopes, tables.AUTHORED_PLACES, min)
    named = clinician.name is not None or clinician.npi is not None
    signed = named and not any(parties.only_said(item.segments) for item, _ in draft.items)
    priority = [_first(sheet, [scope], tables.PRIORITY_PLACES) for scope in scopes]
    urgency = ("stat", "asap", "urgent", "routine")
    order = Order(
        order_id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"doorstep:hl7v2:{document_id}:{ordinal}")),
        document_id=document_id,
        channel="hl7v2",
        order_type=draft.order_type,
        action=draft.action,
        placer_number=_first(sheet, scopes, tables.PLACER_PLACES),
        filler_number=_first(sheet, scopes, tables.FILLER_PLACES),
        authored_on=authored,
        priority=min((tables.PRIORITIES.get((p or "").upper(), "routine") for p in priority), key=urgency.index),
        member=found.member,
        coverage=parties.coverage_of(sheet, patient, options),
        clinician=clinician,
        contact_phone=found.contact,
        signature_present=True if signed else None,
        signature_date=authored if signed else None,
        diagnoses=diagnoses_of(sheet, patient, [item.segments for item, _ in everything]),
        lines=tuple(line for _, line in draft.items if line is not None),
        service_start=_date(sheet, "service_start", scopes, tables.START_PLACES, min),
        service_end=_date(sheet, "service_end", scopes, tables.END_PLACES, max),
        delivery_address=_deliver_to(sheet, scopes, found.delivery),
        discharge_deadline=sheet.first("discharge_deadline", patient, tables.DEADLINE_PLACES, values.moment),
    )
    sent = next((s.get(7) for s in patient.get("MSH", ())), "")
    return _finished(with_stated(order, sheet, draft.patient.segments, everything), sheet, sent, options)


def _first(sheet: Sheet, scopes: list[Segments], places: tuple[str, ...]) -> str | None:
    for place in places:
        for scope in scopes:
            if place == "RF1-6" and any(is_day(rep.get(1)) for rep in sheet.peek(scope, place)):
                continue  # the fields of RF1 are shifted: what many referrals share is no number
            for text in sheet.texts(scope, place):
                return text
    return None


def _deliver_to(sheet: Sheet, scopes: list[Segments], otherwise: Address | None) -> Address | None:
    """Return where RXO-35 or RXE-43 says to deliver; one that is broken or differs is not replaced by the home."""
    for place in tables.DELIVERY_PLACES:
        reps = [rep for scope in scopes for rep in sheet.peek(scope, place)]
        if reps:
            return sheet.alike("ship_address", place, reps, values.address)
    return otherwise


def _date(
    sheet: Sheet, name: str, scopes: list[Segments], places: tuple[str, ...], pick: Callable[[list[date]], date]
) -> date | None:
    """Return the earliest start or the latest end of the items."""
    found = [d for scope in scopes if (d := sheet.first(name, scope, places, values.day))]
    if not found or name in sheet.unreadable or name in sheet.conflicting:
        return None
    return pick(found)


def _same_clinician(sheet: Sheet, found: list[Clinician]) -> Clinician:
    numbers = {c.npi for c in found if c.npi}
    best = max(found, key=lambda c: (c.npi is not None, c.name is not None), default=Clinician())
    if len(numbers) > 1:
        sheet.conflicting.setdefault("clinician_npi", "the items name different ordering providers")
        return best.model_copy(update={"npi": None})
    return best


def _finished(order: Order, sheet: Sheet, sent: str, options: Options) -> Order:
    """Keep in `unreadable` only fields that stayed empty or were left for a person, and check the dates' order."""
    update: dict[str, object] = {}
    if order.service_start and order.service_end and order.service_end < order.service_start:
        sheet.conflicting.setdefault("service_end", "the service ends before it starts")
        update["service_end"] = None
    present = {
        "contact_phone": order.contact_phone,
        "ship_address": order.delivery_address,
        "clinician_name": order.clinician.name,
        "payer": any(c.payer for c in order.coverage),
        "member_id": any(c.member_id for c in order.coverage),
        "icd10": order.diagnoses,
        "practice_phone": order.clinician.practice_phone,
        "practice_fax": order.clinician.practice_fax,
    }
    deadline = order.discharge_deadline
    if isinstance(deadline, datetime) and deadline.tzinfo is None:
        home = options.zone or zone_of(order.member.address or order.delivery_address)
        update["discharge_deadline"] = deadline.replace(tzinfo=clock_of(sent, home)).astimezone(UTC)
    unreadable = {k: v for k, v in sheet.unreadable.items() if not present.get(k)}
    if order.delivery_address:
        sheet.conflicting.pop("ship_address", None)  # two homes are no matter where a place to deliver is named
    return order.model_copy(
        update=update | {"unreadable": unreadable, "conflicting": dict(sorted(sheet.conflicting.items()))}
    )
