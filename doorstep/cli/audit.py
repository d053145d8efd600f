"""`doorstep audit`: whether the journal is what was written, and the head of its chain to note elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from doorstep.cli.look import AsJson, ask
from doorstep.errors import Refused
from doorstep.journal import Audit, Head
from doorstep.settings import load
from doorstep.stream.anchor import head_of, noted_in


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Check the journal against its chain of digests.")
    group.command(help="Check that no event, receipt or document was changed, added or removed.")(verify)
    group.command(help="Print the head of the chain, to be noted outside of this machine.")(head)
    app.add_typer(group, name="audit")


def verify(
    anchor: Annotated[
        Path | None, typer.Option(dir_okay=False, help="File of noted heads; by default DOORSTEP_AUDIT_ANCHOR.")
    ] = None,
    noted: Annotated[
        list[str] | None, typer.Option("--head", help="A noted head, SEQ:DIGEST; may be repeated.")
    ] = None,
    events_only: Annotated[bool, typer.Option("--events-only", help="Leave out the documents' own bytes.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print each finding and a summary; exit 1 when there is a finding. Works beside a running hub, and on a copy."""
    file = anchor or load().audit_anchor
    anchors = _heads(noted or []) + (noted_in(file) if file is not None else [])
    last = ask(lambda reader: reader.last_seq())
    with Progress(console=Console(stderr=True), transient=True, disable=not Console(stderr=True).is_terminal) as bar:
        task = bar.add_task("events", total=last)
        found = ask(
            lambda reader: reader.audit(
                anchors=anchors, documents=not events_only, progress=lambda seq: bar.update(task, completed=seq)
            )
        )
    _tell(found, len(anchors), documents=not events_only, as_json=as_json)
    if found.findings:
        raise Refused("audit", f"{len(found.findings) + found.untold} finding(s): the journal is not what was written")


def head(as_json: AsJson = False) -> None:
    """Print SEQ:DIGEST of the newest seal."""
    found = ask(lambda reader: reader.head())
    print(json.dumps({"head": str(found)}) if as_json else str(found))


def _heads(noted: list[str]) -> list[Head]:
    try:
        return [head_of(text) for text in noted]
    except ValueError:
        raise typer.BadParameter("a head is SEQ:DIGEST, as `doorstep audit head` prints it") from None


def _tell(found: Audit, anchors: int, *, documents: bool, as_json: bool) -> None:
    for finding in found.findings:
        print(
            json.dumps({"where": finding.where, "what": finding.what})
            if as_json
            else f"WRONG {finding.where}: {finding.what}"
        )
    counts = {"events": found.events, "seals": found.seals, "receipts": found.receipts, "noted_heads": anchors}
    if documents:
        counts["documents"] = found.documents
    if as_json:
        wrong = len(found.findings) + found.untold
        print(json.dumps({**counts, "head": str(found.head), "findings": wrong, "ok": not wrong}))
        return
    looked = ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in counts.items())
    print(f"{'ok: ' if not found.findings else ''}{looked}; head {found.head}")
    if not anchors:
        print("no head was noted elsewhere (DOORSTEP_AUDIT_ANCHOR): a journal written anew as a whole would not show")
