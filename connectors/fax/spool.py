"""The watched folder: which files may be taken, taking them by rename, and where they go afterwards.

Everything here works on folder descriptors and follows no link, so a hostile name or a file swapped at the
wrong moment can neither lead elsewhere nor block. Each watcher claims into a folder of its own that it holds
locked; a lock that nobody holds means its owner died, and its claims are taken up.

    inbox/NAME [+ NAME.json] -> inbox/claimed/WATCHER/CLAIM/NAME -> inbox/done/CLAIM | inbox/rejected/CLAIM
"""

from __future__ import annotations

import errno
import logging
import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from connectors.fax.files import age, being_written, is_there, lock_folder, open_file, open_folder, read_fd, read_small
from connectors.fax.framing import SIDECAR_MAX, sidecar
from doorstep.errors import Refused, SettingsError

log = logging.getLogger("doorstep.fax.spool")

_OURS = ("claimed", "done", "rejected")
_SKIPPED = (".tmp", ".part", ".partial", ".filepart", ".crdownload")
_ORPHAN_SECONDS = 600
_GONE = {errno.ENOENT, errno.ENOTDIR}


@dataclass(frozen=True, slots=True)
class Claim:
    """One file of ours now: its folder's name is the claim's id, the file keeps the name it came with."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What was read of a claim; `data` is None when the file is larger than the cap."""

    data: bytes | None
    sidecar: bytes | None
    size: int
    stamp: str


class Spool:
    """One watcher's view of the inbox. All of it blocks: call it off the event loop."""

    def __init__(self, inbox: Path, *, stable_seconds: float, max_bytes: int) -> None:
        self._inbox, self._stable, self._cap = inbox, stable_seconds, max_bytes
        self._seen: dict[str, tuple[tuple[int, ...], float]] = {}
        self._told: set[tuple[int, int]] = set()
        self._lock = -1
        self.folder = inbox / "claimed"

    def open(self) -> None:
        """Make the folders and lock one for this watcher's claims."""
        self._inbox.mkdir(mode=0o770, parents=True, exist_ok=True)
        for name in _OURS:
            with suppress(FileExistsError):
                (self._inbox / name).mkdir(mode=0o700)
            at = (self._inbox / name).lstat()
            if not stat.S_ISDIR(at.st_mode) or os.geteuid() not in {0, at.st_uid}:
                raise SettingsError(
                    "fax-inbox", f"{name} in the fax inbox is not a folder of ours", detail=str(at.st_uid)
                )
        while self._lock < 0:
            self.folder = self._inbox / "claimed" / f"{os.getpid()}-{secrets.token_hex(4)}"
            self.folder.mkdir(mode=0o700)
            self._lock = lock_folder(self.folder)

    def close(self) -> None:
        """Let go of the lock; what is still claimed is taken up by the next watcher."""
        if self._lock >= 0:
            with suppress(OSError):
                self.folder.rmdir()
            os.close(self._lock)
            self._lock = -1

    def held(self) -> list[Claim]:
        """Return what is claimed and not settled, oldest first; a claim folder that is empty is cleared away."""
        claims = []
        for folder in sorted(self.folder.iterdir()):
            names = sorted(path.name for path in folder.iterdir())
            main = [n for n in names if not (n.endswith(".json") and n.removesuffix(".json") in names)]
            if main:
                claims.append(Claim(folder.name, main[0]))
            else:
                folder.rmdir()
        return claims

    def adopt(self) -> int:
        """Take over the claims of watchers that died; return how many."""
        count = 0
        for folder in (self._inbox / "claimed").iterdir():
            if folder == self.folder:
                continue
            lock = lock_folder(folder)
            if lock < 0:
                continue
            try:
                for claim in list(folder.iterdir()):
                    claim.rename(self.folder / claim.name)
                    count += 1
                folder.rmdir()
            finally:
                os.close(lock)
        return count

    def claim(self, limit: int) -> list[Claim]:
        """Take up to `limit` files that are whole, each by one rename."""
        claims: list[Claim] = []
        with open_folder(self._inbox) as inbox:
            names = os.listdir(inbox)  # noqa: PTH208 - the folder is a descriptor
            there = set(names)
            self._seen = {name: seen for name, seen in self._seen.items() if name in there}
            for name in self._candidates(inbox, names):
                if len(claims) >= limit:
                    break
                taken = self._take(inbox, name)
                if taken:
                    claims.append(taken)
        return claims

    def _candidates(self, inbox: int, names: list[str]) -> Iterator[str]:
        there = set(names)
        for name in sorted(names):
            if name.startswith(".") or name in _OURS or name.lower().endswith(_SKIPPED):
                continue
            try:
                at = os.stat(name, dir_fd=inbox, follow_symlinks=False)
            except FileNotFoundError:
                continue
            if not stat.S_ISREG(at.st_mode):
                self._tell(at, "is not a regular file: left alone")
            elif name.endswith(".json") and (name.removesuffix(".json") in there or age(at) < _ORPHAN_SECONDS):
                continue  # a sidecar goes with its fax, which may be about to arrive
            elif self._whole(inbox, name, at):
                yield name

    def _whole(self, inbox: int, name: str, at: os.stat_result) -> bool:
        """Say whether nobody writes the file any more: unchanged for long enough, or put there by rename."""
        now, mark = time.monotonic(), (at.st_ino, at.st_size, at.st_mtime_ns)
        before, since = self._seen.get(name, (None, now))
        if before != mark:
            self._seen[name] = (mark, now)
            since = now
        try:
            with open_file(inbox, name) as fd:
                if being_written(fd):
                    return False
        except FileNotFoundError:
            return False
        except OSError as away:
            self._tell(at, f"cannot be read ({errno.errorcode.get(away.errno or 0, '?')}): left in the inbox")
            return False
        if at.st_size and sidecar(read_small(inbox, f"{name}.json", SIDECAR_MAX)).get("complete") == "True":
            return True
        return now - since >= self._stable * (1 if at.st_size else 10)

    def _take(self, inbox: int, name: str) -> Claim | None:
        claim = Claim(f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{secrets.token_hex(6)}", name)
        (self.folder / claim.id).mkdir(mode=0o700)
        with open_folder(self.folder / claim.id) as home:
            try:
                os.rename(name, name, src_dir_fd=inbox, dst_dir_fd=home)
            except OSError as lost:
                (self.folder / claim.id).rmdir()
                if lost.errno in _GONE:
                    return None  # another watcher was faster
                raise
            self._take_sidecar(inbox, home, name)
        self._seen.pop(name, None)
        return claim

    @staticmethod
    def _take_sidecar(inbox: int, home: int, name: str) -> None:
        beside = f"{name}.json"
        with suppress(OSError):  # none there, or the name is too long to have one
            if stat.S_ISREG(os.stat(beside, dir_fd=inbox, follow_symlinks=False).st_mode):
                os.rename(beside, beside, src_dir_fd=inbox, dst_dir_fd=home)

    def read(self, claim: Claim) -> Taken:
        """Read a claimed file up to the cap; raise Refused if it is no regular file, BlockingIOError if it grows."""
        with open_folder(self.folder / claim.id) as home:
            if not is_there(home, f"{claim.name}.json"):  # the watcher died between the two renames
                with open_folder(self._inbox) as inbox:
                    self._take_sidecar(inbox, home, claim.name)
            try:
                with open_file(home, claim.name) as fd:
                    before = os.fstat(fd)
                    if not stat.S_ISREG(before.st_mode):
                        raise Refused("fax-not-a-file", "what was dropped is not a regular file")
                    data = None if before.st_size > self._cap else read_fd(fd, self._cap + 1)
                    after = os.fstat(fd)
            except OSError as failed:
                if failed.errno in {errno.ELOOP, errno.ENXIO}:
                    raise Refused("fax-not-a-file", "what was dropped is not a regular file") from failed
                raise
            if data is not None and (after.st_size != len(data) or after.st_mtime_ns != before.st_mtime_ns):
                raise BlockingIOError(errno.EAGAIN, "the file is still being written")
            stamp = f"{after.st_ino}-{after.st_size}-{after.st_mtime_ns}"
            return Taken(data, read_small(home, f"{claim.name}.json", SIDECAR_MAX), after.st_size, stamp)

    def unchanged(self, claim: Claim, taken: Taken) -> bool:
        """Say whether the file is still what was read (a late writer may have held it open through the rename)."""
        with open_folder(self.folder / claim.id) as home:
            at = os.stat(claim.name, dir_fd=home, follow_symlinks=False)
        return f"{at.st_ino}-{at.st_size}-{at.st_mtime_ns}" == taken.stamp

    def done(self, claim: Claim, *, keep: bool) -> None:
        """Move a claim whose content is durable to `done`, or remove it."""
        (self.folder / claim.id).rename(self._inbox / "done" / claim.id)
        if not keep:
            shutil.rmtree(self._inbox / "done" / claim.id)

    def reject(self, claim: Claim, reason: str) -> None:
        """Move a claim to `rejected`, with the reason in a text file beside it."""
        (self._inbox / "rejected" / f"{claim.id}.reason.txt").write_text(f"{reason}\n", encoding="utf-8")
        (self.folder / claim.id).rename(self._inbox / "rejected" / claim.id)

    def purge(self, keep_days: float) -> int:
        """Remove what has been in `done` for longer than that; return how many."""
        old = [d for d in (self._inbox / "done").iterdir() if age(d.lstat(), "st_ctime") > keep_days * 86_400]
        for folder in old:
            shutil.rmtree(folder)
        return len(old)

    def _tell(self, at: os.stat_result, what: str) -> None:
        if (at.st_dev, at.st_ino) not in self._told:
            self._told.add((at.st_dev, at.st_ino))
            log.warning("a fax file (inode %d, %d bytes) %s", at.st_ino, at.st_size, what)
