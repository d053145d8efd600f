"""The command line `doorstep`: exit code 0 = did it, 1 = refused or failed with a one-line reason, 2 = usage.

Each command stands in the module that its work belongs to; `main` alone turns errors into exit codes.
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
from typing import NoReturn

import typer

from doorstep import __version__
from doorstep.errors import HubError
from doorstep.observe import frames, one_line

__all__ = ["COMMANDS", "build", "main"]

COMMANDS = {
    "serve": ("serve",),
    "demo": ("demo",),
    "read": ("read",),
    "send": ("send",),
    "look": ("cases", "case", "events", "tail", "find", "dead-letters"),
    "fhir": ("fhir",),
    "replay": ("replay",),
    "packet": ("packet",),
    "report": ("report",),
    "rulesets": ("rules",),
    "schema": ("schema", "routes"),
    "audit": ("audit",),
    "check": ("check",),
    "keys": ("keys",),
    "network": ("network",),
    "bench": ("bench",),
}
"""Module of this package -> its commands, in the order of the help."""


def build(command: str | None = None) -> typer.Typer:
    """Return the command line; with a command's name only its module is imported, so that it starts at once."""
    app = typer.Typer(
        name="doorstep",
        help="The hub for post-acute orders: from fax to front door.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_options)
    named = [module for module, commands in COMMANDS.items() if command in commands]
    for module in named or COMMANDS:
        importlib.import_module(f"doorstep.cli.{module}").register(app)
    return app


def _version(asked: bool) -> None:
    if asked:
        print(__version__)
        raise typer.Exit


def _options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """The hub for post-acute orders."""


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
        build(sys.argv[1] if len(sys.argv) > 1 else None)()
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
