"""Files instead of HTTP: requests are put into a partner's `out` folder, answers and acknowledgements taken from `in`.

A file appears whole (written beside, synced, renamed). A request's name follows from its trace number. An answer goes
to `in/done` once it is durable here; the same bytes again are recognised by their digest.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from connectors.payer.settings import Partner, PayerSettings
from doorstep import clock
from doorstep.connector import Blob, Hub, Inbound, Listen, Sent, Transmission
from doorstep.errors import HubError
from schemas.codec import CodecError
from schemas.payer import PayerEnquiry
from schemas.x12 import acknowledgements, parse

log = logging.getLogger("connectors.payer")

MOST_BYTES = 8 * 1024 * 1024
_SUFFIX = {"eligibility": ".270", "authorization": ".278", "authorization-cancellation": ".278"}
_UNFINISHED = (".tmp", ".part", ".filepart")


async def put(name: str, partner: Partner, hub: Hub, enquiry: PayerEnquiry, data: bytes) -> Sent:
    """Write the request's file and remember its control number, by which TA1 and 999 speak of it."""
    assert partner.folder is not None
    await asyncio.to_thread(_put, hub.data_dir("payer") / name, partner.folder / "out", enquiry, data)
    return Sent("written", enquiry.trace)


def _put(own: Path, out: Path, enquiry: PayerEnquiry, data: bytes) -> None:
    control = parse(data)[0].control.lstrip("0")
    for folder in (own, out):
        folder.mkdir(parents=True, exist_ok=True)
    _write(own / control, enquiry.trace.encode())
    _write(out / f"{enquiry.trace}{_SUFFIX[enquiry.ask]}", data)


def _write(path: Path, data: bytes) -> None:
    draft = path.with_name(f".{path.name}.tmp")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class _Watch:
    """The folders' listener; it has no port."""

    port: int | None = None


@asynccontextmanager
async def watching(settings: PayerSettings, hub: Hub, listen: Listen) -> AsyncIterator[Inbound]:
    """Look into the `in` folders of the partners that have one, until left."""
    del listen
    folders = {name: one.folder / "in" for name, one in settings.partners.items() if one.folder is not None}
    task = asyncio.create_task(_look(folders, settings.poll_seconds, hub)) if folders else None
    try:
        yield _Watch()
    finally:
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _look(folders: dict[str, Path], pause: float, hub: Hub) -> None:
    sizes: dict[Path, tuple[int, int]] = {}
    while True:
        for name, folder in folders.items():
            for path in await asyncio.to_thread(_ripe, folder, sizes):
                try:
                    await _take(name, path, hub)
                except (HubError, OSError) as wrong:  # it stays where it is and is tried again
                    log.warning("an answer of %s is not taken yet: %s", name, type(wrong).__name__)
        await asyncio.sleep(pause)


def _ripe(folder: Path, sizes: dict[Path, tuple[int, int]]) -> list[Path]:
    """Return the files that have not grown since the last look, oldest name first."""
    with contextlib.suppress(OSError):
        (folder / "done").mkdir(parents=True, exist_ok=True)
    found: list[Path] = []
    try:
        listed = sorted(one for one in folder.iterdir() if one.is_file() and not one.is_symlink())
    except OSError:
        return []
    for path in listed:
        if path.name.startswith(".") or path.name.endswith(_UNFINISHED):
            continue
        with contextlib.suppress(OSError):
            stat = path.stat()
            now = (stat.st_size, stat.st_mtime_ns)
            if sizes.get(path) == now and stat.st_size <= MOST_BYTES:
                found.append(path)
            sizes[path] = now
    for gone in set(sizes) - set(listed):
        if gone.parent == folder:
            del sizes[gone]
    return found


async def _take(name: str, path: Path, hub: Hub) -> None:
    data = await asyncio.to_thread(path.read_bytes)
    digest = hashlib.sha256(data).hexdigest()
    known = await asyncio.to_thread(_acknowledged, hub.data_dir("payer") / name, data)
    await hub.receive(
        Transmission(
            channel="payer",
            idempotency_key=f"file {name} {digest}",
            blobs=(Blob("application/edi-x12", data, path.name),),
            received_at=clock.now(),
            sender=name,
            details={"partner": name, **{f"control {control}": trace for control, trace in known.items()}},
        )
    )
    await asyncio.to_thread(path.replace, path.parent / "done" / f"{digest[:16]}-{path.name}")


def _acknowledged(own: Path, data: bytes) -> dict[str, str]:
    """Return the trace numbers of our files that TA1 and 999 in it speak of, by control number."""
    found: dict[str, str] = {}
    with contextlib.suppress(CodecError):
        for one in (told for each in parse(data) for told in acknowledgements(each)):
            control = one.control.lstrip("0")
            with contextlib.suppress(OSError):
                if control.isdigit() and len(control) < 10:
                    found[control] = (own / control).read_text("ascii")
    return found
