"""A hub in a process of its own, as an operator starts it; it can be killed and started again on the same ports."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from doorstep.errors import Unavailable


@dataclass
class HubProcess:
    """`doorstep serve` with its own data folder; `ports` are those of the first start, kept at a restart.

    `popen` starts the process, as subprocess.Popen does.
    """

    data_dir: Path
    settings: dict[str, str] = field(default_factory=dict)
    only: str = ""
    ports: dict[str, int] = field(default_factory=dict)
    log: Path | None = None
    popen: Callable[..., subprocess.Popen[bytes]] = subprocess.Popen
    _process: subprocess.Popen[bytes] | None = None

    def start(self, timeout: float = 120) -> HubProcess:
        """Start it and return when everything listens; Unavailable with the end of its log when it does not."""
        ready = self.data_dir / f"ready-{self.only.replace(',', '-') or 'all'}.json"
        ready.unlink(missing_ok=True)
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.log = self.log or self.data_dir / "hub.log"
        env = {k: v for k, v in os.environ.items() if not k.startswith("DOORSTEP_") or k == "DOORSTEP_TEST"}
        env |= {"DOORSTEP_DATA_DIR": str(self.data_dir), **self.settings}
        for name in ("http", "mllp", "smtp"):
            env[f"DOORSTEP_{name.upper()}_PORT"] = str(self.ports.get(name, 0))
        command = [sys.executable, "-m", "doorstep", "serve", "--ready-file", str(ready)]
        if self.only:
            command += ["--only", self.only]
        with self.log.open("ab") as log:
            self._process = self.popen(command, env=env, stdout=log, stderr=log, cwd=self.data_dir)
        deadline = time.monotonic() + timeout
        while not ready.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                lines = self.log.read_text("utf-8", "replace").strip().splitlines()
                raise Unavailable("no-start", f"the hub did not start: {lines[-1] if lines else 'it said nothing'}")
            time.sleep(0.05)
        found: dict[str, Any] = json.loads(ready.read_text("utf-8"))
        self.ports.update({name: found[name] for name in ("http", "mllp", "smtp") if found.get(name)})
        return self

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['http']}"

    def kill(self) -> None:
        """Kill -9: no goodbye."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        if self._process:
            self._process.wait(10)

    def stop(self, timeout: float = 60) -> int:
        """SIGTERM, wait, and return the exit code."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.terminate()
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            return -9
