"""The shape of the smaller files of `rules/`: order types, preventable denials, codes, and the words of documents."""

from __future__ import annotations

from datetime import date
from re import Pattern
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from schemas.document import DocumentClass
from schemas.order import OrderType
from schemas.rules import Codes, Rule

Words = tuple[str, ...]


def _words(value: Any) -> Any:
    return [str(one) if isinstance(one, int | float) else one for one in value or ()]


Spellings = Annotated[Words, BeforeValidator(_words)]


class OrderTypes(Rule):
    """`elements/order_types.yaml`: for which kind of order a code stands, the most particular first."""

    version: date
    cite: Words = Field(min_length=1)
    order_types: dict[OrderType, Codes]


class Preventable(Rule):
    """A reason of a denial, and what of ours would have caught it."""

    system: Literal["CARC", "X12-886"]
    code: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,4}$")]
    label: str
    elements: Words = Field(min_length=1)


class PreventableDenials(Rule):
    """`denials.yaml`."""

    version: date
    cite: Words = Field(min_length=1)
    preventable: tuple[Preventable, ...]


class PayerNames(Rule):
    """`codes/payers.yaml`: payers with their spellings, and kinds of payers with the words that tell them."""

    version: date
    payers: dict[str, Spellings]
    kinds: dict[str, Spellings] = Field(default_factory=dict)


class HcpcsRanges(Rule):
    """`codes/hcpcs_ranges.yaml`: stretches without gaps, apart by blanks, by what they are for."""

    version: date
    ranges: dict[str, Annotated[str, StringConstraints(pattern=r"^([A-Z]\d{4}-[A-Z]\d{4})( [A-Z]\d{4}-[A-Z]\d{4})*$")]]


class Zip3(Rule):
    """`codes/zip3.yaml`: the first three digits of each state's ZIP codes."""

    version: date
    states: dict[Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")], Any]


class DenialWords(Rule):
    """`documents/denials.yaml`: how a letter speaks that denies."""

    version: date
    denies: Spellings = Field(min_length=1)
    means_of_redress: Spellings = Field(min_length=1)


class Labels(Rule):
    """`documents/labels.yaml`: how forms and letters announce a value."""

    version: date
    fields: dict[str, Spellings]
    generic: dict[str, Any]
    by_section: dict[str, dict[str, Any]]
    section_of: dict[str, Any]
    sections: dict[str, Any]
    ignored: Spellings
    strangers: Spellings
    synonyms: dict[Any, Any]
    soft: tuple[dict[str, Any], ...]
    not_names: Spellings


class Wanted(Rule):
    """What must stand in what these labels ask for, as a pattern."""

    labels: Spellings = Field(min_length=1)
    words: Pattern[str]


class FactWords(Rule):
    """`documents/facts.yaml`: how forms and letters announce facts that become lines of notes."""

    version: date
    aliases: dict[str, Spellings]
    of_the_test: dict[Literal["date", "condition", "performer"], Spellings]
    reasons: Spellings
    wants: tuple[Wanted, ...]
    none_is_an_answer: Spellings
    common: Spellings


class Classes(Rule):
    """`documents/classes.yaml`: how kinds of documents are told apart."""

    version: date
    least_words: int = Field(ge=0)
    review_below: float = Field(ge=0, le=1)
    unknown: float
    sharpness: float
    order: dict[str, Any]
    classes: dict[DocumentClass, dict[str, Any]]
    cover: dict[str, Any]
    not_medical: dict[str, Any]


class Calibration(Rule):
    """`documents/calibration.yaml`: how evidence adds up; written by `python -m bench.calibrate`."""

    version: date
    fitted: dict[str, int]
    groups: dict[str, str]
    shared: dict[str, float]
    biases: dict[str, float]


class Thresholds(Rule):
    """`documents/thresholds.yaml`: the least confidence of a value that is used unseen, by field."""

    version: date
    default: float = Field(ge=0, le=1)
    fields: dict[str, Annotated[float, Field(ge=0, le=1)]]
    measured: dict[str, Any] = Field(default_factory=dict)
