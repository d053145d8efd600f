"""What two sendings of one order say differently; differences of mere form are none. Pure, and it names fields only."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import JsonValue
from rapidfuzz import fuzz

from handlers.casework import fold
from schemas.fields import fields_of, person_name
from schemas.order import Order

READ_BY_OCR = frozenset({"fax", "email"})
_ALIKE = 88
"""Percent of likeness from which the words of two read addresses are one address, where all of their numbers agree."""
_SHORT = {
    "street": "st", "avenue": "ave", "road": "rd", "drive": "dr", "lane": "ln", "court": "ct", "boulevard": "blvd",
    "apartment": "apt", "suite": "ste", "north": "n", "south": "s", "east": "e", "west": "w",
}  # fmt: skip
Named = Callable[[str | None], str | None]


def was_read(order: Order) -> bool:
    """Say whether values of the order were read from pages, by whatever channel those came."""
    return order.channel in READ_BY_OCR or any(evidence.page is not None for evidence in order.evidence.values())


def differences(one: Order, two: Order, payer_key: Named) -> tuple[str, ...]:
    """Return the fields that both orders say and say differently, of those that count on their channels.

    Who the member is was judged before, and the day of signing changes with every electronic sending: neither counts.
    """
    said, before = fields_of(one), fields_of(two)
    read = was_read(one) or was_read(two)
    names = [n for n in said if n in before and (n in _DECISIVE or (n in _TYPED and not read))]
    found = [n for n in names if n != "order_lines" and not _same(n, said, before, read, payer_key)]
    return (*_items(said, before), *found)


def _items(said: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    one, two = _quantities(said.get("order_lines")), _quantities(before.get("order_lines"))
    if not one or not two:
        return []
    if set(one) != set(two):
        return ["order_lines"]
    return ["quantity"] if any(one[c] != two[c] for c in one if None not in (*one[c], *two[c])) else []


def _quantities(lines: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for line in lines or ():
        found.setdefault(str(line["code"]).strip().upper(), []).append(line["quantity"])
    return {code: sorted(all_of, key=str) for code, all_of in found.items()}


def _same(name: str, said: Mapping[str, Any], before: Mapping[str, Any], read: bool, payer_key: Named) -> bool:
    one, two = said[name], before[name]
    if name == "payer":
        return payer_key(one) == payer_key(two)
    if name == "clinician_name":
        return ("clinician_npi" in said and "clinician_npi" in before) or _same_clinician(one, two)
    if name == "ship_address":
        return _same_address(one, two, read)
    if name == "icd10":
        codes, others = ({re.sub(r"\W", "", code).upper() for code in listed} for listed in (one, two))
        return bool(codes & others) if read else codes == others
    if name == "discharge_deadline" and 10 in (len(one), len(two)):
        return bool(one[:10] == two[:10])
    return _plain(one) == _plain(two)


def _plain(value: JsonValue) -> JsonValue | set[str]:
    if isinstance(value, str):
        return fold(value).replace(" ", "")
    return {str(item) for item in value} if isinstance(value, list) else value


def _same_clinician(one: str, two: str) -> bool:
    """Compare family name and first initial: titles, credentials and middle names come and go."""
    first, second = (
        person_name(re.sub(r"(?i)^\s*dr\b\.?|,?\s*\b(m\.d\.|d\.o\.)", "", text) or text) for text in (one, two)
    )
    given, other = (fold(name.given or "")[:1] for name in (first, second))
    return fold(first.family or "") == fold(second.family or "") and (not given or not other or given == other)


def _same_address(one: str, two: str, read: bool) -> bool:
    left, right = _address_words(one), _address_words(two)
    if left == right:
        return True
    if not read:
        return False
    numbers = [[word for word in words if any(c.isdigit() for c in word)] for words in (left, right)]
    return numbers[0] == numbers[1] and fuzz.ratio(" ".join(left), " ".join(right)) >= _ALIKE


def _address_words(text: str) -> list[str]:
    words = fold(re.sub(r"\b(\d{5})-?\d{4}\s*$", r"\1", text)).split()
    return [_SHORT.get(word, word) for word in words]


_DECISIVE = frozenset({
    "payer", "member_id", "clinician_name", "clinician_npi", "contact_phone", "icd10", "order_lines", "frequency",
    "service_start", "service_end", "ship_address", "discharge_deadline",
})  # fmt: skip
"""What decides which service goes where, for whom and who pays: it counts on every channel."""
_TYPED = frozenset({
    "group_no", "practice_phone", "practice_fax", "access_barriers", "signature_present", "equipment_brand",
    "equipment_model", "equipment_serial",
})  # fmt: skip
"""What counts besides where both were typed; a page read twice may differ in it without a change of the order."""
