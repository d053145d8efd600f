"""Bytes by their sha256: small ones ride in the journal's own commit, large ones are durable files before the row."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection, select

from doorstep.connector import Blob
from doorstep.errors import Defect, Unavailable
from doorstep.journal.tables import content as content_table
from schemas.transmission import Content

log = logging.getLogger("doorstep.journal.content")

INLINE_LIMIT = 64 * 1024
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EMFILE, errno.ENFILE}


@dataclass(frozen=True, slots=True)
class Staged:
    """Content that is ready for its row: `data` rides in the row, or is None when the file is durable already."""

    ref: Content
    data: bytes | None


class ContentStore:
    """The folder of large content and the rule of what is large."""

    def __init__(self, data_dir: Path, on_failure: Callable[[BaseException], None]) -> None:
        self.root = data_dir / "content"
        self._drafts = self.root / "drafts"
        self._on_failure = on_failure

    def prepare(self, *, sweep: bool) -> None:
        """Make every folder at once, durable, so that storing a file never has to make one.

        `sweep` removes what an interrupted process left half-written; only where no other process writes.
        """
        self._drafts.mkdir(parents=True, exist_ok=True)
        for draft in self._drafts.iterdir() if sweep else ():
            draft.unlink()
        for number in range(256):
            (self.root / f"{number:02x}").mkdir(parents=True, exist_ok=True)
        for folder in (self.root, self.root.parent, self.root.parent.parent):
            _sync(folder)

    def path(self, sha256: str) -> Path:
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise Defect("content.address", "not a content address")
        return self.root / sha256[:2] / sha256

    def stage(self, blob: Blob) -> Staged:
        """Return the blob's reference; a large one is on the disk, fsynced, when this returns."""
        ref = self.measure(blob).ref
        if ref.size <= INLINE_LIMIT:
            return Staged(ref, blob.data if isinstance(blob.data, bytes) else blob.data.read_bytes())
        try:
            self._place(blob, ref)
        except OSError as error:
            if error.errno not in _NO_ROOM:
                self._on_failure(error)
            raise Unavailable(
                "content.write", "the content store cannot be written", detail=f"errno {error.errno}"
            ) from None
        return Staged(ref, None)

    def measure(self, blob: Blob) -> Staged:
        """Return the blob's reference and store nothing (for an input that is here already)."""
        try:
            sha256, size = _measure(blob)
        except OSError as error:
            raise Unavailable(
                "content.source", "the input's file cannot be read", detail=f"errno {error.errno}"
            ) from None
        url = f"content:{sha256}"
        return Staged(
            Content(url=url, sha256=sha256, content_type=blob.content_type, size=size, title=blob.title), None
        )

    def _place(self, blob: Blob, ref: Content) -> None:
        final = self.path(ref.sha256)
        if final.exists() and final.stat().st_size == ref.size:
            _sync(final)  # whoever wrote it may have died before its fsync
            _sync(final.parent)
            return
        temporary = self._drafts / str(uuid4())
        try:
            if isinstance(blob.data, bytes):
                temporary.write_bytes(blob.data)
            else:
                _link_or_copy(blob.data, temporary)
            _sync(temporary)
            temporary.replace(final)
            _sync(final.parent)
        finally:
            temporary.unlink(missing_ok=True)

    def read(self, connection: Connection, ref: Content) -> bytes:
        """Return the bytes; Defect when they are gone or no longer what their address says."""
        row = connection.execute(select(content_table.c.data).where(content_table.c.sha256 == ref.sha256)).first()
        if row is None:
            raise Defect("content.unknown", "no such content", detail=ref.sha256)
        data = row[0] if row[0] is not None else self._read_file(ref.sha256)
        if hashlib.sha256(data).hexdigest() != ref.sha256:
            raise Defect("content.digest", "stored content does not match its digest", detail=ref.sha256)
        return bytes(data)

    def _read_file(self, sha256: str) -> bytes:
        try:
            return self.path(sha256).read_bytes()
        except FileNotFoundError:
            raise Defect("content.missing", "the file of this content is gone", detail=sha256) from None
        except OSError as error:
            raise Unavailable(
                "content.read", "the content store cannot be read", detail=f"errno {error.errno}"
            ) from None


def _measure(blob: Blob) -> tuple[str, int]:
    if isinstance(blob.data, bytes):
        return hashlib.sha256(blob.data).hexdigest(), len(blob.data)
    with blob.data.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), os.fstat(file.fileno()).st_size


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
