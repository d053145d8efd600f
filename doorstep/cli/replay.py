"""`doorstep replay`: deliveries again, through the running hub, or straight into the journal when none runs."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import Annotated

import httpx
import typer

from doorstep import registry
from doorstep.app import routes_of
from doorstep.cli.look import ask
from doorstep.errors import Refused, SettingsError, Unavailable
from doorstep.journal import Journal, JournalUnit
from doorstep.rules import rules_dir
from doorstep.settings import Settings, load


def register(app: typer.Typer) -> None:
    app.command(help="Try deliveries again: one event, or every dead letter.")(replay)


def replay(
    event_id: Annotated[str, typer.Argument(help="The event's id; leave it out with --dead.")] = "",
    consumer: Annotated[str | None, typer.Option(help="Only this consumer.")] = None,
    dead: Annotated[bool, typer.Option("--dead", help="Every dead letter (of --consumer, if given).")] = False,
) -> None:
    """Put deliveries back in their queues; each effect still happens once."""
    if bool(event_id) == dead:
        raise typer.BadParameter("give an event id, or --dead")
    wanted = [(event_id, consumer)]
    if dead:
        wanted = [
            (letter.event_id, letter.consumer) for letter in ask(lambda reader: reader.dead_letters(consumer=consumer))
        ]
    settings = load()
    count = sum(_through_hub(settings, wanted) if _hub_url(settings) else asyncio.run(_directly(settings, wanted)))
    if wanted and not count:
        raise Refused("nothing", "no such delivery")
    print(f"{count} deliveries are tried again")


def _hub_url(settings: Settings) -> str | None:
    """Return the address that a running hub has left in its data folder, if it answers there."""
    try:
        url = str(json.loads((settings.data_dir / "hub.json").read_text("utf-8"))["url"])
        httpx.get(f"{url}/healthz", timeout=2)
    except (OSError, ValueError, KeyError, httpx.HTTPError):
        return None
    return url


def _through_hub(settings: Settings, wanted: list[tuple[str, str | None]]) -> list[int]:
    key = settings.api_key.get_secret_value() if settings.api_key else ""
    counts = []
    for event_id, consumer in wanted:
        body = {"event_id": event_id, "consumer": consumer}
        answer = httpx.post(
            f"{_hub_url(settings)}/api/replay", json=body, headers={"Authorization": f"Bearer {key}"}, timeout=30
        )
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise SettingsError("no-console", "the running hub has no console role: replay through the one that has")
        if not answer.is_success:
            raise Unavailable("hub", f"the hub answered {answer.status_code}")
        counts.append(int(answer.json()["redelivered"]))
    return counts


async def _directly(settings: Settings, wanted: list[tuple[str, str | None]]) -> list[int]:
    routes = routes_of(settings, registry.subscriptions(), registry.connectors())
    async with Journal.open(
        settings.journal_url, data_dir=settings.data_dir, routes=routes, rules_dir=rules_dir()
    ) as journal:
        return [
            await journal.write(partial(JournalUnit.redeliver, event_id=event, consumer=name)) for event, name in wanted
        ]
