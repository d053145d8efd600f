"""A list of codes from which one was lost is not used unseen."""

from __future__ import annotations

import pytest

from handlers.extract import extract_fields
from handlers.extract.leftover import left_over
from handlers.extract.opinion import views_of
from schemas.document import DocumentClass
from tests.handlers.pages import ORDER, reading


def more(field: str, value: list[object], text: str) -> str | None:
    return left_over(field, value, views_of(reading(text)), 1)  # type: ignore[arg-type]


@pytest.mark.parametrize("printed", ["J96.11", "196.11", "150.22", "133.0"])
def test_a_diagnosis_that_was_lost_is_seen_by_its_shape(printed: str) -> None:
    said = more("icd10", ["J44.9"], f"Diagnosis: J44.9, {printed}\n")
    assert said == (None if printed == "196.11" else "more-codes")


def test_prices_doses_and_what_was_read_twice_are_no_lost_diagnoses() -> None:
    assert more("icd10", ["J44.9"], "Diagnosis: J44.9 or J44,9; SpO2 86.5; dose 12.5; J44.8\n") is None


def test_an_ordered_code_that_is_in_no_line_is_seen() -> None:
    line = [{"code": "E1390", "quantity": 1}]
    assert more("order_lines", line, "E1390 qty 1\nE0431 portable\n") == "more-codes"
    assert more("order_lines", line, "E1390 qty 1, diagnosis E11.65 or E1165\n") is None
    assert more("order_lines", line, "E1390 E0431 E0260 E0143 E0601 to be ticked\n") is None


def test_such_a_list_is_shown_and_not_accepted() -> None:
    page = ORDER.replace("HCPCS: E1390    Qty: 1", "HCPCS: E1390    Qty: 1\n\n\nNote on portable tanks E0431 for trips")
    lines = extract_fields(reading(page), DocumentClass.DME_ORDER)["order_lines"]
    listed = {line["code"] for line in lines.value}  # type: ignore[union-attr, index, call-overload]
    assert "E0431" in listed or not lines.evidence.accepted
    assert extract_fields(reading(ORDER), DocumentClass.DME_ORDER)["order_lines"].evidence.accepted
