"""MLLP framing without I/O: bytes in however they are chopped, frames out, memory bounded, never an exception.

A frame begins at VT and ends at FS CR. Any VT begins a frame anew (what came before it was never ended), FS without
CR after it is data, and bytes outside frames are skipped. FS before LF, before the next VT or at the end of the
stream also ends a frame, because some senders leave the CR out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

VT, FS, CR = b"\x0b", b"\x1c", b"\x0d"
DEFAULT_LIMIT = 16 * 1024 * 1024
HEAD = 64 * 1024
"""How much of an oversize frame is kept: enough for its MSH."""

_SPACE = b"\r\n \t\x00"


@dataclass(frozen=True, slots=True)
class Frame:
    """What stood between VT and FS CR; with a fault it is no message: `unended`, or `oversize` (then `data` is cut)."""

    data: bytes
    fault: Literal["unended", "oversize"] | None = None
    size: int = 0
    ended: bool = True


class Framer:
    """One connection's framing state."""

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self.limit = limit
        self._keep = min(HEAD, limit)
        self.skipped = 0
        """Bytes other than white space that came outside frames."""
        self._buffer = bytearray()
        self._inside = False
        self._scanned = 0
        self._dropped = 0

    @property
    def inside(self) -> bool:
        """Whether a frame has begun and not ended."""
        return self._inside

    @property
    def buffered(self) -> int:
        """Bytes that are held until the frame ends."""
        return len(self._buffer)

    @property
    def ends_in_fs(self) -> bool:
        """Whether all that is missing is the CR."""
        return self._inside and self._buffer.endswith(FS)

    def feed(self, data: bytes) -> list[Frame]:
        """Take bytes, return the frames that they complete."""
        self._buffer += data
        frames: list[Frame] = []
        while self._begin() and self._advance(frames):
            pass
        return frames

    def end(self) -> list[Frame]:
        """The stream ended, or the CR after FS did not come: return what can still be made of the rest."""
        frames: list[Frame] = []
        if self._inside:
            if self._buffer.endswith(FS):
                self._finish(frames, len(self._buffer) - 1, len(self._buffer))
            else:
                self._finish(frames, len(self._buffer), len(self._buffer), ended=False)
        return frames

    def _begin(self) -> bool:
        """Skip to the next VT; False when there is none yet."""
        if self._inside:
            return True
        at = self._buffer.find(VT)
        outside = bytes(self._buffer if at < 0 else self._buffer[:at])
        self.skipped += len(outside.translate(None, _SPACE))
        del self._buffer[: len(outside) + (at >= 0)]
        self._inside = at >= 0
        self._scanned = self._dropped = 0
        return self._inside

    def _advance(self, frames: list[Frame]) -> bool:
        """Look for the end of the frame; False when more bytes are needed."""
        buffer = self._buffer
        end = buffer.find(FS, self._scanned)
        restart = buffer.find(VT, self._scanned, end if end >= 0 else len(buffer))
        if restart >= 0:
            self._finish(frames, restart, restart, ended=False)
            return True
        if end < 0 or end + 1 == len(buffer):
            self._scanned = len(buffer) if end < 0 else end
            self._shrink()
            return False
        following = buffer[end + 1 : end + 2]
        if following in (CR, b"\n"):
            self._finish(frames, end, end + 2)
        elif following == VT:
            self._finish(frames, end, end + 1)
        else:
            self._scanned = end + 1
        return True

    def _finish(self, frames: list[Frame], end: int, upto: int, *, ended: bool = True) -> None:
        size = self._dropped + end
        if size > self.limit:
            frames.append(Frame(bytes(self._buffer[: min(end, self._keep)]), "oversize", size, ended))
        elif ended or size:
            frames.append(Frame(bytes(self._buffer[:end]), None if ended else "unended", size, ended))
        del self._buffer[:upto]
        self._inside = False
        self._scanned = self._dropped = 0

    def _shrink(self) -> None:
        """Forget the middle of a frame that is already too large; a trailing FS stays."""
        if self._dropped + self._scanned <= self.limit:
            return
        if self._scanned > self._keep:
            self._dropped += self._scanned - self._keep
            del self._buffer[self._keep : self._scanned]
            self._scanned = self._keep
