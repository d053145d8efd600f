"""The field names and value forms that people and tools see, to and from the canonical order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, JsonValue

from schemas.codec import CodecError
from schemas.identifiers import shaped_icd10
from schemas.order import Address, Coverage, Diagnosis, Frequency, Order, OrderLine, PersonName

_SUFFIX = re.compile(r"^(jr|sr|ii|iii|iv|md|do|np|pa|rn|pa-c|fnp|aprn|dnp|phd)\.?$", re.IGNORECASE)
_UNIT = re.compile(
    r"[\s,]+((?:apt|apartment|unit|suite|ste|floor|fl|lot|room|rm|bldg)\.?\s*\S+|#\s*\S+)$", re.IGNORECASE
)
_REGION = re.compile(r"^([A-Za-z]{2})\s+(\d{5}(?:-\d{4})?)$")
_BARRIERS = ("stairs", "gated", "elevator")
_KINDS = ("oxygen_lpm", "dressings_per_week", "dose_interval_hours", "visits")
_ZONES = {
    "America/Chicago": "AL AR IL IA KS LA MN MS MO NE ND OK SD TN TX WI",
    "America/Denver": "CO ID MT NM UT WY",
    "America/Phoenix": "AZ",
    "America/Los_Angeles": "CA NV OR WA",
    "America/Anchorage": "AK",
    "Pacific/Honolulu": "HI",
    "America/Puerto_Rico": "PR VI",
    "Pacific/Guam": "GU MP",
}
_ZONE_OF_STATE = {state: zone for zone, states in _ZONES.items() for state in states.split()}


def zone_of(address: Address | None) -> ZoneInfo:
    """Return the wall clock of an address: its state's most common zone, Eastern when the state is unknown."""
    state = address.state if address and address.state else ""
    return ZoneInfo(_ZONE_OF_STATE.get(state, "America/New_York"))


def person_name(value: JsonValue) -> PersonName:
    """Split `First [Middle] Last [Jr]` or `Last, First [Middle]` into its parts; `text` is always `First Last`."""
    words = _text(value).split()
    head, comma, tail = " ".join(words).partition(",")
    if comma and head.strip() and tail.strip() and not _SUFFIX.match(tail.strip()):
        words = [*tail.replace(",", " ").split(), *head.split()]
        family = head.strip()
        return PersonName(text=" ".join(words), given=" ".join(tail.replace(",", " ").split()), family=family)
    names = [word.strip(",") for word in words]
    while len(names) > 1 and _SUFFIX.match(names[-1]):
        names.pop()
    return PersonName(text=" ".join(words), given=" ".join(names[:-1]) or None, family=names[-1])


def address(value: JsonValue) -> Address:
    """Parse `line 1[ line 2], City, ST 12345`; what does not end so is kept whole in `line1`."""
    line = re.sub(r"\s+", " ", _text(value))
    parts = [part.strip() for part in line.split(",")]
    region = _REGION.match(parts[-1])
    if len(parts) < 3 or not region or not parts[-2] or not parts[0]:
        return Address(line1=line)
    street = ", ".join(part for part in parts[:-2] if part)
    unit = _UNIT.search(street)
    line1, line2 = (street[: unit.start()], unit.group(1)) if unit and unit.start() else (street, None)
    return Address(line1=line1, line2=line2, city=parts[-2], state=region.group(1).upper(), postal_code=region.group(2))


def _text(value: JsonValue) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be text")
    return value.strip()


def _day(value: JsonValue) -> date:
    text = _text(value)
    if len(text) != 10:
        raise ValueError("must be YYYY-MM-DD")
    return date.fromisoformat(text)


def _digits(value: JsonValue) -> str:
    digits = re.sub(r"[\s().+-]", "", _text(value))
    if len(digits) == 11 and digits.startswith("1"):
        digits = digits[1:]
    if not re.fullmatch(r"[0-9]{10}", digits):
        raise ValueError("must be 10 digits")
    return digits


def _flag(value: JsonValue) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _list(value: JsonValue) -> list[JsonValue]:
    if not isinstance(value, list | tuple) or not value:
        raise ValueError("must be a list that is not empty")
    return list(value)


def _number(value: JsonValue) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("must be a number")
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError("must be a number") from error
    if not number.is_finite() or number <= 0 or number > 10**6:
        raise ValueError("must be a number above 0")
    return number


def _icd10(value: JsonValue) -> tuple[Diagnosis, ...]:
    codes = list(dict.fromkeys(_text(code).upper() for code in _list(value)))
    if not all(shaped_icd10(code) == code for code in codes):
        raise ValueError("must be ICD-10 codes with the dot")
    return tuple(Diagnosis(code=code, rank=rank) for rank, code in enumerate(codes, start=1))


def _lines(value: JsonValue) -> tuple[OrderLine, ...]:
    lines = []
    for item in _list(value):
        if not isinstance(item, dict) or set(item) - {"code", "quantity"}:
            raise ValueError("must be {code, quantity}")
        quantity = item.get("quantity")
        lines.append(
            OrderLine(code=_text(item.get("code")).upper(), quantity=None if quantity is None else _number(quantity))
        )
    return tuple(lines)


def _frequency(value: JsonValue) -> Frequency:
    if not isinstance(value, dict) or value.get("kind") not in _KINDS:
        raise ValueError("must be {kind, value}")
    return Frequency.model_validate({"kind": value["kind"], "value": _number(value.get("value"))})


def _barriers(value: JsonValue) -> tuple[str, ...]:
    barriers = tuple(dict.fromkeys(_text(item) for item in value)) if isinstance(value, list | tuple) else ("",)
    if not set(barriers) <= set(_BARRIERS):
        raise ValueError("must be a subset of stairs, gated, elevator")
    return barriers


def _plain(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)


def _coded(lines: tuple[OrderLine, ...]) -> list[JsonValue]:
    return [
        {"code": line.code, "quantity": None if line.quantity is None else _plain(line.quantity)}
        for line in lines
        if line.code
    ]


@dataclass(frozen=True, slots=True)
class _Field:
    """One outside field: where it stands in the order (first path wins on reading), its parser and its renderer."""

    paths: tuple[str, ...]
    parse: Callable[[JsonValue], Any]
    render: Callable[[Any], JsonValue]


def _field(paths: str, parse: Callable[[JsonValue], Any], render: Callable[[Any], JsonValue] = str) -> _Field:
    return _Field(tuple(paths.split()), parse, render)


_FIELDS: dict[str, _Field] = {
    "member_name": _field("member.name", person_name, lambda name: str(name.text)),
    "dob": _field("member.dob", _day),
    "payer": _field("coverage.payer", _text),
    "member_id": _field("coverage.member_id", _text),
    "group_no": _field("coverage.group_no", _text),
    "clinician_name": _field("clinician.name", person_name, lambda name: str(name.text)),
    "clinician_npi": _field("clinician.npi", _digits),
    "practice_phone": _field("clinician.practice_phone", _digits),
    "practice_fax": _field("clinician.practice_fax", _digits),
    "contact_phone": _field("contact_phone member.phone", _digits),
    "icd10": _field("diagnoses", _icd10, lambda found: [diagnosis.code for diagnosis in found]),
    "order_lines": _field("lines", _lines, _coded),
    "frequency": _field("frequency", _frequency, lambda found: {"kind": found.kind, "value": _plain(found.value)}),
    "service_start": _field("service_start", _day),
    "service_end": _field("service_end", _day),
    "ship_address": _field("delivery_address member.address", address, lambda found: str(found.one_line())),
    "access_barriers": _field("access_barriers", _barriers, list),
    "signature_present": _field("signature_present", _flag, bool),
    "signature_date": _field("signature_date", _day),
    "equipment_brand": _field("equipment.brand", _text),
    "equipment_model": _field("equipment.model", _text),
    "equipment_serial": _field("equipment.serial", _text),
}
FIELD_NAMES = (*_FIELDS, "discharge_deadline")
"""Every field of the outside form, in the order in which they are shown."""


def _deadline(value: JsonValue, zone: ZoneInfo) -> date | datetime:
    text = _text(value)
    if len(text) == 10:
        return date.fromisoformat(text)
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d", text):
        raise ValueError("must be YYYY-MM-DD or YYYY-MM-DDTHH:MM")
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def _get(model: BaseModel, path: str) -> Any:
    current: Any = model
    for name in path.split("."):
        if isinstance(current, tuple):
            current = min(current, key=lambda item: item.rank, default=None)
        current = getattr(current, name, None)
    return current


def _put(model: Any, path: str, value: Any) -> Any:
    head, _, tail = path.partition(".")
    if isinstance(model, tuple):
        first, *rest = sorted(model, key=lambda item: item.rank) or [Coverage()]
        return (_put(first, path, value), *rest)
    return model.model_copy(update={head: _put(getattr(model, head), tail, value) if tail else value})


def with_fields(order: Order, fields: Mapping[str, JsonValue]) -> Order:
    """Return the order with these fields' values in place; CodecError names the field whose value has another form."""
    for name in FIELD_NAMES:
        if name not in fields:
            continue
        try:
            if name == "discharge_deadline":
                where = order.delivery_address or order.member.address
                order = order.model_copy(update={name: _deadline(fields[name], zone_of(where))})
            else:
                order = _put(order, _FIELDS[name].paths[0], _FIELDS[name].parse(fields[name]))
        except ValueError as error:
            reason = str(error) if str(error).startswith("must be ") else "must be in the field's form"
            raise CodecError("value", reason, name) from None
    unknown = sorted(set(fields) - set(FIELD_NAMES))
    if unknown:
        raise CodecError("value", "is no field of an order", unknown[0][:40])
    return order


def without_fields(order: Order, names: Iterable[str]) -> Order:
    """Return the order with nothing in these fields; names that are no fields are passed over."""
    for name in names:
        paths = ("discharge_deadline",) if name == "discharge_deadline" else getattr(_FIELDS.get(name), "paths", ())
        for path in paths:
            current = _get(order, path)
            if current is not None:
                order = _put(order, path, () if isinstance(current, tuple) else None)
    return order


def problems_of(fields: Mapping[str, JsonValue]) -> dict[str, str]:
    """Return, for each field whose value does not have the form it must have, the reason; no values."""
    blank, found = Order(order_id="", document_id="", channel=""), {}
    for name, value in fields.items():
        try:
            with_fields(blank, {name: value})
        except CodecError as error:
            found[name] = error.message
    return found


def order_of(fields: Mapping[str, JsonValue], *, order_id: str, document_id: str, channel: str, **more: Any) -> Order:
    """Return the canonical order that these fields describe; `more` sets other parts of `Order` as they are."""
    blank = Order(order_id=order_id, document_id=document_id, channel=channel, **more)
    return with_fields(blank, fields)


def fields_of(order: Order) -> dict[str, JsonValue]:
    """Return the order's values in the outside forms; what the order does not say is absent."""
    found: dict[str, JsonValue] = {}
    for name, field in _FIELDS.items():
        value = next((value for path in field.paths if (value := _get(order, path)) not in (None, ())), None)
        if value is not None and (rendered := field.render(value)) != []:
            found[name] = rendered
    if isinstance(order.discharge_deadline, datetime):
        local = order.discharge_deadline.astimezone(zone_of(order.delivery_address or order.member.address))
        found["discharge_deadline"] = local.strftime("%Y-%m-%dT%H:%M")
    elif order.discharge_deadline:
        found["discharge_deadline"] = str(order.discharge_deadline)
    return found
