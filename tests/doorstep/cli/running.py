"""Runs `doorstep` as a user does: a process of its own, nothing inherited from this one's settings (see zygote.py)."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.services.zygote import popen


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    def failed(self, code: int, *words: str) -> None:
        """Assert a refusal: this exit code, and one line on stderr that has every word."""
        assert self.code == code, self
        assert "Traceback" not in self.err, self.err
        reasons = [line for line in self.err.splitlines() if line.startswith(("doorstep: ", "Error: "))]
        assert len(reasons) == 1, self.err
        for word in words:
            assert word in reasons[0], self.err


def environment(settings: dict[str, str]) -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith("DOORSTEP_")} | settings


def doorstep(*args: str | Path, cwd: Path, timeout: float = 60, **settings: str) -> Ran:
    """Run one command; settings are named without the prefix."""
    named = {f"DOORSTEP_{name.upper()}": value for name, value in settings.items()}
    command = [sys.executable, "-m", "doorstep", *map(str, args)]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = popen(command, cwd=cwd, env=environment(named), stdout=out, stderr=err)
        try:
            code = process.wait(timeout)
        finally:
            process.close()
        return Ran(code, *(os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0).decode() for file in (out, err)))
