"""`doorstep packet CASE -o FILE.pdf`: the record of a case as one PDF/A, to file with a payer or a regulator."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from doorstep.cli.look import ask
from doorstep.errors import Refused
from doorstep.packet import PACKET_SECONDS, Edition, Packet, gather, typeset
from doorstep.settings import load
from doorstep.workers import Workers


def register(app: typer.Typer) -> None:
    app.command(help="Write the record of a case as one PDF.")(packet)


def packet(
    case_id: Annotated[str, typer.Argument(metavar="CASE", help="The case number.")],
    output: Annotated[Path, typer.Option("-o", "--output", dir_okay=False, help="The PDF to write.")],
    edition: Annotated[Edition, typer.Option(help="Who it is for.")] = Edition.PAYER,
) -> None:
    """Write the packet; a file of that name is replaced only by a whole one."""
    found = ask(lambda reader: gather(reader, case_id, edition)) if case_id.isprintable() else None
    if found is None:
        raise Refused("no-case", f"there is no case {case_id}" if case_id.isprintable() else "there is no such case")
    pdf = asyncio.run(_set(found))
    partial = output.with_name(f"{output.name}.partial")
    partial.touch(mode=0o600)
    partial.write_bytes(pdf)
    partial.replace(output)


async def _set(found: Packet) -> bytes:
    """Set the packet in a worker: the documents in it come from anybody."""
    os.environ.update(load().worker_environment)
    workers = Workers(processes=1)
    await workers.start()
    try:
        pdf: bytes = await workers.run(typeset, found, timeout=PACKET_SECONDS)
        return pdf
    finally:
        await workers.stop()
