"""The shape of the files in `rules/`: required elements and the desk (clocks: schemas.clock_rules)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from zoneinfo import available_timezones

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    field_validator,
    model_validator,
)

from schemas.case import CaseManager
from schemas.element import (
    Gate,
)
from schemas.identifiers import CPT, npi_ok
from schemas.order import Order, OrderType
from schemas.places import Place

Severity = Literal["required", "conditional", "advise"]
_CODES = re.compile(r"^[A-Z0-9][0-9]{4}(-[A-Z0-9][0-9]{4})?$")


class Rule(BaseModel):
    """Base of everything read from a rules file: frozen, and an unknown word is an error, not a comment."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _codes(value: Any) -> Any:
    for item in value:
        if not isinstance(item, str) or not _CODES.match(item):
            raise ValueError("codes stand alone (E1390) or as a range (E0424-E1406)")
        first, _, last = item.partition("-")
        if last and (first[0] != last[0] or first > last):
            raise ValueError(f"the range {item} holds no code")
    return value


Codes = Annotated[tuple[str, ...], BeforeValidator(_codes)]
"""HCPCS or CPT codes and ranges of them."""


def covers(codes: Iterable[str], code: str) -> bool:
    """Say whether a code stands in these codes and ranges; a range never crosses its letter."""
    for item in codes:
        first, _, last = item.partition("-")
        if code == first or (last and code[:1] == first[:1] and len(code) == 5 and first <= code <= last):
            return True
    return False


def resolve(model: Any, path: str) -> list[Any]:
    """Return the values at a dotted path; lists are walked through, what is absent or empty is left out."""
    found = [model]
    for name in path.split("."):
        step: list[Any] = []
        for item in found:
            value = item.get(name) if isinstance(item, Mapping) else getattr(item, name, None)
            step.extend(value if isinstance(value, tuple | list) else [value])
        found = [value for value in step if value is not None and value != ""]
    return found


class Effective(Rule):
    """From which day to which (last included; none = still in force)."""

    from_: date = Field(alias="from")
    until: date | None = None

    def on(self, day: date) -> bool:
        return self.from_ <= day and (self.until is None or day <= self.until)


class Applies(Rule):
    """To which orders: by type, and by any line's code; what is empty does not narrow."""

    order_types: tuple[OrderType, ...] = ()
    hcpcs: Codes = ()
    payers: tuple[str, ...] = Field(default=(), description="Names as in codes/payers.yaml; whose orders it is for")

    def to(self, order: Order) -> bool:
        typed = not self.order_types or order.order_type in self.order_types
        return typed and (not self.hcpcs or any(covers(self.hcpcs, line.code) for line in order.lines if line.code))


class Condition(Rule):
    """When an element is asked for: `path` has one of `values` (none given: anything), or a line has one of `hcpcs`."""

    path: Place | None = None
    values: tuple[JsonValue, ...] = ()
    hcpcs: Codes = ()

    def holds(self, order: Order) -> bool:
        if self.hcpcs and not any(covers(self.hcpcs, line.code) for line in order.lines if line.code):
            return False
        if self.path is None:
            return True
        found = resolve(order, self.path)
        return bool(found) and (not self.values or any(value in self.values for value in found))


class Check(Rule):
    """What a value must be besides present: equal to a word, of a form, or whole in all of its parts."""

    equals: JsonValue = None
    form: Literal["npi", "icd10", "digits10", "past", "number", "dated"] | None = None
    at_least: Decimal | None = Field(default=None, description="The first number in the value is not below this")
    at_most: Decimal | None = Field(default=None, description="The first number in the value is not above this")
    within_days: int | None = Field(default=None, ge=0, description="Its date is not older; else it is stale")
    parts: tuple[str, ...] = Field(default=(), description="Attributes that must all be there")
    any_part: tuple[str, ...] = Field(default=(), description="Attributes of which one must be there")

    def passes(self, value: Any, as_of: date) -> bool:
        if self.equals is not None and value != self.equals:
            return False
        if self.form is not None and not _of_form(self.form, value, as_of):
            return False
        if not self._within(value):
            return False
        if self.any_part and not any(resolve(value, part) for part in self.any_part):
            return False
        return all(resolve(value, part) for part in self.parts)

    def _within(self, value: Any) -> bool:
        if self.at_least is None and self.at_most is None:
            return True
        found = first_number(value)
        if found is None:
            return False
        return (self.at_least is None or found >= self.at_least) and (self.at_most is None or found <= self.at_most)

    def stale(self, value: Any, as_of: date) -> bool:
        """Say whether the value's date lies longer back than `within_days`; what has no date is not judged."""
        day = day_in(value)
        return self.within_days is not None and day is not None and (as_of - day).days > self.within_days


_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_ISO_DAY = re.compile(r"(?<![0-9])([0-9]{4})-([0-9]{2})-([0-9]{2})(?![0-9])")
_US_DAY = re.compile(r"(?<![0-9])([0-9]{1,2})[/-]([0-9]{1,2})[/-]([0-9]{4})(?![0-9])")


def day_in(value: Any) -> date | None:
    """Return the date that a value is, or the first one written in it (2026-11-23 or 11/23/2026)."""
    if isinstance(value, date):
        return value
    for pattern, order in ((_ISO_DAY, (0, 1, 2)), (_US_DAY, (2, 0, 1))):
        if found := pattern.search(str(value)):
            parts = [int(part) for part in found.groups()]
            try:
                return date(*(parts[place] for place in order))
            except ValueError:
                continue
    return None


def first_number(value: Any) -> Decimal | None:
    """Return the first number in a value that is no part of a date."""
    text = _US_DAY.sub(" ", _ISO_DAY.sub(" ", str(value)))
    found = _NUMBER.search(text)
    return Decimal(found.group()) if found else None


def _of_form(form: str, value: Any, as_of: date) -> bool:
    if form == "past":
        return isinstance(value, date) and value <= as_of
    if form == "npi":
        return npi_ok(str(value))
    if form == "number":
        return first_number(value) is not None
    if form == "dated":
        day = day_in(value)
        return day is not None and day <= as_of
    pattern = {"icd10": r"[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?", "digits10": r"[0-9]{10}"}[form]
    return re.fullmatch(pattern, str(value)) is not None


class Plausible(Rule):
    """What a value must be to be believed: near enough to the day of receipt, of a known code. Else a person looks."""

    days_before_receipt: int | None = Field(default=None, ge=0)
    days_after_receipt: int | None = Field(default=None, ge=0)
    codes: Codes = Field(default=(), description="The codes that exist; a line without a code is believed")

    def believes(self, value: Any, received: date) -> bool:
        if isinstance(value, date):
            ahead = (value - received).days
            earliest, latest = self.days_before_receipt, self.days_after_receipt
            return (earliest is None or -ahead <= earliest) and (latest is None or ahead <= latest)
        code = str(getattr(value, "code", None) or "").strip().upper()
        later_cpt = code[-1:].isalpha() and CPT.fullmatch(code) is not None
        return later_cpt or not (code and self.codes) or covers(self.codes, code)


class Element(Rule):
    """One thing an order must say. `path` may list several places; the first language is plain dotted paths.

    `notes` are labels: what an order has no field for is met by a line of its notes that begins with one of them
    (`Oxygen saturation: 86 % at rest on 2026-11-02`).
    """

    id: str
    label: str
    path: tuple[Place, ...] = ()
    notes: tuple[str, ...] = ()
    language: Literal["path"] = "path"
    gate: Gate
    severity: Severity
    when: Condition | None = None
    check: Check = Check()
    plausible: Plausible | None = None
    doubt: str | None = Field(default=None, description="What is asked when a value is there but not plausible")
    ask: str
    cite: tuple[str, ...] = Field(min_length=1)

    @field_validator("path", mode="before")
    @classmethod
    def _one_path_is_a_list_of_one(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _a_doubt_has_its_question(self) -> Self:
        if (self.plausible is None) is not (self.doubt is None):
            raise ValueError("`plausible` and `doubt` go together")
        return self

    @model_validator(mode="after")
    def _it_stands_somewhere(self) -> Self:
        if not self.path and not self.notes:
            raise ValueError("give a `path`, or the labels of `notes`")
        return self

    def values(self, order: Order) -> list[Any]:
        """Return what the order says of it: at its places, then in lines of the notes."""
        return [value for path in self.path for value in resolve(order, path)] + list(self._noted(order))

    def _noted(self, order: Order) -> Iterable[str]:
        wanted = {label.casefold() for label in self.notes}
        lines = (line for note in order.notes for line in note.splitlines()) if wanted else ()
        for line in lines:
            label, colon, value = line.partition(":")
            if colon and value.strip() and " ".join(label.split()).casefold() in wanted:
                yield value.strip()


class Ruleset(Rule):
    """One dated file of `rules/elements/`; an element of the same id in a ruleset that extends it replaces it."""

    ruleset: str
    version: date
    effective: Effective
    applies: Applies = Applies()
    extends: tuple[str, ...] = ()
    narrowed_by: tuple[str, ...] = Field(
        default=(), description="Rulesets that add to this one for some codes or payers"
    )
    elements: tuple[Element, ...] = ()

    @model_validator(mode="after")
    def _each_element_once(self) -> Self:
        ids = [element.id for element in self.elements]
        if twice := sorted({one for one in ids if ids.count(one) > 1}):
            raise ValueError(f"elements stand twice: {', '.join(twice)}")
        return self


class DeskManager(CaseManager):
    """A case manager and the order types that come to this desk (none: all)."""

    order_types: tuple[OrderType, ...] = ()


class Desk(Rule):
    """The people of the desk; `zone` is the wall clock that its days and reports go by (an IANA name)."""

    version: date
    zone: str = "America/New_York"
    managers: tuple[DeskManager, ...] = Field(min_length=1)

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("is no IANA time zone")
        return value
