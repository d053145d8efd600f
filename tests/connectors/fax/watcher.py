"""A watcher in a process of its own, to be killed: python -m tests.connectors.fax.watcher INBOX STORE [UID|journal]."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

from connectors.fax import CONNECTOR, FaxSettings
from doorstep.connector import Listen
from tests.connectors.fax.hubs import FolderHub, JournalHub, open_journal


async def main(inbox: Path, store: Path, *, real: bool) -> None:
    hub = JournalHub(store, open_journal(store)) if real else FolderHub(store, before=lambda _: time.sleep(0.003))
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    settings = FaxSettings(inbox=inbox, poll_seconds=0.02, stable_seconds=0.05)
    assert CONNECTOR.inbound
    async with CONNECTOR.inbound(settings, hub, Listen("127.0.0.1", 0)):
        print("ready", flush=True)
        await stop.wait()
    if isinstance(hub, JournalHub):
        await hub.journal.close()


if __name__ == "__main__":
    real = sys.argv[3:] == ["journal"]
    if sys.argv[3:] and not real:
        import concurrent.futures.thread  # noqa: F401 - the other user may not be able to read our Python

        FaxSettings()
        os.setgroups([])
        os.setgid(int(sys.argv[3]))
        os.setuid(int(sys.argv[3]))
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), real=real))
