"""`doorstep network`: is a provider directory right, who may take offers, whose papers end soon; put a provider in."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
import yaml

from doorstep import clock
from doorstep.cli.look import ask
from doorstep.errors import Refused
from doorstep.network import RULES_NAME, checked, put, read
from doorstep.providers import with_kept
from doorstep.rules import load as load_rules
from doorstep.settings import load
from schemas.network import Directory, Entry, lacks

File = Annotated[Path | None, typer.Argument(help="The directory; none: the one that the settings name.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON line a provider.")]


def register(app: typer.Typer) -> None:
    commands = typer.Typer(help="The provider directory: check it, show it, put a provider in.", no_args_is_help=True)
    commands.command(help="Say whether a directory is right; exit code 1 with the reason when it is not.")(check)
    commands.command(help="List the providers, what keeps each from offers, and which papers end soon.")(show)
    commands.command("put", help="Put a provider (a YAML file) into a directory; the same NPI is replaced.")(put_in)
    app.add_typer(commands, name="network")


def check(file: File = None) -> None:
    """Read a directory as the hub does."""
    directory = _directory(file)
    blocked = sum(bool(lacks(provider, _today())) for provider in directory.providers)
    print(f"right: {len(directory.providers)} providers, {blocked} with something that keeps offers from them")


def show(file: File = None, as_json: AsJson = False) -> None:
    """Print each provider with what is missing or ends within 90 days; without FILE those of the API too."""
    today = _today()
    for entry in _entries(file):
        provider, missing, soon = entry.provider, lacks(entry.provider, today), entry.ends_soon(today)
        source = "api" if entry.revision else "file"
        if as_json:
            print(json.dumps({**entry.line(today), "source": source, "revision": entry.revision}))
            continue
        by = f" (revision {entry.revision}, by {entry.by})" if entry.revision else ""
        print(f"{provider.npi}  {provider.name}{by}: {'; '.join(missing) or 'may take offers'}")
        for paper, ends in soon.items():
            print(f"            {paper} ends {ends} (in {(ends - today).days} days)")


def put_in(
    provider: Annotated[Path, typer.Argument(help="The provider, as it stands in a directory.", exists=True)],
    file: File = None,
) -> None:
    """Change a directory file; a running hub takes the change at its next offer."""
    target = file or load().network_file
    if target is None:
        raise Refused("network", "name a directory, or set DOORSTEP_NETWORK_FILE")
    try:
        raw = yaml.safe_load(provider.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        raise Refused("provider", f"{provider} is not YAML") from None
    if not isinstance(raw, dict):
        raise Refused("provider", f"{provider} is no provider")
    print("added" if put(target, raw) else "replaced")


def _entries(file: Path | None) -> list[Entry]:
    """Return a file's providers; with no file named, the network as the hub's next offer sees it (decision 0090)."""
    filed = _directory(file)
    settings = load()
    if file is not None or not (settings.database_url or (settings.data_dir / "journal.db").is_file()):
        return [Entry(one) for one in filed.providers]
    return with_kept(filed, ask(lambda reader: reader.providers()))


def _directory(file: Path | None) -> Directory:
    named = file or load().network_file
    return checked(read(named)) if named else checked(load_rules(RULES_NAME))


def _today() -> date:
    return clock.now().date()
