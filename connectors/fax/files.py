"""Careful hands for files that strangers drop: on descriptors, following no link, never waiting for a writer."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def age(at: os.stat_result, clock: str = "st_mtime") -> float:
    return time.time() - float(getattr(at, clock))


@contextmanager
def open_folder(path: Path) -> Iterator[int]:
    fd = os.open(path, OPEN | os.O_DIRECTORY)
    try:
        yield fd
    finally:
        os.close(fd)


@contextmanager
def open_file(folder: int, name: str) -> Iterator[int]:
    fd = os.open(name, OPEN, dir_fd=folder)
    try:
        yield fd
    finally:
        os.close(fd)


def is_there(folder: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return False
    return True


def read_fd(fd: int, limit: int) -> bytes:
    parts, left = [], limit
    while left and (part := os.read(fd, min(left, 1 << 20))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def read_small(folder: int, name: str, limit: int) -> bytes | None:
    """Read a small regular file; None if there is none that can be read."""
    try:
        with open_file(folder, name) as fd:
            return read_fd(fd, limit + 1) if stat.S_ISREG(os.fstat(fd).st_mode) else None
    except OSError:
        return None


def lock_folder(folder: Path) -> int:
    """Lock a folder and return its descriptor, -1 if another holds it or it is gone; the lock dies with its process."""
    try:
        fd = os.open(folder, OPEN | os.O_DIRECTORY)
    except OSError:
        return -1
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        held = os.fstat(fd).st_ino == folder.stat().st_ino
    except OSError:
        held = False
    if not held:
        os.close(fd)
        return -1
    return fd


def being_written(fd: int) -> bool:
    """Ask the kernel whether anyone has the file open for writing (a read lease is then refused); False if unknown."""
    if not hasattr(fcntl, "F_SETLEASE"):
        return False
    try:
        fcntl.fcntl(
            fd, fcntl.F_SETSIG, signal.SIGURG
        )  # ignored by default, unlike SIGIO, should a writer come right now
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as refused:
        return refused.errno == errno.EAGAIN
    return False
