"""The SMTP listener: accepts connections, hands mails to the hub, and lets none go half-answered when it stops."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator

from connectors.email.framing import Budget
from connectors.email.intake import transmission_of
from connectors.email.session import SmtpSession
from connectors.email.settings import EmailSettings
from doorstep.connector import Hub, Listen, Receipt
from doorstep.errors import SettingsError
from schemas.transmission import ReceiptState

log = logging.getLogger("doorstep.email")

_GRACE_SECONDS = 8.0


class Post:
    """What the connections of one listener share: the hub, the limits, and who is connected."""

    def __init__(self, settings: EmailSettings, hub: Hub) -> None:
        self.settings = settings
        self.hub = hub
        self.budget = Budget(settings.max_bytes_in_flight)
        self.stopping = False
        self.port: int | None = None
        self._connections: dict[SmtpSession, None] = {}
        """The one that has been still for longest stands first."""
        self._takes: set[asyncio.Task[Receipt]] = set()
        self._quiet = asyncio.Event()
        self._quiet.set()

    async def take(self, raw: bytes, mail_from: str, recipients: int, *, tls: bool) -> str:
        """Make one mail durable and return the final reply; it goes on to the end even when the client hangs up."""
        transmission = transmission_of(raw, mail_from, recipients, self.settings.from_address, tls=tls)
        taking = asyncio.ensure_future(self.hub.receive(transmission))
        self._takes.add(taking)
        self._quiet.clear()
        taking.add_done_callback(self._taken)
        receipt = await asyncio.shield(taking)
        if receipt.state is ReceiptState.REJECTED and transmission.rejected:
            return f"550 5.6.0 Refused: {transmission.rejected} ({receipt.document_id})"
        return f"250 2.0.0 {receipt.document_id} taken"

    def _taken(self, taking: asyncio.Task[Receipt]) -> None:
        self._takes.discard(taking)
        self._look_around()
        if not taking.cancelled() and taking.exception() is not None:
            log.warning("mail not taken: %s", type(taking.exception()).__name__)

    def joined(self, session: SmtpSession) -> None:
        """Count a new connection; when there are too many, the one idle for longest makes room."""
        self._connections[session] = None
        self._quiet.clear()
        if len(self._connections) > self.settings.max_connections:
            idle = next((other for other in self._connections if not other.receiving), session)
            idle.dismiss("421 4.3.2 Too many connections")
            self.left(idle)

    def active(self, session: SmtpSession) -> None:
        """Move a connection that just did something to the end of the queue."""
        if session in self._connections:
            del self._connections[session]
            self._connections[session] = None

    def left(self, session: SmtpSession) -> None:
        self._connections.pop(session, None)
        self._look_around()

    def _look_around(self) -> None:
        if not self._connections and not self._takes:
            self._quiet.set()

    async def drain(self) -> None:
        """Say 421 to idle connections, let mails under way finish within the grace time, then cut."""
        self.stopping = True
        for session in [s for s in self._connections if not s.receiving]:
            session.dismiss("421 4.3.2 Closing")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_SECONDS):
                await self._quiet.wait()
        for session in list(self._connections):
            session.cut()
        if self._takes:
            await asyncio.wait(self._takes, timeout=_GRACE_SECONDS)


@contextlib.asynccontextmanager
async def listener(settings: EmailSettings, hub: Hub, listen: Listen) -> AsyncIterator[Post]:
    """Listen for SMTP on one address until the context ends."""
    # aiosmtpd logs commands, addresses and lines of mails on this logger.
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    tls = _tls(settings) or listen.tls
    if listen.tls is not None:  # the hub has a certificate because others can reach it: no mail in the clear
        settings = settings.model_copy(update={"require_tls": True})
    post = Post(settings, hub)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SmtpSession(post, tls), listen.host, listen.port, backlog=1024)
    post.port = server.sockets[0].getsockname()[1]
    log.info("smtp listening on port %d", post.port)
    try:
        yield post
    finally:
        server.close()
        await post.drain()
        await server.wait_closed()


def _tls(settings: EmailSettings) -> ssl.SSLContext | None:
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.tls_certificate, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            "email-tls", "connectors.email.tls_certificate and tls_key cannot be loaded", detail=type(error).__name__
        ) from error
    return context
