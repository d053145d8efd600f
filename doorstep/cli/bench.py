"""`doorstep bench NAME`: the benchmarks; they are in the checkout, not in the wheel."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from doorstep.errors import Refused

commands = typer.Typer(name="bench", help="Measure the hub.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(commands)


@commands.command(help="How well faxes are read, with the truth beside each fax as NAME.expected.json.")
def fax(
    folder: Annotated[Path | None, typer.Argument(help="Faxes; the samples by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    jobs: Annotated[int, typer.Option(help="Processes.", min=1)] = 1,
    only: Annotated[str, typer.Option(help="Only files with this in their name.")] = "",
    show: Annotated[bool, typer.Option("--show", help="List the values that are not right and accepted.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Write the reliability plot here (PNG).")] = None,
    readings: Annotated[str, typer.Option(help="Name of kept readings; by default the OCR code's state.")] = "",
) -> None:
    """Read every fax of a folder and compare."""
    try:
        from bench import fax as bench
    except ImportError as error:
        raise Refused("no-bench", "the benchmarks are in the source checkout; run this there") from error
    where = folder or bench.SAMPLES
    if not where.is_dir():
        raise Refused("no-folder", f"there is no folder {where}")
    report = bench.measure(where, jobs=jobs, only=only, readings=readings)
    if not report.records:
        raise Refused("no-faxes", f"no fax with its NAME.expected.json stands in {where}")
    if as_json:
        print(json.dumps(report.as_json(), indent=1))
    else:
        bench.print_report(report, show=show)
    if plot is not None:
        bench.plot(report, plot)


@commands.command(help="A year of synthetic orders through the real handlers: gaps, declines, misses, holidays.")
def year(
    orders: Annotated[int, typer.Option(help="How many orders.", min=1)] = 3000,
    days: Annotated[int, typer.Option(help="How many days, from 1 January 2027.", min=1, max=730)] = 365,
    seed: Annotated[int, typer.Option(help="Another number is another year.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Print the metrics of the year; exit 1 when a promise was broken."""
    try:
        from bench import year as bench
    except ImportError as error:
        raise Refused("no-bench", "the benchmarks are in the source checkout; run this there") from error
    outcome = bench.run(orders, seed=seed, days=days)
    if as_json:
        print(json.dumps(asdict(outcome)))
    else:
        bench.print_outcome(outcome)
    if outcome.faults:
        raise Refused("broken", f"{len(outcome.faults)} promises were broken")
