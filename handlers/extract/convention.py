"""Where this form writes its values: right of their labels, under them or over them, by what its own labels show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from handlers.extract.around import above, below, beside, stands_alone
from handlers.extract.geometry import Sheet, Span
from handlers.extract.labels import Hit

Side = Literal["right", "below", "above"]
SIDES: tuple[Side, ...] = ("right", "below", "above")
NEAR = 14
"""Within so many text heights labels vote with full weight: a page may have forms of several kinds."""
FAR_WEIGHT = 0.25
ONLY, ONE_OF_SEVERAL, NEARER = 2.0, 0.5, 0.4
LEAD = 1.5
"""By how much `above` must lead, for few forms are made so."""

ENOUGH = 1.0
"""Labels far away are not enough to say so."""


@dataclass(frozen=True, slots=True)
class Vote:
    """What one label that stands alone shows: how much each side speaks for itself."""

    middle: float
    weights: tuple[float, float, float]


def votes(sheet: Sheet, hits: list[Hit], readers: Mapping[str, Callable[[Span], object | None]]) -> list[Vote]:
    """Return what the labels show that have no text beside them in their own cell, by what their readers can read."""
    found: list[Vote] = []
    for hit in hits:
        if not stands_alone(sheet, hit) or hit.field == "ignored":
            continue
        around = {side: at_side(sheet, hits, hit, side) for side in SIDES}
        weights = dict.fromkeys(SIDES, 0.0)
        reader = readers.get(hit.field)
        valid = [
            side for side in SIDES if around[side].tokens and reader is not None and reader(around[side]) is not None
        ]
        for side in valid:
            weights[side] += ONLY if len(valid) == 1 else ONE_OF_SEVERAL
        over, under = around["above"], around["below"]
        if over.tokens and under.tokens and over.box and under.box:
            nearer: Side = "above" if hit.box[1] - over.box[3] < under.box[1] - hit.box[3] else "below"
            weights[nearer] += NEARER
        if any(weights.values()):
            found.append(Vote(hit.middle, (weights["right"], weights["below"], weights["above"])))
    return found


def side_at(votes_of: Sequence[Vote], middle: float, height: float) -> Side | None:
    """Return where the labels around this height have their values; None when they do not say."""
    sums = [0.0, 0.0, 0.0]
    close = 0.0
    for vote in votes_of:
        near = abs(vote.middle - middle) <= NEAR * height
        share = 1.0 if near else FAR_WEIGHT
        close += vote.weights[2] if near else 0.0
        for place, weight in enumerate(vote.weights):
            sums[place] += share * weight
    right, under, over = sums
    if over > LEAD * max(right, under) and close >= ENOUGH:
        return "above"
    if max(right, under) <= 0:
        return None
    return "below" if under > right else "right"


def at_side(sheet: Sheet, hits: list[Hit], hit: Hit, side: Side) -> Span:
    """Return what stands on one side of a label."""
    if side == "right":
        return beside(sheet, hits, hit)
    if side == "above":
        return above(sheet, hits, hit)
    return next(iter(below(sheet, hits, hit)), Span(()))
