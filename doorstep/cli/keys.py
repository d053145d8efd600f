"""`doorstep keys`: a new API key for a partner; the key is shown once, the settings keep its hash."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from doorstep.access.keys import hashed, new_key


def register(app: typer.Typer) -> None:
    app.command(help="Make a new API key for a partner, and the line for the settings.")(keys)


def keys(
    client: Annotated[str, typer.Argument(help="The partner's name under [access.clients].")] = "NAME",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line.")] = False,
) -> None:
    """Print a key that is nowhere else, and what the settings keep of it."""
    key = new_key()
    if as_json:
        print(json.dumps({"client": client, "key": key, "hash": hashed(key)}))
        return
    print(f"key for the partner, shown only now: {key}")
    print(f'for doorstep.toml:\n[access.clients."{client}"]\nkeys = ["{hashed(key)}"]')
