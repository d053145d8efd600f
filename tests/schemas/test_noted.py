from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.noted import day_in, facts, first_number, line, readings, says


def test_a_coded_fact_becomes_a_line_that_is_found_by_its_name_and_by_its_code() -> None:
    made = line("Body weight: dry", "81 kg", code="29463-7", day=date(2026, 11, 2), by="Ada Lowe", said="scale")
    assert made == "Body weight dry [29463-7]: 81 kg (scale) on 2026-11-02, performed by Ada Lowe"
    assert list(facts([made], ["29463-7"])) == list(facts([made], ["body weight dry"]))
    assert list(facts([made], ["weight"])) == []


@pytest.mark.parametrize(
    ("note", "found"),
    [
        ("SpO2: 86 %", ["86 %"]),
        ("  * spo2 :86 %", ["86 %"]),
        ("2) SpO2 at rest: 86 %", ["86 % at rest"]),
        ("Weight: 80 kg; SpO2 (asleep): 84 %\nSpO2: 90 %", ["84 % (asleep)", "90 %"]),
        ("SpO2 monitor: yes", []),
        ("SpO2 86 %", []),
        ("SpO2:", []),
        ("his SpO2: 86 %", []),
    ],
)
def test_a_line_speaks_of_what_it_begins_with(note: str, found: list[str]) -> None:
    assert list(facts([note], ["SpO2"])) == found


def test_readings_are_told_apart_and_keep_what_belongs_to_them() -> None:
    assert readings("92 % at rest, RA, 85 % on exercise; 93 % on O2") == (
        *("92 % at rest, RA", "85 % on exercise", "93 % on O2"),
    )
    assert readings("86 %, on 2026-11-02") == ("86 %, on 2026-11-02",)


@pytest.mark.parametrize(
    ("text", "number", "day"),
    [
        ("O2 sat 86.5 % on 11/2/26", "86.5", date(2026, 11, 2)),
        ("11/02/2026: 86", "86", date(2026, 11, 2)),
        ("none", None, None),
        ("on 2026-13-01", None, None),
    ],
)
def test_a_number_is_no_part_of_a_date_or_a_word(text: str, number: str | None, day: date | None) -> None:
    assert first_number(text) == (Decimal(number) if number else None)
    assert day_in(text) == day


def test_words_are_whole_and_may_stand_behind_a_number() -> None:
    assert says("on 2L by cannula", "oxygen|L")
    assert says("4x3cm", "cm")
    assert not says("restless", "rest")
    assert not says("154", "54")


@given(st.text(max_size=200))
def test_any_note_can_be_looked_through(text: str) -> None:
    list(facts([text], ["SpO2"]))
    readings(text)
    says(text, "a|b")
