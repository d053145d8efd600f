"""Processes of the hub without its start-up: forked from one Python that has the modules already.

A hub spends seconds of processor time on imports, a command one second, and the tests start hundreds. What is forked
here is a process like any other (`python -m MODULE ARGUMENTS` in a folder, with an environment): it can be killed and
waited for. That a Python without anything loaded can start them too is shown where `popen` is not used:
tests/deploy, tests/docs and the wheel.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[2]
_LOCK = threading.Lock()


class Forked:
    """What `subprocess.Popen` offers, of a process that is not our own child."""

    def __init__(self, pid: int, status: int, stdout: IO[bytes] | None) -> None:
        self.pid = pid
        self.stdout = stdout
        self.returncode: int | None = None
        self._status = status

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            self.returncode = int(_line(self._status))
            os.close(self._status)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def close(self) -> None:
        """Kill it if it still runs, and let go of its output."""
        self.kill()
        self.wait(10)
        if self.stdout is not None:
            self.stdout.close()


def popen(command: Sequence[str], *, env: Mapping[str, str], cwd: Path, stdout: Any, stderr: Any) -> Any:
    """Start [python, "-m", MODULE, ARGUMENTS...]; `stdout` may be a file or subprocess.PIPE, `stderr` a file."""
    assert command[1] == "-m"
    request = json.dumps({"argv": [str(part) for part in command[2:]], "env": dict(env), "cwd": str(cwd)}).encode()
    reading = None
    if stdout == subprocess.PIPE:
        mine, its = os.pipe()
        reading = os.fdopen(mine, "rb")
    else:
        its = os.dup(stdout.fileno())
    status, told = os.pipe()
    try:
        with _LOCK:
            socket.send_fds(_zygote(), [request], [its, stderr.fileno(), told])
    finally:
        os.close(its)
        os.close(told)
    return Forked(int(_line(status)), status, reading)


@cache
def _zygote() -> socket.socket:
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    env = {name: value for name, value in os.environ.items() if not name.startswith("DOORSTEP_")}
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.services.zygote", str(its.fileno())], cwd=ROOT, env=env, pass_fds=[its.fileno()]
    )
    its.close()

    def end() -> None:
        ours.close()
        child.wait(10)

    atexit.register(end)
    return ours


def _line(descriptor: int) -> str:
    read = b""
    while not read.endswith(b"\n"):
        byte = os.read(descriptor, 1)
        if not byte:
            raise ChildProcessError("the process ended and nobody said how")
        read += byte
    return read.decode()


def _preload() -> None:
    from doorstep import registry
    from doorstep.cli import build

    build()
    importlib.import_module("doorstep.app")
    importlib.import_module("pydantic.v1")  # FastAPI looks into it for each route
    registry.connectors()
    registry.subscriptions()
    gc.collect()
    gc.freeze()  # what is here is not looked at again, so its pages stay shared


def _serve(requests: socket.socket) -> None:
    """Fork a process for each request, until nobody is left who could ask."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        data, descriptors, _, _ = socket.recv_fds(requests, 1 << 20, 3)
        if not data:
            return
        if os.fork() == 0:
            requests.close()
            _watch(json.loads(data), *descriptors)
            return
        for descriptor in descriptors:
            os.close(descriptor)


def _watch(request: dict[str, Any], out: int, err: int, status: int) -> None:
    """Fork the process itself, tell its id and, when it has ended, how."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid:
        os.write(status, f"{pid}\n".encode())
        for descriptor in (0, 1, 2, out, err):
            os.close(descriptor)
        _, how = os.waitpid(pid, 0)
        with contextlib.suppress(BrokenPipeError):
            os.write(status, f"{os.waitstatus_to_exitcode(how)}\n".encode())
        os._exit(0)
    os.close(status)
    for target, descriptor in ((0, os.open(os.devnull, os.O_RDONLY)), (1, out), (2, err)):
        os.dup2(descriptor, target)
        os.close(descriptor)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    sys.argv = request["argv"]
    sys.path[0] = request["cwd"]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _preload()
    _serve(socket.socket(fileno=int(sys.argv[1])))
