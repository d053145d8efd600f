"""`doorstep demo`: four real orders in, four confirmations out."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from doorstep.errors import HubError, Refused


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
    signal.signal(signal.SIGTERM, _interrupted)
    folder = Path(tempfile.mkdtemp(prefix="doorstep-demo-"))
    try:
        run(folder, samples_dir(), backends, stay=stay)
    except HubError as failed:
        raise Refused(failed.code, f"{failed.message} (the hub's log: {_kept(folder / 'hub.log')})") from failed
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        shutil.rmtree(folder, ignore_errors=True)


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _kept(log: Path) -> Path | str:
    """Move the log of a failed run out of the folder that goes away with it."""
    if not log.is_file():
        return "none was written"
    handle, name = tempfile.mkstemp(prefix="doorstep-demo-", suffix=".log")
    with os.fdopen(handle, "wb") as kept:
        kept.write(log.read_bytes())
    return Path(name)
