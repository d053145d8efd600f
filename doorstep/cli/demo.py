"""`doorstep demo`: four real orders in, four confirmations out."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command(help="Serve on free ports, send the sample orders as real clients, show each to its confirmation.")(
        demo
    )


def demo(
    stay: Annotated[bool, typer.Option("--stay", help="Keep serving to look at the console.")] = False,
) -> None:
    """Run in a temporary folder; DOORSTEP_DATABASE_URL and DOORSTEP_KAFKA_BOOTSTRAP choose other backends."""
    from doorstep.demo.run import run, samples_dir

    backends = {
        name: os.environ[name]
        for name in ("DOORSTEP_DATABASE_URL", "DOORSTEP_KAFKA_BOOTSTRAP", "DOORSTEP_KAFKA_PREFIX")
        if os.environ.get(name)
    }
    with tempfile.TemporaryDirectory(prefix="doorstep-demo-") as folder:
        run(Path(folder), samples_dir(), backends, stay=stay)
