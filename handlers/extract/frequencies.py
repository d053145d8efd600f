"""How often or how much: litres of oxygen a minute, dressings a week, hours between doses, visits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from pydantic import JsonValue

from handlers.extract.geometry import Span
from handlers.extract.values import Found
from schemas.document import DocumentClass
from schemas.said import KINDS, Kind, Said, said, said_otherwise

_KINDS: dict[DocumentClass, tuple[Kind, ...]] = {
    DocumentClass.DME_ORDER: ("oxygen_lpm", "dressings_per_week"),
    DocumentClass.HOME_HEALTH_REFERRAL: ("visits",),
    DocumentClass.INFUSION_ORDER: ("dose_interval_hours",),
}


def frequency(spans: Sequence[Span], document_class: DocumentClass) -> Found | None:
    """Return the frequency that fits the kind of order; two different ones lower the quality."""
    kinds = _KINDS.get(document_class, KINDS)
    found = _found(spans, kinds, said) or _found(spans, kinds, said_otherwise)
    if not found:
        return None
    first = next(iter(found.values()))
    return first if len(found) == 1 else Found(first.value, first.span, first.validators, 0.5)


def _found(
    spans: Sequence[Span], kinds: Sequence[Kind], read: Callable[[str, Sequence[Kind]], Iterator[Said]]
) -> dict[tuple[str, Decimal], Found]:
    found: dict[tuple[str, Decimal], Found] = {}
    for span in spans:
        for one in read(span.text, kinds):
            number = int(one.value) if one.value == one.value.to_integral_value() else float(one.value)
            value: JsonValue = {"kind": one.kind, "value": number}
            found.setdefault((one.kind, one.value), Found(value, span.slice(one.start, one.end), ("pattern",)))
    return found
