"""`doorstep serve`: the hub, whole or in parts."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from doorstep.errors import SettingsError
from doorstep.observe import set_up_logging
from doorstep.settings import load

ROLES = ("intake", "handlers", "outbound", "console")


def register(app: typer.Typer) -> None:
    app.command(help="Serve: HTTP, MLLP, SMTP, fax folder, handlers, outbound, console.")(serve)


def roles_of(only: str) -> frozenset[str]:
    """Return the roles that `--only` names, all of them when it names none."""
    named = [role.strip() for role in only.split(",") if role.strip()]
    unknown = [role for role in named if role not in ROLES]
    if unknown:
        raise SettingsError("bad-role", f"--only knows {', '.join(ROLES)}; not {', '.join(unknown)}")
    return frozenset(named or ROLES)


def serve(
    only: Annotated[str, typer.Option(help="Comma-separated: intake, handlers, outbound, console.")] = "",
    ready_file: Annotated[
        Path | None, typer.Option(help="Write {http, mllp, smtp, pid} here once all listens.")
    ] = None,
) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    from doorstep.app import App

    settings = load()
    set_up_logging(settings.log_level, as_json=settings.log_json)
    asyncio.run(App(settings, roles_of(only)).serve(ready_file))
