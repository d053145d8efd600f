"""HL7 v2 data types whose reading needs more than a table: each gets a cell and returns a FHIR value, or None.

None says that the cell does not hold such a value; what it read is then taken back and stays visible as not mapped.
"""
# ruff: noqa: ARG001 - every reading has one signature

from __future__ import annotations

import hashlib
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from schemas.hl7v2 import coded, kinds, tables
from schemas.hl7v2.cells import Cell
from schemas.hl7v2.enclosed import decoded
from schemas.hl7v2.mapping import Row
from schemas.hl7v2.moments import moment_of, time_of
from schemas.hl7v2.setting import Reading, Setting, clean

_DECIMAL = re.compile(r"[+-]?\d{1,16}(?:\.\d{1,12})?")
_UNIT = re.compile(r"[A-Za-z0-9%/.*\[\]{}()'_+-]+")
_MIME = re.compile(r"[a-z]+/[a-z0-9.+-]+")
_EVERY = re.compile(r"Q(\d{1,3})?(S|M|H|D|W|L|J\d*)")
_UNITS = {"S": "s", "M": "min", "H": "h", "D": "d", "W": "wk", "L": "mo"}
_A_DAY = {"QD": 1, "DAILY": 1, "BID": 2, "TID": 3, "QID": 4, "QOD": None}


def text(cell: Cell, setting: Setting, row: Row) -> str | None:
    return clean(cell.get()) or None


def whole(cell: Cell, setting: Setting, row: Row) -> str | None:
    return clean(cell.whole(), lines=True) or None


def code(cell: Cell, setting: Setting, row: Row) -> str | None:
    """Return what the row's code map makes of a code; without a map the code itself."""
    found = cell.get()
    if not row.map:
        return clean(found) or None
    known = setting.maps.codes[row.map]
    return known.get(found.upper()) or known.get(found)


def initial(cell: Cell, setting: Setting, row: Row) -> str | None:
    """Return what the map makes of the first letter (PID-8 is sent as a word, too)."""
    return setting.maps.codes[row.map].get(cell.get()[:1].upper())


def name_use(cell: Cell, setting: Setting, row: Row) -> str | None:
    kind = kinds.type_of(cell.get(), kinds.NAME_WORDS, kinds.NAME_CODES)
    return setting.maps.codes["name_use"].get(kind or "")


def address_use(cell: Cell, setting: Setting, row: Row) -> str | None:
    kind = kinds.type_of(cell.get(), kinds.ADDRESS_WORDS, kinds.ADDRESS_CODES)
    return setting.maps.codes[row.map].get(kind or "")


def day(cell: Cell, setting: Setting, row: Row) -> str | None:
    found = moment_of(cell.get(), setting.clock)
    return None if found is None else found.text[:10]


def moment(cell: Cell, setting: Setting, row: Row) -> str | None:
    found = moment_of(cell.get(), setting.clock)
    return None if found is None else found.text


def instant(cell: Cell, setting: Setting, row: Row) -> str | None:
    """Return a time; None for a mere date, which FHIR's instant cannot be."""
    found = moment_of(cell.get(), setting.clock)
    return found.text if found and found.when else None


def clock_time(cell: Cell, setting: Setting, row: Row) -> str | None:
    return time_of(cell.get())


def decimal(cell: Cell, setting: Setting, row: Row) -> Decimal | None:
    found = cell.get()
    if not _DECIMAL.fullmatch(found):
        return None
    try:
        return Decimal(found)
    except InvalidOperation:
        return None


def positive(cell: Cell, setting: Setting, row: Row) -> int | None:
    found = decimal(cell, setting, row)
    return int(found) if found is not None and found == int(found) and 0 < found < 2**31 else None


def natural(cell: Cell, setting: Setting, row: Row) -> int | None:
    return 0 if cell.get() == "0" else positive(cell, setting, row)


def rank(cell: Cell, setting: Setting, row: Row) -> int | None:
    found = cell.get().upper()
    return tables.RANKS.get(found) or positive(cell, setting, row)


def yes_no(cell: Cell, setting: Setting, row: Row) -> bool | None:
    return {"Y": True, "N": False, "1": True, "0": False}.get(cell.get().upper())


def number_parts(cell: Cell, setting: Setting, row: Row) -> str | None:
    """Return a telephone number from country, area, local number and extension (XTN.5 to .8)."""
    if not cell.get(7):
        return None
    country = cell.get(5)
    parts = [f"+{country.lstrip('+')}" if country else "", cell.get(6), cell.get(7)]
    extension = cell.get(8)
    return clean(" ".join(part for part in parts if part) + (f" x{extension}" if extension else ""))


def place_name(cell: Cell, setting: Setting, row: Row) -> str | None:
    """Return a PL in words: point of care, room, bed, facility, building, floor."""
    return clean(" ".join(part for part in (cell.get(at) for at in (1, 2, 3, 4, 7, 8)) if part)) or None


def quantity(cell: Cell, setting: Setting, row: Row) -> dict[str, Any] | None:
    """Read CQ: a number and its unit."""
    value = decimal(cell, setting, row)
    if value is None:
        return None
    unit = clean(cell.get(2))
    return {"value": value} | ({"unit": unit} if unit else {})


def unit(cell: Cell, setting: Setting, row: Row) -> dict[str, Any] | None:
    """Return the parts of a Quantity that say its unit, from a CWE."""
    found, shown = clean(cell.get(1)), clean(cell.get(2))
    system = setting.maps.systems.get(clean(cell.get(3)).upper())
    made: dict[str, Any] = {"unit": shown or found} if shown or found else {}
    if found and system and (system != coded.UCUM or _UNIT.fullmatch(found.replace(" ", ""))):
        made |= {"system": system, "code": found.replace(" ", "")}
    return made or None


def structured(cell: Cell, setting: Setting, row: Row) -> dict[str, Any] | None:
    """Read SN: comparator and number. Intervals and ratios stay as text."""
    compare, first, between = cell.get(1), cell.get(2), cell.get(3)
    if compare not in ("", "<", ">", "<=", ">=", "=") or between or not _DECIMAL.fullmatch(first):
        return None
    made: dict[str, Any] = {"value": Decimal(first)}
    return made | ({"comparator": compare} if compare in ("<", ">", "<=", ">=") else {})


def interval(cell: Cell, setting: Setting, row: Row) -> dict[str, Any] | None:
    """Return Timing.repeat for a repeat pattern (table 0335) that has one meaning: Q6H, QD, BID, TID, QID."""
    found = cell.get().upper().replace(" ", "")
    if _A_DAY.get(found):
        return {"frequency": _A_DAY[found], "period": 1, "periodUnit": "d"}
    match = _EVERY.fullmatch(found)
    if match is None or match[2] not in _UNITS or match[1] == "0":
        return None
    return {"frequency": 1, "period": int(match[1] or 1), "periodUnit": _UNITS[match[2]]}


def attachment(cell: Cell, setting: Setting, row: Row) -> dict[str, Any] | None:
    """Read ED: the bytes are put aside by their digest, the Attachment refers to them as the document store does."""
    try:
        media, data = decoded(cell.repetition, declared=True)
    except ValueError:
        return None
    parts = len(cell.repetition.components)
    for at in range(2 if parts >= 5 else 1, parts + 1):  # whoever sends all of an ED names its source in the first
        cell.get(at)
    digest = hashlib.sha256(data).hexdigest()
    setting.enclosed[digest] = data
    return {"contentType": media, "url": f"content:{digest}", "size": len(data)}


def pointer(cell: Cell, setting: Setting, row: Row) -> dict[str, Any] | None:
    """Read RP: where a document lies."""
    found, kind = clean(cell.get(1)), f"{cell.get(3)}/{cell.get(4)}".lower()
    if not coded.URI.fullmatch(found):
        return None
    return {"url": found} | ({"contentType": kind} if _MIME.fullmatch(kind) else {})


READINGS: dict[str, Reading] = {
    "text": text, "whole": whole, "code": code, "initial": initial, "name_use": name_use, "address_use": address_use,
    "date": day, "dateTime": moment, "instant": instant, "time": clock_time, "decimal": decimal, "positive": positive,
    "natural": natural, "rank": rank, "yes_no": yes_no, "HD": coded.authority, "endpoint": coded.endpoint,
    "xcn_number": coded.provider_number, "pln_number": coded.provider_number, "id_type": coded.id_type,
    "id_system": coded.id_system, "CWE": coded.concept, "coding": coded.coding, "diagnosis": coded.diagnosis,
    "CQ": quantity, "unit": unit, "language": coded.language, "SN": structured, "EI.authority": coded.entity_authority,
    "EI.number": coded.entity_number,
    "XTN.parts": number_parts, "PL.name": place_name, "universal": coded.universal_id, "interval": interval,
    "ED": attachment, "RP": pointer,
}  # fmt: skip
"""Row word `type` -> reading; every other type is a table of `mappings/types.yaml`."""
