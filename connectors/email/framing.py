"""Reading from an SMTP connection under limits: command lines end in CR LF and nothing else, mails are bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

PIECE = 64 * 1024
_END = b"\r\n.\r\n"
_T = TypeVar("_T")


class BadLineError(Exception):
    """A command line with a bare LF, a bare CR or a NUL."""


class TooMuchError(Exception):
    """A mail over its limit (`endless`: so far over it that reading on is no use), or more mail at once than fits."""

    def __init__(self, *, endless: bool = False, busy: bool = False) -> None:
        super().__init__()
        self.endless = endless
        self.busy = busy


@dataclass(slots=True)
class Budget:
    """Bytes of the mails under way, over all connections."""

    limit: int
    used: int = 0


class StrictReader(asyncio.StreamReader):
    """The reader of one SMTP connection; at the end of input it ends the session as a cut connection does."""

    def __init__(self) -> None:
        super().__init__(limit=PIECE)

    async def readuntil(self, separator: bytes = b"\n") -> bytes:  # type: ignore[override]
        line = await _or_end(super().readuntil(separator))
        if separator == b"\n" and (not line.endswith(b"\r\n") or b"\r" in line[:-2] or b"\x00" in line):
            raise BadLineError
        return line

    async def readexactly(self, n: int) -> bytes:
        return await _or_end(super().readexactly(n))

    def begin_mail(self) -> None:
        """Put back the CR LF that ended DATA: it counts as the one before a final dot (RFC 5321 section 4.1.1.4)."""
        self._buffer[:0] = b"\r\n"  # type: ignore[attr-defined]


async def _or_end(reading: Awaitable[_T]) -> _T:
    try:
        return await reading
    except asyncio.IncompleteReadError as error:
        # aiosmtpd's session ends on cancellation only; after any other exception it answers and reads again.
        raise asyncio.CancelledError from error


class MailReader:
    """Reads one mail up to its final dot; the pieces of a mail that is over a limit are dropped at once."""

    def __init__(self, reader: StrictReader, *, limit: int, budget: Budget, idle: float) -> None:
        self._reader = reader
        self._limit = limit
        self._budget = budget
        self._idle = idle
        self._pieces: list[bytes] = []
        self._size = 0
        self._held = 0
        self._refusal: TooMuchError | None = None

    async def read(self) -> bytes:
        """Return the mail with its dots undone; raise TooMuchError for one over a limit, TimeoutError for a stall."""
        self._reader.begin_mail()
        try:
            while not await self._piece():
                pass
            if self._refusal:
                raise self._refusal
            raw = b"".join(self._pieces)
        finally:
            self._drop()
        return raw.replace(b"\r\n.", b"\r\n")[2:]

    async def _piece(self) -> bool:
        """Read up to the final dot or one buffer full; return whether that was the end."""
        async with asyncio.timeout(self._idle):
            try:
                piece, end = await self._reader.readuntil(_END), True
            except asyncio.LimitOverrunError as full:
                piece, end = await self._reader.readexactly(full.consumed), False
        self._add(piece[:-3] if end else piece)
        return end

    def _add(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._limit + 2:
            self._refuse(TooMuchError())
        if self._size > 2 * self._limit + PIECE:
            raise TooMuchError(endless=True)
        if self._refusal is None:
            if self._budget.used + len(piece) > self._budget.limit:
                self._refuse(TooMuchError(busy=True))
                return
            self._budget.used += len(piece)
            self._held += len(piece)
            self._pieces.append(piece)

    def _refuse(self, why: TooMuchError) -> None:
        self._refusal = self._refusal or why
        self._drop()

    def _drop(self) -> None:
        self._pieces.clear()
        self._budget.used -= self._held
        self._held = 0


def flaw_of(raw: bytes) -> str | None:
    """Name what a mail must not hold on the wire (RFC 5321 section 2.3.8), None when it is sound."""
    pairs = raw.count(b"\r\n")
    if raw.count(b"\n") != pairs:
        return "a line of the mail ends in a bare LF"
    if raw.count(b"\r") != pairs:
        return "the mail has a bare CR"
    return "the mail has a NUL" if b"\x00" in raw else None
