"""A question for stored resources, apart from any protocol's way to write it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Criterion:
    """One parameter: any of `values` fits. `how` is `is`, `begins`, `holds`, `missing`, `present` or `range`.

    For `range`, `values` are the earliest day and the day after the latest; either may be empty.
    """

    param: str
    how: Literal["is", "begins", "holds", "missing", "present", "range"]
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResourceQuery:
    """Which resources of one type and partner (None: of every one) are meant; all criteria must fit.

    `after` is the last one seen.

    `updated_from` is included, `updated_before` is not; both are aware.
    """

    resource_type: str
    partner: str | None
    criteria: tuple[Criterion, ...] = ()
    ids: tuple[str, ...] = ()
    updated_from: datetime | None = None
    updated_before: datetime | None = None
    after: tuple[datetime, str] | None = None
    newest_first: bool = False
    limit: int = 50
