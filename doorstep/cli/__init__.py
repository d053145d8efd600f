"""The command line `doorstep`: exit code 0 = did it, 1 = refused or failed with a one-line reason, 2 = usage.

Each command stands in the module that its work belongs to; `main` alone turns errors into exit codes.
"""

from __future__ import annotations

import sys

import typer
from rich.console import Console

from doorstep import __version__
from doorstep.cli import bench, check, demo, look, read, replay, schema, send, serve
from doorstep.errors import HubError

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
        app()
    except HubError as failed:
        where = f" ({failed.location})" if failed.location else ""
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"doorstep: {failed.message}{where}", markup=False)
        sys.exit(failed.exit_code)
    except BrokenPipeError:
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(130)
