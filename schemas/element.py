"""What an order must say, judged: the verdict on one required element, its gate, and what holds an order back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from schemas.event import Model


class ElementStatus(StrEnum):
    MET = "met"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    CONFLICTING = "conflicting"
    STALE = "stale"
    NOT_APPLICABLE = "not-applicable"
    WAIVED = "waived"


UNMET = frozenset({ElementStatus.MISSING, ElementStatus.UNREADABLE, ElementStatus.CONFLICTING, ElementStatus.STALE})
Gate = Literal["intake", "dispatch", "delivery", "claim"]
GATES: tuple[Gate, ...] = ("intake", "dispatch", "delivery", "claim")
DISPATCH: Gate = "dispatch"
"""Nothing up to this gate may be open when an order goes to providers; what later gates want is asked for after it."""


class ElementResult(Model):
    """The verdict on one required element; `ask` is the sentence that requests it from the sender."""

    element_id: str
    label: str
    status: ElementStatus
    severity: str
    ask: str
    cite: tuple[str, ...] = ()
    gate: Gate = "intake"
    why: str | None = Field(default=None, description="Who waived it and why")


def unmet(results: Iterable[ElementResult], gate: Gate = DISPATCH) -> tuple[ElementResult, ...]:
    """Return the results that keep an order from passing this gate; advice never does."""
    reached = GATES[: GATES.index(gate) + 1]
    return tuple(r for r in results if r.gate in reached and r.status in UNMET and r.severity != "advise")


class Waiver(Model):
    """A person's word that an element is not needed for this case."""

    reason: str
    by: str
    at: datetime
