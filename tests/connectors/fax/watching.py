"""What the inbox tests share: a watch on a folder, and how they wait for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from connectors.fax import CONNECTOR, FaxSettings
from doorstep.connector import Hub, Listen

SAMPLES = Path(__file__).parents[2] / "samples" / "fax"
FAX = (SAMPLES / "order-01-boxes.tif").read_bytes()


@asynccontextmanager
async def watching(hub: Hub, inbox: Path | None, **changes: object) -> AsyncIterator[None]:
    quick = {"poll_seconds": 0.02, "stable_seconds": 0.05, "inbox": inbox}
    assert CONNECTOR.inbound
    async with CONNECTOR.inbound(FaxSettings(**{**quick, **changes}), hub, Listen("127.0.0.1", 0)):
        yield


async def until(true: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come about"
        await asyncio.sleep(0.01)


def files(folder: Path) -> list[str]:
    """The names of the faxes settled in done or rejected."""
    return sorted(p.name for p in folder.glob("*/*") if not p.name.endswith(".tif.json"))


def names(inbox: Path) -> list[str]:
    """What lies in the inbox itself."""
    return sorted({p.name for p in inbox.iterdir()} - {"claimed", "done", "rejected"})


def fax(number: int) -> bytes:
    return FAX + f"{number:06d}".encode()
