"""A bare MLLP sender and a partner stub on real sockets, and order messages to send."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from connectors.hl7v2 import CONNECTOR, Hl7v2Settings
from connectors.hl7v2.server import MllpServer
from doorstep.connector import Hub, Listen
from schemas.hl7v2 import split

VT, FS, CR = b"\x0b", b"\x1c", b"\r"


def framed(data: bytes) -> bytes:
    return VT + data + FS + CR


def order(
    control_id: str = "ID1",
    *,
    kind: str = "ORM^O01",
    more: str = "",
    accept: str = "",
    version: str = "2.5.1",
    mode: str = "P",
) -> bytes:
    return (
        f"MSH|^~\\&|APP|FAC|DOORSTEP|HUB|20261120083000||{kind}|{control_id}|{mode}|{version}|||{accept}\r"
        f"PID|1||MR1||Doe^Jane||19500102|F\rORC|NW|P-{control_id}\rOBR|1|P-{control_id}||E1390^Oxygen^HCPCS{more}\r"
    ).encode()


@asynccontextmanager
async def listening(hub: Hub, **settings: Any) -> AsyncIterator[MllpServer]:
    assert CONNECTOR.inbound is not None
    async with CONNECTOR.inbound(Hl7v2Settings(**settings), hub, Listen("127.0.0.1", 0)) as server:
        yield server  # type: ignore[misc]


class Sender:
    """One connection to the hub."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, timeout: float = 60.0) -> bytes:
        """Return the next frame's content."""
        async with asyncio.timeout(timeout):
            frame = await self.reader.readuntil(FS + CR)
        assert frame.startswith(VT)
        return frame[1:-2]

    async def ack(self, timeout: float = 60.0) -> tuple[str, str, str]:
        """Return MSA-1, MSA-2 and the error code of the next acknowledgement."""
        return read_ack(await self.answer(timeout))

    async def silent(self, seconds: float = 0.2) -> bool:
        """Return whether nothing comes."""
        try:
            async with asyncio.timeout(seconds):
                return not await self.reader.read(1)
        except TimeoutError:
            return True

    async def closed(self, timeout: float = 60.0) -> bool:
        async with asyncio.timeout(timeout):
            try:
                return not await self.reader.read(1)
            except ConnectionError:
                return True


def read_ack(data: bytes) -> tuple[str, str, str]:
    found = {s.name: s for s in split(data).segments()}
    error = found["ERR"].get(3) if "ERR" in found else ""
    return found["MSA"].get(1), found["MSA"].text(2), error


@asynccontextmanager
async def sending(server: MllpServer, listener: str = "", tls: ssl.SSLContext | None = None) -> AsyncIterator[Sender]:
    """Connect to the default listener or to a named one."""
    port = server.ports[listener] if listener else server.port
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
    try:
        yield Sender(reader, writer)
    finally:
        writer.close()


@asynccontextmanager
async def partner(
    reply: Callable[[bytes], list[bytes]], *, delay: float = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A partner's listener: keeps what it gets, writes what `reply` says (ready frames), closes when that is empty."""
    got: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                frame = await reader.readuntil(FS + CR)
                got.append(frame[1:-2])
                await asyncio.sleep(delay)
                out = reply(frame[1:-2])
                if not out:
                    return
                for piece in out:
                    writer.write(piece)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls, limit=1 << 22)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}", got
    finally:
        server.close()
