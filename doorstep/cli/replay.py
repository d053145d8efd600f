"""`doorstep replay`: deliveries again, through the running hub, or straight into the journal when none runs."""

from __future__ import annotations

import asyncio
import json
import ssl
from functools import partial
from typing import Annotated

import httpx
import typer

from doorstep import registry
from doorstep.cli.look import AsJson, ask
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
    as_json: AsJson = False,
) -> None:
    """Put deliveries back in their queues; each effect still happens once."""
    if bool(event_id) == dead:
        raise typer.BadParameter("give an event id, or --dead")
    wanted = [(event_id, consumer)]
    if dead:
        letters = ask(lambda reader: reader.dead_letters(consumer=consumer, limit=1_000_000))
        wanted = [(letter.event_id, letter.consumer) for letter in letters]
    elif ask(lambda reader: reader.event(event_id)) is None:
        raise Refused("no-event", f"there is no event {event_id}")
    settings = load()
    url = _hub_url(settings)
    count = sum(_through_hub(settings, url, wanted) if url else asyncio.run(_directly(settings, wanted)))
    if wanted and not count:
        raise Refused("nothing", "no such delivery")
    print(json.dumps({"redelivered": count}) if as_json else f"{count} deliveries are tried again")


def _hub_url(settings: Settings) -> str | None:
    """Return the address that a running hub has left in its data folder, if it answers there."""
    try:
        hub = json.loads((settings.data_dir / "hub.json").read_text("utf-8"))
        url = str(hub["url"])
        answer = httpx.get(f"{url}/healthz", timeout=5, verify=_trust(settings)).json()
        # After a crash another program may have the port: only the hub that wrote the file has this id.
        return url if answer["pid"] == hub["pid"] else None
    except (OSError, ValueError, KeyError, TypeError, httpx.HTTPError):
        return None


def _trust(settings: Settings) -> ssl.SSLContext | bool:
    """Trust the hub's own certificate, whatever name it is for: the call stays on this machine."""
    if settings.tls_cert is None:
        return True
    context = ssl.create_default_context(cafile=str(settings.tls_cert))
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _through_hub(settings: Settings, url: str, wanted: list[tuple[str, str | None]]) -> list[int]:
    key = settings.api_key.get_secret_value() if settings.api_key else ""
    counts = []
    for event_id, consumer in wanted:
        body = {"event_id": event_id, "consumer": consumer}
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        try:
            answer = httpx.post(f"{url}/api/replay", json=body, headers=headers, timeout=30, verify=_trust(settings))
        except httpx.HTTPError as away:
            raise Unavailable("hub", f"the hub gave no answer: {type(away).__name__}") from away
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise SettingsError("no-console", "the running hub has no console role: replay through the one that has")
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise SettingsError("api-key", "the running hub asks for its API key: set DOORSTEP_API_KEY")
        if not answer.is_success:
            raise Unavailable("hub", f"the hub answered {answer.status_code}")
        counts.append(int(answer.json()["redelivered"]))
    return counts


async def _directly(settings: Settings, wanted: list[tuple[str, str | None]]) -> list[int]:
    from doorstep.app import routes_of  # the whole hub: only this way needs it

    routes = routes_of(settings, registry.subscriptions(), registry.connectors())
    async with Journal.open(
        settings.journal_url, data_dir=settings.data_dir, routes=routes, rules_dir=rules_dir()
    ) as journal:
        return [
            await journal.write(partial(JournalUnit.redeliver, event_id=event, consumer=name)) for event, name in wanted
        ]
