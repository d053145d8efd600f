"""Child processes that never outlive the test run, and what to say when a service cannot be had."""

from __future__ import annotations

import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

import pytest

_PR_SET_PDEATHSIG = 1


class ServiceMissingError(RuntimeError):
    """The service cannot be started here; the message says what is missing and how to supply it."""


def unavailable(reason: str) -> NoReturn:
    """Skip the test that needs the service; fail it where services are required (DOORSTEP_REQUIRE_SERVICES=1)."""
    if os.environ.get("DOORSTEP_REQUIRE_SERVICES") == "1":
        pytest.fail(f"required service is missing: {reason}", pytrace=False)
    pytest.skip(f"SERVICE MISSING, NOT TESTED: {reason}")


_ports = random.Random()  # a run that is repeated under the same seed still has ports of its own


def free_port() -> int:
    """Return a loopback port that is free, and that nobody gets who asks the kernel for any free one.

    A port of the kernel's own range may be given away between our letting go of it and its use, and while a server is
    restarted.
    """
    while True:
        port = _ports.randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def start(
    argv: Sequence[str | Path], *, log: Path, death_signal: signal.Signals, user: int | None = None
) -> subprocess.Popen[bytes]:
    """Start a server in its own process group; the kernel sends it `death_signal` when the test process dies."""
    with log.open("ab") as out:
        return subprocess.Popen(
            [str(part) for part in argv],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            preexec_fn=_die_with_parent(death_signal),  # noqa: PLW1509 - started from the main thread only
        )


def _die_with_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def preexec() -> None:
        prctl(_PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:
            os._exit(1)

    return preexec


def wait_for_port(port: int, process: subprocess.Popen[bytes], *, seconds: float, log: Path) -> None:
    """Return once the server listens; raise with the end of its log when it died or is late."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
    raise RuntimeError(f"{Path(str(process.args[0])).name} did not listen within {seconds:.0f} s:\n{tail}")  # type: ignore[index]


def stop(process: subprocess.Popen[bytes], *, politely: signal.Signals, seconds: float = 30) -> None:
    """Stop the server: politely first, then its whole group by force; return when it is gone."""
    if process.poll() is None:
        process.send_signal(politely)
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL the server's process group and wait for its end."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=60)
