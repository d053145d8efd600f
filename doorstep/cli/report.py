"""`doorstep report NAME`: what the desk reports, as a table, CSV, JSON or PDF."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table as Grid

from doorstep import clock
from doorstep.cli.look import ask
from doorstep.errors import Refused
from doorstep.observe import one_line
from doorstep.reports import REPORTS, Report, desk_zone, named_period
from doorstep.reports.render import Form, as_csv, as_json, as_pdf
from doorstep.settings import load


def register(app: typer.Typer) -> None:
    app.command(help="Make a report from the journal.")(report)


def report(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(REPORTS)}.")],
    period: Annotated[
        str, typer.Option(help="today, yesterday, week, month, 2026-11, 2026-11-23 or FIRST..LAST; by default its own.")
    ] = "",
    form: Annotated[Form, typer.Option("--format", help="How it is written.")] = Form.TEXT,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", dir_okay=False, help="Write it to this file.")
    ] = None,
    as_json_: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Print or write one report; exit 1 when it found a difference."""
    definition = REPORTS.get(name)
    if definition is None:
        raise Refused("no-report", f"there is no report {one_line(name)}; known: {', '.join(REPORTS)}")
    form = Form.JSON if as_json_ else form
    if form is Form.PDF and output is None:
        raise Refused("no-output", "a PDF goes to a file: give -o FILE.pdf")
    from doorstep.app import own_counts  # the whole hub: no other command waits for it

    when = named_period(period or definition.default, desk_zone(), clock.now())
    own = own_counts(load(), when)
    made = ask(lambda reader: definition.make(reader, when, own))
    _write(made, form, output)
    if not made.ok:
        raise Refused("difference", "a difference was found: look into it today")


def _write(made: Report, form: Form, output: Path | None) -> None:
    if form is Form.PDF and output is not None:
        output.write_bytes(as_pdf(made))
        return
    if form is Form.TEXT and output is not None:
        with output.open("w", encoding="utf-8") as file:
            _show(made, Console(file=file, highlight=False, markup=False))
        return
    if form is Form.TEXT:
        _show(made, Console(highlight=False, markup=False))
        return
    text = as_csv(made) if form is Form.CSV else as_json(made) + "\n"
    if output is not None:
        output.write_bytes(text.encode())
    else:
        sys.stdout.write(text)


def _show(made: Report, console: Console) -> None:
    if not console.is_terminal:
        console.width = 10_000
    console.print(f"{made.title}, {made.period} ({made.zone})")
    for table in made.tables:
        console.print()
        console.print(table.title)
        grid = Grid(show_edge=False, pad_edge=False)
        for column in table.columns:
            grid.add_column(column)
        for row in table.rows:
            grid.add_row(*("" if cell is None else one_line(str(cell)) for cell in row))
        console.print(grid if table.rows else "None.")
    console.print()
    for note in made.notes:
        console.print(note, soft_wrap=True)
