"""A subscriber: a real HTTP server that keeps what it is told, and answers as it is told to."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any


@dataclass
class Told:
    """One notification as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any] | None

    @property
    def status(self) -> dict[str, Any]:
        """The SubscriptionStatus, by its parameters' names."""
        assert self.body is not None
        first = self.body["entry"][0]["resource"]
        assert first["resourceType"] == "Parameters"
        return {one["name"]: one for one in first["parameter"]}

    @property
    def kind(self) -> str:
        return "ping" if self.body is None else str(self.status["type"]["valueCode"])

    @property
    def event(self) -> dict[str, Any]:
        return {one["name"]: one for one in self.status["notification-event"]["part"]}

    @property
    def number(self) -> int:
        return int(self.event["event-number"]["valueString"])

    @property
    def focus(self) -> str:
        return str(self.event["focus"]["valueReference"]["reference"])


@dataclass
class Subscriber:
    """`replies` maps a path to a function of the notification that gives the status to answer with."""

    url: str = ""
    told: list[Told] = field(default_factory=list)
    replies: dict[str, Callable[[Told], int]] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def of(self, path: str, kind: str = "event-notification") -> list[Told]:
        with self.lock:
            return [one for one in self.told if one.path == path and one.kind == kind]

    def numbers(self, path: str) -> list[int]:
        return [one.number for one in self.of(path)]


@contextmanager
def subscriber() -> Iterator[Subscriber]:
    found = Subscriber()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            one = Told(self.path, dict(self.headers), json.loads(body) if body else None)
            status = found.replies.get(self.path, lambda _: 200)(one)
            with found.lock:
                if status == 200:
                    found.told.append(one)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            if status == 429:
                self.send_header("Retry-After", "7")
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def until(condition: Callable[[], object], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.04)
