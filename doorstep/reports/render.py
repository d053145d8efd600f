"""A report as CSV, JSON or a PDF with charts."""

from __future__ import annotations

import csv
import io
import json
import shutil
import tempfile
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Any

from doorstep.packet.paper import printable
from doorstep.reports.sheet import Cell, Report, Table

_TEMPLATE = Path(__file__).with_name("report.typ")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of a formula (CWE-1236)."""


class Form(StrEnum):
    TEXT = "text"
    CSV = "csv"
    JSON = "json"
    PDF = "pdf"


def as_json(report: Report) -> str:
    """Return one JSON object; each table's rows are objects by column."""
    found = asdict(report)
    found["tables"] = [
        {"title": t.title, "rows": [dict(zip(t.columns, row, strict=True)) for row in t.rows]} for t in report.tables
    ]
    return json.dumps(found, indent=1)


def as_csv(report: Report) -> str:
    """Return all tables in one file, apart by an empty line; no cell can be taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([report.title, report.period, report.zone])
    for table in report.tables:
        writer.writerow([])
        writer.writerow([table.title])
        writer.writerow(table.columns)
        writer.writerows([[_tame(cell) for cell in row] for row in table.rows])
    return out.getvalue()


def _tame(cell: Cell) -> Cell:
    if isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA):
        return f"'{cell}"
    return cell


def as_pdf(report: Report) -> bytes:
    """Return the report as PDF/A-3b; the same report gives the same bytes."""
    import typst

    folder = Path(tempfile.mkdtemp(prefix="report-"))
    try:
        shutil.copyfile(_TEMPLATE, folder / "report.typ")
        (folder / "report.json").write_text(json.dumps(_paper(report)))
        return bytes(
            typst.compile(folder / "report.typ", root=folder, ignore_system_fonts=True, pdf_standards=["a-3b"])
        )
    finally:
        shutil.rmtree(folder)


def _paper(report: Report) -> dict[str, Any]:
    return {
        "title": printable(report.title),
        "period": printable(f"{report.period} ({report.zone})"),
        "made": report.made_at,
        "date": [int(part) for part in report.made_at[:10].split("-")],
        "ok": report.ok,
        "notes": [printable(note) for note in report.notes],
        "tables": [_table(table) for table in report.tables],
    }


def _table(table: Table) -> dict[str, Any]:
    return {
        "title": printable(table.title),
        "columns": list(table.columns),
        "rows": [["" if cell is None else printable(cell) for cell in row] for row in table.rows],
        "numbers": [
            bool(table.rows) and all(cell is None or isinstance(cell, int | float) for cell in column)
            for column in (zip(*table.rows, strict=True) if table.rows else table.columns)
        ],
        "bars": _bars(table),
    }


def _bars(table: Table) -> list[dict[str, Any]]:
    if table.chart is None:
        return []
    name, number = (table.columns.index(column) for column in table.chart)
    values = [(str(row[name]), row[number]) for row in table.rows if isinstance(row[number], int | float)]
    most = max((float(value or 0) for _, value in values), default=0.0) or 1.0
    return [{"name": printable(n), "value": printable(v), "share": float(v or 0) / most} for n, v in values]
