"""Functions that the tests of the workers run inside worker processes: good, slow, greedy and deadly ones."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from doorstep.errors import Refused
from schemas.codec import CodecError


def add(a: int, b: int) -> int:
    return a + b


def sleep(seconds: float) -> str:
    time.sleep(seconds)
    return "woke"


def burn() -> None:
    while True:
        pass


def eat(megabytes: int) -> int:
    return len(bytearray(megabytes << 20))


def die() -> None:
    os._exit(9)


def break_format() -> None:
    raise CodecError("truncated", "the image ends early", "page 2")


def refuse() -> None:
    raise Refused("encrypted", "It is locked.", detail="size 12", location="page 1")


def stumble() -> None:
    raise KeyError("a person's name")


def write_much(megabytes: int) -> None:
    with tempfile.TemporaryFile() as file:
        for _ in range(megabytes):
            file.write(bytes(1 << 20))
        file.flush()


def folder_and_threads() -> tuple[str, bool, str | None]:
    folder = tempfile.gettempdir()
    return folder, Path(folder).is_dir(), os.environ.get("OMP_THREAD_LIMIT")
