"""One SMTP connection: aiosmtpd's ESMTP with the limits it lacks and one final reply for every mail."""

from __future__ import annotations

import asyncio
import logging
import ssl
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from connectors.email.framing import BadLineError, MailReader, StrictReader, TooMuchError, flaw_of
from connectors.email.intake import NULL_SENDER
from doorstep.errors import HubError

if TYPE_CHECKING:
    from connectors.email.server import Post

log = logging.getLogger("doorstep.email")

_LINGER_SECONDS = 1.0


class Verbs(dict[str, Any]):
    """aiosmtpd's commands by name; it asks with `get`, and an unknown one is answered like any other error."""

    def __init__(self, known: dict[str, Any], unknown: Any) -> None:
        super().__init__(known)
        self._unknown = unknown

    def get(self, key: str, default: Any = None) -> Any:
        return super().get(key, default or self._unknown)


class SmtpSession(SMTP):
    """What aiosmtpd does, bounded: errors, connection time, mail size, lines of any length, no PHI in logs."""

    def __init__(self, post: Post, tls: ssl.SSLContext | None) -> None:
        settings = post.settings
        loop = asyncio.get_running_loop()
        super().__init__(
            self,
            data_size_limit=settings.max_bytes,
            enable_SMTPUTF8=True,
            hostname=settings.hostname,
            ident="ESMTP Doorstep",
            tls_context=tls,
            require_starttls=settings.require_tls,
            timeout=settings.idle_seconds,
            loop=loop,
        )
        # The reader aiosmtpd made takes a bare LF for the end of a command and stops at lines of 1001 octets.
        asyncio.StreamReaderProtocol.__init__(
            self, StrictReader(), client_connected_cb=self._cb_client_connected, loop=loop
        )
        self._post = post
        self._errors = 0
        self.receiving = False
        self._smtp_methods = Verbs(self._smtp_methods, self._unknown)

    # Connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        again = self._original_transport is not None
        super().connection_made(transport)
        if not again and self._handler_coroutine is not None:
            self._handler_coroutine.add_done_callback(_reap)
            self._post.joined(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._post.left(self)
        if self._handler_coroutine is not None:
            super().connection_lost(error)

    def eof_received(self) -> bool | None:
        """Let a client that has closed its sending side hear the answers to what it sent."""
        if self.encrypted:
            return bool(super().eof_received())
        asyncio.StreamReaderProtocol.eof_received(self)
        return True

    def dismiss(self, reply: str) -> None:
        """Say 421 and close; used for idle connections when the hub is full or stops."""
        if isinstance(self.transport, asyncio.Transport) and not self.transport.is_closing():
            self.transport.write(f"{reply}\r\n".encode("ascii"))
            self.transport.close()

    def cut(self) -> None:
        """End the connection at once, also one whose client never answers the end of TLS."""
        for transport in (self.transport, self._original_transport):
            if isinstance(transport, asyncio.Transport):
                transport.abort()

    @property
    def encrypted(self) -> bool:
        return self.session is not None and self.session.ssl is not None

    async def push(self, status: str | bytes) -> None:
        """Send one reply; the error beyond the limit becomes 421 and the end."""
        text = status.decode("ascii", "replace") if isinstance(status, bytes) else status
        self._post.active(self)
        if text[:1] in "45":
            self._errors += 1
            if self._errors > self._post.settings.max_errors:
                text = "421 4.7.0 Too many errors, closing the connection"
        await super().push(text.encode("ascii", "replace"))
        if text.startswith("421 ") and self.transport is not None:
            self.transport.close()

    async def handle_exception(self, error: Exception) -> str:
        if isinstance(error, BadLineError):
            return "500 5.5.2 A command line must end in CR LF and hold no NUL, bare CR or bare LF"
        log.error("smtp session failed: %s", type(error).__name__)
        return "451 4.3.0 The command failed here, try again"

    async def _unknown(self, _arg: str | None) -> None:
        await self.push("500 5.5.1 Command not recognised")

    # Commands

    async def handle_EHLO(  # noqa: N802
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        kept = [line for line in responses[:-1] if not line.startswith("250-AUTH")]
        return [*kept, "250-PIPELINING", responses[-1]]

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address != NULL_SENDER and not _clean(address):
            return "553 5.1.7 The sender's address is not valid"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        allowed = self._post.settings.recipients
        if address == NULL_SENDER or not _clean(address):
            return "553 5.1.3 The recipient's address is not valid"
        if allowed and address.lower() not in allowed:
            return "550 5.1.1 No such recipient here"
        if len(envelope.rcpt_tos) >= self._post.settings.max_recipients:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def smtp_VRFY(self, _arg: str | None) -> None:  # noqa: N802
        await self.push("252 2.5.0 Send the mail and see")

    async def smtp_AUTH(self, _arg: str | None) -> None:  # noqa: N802
        await self.push("502 5.5.1 AUTH is not offered")

    async def _web(self, _arg: str | None) -> None:
        # A browser or a proxy was pointed at this port: what follows is not meant for us.
        await self.push("421 4.7.0 This is a mail server")

    smtp_GET = smtp_POST = smtp_PUT = smtp_CONNECT = smtp_OPTIONS = _web  # noqa: N815

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802
        """Read one mail and give the one final reply to it."""
        if await self.check_helo_needed():
            return
        assert self.envelope is not None
        if not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 RCPT first")
            return
        if arg:
            await self.push("501 5.5.4 DATA takes no argument")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        self.receiving = True
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()  # the mail has its own time limits
        try:
            reply = await self._mail()
        finally:
            self.receiving = False
            self.envelope = self._create_envelope()
            if self.transport is not None:
                self._reset_timeout()
        if reply is not None:
            await self.push(reply)
        if reply is None and self.transport is not None:
            self.transport.close()
        elif self._post.stopping:
            self.dismiss("421 4.3.2 Closing")

    async def _mail(self) -> str | None:
        """Return the final reply to one mail; None when it was given and only the end of the connection is left."""
        settings, envelope = self._post.settings, self.envelope
        assert envelope is not None
        assert isinstance(self._reader, StrictReader)
        reader = MailReader(
            self._reader, limit=settings.max_bytes, budget=self._post.budget, idle=settings.idle_seconds
        )
        try:
            async with asyncio.timeout(settings.data_seconds):
                raw = await reader.read()
        except TooMuchError as much:
            return await self._too_much(much)
        except TimeoutError:
            return "421 4.4.2 The mail did not arrive in time"
        flaw = flaw_of(raw)
        if flaw:
            return f"550 5.6.0 Refused: {flaw}"
        try:
            sender = envelope.mail_from or NULL_SENDER
            return await self._post.take(raw, sender, len(envelope.rcpt_tos), tls=self.encrypted)
        except HubError as error:
            return f"{error.smtp_reply} {error.message}"

    async def _too_much(self, much: TooMuchError) -> str | None:
        if much.busy:
            return "452 4.3.1 Too much mail at once, try again"
        reply = f"552 5.3.4 The mail is over {self._post.settings.max_bytes} bytes"
        if much.endless:
            await self.push(reply)
            await self._linger()
            return None
        return reply

    async def _linger(self) -> None:
        """Read what is still under way for a moment: closing over unread input would take the reply with it."""
        try:
            async with asyncio.timeout(_LINGER_SECONDS):
                while await self._reader.read(1 << 16):
                    pass
        except TimeoutError:
            log.info("smtp connection cut: endless mail")


def _clean(address: str) -> bool:
    """Whether an envelope address is short, on one line and text (RFC 5321 section 4.5.3.1.3)."""
    return 0 < len(address) <= 254 and address.isprintable() and not any(c.isspace() for c in address)


def _reap(task: asyncio.Task[None]) -> None:
    """Take the session's end as it is; a reset connection is no error of ours."""
    if not task.cancelled() and task.exception() is not None:
        log.info("smtp connection ended: %s", type(task.exception()).__name__)
