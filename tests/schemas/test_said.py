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


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("SN 2w1, 3w4 and 1w2", OrderType.HOME_HEALTH, "16"),
        ("PT 3 visits per week for 4 weeks", OrderType.HOME_HEALTH, "12"),
        ("OT 2x/week x 6 weeks", OrderType.HOME_HEALTH, "12"),
        ("9 skilled nursing visits this episode", OrderType.HOME_HEALTH, "9"),
        ("Number of visits: 6", OrderType.HOME_HEALTH, "6"),
        ("1 visit/week x 8 weeks = 8 visits", OrderType.HOME_HEALTH, "8"),
        ("Change dressing daily", OrderType.DME, "7"),
        ("3 dressing changes per week", OrderType.DME, "3"),
        ("change twice a week", OrderType.DME, "2"),
        ("alginate, 3x weekly", OrderType.DME, "3"),
        ("ceftriaxone 2 g q24h", OrderType.INFUSION, "24"),
        ("vancomycin 1 g B.I.D. by pump", OrderType.INFUSION, "12"),
        ("one dose every 2 weeks", OrderType.INFUSION, "336"),
        ("every eight (8) hours", OrderType.INFUSION, "8"),
    ],
)
def test_words_say_how_often(text: str, kind: OrderType, value: str) -> None:
    assert {one.value for one in frequencies_in(text, kind)} == {Decimal(value)}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("SN 3 visits per week", OrderType.HOME_HEALTH),
        ("visit weekly", OrderType.HOME_HEALTH),
        ("wound 2w3 cm", OrderType.DME),
        ("supply for 3 weeks", OrderType.DME),
        ("cardiac index 2 L/m2", OrderType.DME),
        ("remove if less than 1 LPM", OrderType.DME),
        ("0 visits", OrderType.HOME_HEALTH),
    ],
)
def test_words_that_state_no_number_in_all_say_nothing(text: str, kind: OrderType) -> None:
    assert frequencies_in(text, kind) == []


def test_a_long_or_hostile_text_costs_little() -> None:
    began = time.perf_counter()
    spaces = ("1 " * (MAX_TEXT // 2), "1" + " " * 1_000_000 + "x", "1\t" * 500_000)
    for text in (*spaces, "," * MAX_TEXT, "2w1 " * 999, "1 a " * 999):
        for kind in OrderType:
            frequencies_in(text, kind)
        flows_ordered(text, oxygen=True)
    assert time.perf_counter() - began < 1
