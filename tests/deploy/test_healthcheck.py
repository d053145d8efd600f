"""The container's health check says what the hub's own health page says, and no when there is none."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "deploy" / "healthcheck.py"


class _Page(http.server.BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def port() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def _check(ready: Path) -> bool:
    return subprocess.run([sys.executable, SCRIPT, ready], capture_output=True, timeout=60, check=False).returncode == 0


def _ready(folder: Path, **values: int) -> Path:
    path = folder / "ready.json"
    path.write_text(json.dumps(values))
    return path


def test_a_hub_that_answers_is_healthy(tmp_path: Path, port: int) -> None:
    assert _check(_ready(tmp_path, pid=os.getpid(), http=port))


def test_a_hub_that_reports_trouble_is_not(tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Page, "status", 503)
    assert not _check(_ready(tmp_path, pid=os.getpid(), http=port))


def test_a_hub_that_does_not_listen_is_dead_or_was_never_ready_is_not(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert not _check(_ready(tmp_path, pid=os.getpid(), http=1))
    assert not _check(_ready(tmp_path, pid=gone.pid))
    assert not _check(tmp_path / "none.json")
