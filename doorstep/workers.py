"""Worker processes with limits: whatever a hostile or heavy input does, it does to a worker, never to the hub.

Each worker runs one function at a time under limits on memory, processor time and file size, in a folder of
its own, and is killed at its wall time-out. A worker that dies costs its own input only; the pool goes on.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import math
import os
import resource
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError as PoolCancelled
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from pebble import ProcessExpired, ProcessPool

from doorstep.errors import Defect, HubError, Refused, Unavailable
from schemas.codec import CodecError

log = logging.getLogger("doorstep.workers")

MEGABYTE = 1 << 20
CPU_GRACE_SECONDS = 2
STOP_SECONDS = 10
_IN_WORKER = False


@dataclass(frozen=True, slots=True)
class Limits:
    """What one worker may use: address space and largest file in bytes, and inputs before it is replaced."""

    memory: int = 1536 * MEGABYTE
    file_size: int = 512 * MEGABYTE
    tasks: int = 200


@dataclass(frozen=True, slots=True)
class _Raised:
    """One of our errors on its way back from a worker (their constructors do not fit pickle)."""

    kind: type[HubError] | type[CodecError]
    args: tuple[Any, ...]
    state: dict[str, Any]

    def error(self) -> HubError | CodecError:
        error = self.kind.__new__(self.kind)
        error.args = self.args
        error.__dict__.update(self.state)
        return error


class Workers:
    """A pool of limited worker processes; `run` may be awaited by many tasks at once.

    `scratch` is where the workers' own folders are made (the system's temporary folder without it); what killed
    hubs left there is removed at the next start, for it may hold pages of patients.
    """

    def __init__(
        self,
        processes: int | None = None,
        *,
        limits: Limits | None = None,
        preload: Sequence[str] = (),
        scratch: Path | None = None,
    ) -> None:
        self._count = processes or max(1, os.cpu_count() or 1)
        self._limits = limits or Limits()
        self._preload = tuple(preload)
        self._pool: Any = None
        self._begun: Any = None
        self._beginning = asyncio.Lock()
        self._scratch = scratch
        self._folder: Path | None = None
        self._lock = -1

    async def start(self) -> None:
        """Make the pool; the processes themselves start with the first work."""
        if self._pool is not None:
            return
        folder, self._lock = await asyncio.to_thread(_own_folder, self._scratch)
        self._folder = folder
        self._pool = self._new_pool(folder)

    def _new_pool(self, folder: Path) -> Any:
        context = get_context("forkserver")
        if self._preload:
            context.set_forkserver_preload(list(self._preload))
        return ProcessPool(
            max_workers=self._count,
            max_tasks=self._limits.tasks,
            initializer=_limit_worker,
            initargs=(str(folder), self._limits),
            context=context,
        )

    async def stop(self) -> None:
        """Kill what still runs and remove the workers' folders."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await asyncio.to_thread(_end, pool)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
            os.close(self._lock)

    async def __aenter__(self) -> Workers:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    async def run(self, fn: Callable[..., Any], *args: Any, timeout: float) -> Any:
        """Run a module-level function in a worker and return its result.

        Raises what the function raised if it is ours or a CodecError; Refused `too-slow`, `too-big` or
        `worker-died` when a limit stopped it; Defect for any other exception of it.
        """
        if self._pool is None:
            raise Unavailable("workers-stopped", "The hub is stopping; send it again later.", retry_after=30)
        pool = self._pool
        try:
            result = await asyncio.wrap_future(await self._scheduled(pool, (fn, args, timeout), timeout))
        except BrokenProcessPool as error:
            await self._replace(pool)
            raise Unavailable("workers-broken", "The workers had to be started anew.", retry_after=5) from error
        except TimeoutError as error:
            self._sweep()
            raise Refused("too-slow", f"Reading it took longer than {timeout:g} seconds.") from error
        except MemoryError as error:
            raise Refused("too-big", "Reading it needs more memory than a worker may use.") from error
        except ProcessExpired as error:
            self._sweep()
            raise _refusal(error) from error
        except PoolCancelled as error:
            raise Unavailable("workers-stopped", "The hub is stopping; send it again later.", retry_after=30) from error
        except (HubError, CodecError):
            raise
        except asyncio.CancelledError:
            raise
        except Exception as error:  # whatever a worker's function lets out is a fault of ours, named by its type only
            log.error("worker function %s failed: %s", getattr(fn, "__qualname__", "?"), type(error).__name__)
            raise Defect("worker-failed", f"A worker failed with {type(error).__name__}.") from error
        if isinstance(result, _Raised):
            raise result.error()
        return result

    async def _scheduled(self, pool: Any, args: tuple[Any, ...], timeout: float) -> Any:
        """Hand work to the pool. The first starts its processes, which is not done in the event loop: it may take long.

        A forked server reads all of its modules before it answers; meanwhile the hub must go on answering its senders.
        """
        if pool is self._begun:
            return pool.schedule(_call, args=args, timeout=timeout)
        async with self._beginning:
            future = await asyncio.to_thread(pool.schedule, _call, args=args, timeout=timeout)
            self._begun = pool
        return future

    async def _replace(self, pool: Any) -> None:
        """Put a new pool in the place of one whose workers cannot start any more."""
        if self._pool is pool and self._folder is not None:
            log.error("the worker pool broke and is replaced")
            self._pool = self._new_pool(self._folder)
            await asyncio.to_thread(_end, pool)

    def _sweep(self) -> None:
        """Remove the folders of workers that were killed."""
        if self._folder is None:
            return
        for folder in self._folder.iterdir():
            if folder.name.isdecimal() and not _alive(int(folder.name)):
                shutil.rmtree(folder, ignore_errors=True)


def _refusal(error: ProcessExpired) -> Refused:
    code = getattr(error, "exitcode", None)
    if code == -signal.SIGXCPU:
        return Refused("too-slow", "Reading it took more processor time than a worker may use.")
    if code == -signal.SIGXFSZ:
        return Refused("too-big", "Reading it wrote more than a worker may write.")
    return Refused("worker-died", "The worker that read it died.", detail=f"exit code {code}")


def _own_folder(scratch: Path | None) -> tuple[Path, int]:
    """Return a fresh folder and the descriptor whose lock says that it is in use; sweep those that nobody holds."""
    parent = scratch or Path(tempfile.gettempdir())
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob("doorstep-workers-*"):
        try:
            lock = os.open(left / ".lock", os.O_RDWR)
        except OSError:  # another hub is making or removing it at this moment
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left, ignore_errors=True)
        except BlockingIOError:
            pass
        finally:
            os.close(lock)
    folder = Path(tempfile.mkdtemp(prefix="doorstep-workers-", dir=parent))
    lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return folder, lock


def _end(pool: Any) -> None:
    """Stop a pool; one that cannot even stop in time is left behind rather than waited for."""
    pool.stop()
    try:
        pool.join(timeout=STOP_SECONDS)
    except TimeoutError:
        log.warning("the worker pool did not stop in %d s", STOP_SECONDS)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _limit_worker(folder: str, limits: Limits) -> None:
    """Put this process under its limits; runs once in each new worker."""
    global _IN_WORKER
    _IN_WORKER = True
    own = Path(folder) / str(os.getpid())
    own.mkdir(mode=0o700, exist_ok=True)
    os.environ["TMPDIR"] = tempfile.tempdir = str(own)
    os.environ["OMP_THREAD_LIMIT"] = "1"
    os.environ["OMP_NUM_THREADS"] = "1"
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _lower(resource.RLIMIT_AS, limits.memory)
    _lower(resource.RLIMIT_FSIZE, limits.file_size)


@contextmanager
def brief(seconds: float) -> Iterator[None]:
    """Bound the processor time of one step that native code may never come back from; acts in a worker only.

    The kernel ends the worker at the bound, and its caller gets Refused `too-slow` at once instead of at the time-out.
    """
    if not _IN_WORKER:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    used = resource.getrusage(resource.RUSAGE_SELF)
    bound = math.ceil(used.ru_utime + used.ru_stime + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (bound if soft == resource.RLIM_INFINITY else min(soft, bound), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _lower(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (bound, bound))


def _call(fn: Callable[..., Any], args: tuple[Any, ...], timeout: float) -> Any:
    """Run one input in the worker, with processor time for this input only."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    seconds = int(used.ru_utime + used.ru_stime + timeout) + CPU_GRACE_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (seconds if hard == resource.RLIM_INFINITY else min(seconds, hard), hard))
    try:
        return fn(*args)
    except (HubError, CodecError) as error:
        return _Raised(type(error), error.args, dict(error.__dict__))
