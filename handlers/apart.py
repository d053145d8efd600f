"""Where a message is read: a large one in a worker process, because what Python does at one go holds up everybody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from doorstep.errors import Refused
from doorstep.handler import Tools
from schemas.codec import CodecError

T = TypeVar("T")

LARGE = 256 * 1024
"""Bytes from which a worker is worth its while: below, reading takes some ten milliseconds."""
SECONDS = 120.0


async def read_apart(tools: Tools, size: int, read: Callable[..., T], *args: object) -> T:
    """Return what `read` (module-level) makes of a message of `size` bytes; CodecError where it took too much."""
    if size < LARGE:
        return await asyncio.to_thread(read, *args)
    try:
        found: T = await tools.run(read, *args, timeout=SECONDS)
    except Refused as refused:
        raise CodecError(refused.code, refused.message) from None
    return found
