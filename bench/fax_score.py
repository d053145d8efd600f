"""How a fax's reading compares with its truth: one record a document, tables over many of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

STRICT = frozenset(
    {
        "member_name", "clinician_name", "dob", "member_id", "clinician_npi", "icd10", "order_lines", "frequency",
        "service_start", "service_end", "signature_date", "discharge_deadline", "group_no", "equipment_serial",
    }
)  # fmt: skip
"""Identifiers, names, dates, codes and doses: at most one in a thousand accepted values may be wrong."""


@dataclass(frozen=True, slots=True)
class Value:
    """One field of one document: what was expected and what was found."""

    field: str
    expected: Any
    got: Any
    confidence: float
    accepted: bool
    validators: tuple[str, ...] = ()
    raw: str | None = None
    also: tuple[Any, ...] = ()
    """Other ways to write the expected value that are as good."""

    @property
    def right(self) -> bool:
        return self.got is not None and any(same(self.field, said, self.got) for said in (self.expected, *self.also))

    @property
    def wrong_and_accepted(self) -> bool:
        return self.accepted and not self.right


@dataclass(frozen=True, slots=True)
class Record:
    """One document: where it comes from, what it should be and what was made of it."""

    name: str
    layout: str
    severity: str
    resolution: str
    expected_class: tuple[str, ...]
    """The class, and others that are as good."""
    found_class: str
    expected_outcome: str
    patients: int
    pages: int
    seconds: float
    needs_review: bool
    missing: tuple[str, ...]
    values: tuple[Value, ...] = field(default=())

    @property
    def is_order(self) -> bool:
        return bool(self.values)

    @property
    def class_right(self) -> bool:
        return self.found_class in self.expected_class

    @property
    def wholly_right(self) -> bool:
        return self.class_right and all(v.right if v.expected is not None else v.got is None for v in self.values)

    @property
    def passed(self) -> bool:
        return self.class_right and not self.needs_review and not self.missing


def plain(name: str, value: Any) -> Any:
    """Return a value in a form in which equal ones are equal; nothing found and nothing printed are None."""
    if value in (None, "", [], {}) or (name == "signature_present" and value is False):
        return None
    if isinstance(value, str):
        return " ".join(value.lower().split())
    if isinstance(value, list):
        return sorted(str(sorted(v.items())) if isinstance(v, dict) else str(v) for v in value)
    if isinstance(value, dict):
        return {k: float(v) if isinstance(v, int | float) else v for k, v in value.items()}
    return value


def same(name: str, expected: Any, got: Any) -> bool:
    return bool(plain(name, expected) == plain(name, got))


def tally(values: Iterable[Value]) -> dict[str, float]:
    """Return counts and rates over values; a value nobody printed counts only where one was given."""
    listed = [v for v in values if v.expected is not None or v.got is not None]
    printed = sum(v.expected is not None for v in listed)
    given = sum(v.got is not None for v in listed)
    right = sum(v.right for v in listed)
    accepted = sum(v.accepted and v.got is not None for v in listed)
    wrong = sum(v.wrong_and_accepted and v.got is not None for v in listed)
    recall, precision = right / max(1, printed), right / max(1, given)
    return {
        "printed": printed,
        "given": given,
        "right": right,
        "accepted": accepted,
        "accepted_wrong": wrong,
        "recall": recall,
        "precision": precision,
        "f1": 2 * recall * precision / max(1e-9, recall + precision),
        "abstention": 1 - sum(v.accepted and v.right for v in listed) / max(1, printed),
        "wrong_and_accepted": wrong / max(1, accepted),
    }


def group(records: Iterable[Record], key: Callable[[Record], str]) -> dict[str, dict[str, float]]:
    """Return the tally and the documents' rates for each group of records."""
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        groups[key(record)].append(record)
    return {
        name: {**documents(listed), **tally(v for r in listed for v in r.values)}
        for name, listed in sorted(groups.items())
    }


def documents(records: list[Record]) -> dict[str, float]:
    """Return the rates that count documents."""
    orders = [r for r in records if r.is_order]
    complete = [r for r in orders if r.expected_outcome == "scheduled"]
    clean = [r for r in complete if r.severity in {"0", "1"} and r.resolution != "204x98"]
    others = [r for r in records if not r.is_order and r.expected_outcome in {"ignored", "review"}]
    return {
        "documents": len(records),
        "class_accuracy": sum(r.class_right for r in records) / max(1, len(records)),
        "wholly_right": sum(r.wholly_right for r in orders) / max(1, len(orders)),
        "complete": len(complete),
        "passed": sum(r.passed for r in complete),
        "clean_complete": len(clean),
        "clean_passed": sum(r.passed for r in clean),
        "others_passed_as_order": sum(r.passed and r.found_class in ORDERS and r.patients == 1 for r in others),
    }


ORDERS = frozenset({"dme_order", "home_health_referral", "infusion_order"})


def by_field(records: Iterable[Record]) -> dict[str, dict[str, float]]:
    """Return the tally for each field."""
    groups: dict[str, list[Value]] = defaultdict(list)
    for record in records:
        for value in record.values:
            groups[value.field].append(value)
    return {name: tally(listed) for name, listed in sorted(groups.items())}


def reliability(records: Iterable[Record], bins: int = 10) -> list[dict[str, float]]:
    """Return for each band of confidence how many values had it, their mean confidence and the share that was right."""
    banded: dict[int, list[Value]] = defaultdict(list)
    for record in records:
        for value in record.values:
            if value.got is not None:
                banded[min(bins - 1, int(value.confidence * bins))].append(value)
    return [
        {
            "from": band / bins,
            "values": len(listed),
            "confidence": sum(v.confidence for v in listed) / len(listed),
            "right": sum(v.right for v in listed) / len(listed),
        }
        for band, listed in sorted(banded.items())
    ]
