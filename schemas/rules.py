"""The shape of the files in `rules/elements/`: what an order must say, where, from when on and for whom."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    field_validator,
    model_validator,
)

from schemas.element import (
    Gate,
)
from schemas.identifiers import CPT, npi_ok
from schemas.noted import day_in, facts, first_number, readings, says
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
    payers: tuple[str, ...] = Field(
        default=(), description="Names or kinds as in codes/payers.yaml; whose orders it is for"
    )

    def to(self, order: Order) -> bool:
        typed = not self.order_types or order.order_type in self.order_types
        return typed and (not self.hcpcs or any(covers(self.hcpcs, line.code) for line in order.lines if line.code))


class Check(Rule):
    """What a value must be besides present: equal to a word, of a form, or whole in all of its parts."""

    equals: JsonValue = None
    form: Literal["npi", "icd10", "digits10", "past", "number", "dated"] | None = None
    says: tuple[str, ...] = Field(
        default=(), description="Words of which each must stand in it, or one of several: exercise|exertion"
    )
    at_least: Decimal | None = Field(default=None, description="The first number in the value is not below this")
    at_most: Decimal | None = Field(default=None, description="The first number in the value is not above this")
    within_days: int | None = Field(default=None, ge=0, description="Its date is not older; else it is stale")
    days_after: int = Field(default=0, ge=0, description="By so many days its date may lie ahead")
    counted_from: Place | None = Field(
        default=None, description="The date from which days are counted; without it, the day of the order"
    )
    parts: tuple[str, ...] = Field(default=(), description="Attributes that must all be there")
    any_part: tuple[str, ...] = Field(default=(), description="Attributes of which one must be there")

    def day(self, order: Order, as_of: date) -> date:
        """Return the day from which this check counts for an order."""
        found = resolve(order, self.counted_from) if self.counted_from else []
        return next((day for one in found if (day := day_in(one))), as_of)

    def passes(self, value: Any, as_of: date) -> bool:
        """Say whether a value is right; of a text with several readings one must be, with all that is asked of it."""
        if (self.says or self.at_least is not None or self.at_most is not None) and isinstance(value, str):
            return any(self._passes(part, value, as_of) for part in readings(value))
        return self._passes(value, value, as_of)

    def _passes(self, value: Any, whole: Any, as_of: date) -> bool:
        if self.equals is not None and value != self.equals:
            return False
        if self.form is not None and not _of_form(
            self.form, value if self.form == "number" else whole, self._last(as_of)
        ):
            return False
        if not self._within(value) or not all(says(str(value), words) for words in self.says):
            return False
        if self.any_part and not any(resolve(value, part) for part in self.any_part):
            return False
        return all(resolve(value, part) for part in self.parts)

    def _last(self, as_of: date) -> date:
        return as_of + timedelta(days=self.days_after)

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


def _of_form(form: str, value: Any, last: date) -> bool:
    if form == "past":
        return isinstance(value, date) and value <= last
    if form == "npi":
        return npi_ok(str(value))
    if form == "number":
        return first_number(value) is not None
    if form == "dated":
        day = day_in(value)
        return day is not None and day <= last
    pattern = {"icd10": r"[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?", "digits10": r"[0-9]{10}"}[form]
    return re.fullmatch(pattern, str(value)) is not None


class Way(Rule):
    """Where an order may say a thing, and what it must be there.

    `path` may list several places; `notes` are labels of lines in the order's notes, for what an order has no field for
    (`Oxygen saturation: 86 % at rest on 2026-11-02`), or LOINC codes of what was sent as an observation.
    """

    path: tuple[Place, ...] = ()
    notes: tuple[str, ...] = ()
    check: Check = Check()

    @field_validator("path", mode="before")
    @classmethod
    def _one_path_is_a_list_of_one(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    def labels(self) -> tuple[str, ...]:
        """Return the labels of lines in the notes that say it."""
        return self.notes

    def values(self, order: Order) -> list[Any]:
        """Return what the order says of it: at its places, then in lines of the notes."""
        return [value for path in self.path for value in resolve(order, path)] + list(facts(order.notes, self.labels()))

    def good(self, order: Order, as_of: date) -> list[Any]:
        """Return the values that are right."""
        day = self.check.day(order, as_of)
        return [value for value in self.values(order) if self.check.passes(value, day)]

    def stale(self, value: Any, order: Order, as_of: date) -> bool:
        return self.check.stale(value, self.check.day(order, as_of))


class Condition(Way):
    """When an element is asked for: what is said at `path` or in `notes` is one of `values` and passes `check`; a line
    has one of `hcpcs`; the order is of a day in `effective`. What is given must hold together.
    """

    effective: Effective | None = None
    values_: tuple[JsonValue, ...] = Field(default=(), alias="values")
    hcpcs: Codes = ()

    def holds(self, order: Order, as_of: date) -> bool:
        if self.effective is not None and not self.effective.on(as_of):
            return False
        if self.hcpcs and not any(covers(self.hcpcs, line.code) for line in order.lines if line.code):
            return False
        if not self.path and not self.notes:
            return True
        found = self.good(order, as_of)
        return bool(found) and (not self.values_ or any(value in self.values_ for value in found))


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


def _listed(value: Any) -> Any:
    return value if value is None or isinstance(value, list | tuple) else [value]


Conditions = Annotated[tuple[Condition, ...], BeforeValidator(_listed)]
"""One condition, or several of which one must hold."""


class Element(Way):
    """One thing an order must say, at its own `path` and `notes` or in one of the other ways of `or`."""

    id: str
    label: str
    language: Literal["path"] = "path"
    or_: tuple[Way, ...] = Field(default=(), alias="or", description="Other ways to say it, each with its own check")
    gate: Gate
    severity: Severity
    when: Conditions | None = Field(default=None, description="It is asked for only where one of these holds")
    unless: Conditions = Field(default=(), description="It is not asked for where one of these holds")
    plausible: Plausible | None = None
    doubt: str | None = Field(default=None, description="What is asked when a value is there but not plausible")
    ask: str
    cite: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _a_doubt_has_its_question(self) -> Self:
        if (self.plausible is None) is not (self.doubt is None):
            raise ValueError("`plausible` and `doubt` go together")
        return self

    @model_validator(mode="after")
    def _each_way_stands_somewhere(self) -> Self:
        if not all(way.path or way.notes for way in self.ways()):
            raise ValueError("give a `path`, or the labels of `notes`")
        return self

    def labels(self) -> tuple[str, ...]:
        """Return the labels of lines that say it: also its own id and label, by which it is asked for."""
        return (self.id, self.label, *self.notes) if self.notes else ()

    def ways(self) -> tuple[Way, ...]:
        return (self, *self.or_)

    def applies(self, order: Order, as_of: date) -> bool:
        """Say whether it is asked of this order."""
        asked = self.when is None or any(one.holds(order, as_of) for one in self.when)
        return asked and not any(one.holds(order, as_of) for one in self.unless)


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
