"""Messages a second on one persistent MLLP socket of a real hub, durable before each acknowledgement.

Run `python -m bench.mllp_hub [messages]`. A hub is started as an operator starts it; one sender pipelines distinct
orders; answers must come in the order of the messages, and afterwards each acknowledged message must stand in the
journal. `intake` is the listener and the journal alone (`serve --only intake`); `whole` has the handlers beside
it in the same process. `echo` is a listener that stores nothing and answers a fixed ACK: what the sender and the
socket themselves cost here.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import sqlite3
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from doorstep.demo.process import HubProcess
from tests.journeys.load import hl7_order

WINDOW = 256
_ACK = b"\x0bMSH|^~\\&|D|D|EHR|HOSP|20260101||ACK|1|P|2.5.1\rMSA|AA|%s\r\x1c\r"


async def drive(port: int, frames: list[tuple[bytes, bytes]], window: int) -> dict[str, Any]:
    """Send (control id, frame) pairs with at most `window` unanswered; check each answer against its message."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    sent = answered = 0
    times: list[float] = []
    waits: list[float] = []
    rest = b""
    began = time.perf_counter()
    while answered < len(frames):
        room = min(window - (sent - answered), len(frames) - sent)
        if room > 0:
            writer.write(b"".join(frame for _, frame in frames[sent : sent + room]))
            times += [time.perf_counter()] * room
            sent += room
        data = await reader.read(1 << 18)
        if not data:
            raise SystemExit("the hub closed the connection")
        *whole, rest = (rest + data).split(b"\x1c\r")
        now = time.perf_counter()
        for answer in whole:
            wanted = b"MSA|AA|" + frames[answered][0]
            if wanted not in answer:
                raise SystemExit(f"answer {answered} is not to its message: {answer[:200]!r}")
            waits.append(now - times[answered])
            answered += 1
    took = time.perf_counter() - began
    writer.close()
    waits.sort()
    return {
        "window": window,
        "messages": answered,
        "messages_per_second": round(answered / took),
        "p50_ms": round(waits[len(waits) // 2] * 1000, 1),
        "p99_ms": round(waits[int(len(waits) * 0.99)] * 1000, 1),
    }


def echo(pipe: Connection) -> None:
    """Serve fixed acknowledgements until told to stop."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        rest = b""
        while data := await reader.read(1 << 18):
            *whole, rest = (rest + data).split(b"\x1c\r")
            writer.write(b"".join(_ACK % frame.split(b"|", 10)[9] for frame in whole))
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(handle, "127.0.0.1", 0, limit=1 << 20)
        pipe.send(server.sockets[0].getsockname()[1])
        await asyncio.to_thread(pipe.recv)

    asyncio.run(main())


def against_echo(frames: list[tuple[bytes, bytes]]) -> None:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=echo, args=(theirs,))
    process.start()
    print(json.dumps({"mode": "echo", **asyncio.run(drive(ours.recv(), frames, WINDOW))}), flush=True)
    ours.send("stop")
    process.join()


def against_hub(mode: str, only: str, frames: list[tuple[bytes, bytes]], window: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        hub = HubProcess(Path(folder) / "data", {"DOORSTEP_WORKER_PROCESSES": "1"}, only=only).start(60)
        try:
            found = asyncio.run(drive(hub.ports["mllp"], frames, window))
        finally:
            hub.kill()  # kill -9: what was acknowledged must be there nevertheless
        with sqlite3.connect(Path(folder) / "data" / "journal.db") as journal:
            kept = {row[0] for row in journal.execute("SELECT control_id FROM receipt")}
        lost = [control_id for control_id, _ in frames if control_id.decode() not in kept]
        print(json.dumps({"mode": mode, **found, "acknowledged_and_lost": len(lost)}), flush=True)
        if lost:
            raise SystemExit("acknowledged messages are lost")


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    orders = [hl7_order(n) for n in range(number)]
    frames = [(order.split(b"|", 10)[9], b"\x0b" + order + b"\x1c\r") for order in orders]
    print(json.dumps({"bytes": sum(len(frame) for _, frame in frames) // number}))
    against_echo(frames)
    against_hub("intake", "intake", frames, WINDOW)
    against_hub("intake, one at a time", "intake", frames[: number // 10], 1)
    against_hub("whole", "", frames, WINDOW)


if __name__ == "__main__":
    main()
