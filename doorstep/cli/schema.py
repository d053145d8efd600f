"""`doorstep schema` and `doorstep routes`: what the code promises to the outside, written out and checked for drift."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from doorstep import registry
from doorstep.cli import documents
from doorstep.cli.mapping_page import mapping_page
from doorstep.errors import Refused, SettingsError
from doorstep.stream import catalogue

ROOT = Path(__file__).parents[2]


def register(app: typer.Typer) -> None:
    app.command(help="Print, write or check asyncapi, json (event schemas), settings or mapping.")(schema)
    app.command(help="Print the map: topic -> consumer group -> handler.")(routes)


def _files() -> dict[str, Callable[[], dict[str, str]]]:
    """Each document by name: a function from nothing to {path below the checkout: text}."""
    return {
        "asyncapi": documents.asyncapi,
        "json": documents.json_schemas,
        "settings": documents.settings_page,
        "mapping": mapping_page,
    }


def schema(
    name: Annotated[str, typer.Argument(help="asyncapi, json, settings or mapping")],
    write: Annotated[bool, typer.Option("--write", help="Write the files of the checkout anew.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Exit 1 when the checkout's files differ.")] = False,
) -> None:
    """Print one generated document, or hold the checkout's copy against the code."""
    known = _files()
    if name not in known:
        raise SettingsError("bad-name", f"schema knows {', '.join(known)}; not {name}")
    made = known[name]()
    if write:
        print(f"{len(catalogue.write(ROOT, made))} of {len(made)} files written anew")
    elif check:
        stale = catalogue.drift(ROOT, made)
        if stale:
            raise Refused("drift", f"differ from the code: {', '.join(stale)}; run `make docs`")
        print(f"{name}: {len(made)} files as the code says")
    else:
        for text in made.values():
            print(text, end="")


def routes(as_json: Annotated[bool, typer.Option("--json", help="One JSON line a subscription.")] = False) -> None:
    """Print every subscription, and every topic that nobody of ours consumes."""
    from schemas.topics import TOPICS

    rows = [
        {
            "topic": s.topic,
            "consumer": s.consumer,
            "handler": f"{s.handle.__module__}.{s.handle.__name__}",
            "does": _first_line(s.handle.__doc__) or _first_line(sys.modules[s.handle.__module__].__doc__),
        }
        for s in registry.subscriptions()
    ]
    rows += [
        {
            "topic": "outbound.confirmation.requested",
            "consumer": "outbound",
            "handler": f"connectors.{spec.name} (send)",
            "does": "Deliver the confirmation.",
        }
        for spec in registry.connectors().values()
        if spec.send
    ]
    for spec in registry.connectors().values():
        watched = f"connectors.{spec.name} (watch)"
        rows += [
            {"topic": kind.topic, "consumer": "subscriptions", "handler": watched, "does": "Number it for subscribers."}
            for kind, _ in spec.watches
        ]
        if spec.notify:
            told = f"connectors.{spec.name} (notify)"
            topic = "outbound.subscription.notice"
            rows.append({"topic": topic, "consumer": "notices", "handler": told, "does": "Tell the subscriber."})
    consumed = {row["topic"] for row in rows}
    rows += [
        {"topic": t, "consumer": "", "handler": "", "does": "for subscribers"} for t in TOPICS if t not in consumed
    ]
    rows.sort(key=lambda row: (row["topic"], row["consumer"]))
    if as_json:
        for row in rows:
            print(json.dumps(row))
        return
    wide = {name: max(len(row[name]) for row in rows) for name in ("topic", "consumer", "handler")}
    for row in rows:
        arrow = "->" if row["consumer"] else "  "
        print(
            f"{row['topic']:<{wide['topic']}} {arrow} {row['consumer']:<{wide['consumer']}} {arrow} "
            f"{row['handler']:<{wide['handler']}}  {row['does']}".rstrip()
        )


def _first_line(text: str | None) -> str:
    return (text or "").strip().split("\n")[0]
