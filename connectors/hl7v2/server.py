"""The MLLP listener: many frames in flight, answers in the order of the messages, every resource bounded."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from connectors.hl7v2.batch import answer_frame
from connectors.hl7v2.crowd import Crowd
from connectors.hl7v2.doors import Door, doors_of
from connectors.hl7v2.framer import FS, VT, Frame, Framer
from connectors.hl7v2.settings import Hl7v2Settings
from doorstep.connector import Hub, Listen
from doorstep.errors import SettingsError

logger = logging.getLogger("doorstep.connectors.hl7v2")


HANDSHAKE = 10.0
"""Seconds that a TLS handshake may take; until it is done there is no connection to watch."""


class MllpServer:
    """The open listeners and their connections; the limits hold for all of them together."""

    def __init__(self, settings: Hl7v2Settings, hub: Hub) -> None:
        self.settings = settings
        self.hub = hub
        self.connections: set[Connection] = set()
        self.port: int | None = None
        self.ports: dict[str, int] = {}
        """The ports of the named listeners."""
        self.buffered = 0
        self.crowd: Crowd[Connection] = Crowd(settings.max_connections, settings.max_connections_per_address)
        self._sent_away = 0

    async def open(self, door: Door) -> asyncio.Server:
        """Bind and listen."""
        listen = door.listen
        try:
            server = await asyncio.get_running_loop().create_server(
                lambda: Connection(self, door),
                listen.host,
                listen.port,
                backlog=1024,
                ssl=listen.tls,
                ssl_handshake_timeout=HANDSHAKE if listen.tls else None,
            )
        except OSError as error:
            setting = f"connectors.hl7v2.listeners.{door.name}.port" if door.name else "DOORSTEP_MLLP_PORT"
            raise SettingsError(
                "hl7v2.listen", f"cannot listen on port {listen.port}: {error.strerror}; set {setting}"
            ) from error
        port: int = server.sockets[0].getsockname()[1]
        if door.name:
            self.ports[door.name] = port
        else:
            self.port = port
        return server

    def admit(self, newcomer: Connection) -> None:
        """Count a connection; when there are too many, the one that has been idle longest goes."""
        self.connections.add(newcomer)
        victim = self.crowd.enter(newcomer)
        if victim is not None:
            self._sent_away += 1
            victim.close()

    def limit_memory(self) -> None:
        """Drop the largest unfinished messages while all together are too much."""
        while self.buffered > self.settings.max_buffered_bytes:
            largest = max(self.connections, key=lambda c: c.held, default=None)
            if largest is None or not largest.held:
                return
            logger.warning("too much is held in unfinished messages: a connection is closed; bytes=%d", largest.held)
            largest.abort()

    async def watch(self) -> None:
        """Close what is overdue, again and again."""
        s = self.settings
        pause = min(1.0, min(s.idle_timeout, s.frame_timeout, s.end_grace, s.write_timeout) / 4)
        while True:
            await asyncio.sleep(pause)
            if self._sent_away:
                logger.warning("too many connections: %d were closed; open=%d", self._sent_away, len(self.connections))
                self._sent_away = 0
            now = asyncio.get_running_loop().time()
            for connection in list(self.connections):
                connection.check_time(now)

    async def drain(self) -> None:
        """Stop reading, let what is in flight be answered, close."""
        for connection in list(self.connections):
            connection.stop_reading()
        deadline = asyncio.get_running_loop().time() + self.settings.drain_timeout
        while any(c.busy for c in self.connections) and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.02)
        for connection in list(self.connections):
            connection.close()
        await asyncio.sleep(0)
        for connection in list(self.connections):
            connection.abort()


class Connection(asyncio.Protocol):
    """One sender's connection. Each frame is handled in its own task; their answers leave in order."""

    def __init__(self, server: MllpServer, door: Door) -> None:
        self._server = server
        self._door = door
        self._framer = Framer(server.settings.max_frame_bytes)
        self._waiting: deque[Frame] = deque()
        self._tasks: deque[tuple[asyncio.Task[tuple[bytes, ...]], int]] = deque()
        self._flying = self.held = 0
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._eof = self._closing = self._read_paused = False
        self._write_paused_at: float | None = None
        self._frame_began: float | None = None
        self.address = ""
        self.last_byte = 0.0
        self.served = 0

    @property
    def busy(self) -> bool:
        """Whether messages are waiting for their answers."""
        return bool(self._tasks or self._waiting)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=self._server.settings.write_buffer_bytes)
        link = transport.get_extra_info("socket")
        if link is not None:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)  # a peer that vanished is found out
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if isinstance(peer, tuple) else ""
        self.last_byte = self._loop.time()
        if self._door.admits(self.address, transport.get_extra_info("peercert")):
            self._server.admit(self)
        else:
            logger.warning("a peer that may not send here is turned away: listener=%s", self._door.name or "default")
            self.abort()

    def data_received(self, data: bytes) -> None:
        self.last_byte = now = self._loop.time()
        if not self._closing:
            self._server.crowd.heard(self)
        frames = self._framer.feed(data)
        if not self._framer.inside:
            self._frame_began = None
        elif frames or self._frame_began is None:
            self._frame_began = now
        self._server.buffered += self._framer.buffered - self.held
        self.held = self._framer.buffered
        self._server.limit_memory()
        self._waiting.extend(frames)
        self._start()

    def _start(self) -> None:
        """Begin to handle what waits, up to the limit; stop reading while more waits than may be in flight."""
        limit = self._server.settings.max_in_flight
        while self._waiting and len(self._tasks) < limit and self._write_paused_at is None:
            size = len(self._waiting[0].data)
            if self._tasks and self._flying + size > self._server.settings.max_frame_bytes:
                break  # a few large messages are as much to hold as many small ones
            frame = self._waiting.popleft()
            self._flying += size
            task = self._loop.create_task(answer_frame(self._server.hub, frame, self._door, peer=self.address))
            self._tasks.append((task, size))
            task.add_done_callback(self._answered)
        self._set_reading()

    def _answered(self, _: asyncio.Task[tuple[bytes, ...]]) -> None:
        """Send every answer that is next in line."""
        out: list[bytes] = []
        while self._tasks and self._tasks[0][0].done():
            task, size = self._tasks.popleft()
            self._flying -= size
            self.served += 1
            if task.cancelled() or task.exception() is not None:
                logger.error("a message was not answered; the connection is closed")
                self.abort()
                return
            for data in task.result():
                out += (VT, data, FS, b"\r")
        if out and self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(out))
        if self._waiting:
            self._start()
        elif not self._tasks and (self._eof or self._closing):
            self._hang_up()
        else:
            self._set_reading()

    def _set_reading(self) -> None:
        transport = self._transport
        if transport is None or transport.is_closing() or self._eof:
            return
        full = bool(self._waiting) or self._write_paused_at is not None or self._closing
        if full and not self._read_paused:
            self._read_paused = True
            transport.pause_reading()
        elif not full and self._read_paused:
            self._read_paused = False
            self.last_byte = self._loop.time()
            transport.resume_reading()

    def pause_writing(self) -> None:
        self._write_paused_at = self._loop.time()
        self._set_reading()

    def resume_writing(self) -> None:
        self._write_paused_at = None
        self._start()

    def eof_received(self) -> bool:
        """The sender will send no more, but may still read: answer what is in flight, then close."""
        self._waiting.extend(self._framer.end())
        self._frame_began = None
        self._start()
        self._eof = True
        return self.busy

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self._framer.skipped:
            logger.warning("bytes came outside of MLLP frames and were passed over: %d", self._framer.skipped)
        self._server.connections.discard(self)
        self._server.crowd.leave(self)
        self._release()
        self._transport = None
        self._waiting.clear()

    def check_time(self, now: float) -> None:
        """Close the connection when its sender is overdue with a byte, a frame or with reading."""
        s = self._server.settings
        if self._write_paused_at is not None:
            if now - self._write_paused_at > s.write_timeout:
                logger.warning("a sender does not read its answers; its connection is closed")
                self.abort()
        elif self._framer.ends_in_fs and now - self.last_byte > s.end_grace:
            self._waiting.extend(self._framer.end())
            self._frame_began = None
            self._start()
        elif self._frame_began is not None and not self._read_paused and now - self._frame_began > s.frame_timeout:
            logger.warning("a message was not ended in time; its connection is closed")
            self._waiting.extend(self._framer.end())
            self._frame_began = None
            self._start()
            self.close()
        elif not self.busy and not self._read_paused and now - self.last_byte > s.idle_timeout:
            self.close()

    def stop_reading(self) -> None:
        self._closing = True
        self._set_reading()

    def close(self) -> None:
        """Answer what is in flight, then hang up."""
        self._closing = True
        self._server.crowd.leave(self)
        if self.busy:
            self._set_reading()
        else:
            self._hang_up()

    def _hang_up(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.close()

    def abort(self) -> None:
        """Drop the connection at once; what was not answered will be sent again."""
        self._server.crowd.leave(self)
        self._waiting.clear()
        self._release()
        if self._transport is not None:
            self._transport.abort()

    def _release(self) -> None:
        self._server.buffered -= self.held
        self.held = 0


@asynccontextmanager
async def listen_mllp(settings: Hl7v2Settings, hub: Hub, listen: Listen) -> AsyncIterator[MllpServer]:
    """Open the MLLP listeners; leaving them drains within `drain_timeout`."""
    server = MllpServer(settings, hub)
    sockets: list[asyncio.Server] = []
    watcher = asyncio.get_running_loop().create_task(server.watch())
    try:
        for door in doors_of(settings, listen):
            sockets += [await server.open(door)]
        yield server
    finally:
        for one in sockets:
            one.close()
        await server.drain()
        watcher.cancel()
        await asyncio.gather(watcher, return_exceptions=True)
