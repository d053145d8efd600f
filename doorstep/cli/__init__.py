"""The command line `doorstep`: exit code 0 = did it, 1 = refused or failed with a one-line reason, 2 = usage.

Each command stands in the module that its work belongs to; `main` alone turns errors into exit codes.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import NoReturn

import typer

from doorstep import __version__
from doorstep.cli import bench, check, demo, look, read, replay, schema, send, serve
from doorstep.errors import HubError
from doorstep.observe import frames, one_line

__all__ = ["app", "main"]

app = typer.Typer(
    name="doorstep",
    help="The hub for post-acute orders: from fax to front door.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(asked: bool) -> None:
    if asked:
        print(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """The hub for post-acute orders."""


for module in (serve, demo, read, send, look, replay, schema, check, bench):
    module.register(app)


def main() -> None:
    """Run the command line; every expected failure is one line on stderr."""
    try:
        try:
            _run()
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except SystemExit:
        if type(sys.stdout).__name__ == "PacifyFlushWrapper":  # typer has seen a closed pipe
            sys.exit(0)
        raise
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _run() -> None:
    try:
        app()
    except HubError as failed:
        where = "; ".join(part for part in (failed.location, failed.detail) if part)
        _fail(f"{failed.message}{f' ({where})' if where else ''}", failed.exit_code)
    except OSError as failed:
        if failed.errno == errno.EPIPE:
            raise BrokenPipeError from None
        name = f"{failed.filename}: " if failed.filename else ""
        _fail(f"{name}{failed.strerror or type(failed).__name__}", 1)
    except Exception as defect:  # a message of its own may quote the input: only the place is told
        _fail(f"defect: {frames(type(defect), defect.__traceback__)}", 1)


def _fail(reason: str, code: int) -> NoReturn:
    print(f"doorstep: {one_line(reason)}", file=sys.stderr)
    sys.exit(code)
