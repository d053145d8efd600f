"""Commands that look at the journal of this data folder or database: cases, case, events, tail, find, dead-letters.

They open it for reading only, so they work beside a hub that runs and on one that does not.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from doorstep.console import clock_views, views
from doorstep.errors import Refused, SettingsError
from doorstep.journal import Journal, Reader, Routes
from doorstep.observe import one_line
from doorstep.rules import rules_dir
from doorstep.settings import Settings, load
from schemas.case import CaseState
from schemas.event import Event
from schemas.topics import TOPICS

T = TypeVar("T")
_MOST = 1_000_000
AsJson = Annotated[bool, typer.Option("--json", help="For machines: JSON lines.")]


def register(app: typer.Typer) -> None:
    app.command(help="List cases, newest first.")(cases)
    app.command(help="Show one case with its timeline.")(case)
    app.command(help="List events in the journal's order.")(events)
    app.command(help="Follow a topic as events arrive.")(tail)
    app.command(help="Show what became of a received input: one JSON line each.")(find)
    app.command("dead-letters", help="List deliveries that ended without their effect.")(dead_letters)


def looked_at(settings: Settings) -> Journal:
    """Open the journal for reading; refuse where there is none yet."""
    if not settings.database_url and not (settings.data_dir / "journal.db").is_file():
        raise Refused(
            "no-journal", f"there is no journal in {settings.data_dir}; set DOORSTEP_DATA_DIR or run `doorstep serve`"
        )
    if not settings.database_url and not os.access(settings.data_dir / "journal.db", os.R_OK):
        raise Refused("no-journal", f"{settings.data_dir / 'journal.db'} cannot be read by this user")
    return Journal.open(
        settings.journal_url, data_dir=settings.data_dir, routes=Routes(), rules_dir=rules_dir(), readonly=True
    )


def ask(query: Callable[[Reader], T]) -> T:
    """Run one query."""

    async def run() -> T:
        async with looked_at(load()) as journal:
            return await journal.read(query)

    return asyncio.run(run())


def _table(columns: list[str], rows: list[list[Any]]) -> None:
    """Print a table that fits a terminal; a pipe gets every row on one line."""
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = 10_000
    table = Table(show_edge=False, pad_edge=False)
    for name in columns:
        table.add_column(name, no_wrap=name in {"case", "seq", "time"}, overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else one_line(str(cell)) for cell in row))
    console.print(table)


def cases(
    state: Annotated[CaseState | None, typer.Option(help="Only cases in this state.")] = None,
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, max=_MOST, help="How many.")] = 50,
    as_json: AsJson = False,
) -> None:
    lines = [views.case_line(found) for found in ask(lambda reader: reader.cases(state=state, limit=limit))]
    if as_json:
        for line in lines:
            print(json.dumps(line))
        return
    names = ["case", "state", "order_type", "codes", "channel", "provider", "scheduled_start"]
    rows = [[" ".join(c[name]) if name == "codes" else c[name] for name in names] for c in lines]
    _table(names, rows)


def case(case_id: Annotated[str, typer.Argument(help="The case number.")], as_json: AsJson = False) -> None:
    if not case_id.isprintable():
        raise Refused("no-case", "there is no such case")
    story = ask(lambda reader: views.case_story(reader, case_id))
    if story is None:
        raise Refused("no-case", f"there is no case {case_id}")
    if as_json:
        print(json.dumps(story))
        return
    console = Console(highlight=False, markup=False)
    codes = one_line(" ".join(story["codes"]))
    console.print(f"{story['case']}  {story['state']}  {story['order_type']} {codes}", soft_wrap=True)
    console.print(f"manager {story['manager']}, extension {story['extension']}")
    if story["unmet"]:
        console.print(f"still needed: {', '.join(story['unmet'])}")
    if story["provider"]:
        start = f", starts {views.instant(datetime.fromisoformat(story['scheduled_start']))}"
        console.print(f"provider {story['provider']}{start if story['scheduled_start'] else ''}", soft_wrap=True)
    for hold in story["detail"]["holds"]:
        console.print(f"waits until {hold['until'][:16]}: {one_line(hold['note'])} ({hold['by']})", soft_wrap=True)
    for one in story["clocks"]:
        console.print(f"clock {one['label']}: {clock_views.words(one)}", soft_wrap=True)
    told = [step for step in story["timeline"] if not step["minor"]]
    _table(["time (UTC)", "what happened"], [[step["time"][:19].replace("T", " "), step["says"]] for step in told])
    left_out = len(story["timeline"]) - len(told)
    if left_out:
        console.print(f"({left_out} internal steps left out: --json has them)")


def events(
    topic: Annotated[list[str] | None, typer.Option(help="Only these topics.")] = None,
    after: Annotated[int, typer.Option(min=0, max=2**62, help="Begin after this sequence number.")] = 0,
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, max=_MOST, help="How many.")] = 100,
    as_json: AsJson = False,
) -> None:
    _known(topic or [])
    found = ask(lambda reader: reader.events_after(after, topics=topic or [], limit=limit))
    if as_json:
        for event in found:
            print(json.dumps(views.event(event)))
        return
    rows = [[e.seq, e.time.isoformat(timespec="milliseconds"), e.topic, e.key, views.told(e)] for e in found]
    _table(["seq", "time", "topic", "key", "says"], rows)


def tail(
    topic: Annotated[str, typer.Argument(help="A topic, or `all`.")],
    from_start: Annotated[bool, typer.Option("--from-start", help="Begin with the first event.")] = False,
    limit: Annotated[int, typer.Option("-n", "--limit", min=0, help="Stop after so many; 0 = never.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Print events of a topic until interrupted."""
    topics = [] if topic == "all" else [topic]
    _known(topics)
    asyncio.run(_follow(topics, from_start=from_start, limit=limit, as_json=as_json))


async def _follow(topics: list[str], *, from_start: bool, limit: int, as_json: bool) -> None:
    async with looked_at(load()) as journal:
        seq = 0 if from_start else await journal.read(lambda reader: reader.last_seq())
        shown = 0
        while True:
            news = partial(Reader.events_after, seq=seq, topics=topics, limit=500)
            for event in await journal.read(news):
                seq = event.seq
                shown += 1
                print(json.dumps(views.event(event)) if as_json else _line(event), flush=True)
                if limit and shown >= limit:
                    return
            await asyncio.sleep(0.2)


def _line(event: Event[Any]) -> str:
    return one_line(f"{event.seq:>6} {event.time:%H:%M:%S}Z {event.topic}  {event.key}  {views.told(event)}")


def find(
    control_id: Annotated[str | None, typer.Option(help="MSH-10 of an HL7 v2 message.")] = None,
    message_id: Annotated[str | None, typer.Option(help="Message-ID of a mail.")] = None,
    identifier: Annotated[str | None, typer.Option(help="Identifier of a FHIR input.")] = None,
    sha256: Annotated[str | None, typer.Option(help="Digest of the input's bytes.")] = None,
) -> None:
    """Print one JSON line per received input that matches; exit 1 when none does."""
    if sum(key is not None for key in (control_id, message_id, identifier, sha256)) != 1:
        raise typer.BadParameter("give exactly one of --control-id, --message-id, --identifier, --sha256")
    found = ask(
        lambda reader: reader.receipts(
            control_id=control_id, message_id=message_id, identifier=identifier, sha256=sha256
        )
    )
    for receipt in found:
        print(json.dumps(views.found(receipt)))
    if not found:
        raise Refused("not-found", "no received input matches")


def dead_letters(as_json: AsJson = False) -> None:
    letters = [views.dead_letter(letter) for letter in ask(lambda reader: reader.dead_letters(limit=_MOST))]
    if as_json:
        for letter in letters:
            print(json.dumps(letter))
        return
    names = ["event_id", "topic", "consumer", "attempts", "code", "reason"]
    _table(names, [[letter[name] for name in names] for letter in letters])


def _known(topics: list[str]) -> None:
    for topic in topics:
        if topic not in TOPICS:
            raise SettingsError("no-topic", f"there is no topic {topic}; known: {', '.join(TOPICS)}")
