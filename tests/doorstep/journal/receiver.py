"""A process that receives as fast as it can and says on stdout what it acknowledged: to be killed at any moment.

python -m tests.doorstep.journal.receiver URL DATA_DIR FIRST_KEY
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from tests.doorstep.journal.support import opened, transmission

SENDERS = 16


def data_of(key: str) -> bytes:
    """Return the bytes of an input: every fifth is a large one, a file of the store."""
    return key.encode() * (20_000 if int(key) % 5 == 0 else 3)


async def main(url: str, folder: Path, first: int) -> None:
    keys = iter(range(first, first + 1_000_000))
    async with opened(url, folder) as journal:
        os.write(1, b"ready\n")

        async def send() -> None:
            for number in keys:
                await journal.receive(transmission(str(number), data_of(str(number)), control_id=str(number)))
                os.write(1, f"{number}\n".encode())

        await asyncio.gather(*(send() for _ in range(SENDERS)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
