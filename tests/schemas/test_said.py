"""What sentences say of an item, and what they only seem to."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from schemas.order import OrderType
from schemas.said import MAX_TEXT, flows_ordered, frequencies_in


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Deliver O2 at 3 LPM continuous", "3"),
        ("O2 2 lpm NC, SpO2 85% on room air", "2"),
        ("Oxygen 2.5 liters per minute at night", "2.5"),
        ("oxygen 2L NC", "2"),
    ],
)
def test_a_remark_orders_a_flow(text: str, value: str) -> None:
    assert [flow.value for flow in flows_ordered(text, oxygen=False)] == [Decimal(value)]


@pytest.mark.parametrize(
    "text",
    [
        "SpO2 84% on 2 L/min",
        "Patient was on oxygen 4 L/min",
        "sat 91 while on O2 3 lpm",
        "no oxygen at 2 L/min",
        "requires 6 lpm oxygen when walking",
        "dialysis flow 2 L/min",
    ],
)
def test_a_measurement_or_another_flow_orders_nothing(text: str) -> None:
    assert flows_ordered(text, oxygen=False) == []


def test_a_range_yields_both_ends() -> None:
    found = frequencies_in("Oxygen 2-4 L/min", OrderType.DME)
    assert {one.value for one in found} == {Decimal(2), Decimal(4)}


def test_a_long_or_hostile_text_costs_little() -> None:
    began = time.perf_counter()
    for text in ("1 " * (MAX_TEXT // 2), "1" + " " * 1_000_000 + "x", "1\t" * 500_000, "," * MAX_TEXT):
        frequencies_in(text, OrderType.DME)
        flows_ordered(text, oxygen=True)
    assert time.perf_counter() - began < 1
