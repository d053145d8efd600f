"""Times of HL7 v2 as FHIR writes them: the precision they had, an offset where FHIR wants one, never a guess."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.hl7v2.moments import clock_of, moment_of, time_of

EAST, ARIZONA = ZoneInfo("America/New_York"), ZoneInfo("America/Phoenix")
FHIR = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d)?)?)?")


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("2026", "2026"),
        ("202611", "2026-11"),
        ("20261120", "2026-11-20"),
        ("2026112008", "2026-11-20T08:00:00-05:00"),
        ("202607200830", "2026-07-20T08:30:00-04:00"),
        ("20261120083015.250", "2026-11-20T08:30:15.250-05:00"),
        ("20261120083000+0530", "2026-11-20T08:30:00+05:30"),
        ("2026-11-20T08:30:00Z", "2026-11-20T08:30:00+00:00"),
        ("20260229", None),
        ("20261120246000", None),
        ("00000000", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_a_time_keeps_what_was_sent_of_it(sent: str, told: str | None) -> None:
    found = moment_of(sent, EAST)
    assert (found.text if found else None) == told


def test_the_clock_is_that_of_msh_7_and_of_the_home_where_both_show_the_same() -> None:
    assert clock_of("20261120083000-0500", EAST) is EAST
    assert clock_of("20260720083000-0400", EAST) is EAST
    assert clock_of("20261120083000", ARIZONA) is ARIZONA
    away = moment_of("20261224150000", clock_of("20260720083000-0400", ARIZONA))
    assert away is not None
    assert away.text == "2026-12-24T15:00:00-04:00"


@given(st.text(max_size=30) | st.from_regex(r"\d{4,16}(\.\d{1,6})?([+-]\d{4})?", fullmatch=True))
def test_any_text_is_a_fhir_time_or_none(text: str) -> None:
    found = moment_of(text, EAST)
    assert found is None or FHIR.fullmatch(found.text)
    clock_of(text, EAST)
    shown = time_of(text)
    assert shown is None or re.fullmatch(r"\d\d:\d\d:\d\d(\.\d+)?", shown)
