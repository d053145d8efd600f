"""What an order's OBX segments say stands in its notes, in words that the rules understand."""

from __future__ import annotations

import pytest

from schemas.hl7v2 import orders_of
from tests.samples import make_hl7v2


def notes(*segments: str) -> list[str]:
    """Return the notes that these segments add to an order."""
    plain = next(data for _, data, _ in make_hl7v2.samples())
    (before,) = orders_of(plain, "doc-1")
    (after,) = orders_of(plain + "".join(f"{one}\r" for one in segments).encode(), "doc-1")
    return [note for note in after.notes if note not in before.notes]


def test_a_result_is_a_line_with_its_code_day_observer_and_method() -> None:
    obx = "OBX|9|NM|59408-5^Oxygen saturation^LN||86|%|||||F|||20261102||7^Lowe^Ada|REST^at rest"
    assert notes(obx) == ["Oxygen saturation [59408-5]: 86 % (at rest) on 2026-11-02, performed by Ada Lowe"]


@pytest.mark.parametrize(
    ("obx", "line"),
    [
        ("OBX|9|CWE|HB^Homebound^L||Y^yes, by walker^L||||||F", "Homebound: yes, by walker"),
        ("OBX|9|SN|69990-0^AHI^LN||>^22|/h|||||F", "AHI [69990-0]: >22 /h"),
        ("OBX|9|ST|^^^WT^Weight^L||180 lb||||||F|||2026", "Weight: 180 lb"),
    ],
)
def test_results_of_each_kind_are_understood(obx: str, line: str) -> None:
    assert notes(obx) == [line]


@pytest.mark.parametrize(
    "obx",
    [
        "OBX|9|NM|59408-5^Oxygen saturation^LN||86|%|||||W",
        "OBX|9|ED|LTR^Letter^L||^text^plain^A^x||||||F",
        "OBX|9|NM|59408-5^Oxygen saturation^LN|||%|||||F",
        "OBX|9|NM|3151-8^Oxygen flow^LN||2|L/min|||||F",
        f"OBX|9|ST|R^Report^L||{'x' * 400}||||||F",
    ],
)
def test_what_is_wrong_a_document_empty_or_a_field_of_its_own_is_no_line(obx: str) -> None:
    assert notes(obx) == []
