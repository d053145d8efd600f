"""Messages a second: the splitter, the whole mapping, and the MLLP listener with a hub that keeps nothing.

Run `python -m bench.mllp [seconds]`. The listener runs in a process of its own; a sender keeps up to 64 messages
unanswered.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import statistics
import sys
import time
from multiprocessing.connection import Connection
from types import SimpleNamespace
from typing import Any

from connectors.hl7v2 import Hl7v2Settings
from connectors.hl7v2.server import listen_mllp
from doorstep.connector import Listen, Receipt, Transmission
from schemas.hl7v2 import header_of, orders_of, split
from schemas.transmission import ReceiptState
from tests.samples.make_hl7v2 import samples

WINDOW = 64


async def keep_nothing(transmission: Transmission) -> Receipt:
    return Receipt("doc", "hl7v2", transmission.received_at, ReceiptState.PENDING, "0" * 64)


def serve(pipe: Connection) -> None:
    async def main() -> None:
        hub: Any = SimpleNamespace(receive=keep_nothing)
        async with listen_mllp(Hl7v2Settings(), hub, Listen("127.0.0.1", 0)) as server:
            pipe.send(server.port)
            await asyncio.to_thread(pipe.recv)
            pipe.send(time.process_time())

    asyncio.run(main())


async def drive(port: int, message: bytes, until: float, window: int) -> tuple[int, list[float]]:
    """Send with at most `window` messages unanswered; return how many were answered and how long each took."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sent: list[float] = []
    waits: list[float] = []
    frame = b"\x0b" + message + b"\x1c\r"
    while True:
        now = time.perf_counter()
        room = window - (len(sent) - len(waits)) if now < until else 0
        if room > 0:
            writer.write(frame * room)
            sent += [now] * room
        elif len(waits) == len(sent):
            break
        answered = (await reader.read(1 << 16)).count(b"\x1c\r")
        now = time.perf_counter()
        waits += [now - sent[len(waits) + i] for i in range(answered)]
    writer.close()
    return len(waits), waits


async def listener(port: int, message: bytes, seconds: float, senders: int, window: int) -> dict[str, Any]:
    began = time.perf_counter()
    found = await asyncio.gather(*(drive(port, message, began + seconds, window) for _ in range(senders)))
    took = time.perf_counter() - began
    waits = sorted(w for _, many in found for w in many)
    p99 = waits[int(len(waits) * 0.99)] * 1000
    rate = sum(n for n, _ in found) / took
    return {"senders": senders, "window": window, "messages_per_second": round(rate), "p99_ms": round(p99, 1)}


def each(fn: Any, message: bytes) -> float:
    """Return microseconds a call, the median of five rounds."""
    rounds = []
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(1000):
            fn(message)
        rounds.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(rounds), 1)


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    message = next(data for name, data, _ in samples() if name == "orm_o01_v23_dme")
    micros = {
        "bytes": len(message),
        "header_us": each(header_of, message),
        "split_us": each(split, message),
        "orders_of_us": each(lambda m: orders_of(m, "doc"), message),
    }
    print(json.dumps(micros))
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=serve, args=(theirs,))
    process.start()
    port = ours.recv()
    for senders, window in ((1, 1), (1, WINDOW), (16, WINDOW)):
        print(json.dumps(asyncio.run(listener(port, message, seconds, senders, window))))
    ours.send("stop")
    ours.recv()
    process.join()


if __name__ == "__main__":
    main()
