"""One of several that handle the same deliveries: `python -m tests.handlers.racer URL FOLDER`, until all is done."""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

import doorstep  # noqa: F401 - the single door
from doorstep.errors import HubError
from doorstep.journal import Journal, Routes
from doorstep.rules import rules_dir
from doorstep.stream.work import Worker
from tests.handlers.house import steps_without_workers

STEPS = {step.consumer: step for step in steps_without_workers()}


def opened(url: str, folder: Path) -> Journal:
    return Journal.open(url, data_dir=folder, routes=Routes.of(list(STEPS.values())), rules_dir=rules_dir())


async def race(journal: Journal, *, rounds: int = 200) -> None:
    """Take what is due, of every handler, in any order, until nothing is."""
    worker = Worker(journal, None)  # type: ignore[arg-type]  # nothing here prepares anything
    from doorstep import clock

    for _ in range(rounds):
        due = [p for name in STEPS for p in await journal.read(lambda r, n=name: r.due(n, clock.now(), 20))]  # type: ignore[misc]
        if not due:
            return
        random.shuffle(due)

        async def take(pending: object) -> None:
            try:
                await worker.run(STEPS[pending.consumer], pending.event())  # type: ignore[attr-defined]
            except HubError:
                return  # another one has it

        await asyncio.gather(*(take(pending) for pending in due))


async def main(url: str, folder: Path) -> None:
    async with opened(url, folder) as journal:
        await race(journal)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
