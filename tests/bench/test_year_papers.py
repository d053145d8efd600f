"""The year's records pass the checks of the elements that they answer."""

from __future__ import annotations

from datetime import date

import pytest

from bench.year.papers import elements, in_the_record, note_of
from schemas.noted import facts

DAY = date(2026, 11, 2)


@pytest.mark.parametrize("name", sorted(elements()))
def test_what_the_record_says_of_an_element_passes_its_check(name: str) -> None:
    element, line = elements()[name], note_of(name, DAY)
    assert line is not None
    (said,) = facts((line,), element.labels())
    assert element.check.passes(said, DAY)


def test_what_has_a_field_of_its_own_is_in_no_notes() -> None:
    assert in_the_record("clinician_npi", DAY) is None
