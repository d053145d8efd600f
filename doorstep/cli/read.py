"""`doorstep read FILE...`: what documents say, without storing anything."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import deque
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from doorstep.errors import Refused
from doorstep.observe import one_line


def register(app: typer.Typer) -> None:
    app.command(help="Read faxes or documents without storing them.")(read)


def read(
    files: Annotated[list[Path], typer.Argument(help="TIFF, PDF, PNG, JPEG, .eml, .hl7 or FHIR (JSON or XML).")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line an input.")] = False,
) -> None:
    """Read each file; exit 1 when any could not be read at all."""
    unread = asyncio.run(_read_all(files, as_json=as_json))
    if unread:
        raise Refused("unreadable", f"{unread} of {len(files)} inputs could not be read")


async def _read_all(files: list[Path], *, as_json: bool) -> int:
    from doorstep.reading import read_file
    from doorstep.settings import load
    from doorstep.workers import Workers

    settings = load()
    unread = 0
    os.environ.update(settings.worker_environment)
    at_once = settings.worker_processes or os.cpu_count() or 1
    workers = Workers(processes=at_once)
    await workers.start()
    show = Console(stderr=True)
    with Progress(console=show, transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("reading", total=len(files))
        try:
            ahead: deque[asyncio.Task[dict[str, Any]]] = deque()
            rest = iter(files)
            while True:
                # As many at once as keep the workers busy: a folder of faxes does not fit into memory.
                for path in islice(rest, at_once + 1 - len(ahead)):
                    ahead.append(asyncio.ensure_future(read_file(path, workers)))
                if not ahead:
                    break
                found = await ahead.popleft()
                progress.advance(task)
                unread += found["document_class"] == "unreadable" and not found["pages"]
                if as_json:
                    print(json.dumps(found), flush=True)
                else:
                    _print(found)
        finally:
            await workers.stop()
    return unread


def _print(found: dict[str, Any]) -> None:
    head = f"{found['file']}: {found['document_class']} ({found['class_confidence']:.2f}), {found['pages']} page(s)"
    table = Table(title=one_line(head), title_justify="left", show_edge=False)
    for name in ("field", "value", "confidence", "accepted", "page"):
        table.add_column(name)
    for name, field in found["fields"].items():
        value = field["value"] if isinstance(field["value"], str) else json.dumps(field["value"])
        table.add_row(
            name,
            one_line(value),
            f"{field['confidence']:.2f}",
            "yes" if field["accepted"] else "no",
            str(field["page"] or ""),
        )
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = 10_000
    console.print(table)
    for reason in found["review_reasons"]:
        console.print(one_line(f"  review: {reason}"), soft_wrap=True)
    if found["missing_required"]:
        console.print(f"  missing: {', '.join(found['missing_required'])}", soft_wrap=True)
