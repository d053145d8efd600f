"""A month of the year: the same month twice, with no broken promise, on the real journal and handlers."""

from __future__ import annotations

import pytest

from bench.year import run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_month_over_the_spring_shift_breaks_no_promise_and_comes_out_the_same_again() -> None:
    from datetime import date

    first, again = (run(25, seed=3, days=20, first=date(2027, 3, 1)) for _ in range(2))
    assert first.faults == []
    assert first.orders > 10
    assert first.states == again.states
    assert first.events == again.events
    assert first.reports[2].ok
