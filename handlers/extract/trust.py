"""How sure a value is: a logistic sum of its evidence, fitted on made-up faxes; the numbers are data in rules."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

from doorstep import rules


@cache
def _calibration() -> Mapping[str, Any]:
    data: Mapping[str, Any] = rules.load("documents/calibration")
    return data


def group_of(field: str) -> str:
    """Return the group of fields that are calibrated together."""
    return str(_calibration()["groups"].get(field, "text"))


def confidence(field: str, features: Mapping[str, float]) -> float:
    """Return the probability that a value with this evidence is right."""
    calibration = _calibration()
    weights: Mapping[str, float] = calibration["shared"]
    total = weights["bias"] + calibration["biases"].get(group_of(field), 0.0)
    total += sum(weights.get(name, 0.0) * number for name, number in features.items())
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))


def threshold(field: str) -> float:
    """Return the least confidence at which the hub uses a value of this field with no person looking."""
    limits = rules.load("documents/thresholds")
    return float(limits["fields"].get(field, limits["default"]))
