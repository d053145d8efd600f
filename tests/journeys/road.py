"""What the journeys share: asking a running hub until something is so, and reading the samples' expectations."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tests.services.process import free_port

SAMPLES = Path(__file__).parents[1] / "samples"
T = TypeVar("T")


def eventually(ask: Callable[[], T], *, within: float = 120, what: str = "") -> T:
    """Return the first truthy answer; fail with what was awaited when there is none in time."""
    deadline = time.monotonic() + within
    while True:
        answer = ask()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"not within {within} s: {what or ask}"
        time.sleep(0.1)


@cache
def web() -> httpx.Client:
    """Return one client for all that is asked again and again: httpx takes 50 ms to make one.

    It keeps no connection, so that a hub which was killed is not asked over a dead one.
    """
    return httpx.Client(timeout=20, limits=httpx.Limits(max_keepalive_connections=0))


def own_ports() -> dict[str, int]:
    """Return ports for a hub that is killed and started again: nobody else gets them meanwhile."""
    return {name: free_port() for name in ("http", "mllp", "smtp")}


def expected(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.with_name(path.name.split(".")[0] + ".expected.json").read_text("utf-8"))
    return found


def quiet(url: str) -> bool:
    """True when no handler and no send has anything left to do."""
    text = web().get(f"{url}/metrics").text
    rows = [line for line in text.splitlines() if line.startswith("doorstep_deliveries{")]
    return not any(int(line.rsplit(" ", 1)[1]) for line in rows if 'state="dead"' not in line)


def settled(url: str, within: float = 280) -> None:
    """Wait until the hub is quiet twice in a row (what one step appends, the next may still take up)."""
    eventually(lambda: quiet(url) and (time.sleep(0.3) or quiet(url)), within=within, what="a quiet hub")
