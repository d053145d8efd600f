"""The clocks of cases as rules/clocks.yaml has them, read once: for what shows them (handlers ask their unit)."""

from __future__ import annotations

from functools import cache

from doorstep.rules import load
from schemas.clock_rules import Clocks


@cache
def case_clocks() -> Clocks:
    return Clocks.model_validate(load("clocks"))
