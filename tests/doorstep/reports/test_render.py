"""Reports as files: nothing that a spreadsheet would run, JSON that can be read back, a PDF for the archive."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.reports import Report
from doorstep.reports.render import as_csv, as_json, as_pdf
from doorstep.reports.sheet import Rate, Table, percentile
from tests.services.verapdf import VeraPdf

EVIL = ['=HYPERLINK("http://x")', "+1", "-1+1", "@SUM(A1)", "\t=1", "  =1", "=1\r\n=2"]


def report(*rows: tuple[str | int | float | None, ...]) -> Report:
    table = Table.of("Rates", ("measure", "percent"), rows, chart=("measure", "percent"))
    return Report(
        "metrics", "Metrics", "2026-11", "America/New_York", "2026-11-28T12:00:00+00:00", (table,), ("A note.",)
    )


@pytest.mark.parametrize("cell", EVIL)
def test_no_cell_begins_as_a_formula(cell: str) -> None:
    for row in csv.reader(io.StringIO(as_csv(report((cell, -1.5))))):
        for found in row:
            assert not found.strip(" ").startswith(("=", "+", "@", "\t", "\r")), found
    assert "-1.5" in as_csv(report((cell, -1.5)))


@given(st.text(max_size=40), st.floats(allow_nan=False, allow_infinity=False) | st.integers(0, 10**9))
def test_json_gives_back_what_the_report_says(name: str, number: float) -> None:
    found = json.loads(as_json(report((name, number))))
    assert found["tables"][0]["rows"] == [{"measure": name, "percent": number}]


@pytest.mark.hapi
@pytest.mark.slow
def test_the_pdf_is_for_the_archive_and_says_what_the_report_says(verapdf: VeraPdf, tmp_path: Path) -> None:
    made = report(("touchless #[evil] 中", 97.25), ("none", None))
    pdf = as_pdf(made)
    assert pdf == as_pdf(made)
    (tmp_path / "report.pdf").write_bytes(pdf)
    assert verapdf.faults(tmp_path / "report.pdf") == []
    with pdfium.PdfDocument(pdf) as document:
        text = document[0].get_textpage().get_text_range()
    for word in ("Metrics", "97.25", "touchless #[evil] [U+4E2D]", "A note."):
        assert word in text


def test_a_rate_of_nothing_has_no_value_and_a_percentile_of_nothing_neither() -> None:
    assert Rate(0, 0).cells() == (None, 0, 0, "")
    assert Rate(1, 3, {"open": 2, "none": 0}).cells() == (33.33, 1, 3, "2 open")
    assert percentile([], 0.5) is None
    assert [percentile([1, 2, 3, 4], share) for share in (0.5, 0.9, 0.99)] == [2, 4, 4]
