"""A question for stored resources, apart from any protocol's way to write it, and one page of its answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, TypeVar

FoundT = TypeVar("FoundT")
LAST_UPDATED, ID = "_lastUpdated", "_id"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One parameter: any of `values` fits.

    `how` is `is`, `not` (none of them, or no value at all), `begins`, `holds`, `missing`, `present` or `range`. For
    `range`, `values` are the earliest day (or instant) and the one after the latest; either may be empty.
    """

    param: str
    how: Literal["is", "not", "begins", "holds", "missing", "present", "range"]
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """By which parameter results are sorted; `ranks` says what a stored value counts as, where it is not itself."""

    param: str
    descending: bool = False
    ranks: tuple[tuple[str, str], ...] = ()


NEWEST_FIRST = (Order(LAST_UPDATED, descending=True),)


@dataclass(frozen=True, slots=True)
class ResourceQuery:
    """Which resources of one type and partner (None: of every one) are meant; all criteria must fit.

    `ids`: only these (None: any). `updated_from` is included, `updated_before` is not; both are aware. `after` is
    where the page before ended. Without `counted` nobody asks how many there are on all pages together.
    """

    resource_type: str
    partner: str | None
    criteria: tuple[Criterion, ...] = ()
    ids: tuple[str, ...] | None = None
    updated_from: datetime | None = None
    updated_before: datetime | None = None
    order: tuple[Order, ...] = ()
    after: tuple[str, ...] | None = None
    limit: int = 50
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Page(Generic[FoundT]):
    """One page: what was found, how many there are on all pages (0 where not counted), where the next one begins."""

    found: list[FoundT]
    total: int = 0
    after: tuple[str, ...] | None = None
