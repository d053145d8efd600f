"""What a provider says is read strictly: a start is a future instant, a window ends within a day after it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.word import start_of, text, window_of
from tests.factories import NOW
from tests.handlers.memory import MemoryUnit

START = NOW + timedelta(days=1)


@given(st.text(max_size=40) | st.datetimes().map(str) | st.none() | st.integers())
def test_a_start_is_a_future_instant_or_nothing(value: Any) -> None:
    found = start_of(value, NOW, 90)
    assert found is None or NOW - timedelta(hours=1) < found < NOW + timedelta(days=91)


def test_a_start_keeps_its_instant_whatever_its_offset() -> None:
    assert start_of("2026-11-24T10:00:00-05:00", NOW, 90) == datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("end", "taken"),
    [
        (None, True),
        ("", True),
        ((START + timedelta(hours=4)).isoformat(), True),
        ((START + timedelta(hours=24)).isoformat(), True),
        (START.isoformat(), False),
        ((START - timedelta(hours=1)).isoformat(), False),
        ((START + timedelta(hours=25)).isoformat(), False),
        ("2026-11-24T20:00", False),
        ("later", False),
        (5, False),
    ],
)
def test_a_window_ends_after_its_start_and_within_a_day(end: Any, taken: bool) -> None:
    found = window_of({"start": START.isoformat(), "end": end}, MemoryUnit())  # type: ignore[arg-type]
    assert (found is not None) is taken
    assert found is None or found[0] == START


@given(st.text() | st.integers() | st.none() | st.lists(st.text()))
def test_text_is_one_line_of_bounded_length(value: Any) -> None:
    found = text(value, 20)
    assert len(found) <= 20
    assert "\n" not in found
