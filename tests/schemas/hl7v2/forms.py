"""Turns an order back into the outside value forms of `doorstep read`, to compare it with a sample's expected fields."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from schemas.order import Order


def plain(number: Decimal) -> int | float:
    return int(number) if number == int(number) else float(number)


def fields_of(order: Order) -> dict[str, Any]:
    first = order.coverage[0] if order.coverage else None
    deadline = order.discharge_deadline
    values = {
        "member_name": order.member.name and order.member.name.text,
        "dob": order.member.dob and str(order.member.dob),
        "payer": first and first.payer,
        "member_id": first and first.member_id,
        "group_no": first and first.group_no,
        "clinician_name": order.clinician.name and order.clinician.name.text,
        "clinician_npi": order.clinician.npi,
        "practice_phone": order.clinician.practice_phone,
        "practice_fax": order.clinician.practice_fax,
        "contact_phone": order.contact_phone,
        "icd10": [d.code for d in order.diagnoses],
        "order_lines": [{"code": i.code, "quantity": i.quantity and plain(i.quantity)} for i in order.lines],
        "frequency": order.frequency and {"kind": order.frequency.kind, "value": plain(order.frequency.value)},
        "service_start": order.service_start and str(order.service_start),
        "service_end": order.service_end and str(order.service_end),
        "ship_address": order.delivery_address and order.delivery_address.one_line(),
        "access_barriers": list(order.access_barriers),
        "signature_present": order.signature_present,
        "signature_date": order.signature_date and str(order.signature_date),
        "discharge_deadline": f"{deadline:%Y-%m-%dT%H:%M}" if isinstance(deadline, datetime) else deadline,
        "equipment_brand": order.equipment.brand,
        "equipment_model": order.equipment.model,
        "equipment_serial": order.equipment.serial,
    }
    return {k: v for k, v in values.items() if v not in (None, [])}
