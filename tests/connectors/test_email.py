"""Mail in and out, on real sockets: what 250 means, what is refused and how, and what a confirmation says."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import hashlib
import json
import logging
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from aiosmtpd.smtp import SMTP

from connectors.email import CONNECTOR
from connectors.email.framing import Budget, MailReader, StrictReader, flaw_of
from connectors.email.letter import put
from connectors.email.server import Post
from connectors.email.settings import EmailSettings
from doorstep.connector import Delivery, Listen, Sent
from doorstep.errors import Refused, Unavailable
from schemas.case import CaseManager
from schemas.codec import CodecError
from schemas.mail import parse
from schemas.outbound import TO_MANAGERS, TO_PAYERS, ConfirmationKind, ConfirmationRequested
from schemas.transmission import ReplyTo
from tests.connectors.memory_hub import MemoryHub

SAMPLES = Path(__file__).parents[1] / "samples" / "email"
MAIL = (
    b"From: Practice <desk@practice.example>\r\nTo: orders@hub.example\r\nSubject: order\r\n"
    b"Message-ID: <m1@practice.example>\r\n\r\nName: Alma\r\n"
)
HELLO = b"EHLO client\r\nMAIL FROM:<desk@practice.example>\r\nRCPT TO:<orders@hub.example>\r\n"


def serve(hub: MemoryHub, **settings: Any) -> AbstractAsyncContextManager[Post]:
    inbound = CONNECTOR.inbound
    assert inbound is not None
    return inbound(EmailSettings(**settings), hub, Listen("127.0.0.1", 0))  # type: ignore[return-value]


async def talk(post: Post, *pieces: bytes, finish: bool = True) -> str:
    """Send the pieces over one connection and return everything that came back until the server closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", post.port)
    try:
        for piece in pieces:
            writer.write(piece)
            with contextlib.suppress(ConnectionError):
                await writer.drain()
            await asyncio.sleep(0)
        if finish:
            writer.write_eof()
        heard = b""
        async with asyncio.timeout(60):
            with contextlib.suppress(ConnectionError):
                while piece := await reader.read(65536):
                    heard += piece
        return heard.decode()
    finally:
        writer.close()


def codes(heard: str) -> list[str]:
    """The reply codes after the banner and EHLO."""
    lines = [line for line in heard.split("\r\n") if line[3:4] == " "]
    return [line[:3] for line in lines[2:]]


def data(raw: bytes) -> bytes:
    return b"DATA\r\n" + raw.replace(b"\r\n.", b"\r\n..") + b".\r\n"


async def test_a_mail_is_answered_250_with_the_id_it_is_kept_under() -> None:
    hub = MemoryHub()
    async with serve(hub) as post:
        heard = await talk(post, HELLO, data(MAIL), b"QUIT\r\n")

    assert "250 2.0.0 doc-1 taken" in heard
    (taken,) = hub.received
    assert taken.channel == "email"
    assert taken.blobs[0].content_type == "message/rfc822"
    assert taken.blobs[0].data == MAIL
    assert taken.idempotency_key == f"<m1@practice.example> {hashlib.sha256(MAIL).hexdigest()}"
    assert (taken.message_id, taken.sender) == ("<m1@practice.example>", "desk@practice.example")
    assert taken.reply_to == ReplyTo(
        channel="email", address="desk@practice.example", context={"message_id": "<m1@practice.example>"}
    )


async def test_the_same_mail_again_gets_the_same_answer_and_is_kept_once() -> None:
    hub = MemoryHub()
    async with serve(hub) as post:
        first = await talk(post, HELLO, data(MAIL), b"QUIT\r\n")
        again = await talk(post, HELLO, data(MAIL), HELLO[13:], data(MAIL), b"QUIT\r\n")

    assert first.count("250 2.0.0 doc-1 taken") == 1
    assert again.count("250 2.0.0 doc-1 taken") == 2
    assert len(hub.received) == 1


async def test_250_is_said_only_after_the_hub_has_it() -> None:
    hub = MemoryHub()
    hub.delay = 0.2
    async with serve(hub) as post:
        reader, writer = await asyncio.open_connection("127.0.0.1", post.port)
        writer.write(HELLO + data(MAIL))
        heard = await reader.readuntil(b"354 ")
        await reader.readline()
        assert not hub.received
        answer = await reader.readline()
        assert answer.startswith(b"250 2.0.0 doc-1")
        assert len(hub.received) == 1
        assert b"250 2.0.0" not in heard
        writer.close()


async def test_what_the_hub_cannot_keep_is_refused_for_now() -> None:
    hub = MemoryHub()
    hub.failing = Unavailable("storage", "the hub cannot store it now")
    async with serve(hub) as post:
        heard = await talk(post, HELLO, data(MAIL), b"QUIT\r\n")
        hub.failing = None
        later = await talk(post, HELLO, data(MAIL), b"QUIT\r\n")

    assert "451 4.3.0 the hub cannot store it now" in heard
    assert "250 2.0.0 doc-1" in later


@pytest.mark.parametrize(
    ("raw", "reply"),
    [
        (b"Subject: x\r\n\r\nbody\nwith bare LF\r\n", "550 5.6.0"),
        (b"Subject: x\r\n\r\nbody\rwith bare CR\r\n", "550 5.6.0"),
        (b"Subject: x\r\n\r\nbody\x00\r\n", "550 5.6.0"),
        (b"Subject: x\r\n\r\nsmuggled\n.\nMAIL FROM:<e@e>\r\n", "550 5.6.0"),
        (b"Subject: x\r\n\r\nsmuggled\r\n.\nMAIL FROM:<e@e>\r\n", "550 5.6.0"),
        (b"Subject: x\r\n\r\nsmuggled\n.\r\nMAIL FROM:<e@e>\r\n", "550 5.6.0"),
        (b"Subject: x\r\n\r\nsmuggled\r.\rMAIL FROM:<e@e>\r\n", "550 5.6.0"),
        (b"Subject: x\r\n\r\n" + b"a" * 30_000 + b"\r\n", "552 5.3.4"),
        (b"Subject: no body\r\n", "550 5.6.0"),
        (b"", "550 5.6.0"),
    ],
)
async def test_a_bad_mail_gets_one_final_refusal_and_the_connection_goes_on(raw: bytes, reply: str) -> None:
    hub = MemoryHub()
    async with serve(hub, max_bytes=20_000) as post:
        heard = await talk(post, HELLO, b"DATA\r\n" + raw + b".\r\n", HELLO[13:], data(MAIL), b"QUIT\r\n")

    assert f"\r\n{reply} " in heard
    assert codes(heard)[-5:] == ["250", "250", "354", "250", "221"]
    assert sum(code[0] in "45" for code in codes(heard)) == 1
    assert [t.blobs[0].data for t in hub.received if not t.rejected] == [MAIL]


async def test_an_empty_mail_is_refused_and_kept_as_refused() -> None:
    hub = MemoryHub()
    async with serve(hub) as post:
        heard = await talk(post, HELLO, b"DATA\r\n.\r\nQUIT\r\n")

    assert "550 5.6.0 Refused: the mail has neither text nor attachment" in heard
    assert hub.received[0].rejected == "the mail has neither text nor attachment"


async def test_lines_of_any_length_and_dots_arrive_as_sent() -> None:
    hub = MemoryHub()
    raw = b"Subject: x\r\n\r\n.\r\n..\r\n.a\r\n" + b"y" * 300_000 + b"\r\n.\r\n\r\n"
    async with serve(hub) as post:
        heard = await talk(post, HELLO, data(raw), b"QUIT\r\n")

    assert "250 2.0.0" in heard
    assert hub.received[0].blobs[0].data == raw


@pytest.mark.parametrize("step", [1, 2, 3, 7])
async def test_the_mail_is_the_same_however_the_bytes_arrive(step: int) -> None:
    for raw in (b"", b".\r\n", b"\r\n", b"\r\n\r\n", b"a\r\n", b"\r\n.\r\n", b".\r\n.\r\n", b"a\r\n..b\r\n"):
        reader = StrictReader()
        wire = data(b"\r\n" + raw)[8:] + b"QUIT\r\n"
        reading = asyncio.ensure_future(MailReader(reader, limit=1000, budget=Budget(1000), idle=5).read())
        await asyncio.sleep(0)
        for at in range(0, len(wire), step):
            reader.feed_data(wire[at : at + step])
            await asyncio.sleep(0)
        assert await reading == raw
        assert await reader.readuntil() == b"QUIT\r\n"


async def test_an_endless_mail_is_cut_and_the_next_one_is_served() -> None:
    hub = MemoryHub()
    async with serve(hub, max_bytes=50_000) as post:
        heard = await talk(post, HELLO, b"DATA\r\nSubject: x\r\n\r\n", *[b"x" * 9998 + b"\r\n"] * 400, finish=False)
        good = await talk(post, HELLO, data(MAIL), b"QUIT\r\n")

        assert heard.count("552 5.3.4") <= 1  # a client that never reads may miss it
        assert "250 2.0.0" not in heard
        assert "250 2.0.0 doc-1" in good
        assert post.budget.used == 0


async def test_the_sum_of_mails_under_way_is_bounded() -> None:
    hub = MemoryHub()
    async with serve(hub, max_bytes_in_flight=60_000) as post:
        first = await asyncio.open_connection("127.0.0.1", post.port)
        first[1].write(HELLO + b"DATA\r\nSubject: x\r\n\r\n" + b"x" * 130_000)
        await first[0].readuntil(b"354 ")
        heard = await talk(post, HELLO, b"DATA\r\nSubject: x\r\n\r\n" + b"x" * 70_000 + b"\r\n.\r\nQUIT\r\n")
        first[1].close()
        await first[1].wait_closed()
        good = await talk(post, HELLO, data(MAIL), b"QUIT\r\n")

    assert "452 4.3.1" in heard
    assert "250 2.0.0" in good


async def test_half_a_mail_leaves_nothing_behind() -> None:
    hub = MemoryHub()
    whole = HELLO + data(MAIL)
    async with serve(hub) as post:
        for cut in (1, 3, 5, 40, 80):
            await talk(post, whole[:-cut])
        assert hub.received == []
        assert post.budget.used == 0


async def test_a_client_that_hangs_up_after_the_dot_has_its_mail_kept_whole() -> None:
    hub = MemoryHub()
    hub.delay = 0.1
    async with serve(hub) as post:
        reader, writer = await asyncio.open_connection("127.0.0.1", post.port)
        writer.write(HELLO + data(MAIL))
        await reader.readuntil(b"354 ")
        await hub.entered.wait()
        writer.transport.abort()
    assert [t.blobs[0].data for t in hub.received] == [MAIL]


async def test_stopping_lets_a_mail_under_way_finish() -> None:
    hub = MemoryHub()
    hub.delay = 0.2
    async with serve(hub) as post:
        idle = await asyncio.open_connection("127.0.0.1", post.port)
        await idle[0].readline()
        busy = asyncio.create_task(talk(post, HELLO, data(MAIL), finish=False))
        await hub.entered.wait()

    assert "250 2.0.0 doc-1 taken" in await busy
    assert (await idle[0].read()).startswith(b"421 ")
    idle[1].close()


async def test_slow_clients_are_cut() -> None:
    hub = MemoryHub()
    async with serve(hub, idle_seconds=0.2, data_seconds=0.4) as post:
        silent = talk(post, b"", finish=False)
        stalled = talk(post, HELLO, b"DATA\r\nSubject: x\r\n", finish=False)
        heard = await asyncio.gather(silent, stalled)

    assert "421 4.4.2" in heard[1]
    assert hub.received == []


async def test_too_many_recipients_and_too_many_errors_are_bounded() -> None:
    async with serve(MemoryHub(), max_recipients=100, max_errors=20) as post:
        flood = await talk(post, HELLO[:-31], b"RCPT TO:<orders@hub.example>\r\n" * 5000, finish=False)
        noise = await talk(post, b"EHLO x\r\n", b"XYZZY\r\n" * 30, finish=False)
        web = await talk(post, b"GET / HTTP/1.1\r\nHost: hub\r\n\r\n", finish=False)

    assert flood.count("\r\n250 2.1.5") <= 100
    assert flood.count("\r\n452 4.5.3") <= 20
    assert codes(noise) == ["500"] * 20 + ["421"]
    assert "421 4.7.0 This is a mail server" in web


@pytest.mark.parametrize(
    "line",
    [
        b"MAIL FROM:<a@b.example>\n",
        b"MAIL FROM:<a\x00@b.example>\r\n",
        b"MAIL FROM:<a@b.example>\rRCPT TO:<c@d.example>\r\n",
        b"MAIL FROM:<a\x01@b.example>\r\n",
        b"MAIL FROM:<" + b"a" * 300 + b"@b.example>\r\n",
        b"MAIL FROM:<a@b.example> SIZE=99999999999\r\n",
        b"MAIL FROM:<a@b.example> XYZZY=1\r\n",
        b"MAIL\r\n",
        b"MAIL FROM:\r\n",
        b"\xff\xfe\r\n",
        b"X" * 70_000 + b"\r\n",
    ],
)
async def test_a_bad_command_is_one_error_and_no_more(line: bytes) -> None:
    hub = MemoryHub()
    async with serve(hub) as post:
        heard = await talk(post, b"EHLO x\r\n", line, HELLO[13:], data(MAIL), b"QUIT\r\n")

    assert codes(heard)[0][0] == "5"
    assert codes(heard)[1:] == ["250", "250", "354", "250", "221"]


async def test_only_the_listed_recipients_are_taken() -> None:
    hub = MemoryHub()
    async with serve(hub, recipients=("Orders@hub.example",)) as post:
        taken = await talk(post, HELLO.replace(b"orders@", b"ORDERS@"), data(MAIL), b"QUIT\r\n")
        relay = await talk(post, HELLO.replace(b"orders@hub", b"victim@elsewhere"), b"DATA\r\nQUIT\r\n")

    assert "250 2.0.0" in taken
    assert codes(relay) == ["250", "550", "503", "221"]
    assert len(hub.received) == 1


@pytest.mark.parametrize(
    ("sender", "field"),
    [
        (b"", b""),
        (b"desk@practice.example", b"Auto-Submitted: auto-replied\r\n"),
        (b"desk@practice.example", b"List-Id: <orders.list>\r\n"),
        (b"desk@practice.example", b"Precedence: bulk\r\n"),
        (b"MAILER-DAEMON@practice.example", b""),
        (b"desk@practice.example", b"Reply-To: orders@doorstep.localhost\r\n"),
    ],
)
async def test_machines_are_taken_but_never_answered(sender: bytes, field: bytes) -> None:
    hub = MemoryHub()
    async with serve(hub) as post:
        hello = HELLO.replace(b"<desk@practice.example>", b"<" + sender + b">")
        heard = await talk(post, hello, data(field + MAIL), b"QUIT\r\n")

    assert "250 2.0.0" in heard
    assert hub.received[0].reply_to is None


async def test_the_reply_goes_to_reply_to_then_from_then_the_envelope() -> None:
    hub = MemoryHub()
    async with serve(hub) as post:
        for fields in (
            b"Reply-To: R <r@x.example>\r\n" + MAIL,
            MAIL,
            b"From: a@b.example, c@d.example\r\n\r\nhello\r\n",
        ):
            await talk(post, HELLO.replace(b"desk@", b"bounce@"), data(fields), b"QUIT\r\n")

    found = [t.reply_to.address for t in hub.received if t.reply_to]
    assert found == ["r@x.example", "desk@practice.example", "bounce@practice.example"]


async def test_many_idle_connections_make_room_for_a_new_one() -> None:
    hub = MemoryHub()
    async with serve(hub, max_connections=20) as post:
        idle = [await asyncio.open_connection("127.0.0.1", post.port) for _ in range(60)]
        heard = await talk(post, HELLO, data(MAIL), b"QUIT\r\n")
        for _, writer in idle:
            writer.close()

    assert "250 2.0.0" in heard


async def test_nothing_of_a_mail_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    hub = MemoryHub()
    async with serve(hub) as post:
        await talk(post, HELLO, data(MAIL), b"XYZZY Alma\r\nQUIT\r\n")

    logged = " ".join(f"{record.getMessage()}" for record in caplog.records)
    assert "Alma" not in logged
    assert "practice.example" not in logged


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "cert.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=hub"]
    subprocess.run([*made, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    return {"tls_certificate": certificate, "tls_key": key}


async def test_what_came_before_tls_does_not_count_and_a_silent_client_does_not_hold_up_the_end(
    tls: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.email.server._GRACE_SECONDS", 0.3)
    hub = MemoryHub()
    async with serve(hub, **tls) as post:
        reader, writer = await asyncio.open_connection("127.0.0.1", post.port)
        writer.write(b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nSTARTTLS\r\n")
        await reader.readuntil(b"Ready to start TLS\r\n")
        context = ssl.create_default_context(cafile=tls["tls_certificate"])
        context.check_hostname = False
        await writer.start_tls(context)
        writer.write(b"RCPT TO:<c@d.example>\r\nEHLO x\r\nRCPT TO:<c@d.example>\r\nQUIT\r\n")
        heard = (await reader.readuntil(b"221 Bye\r\n")).decode()
    assert [line[:3] for line in heard.split("\r\n") if line[3:4] == " "] == ["503", "250", "503", "221"]
    assert "STARTTLS" not in heard
    assert "AUTH" not in heard
    writer.close()


@pytest.mark.skipif(not shutil.which("swaks"), reason="swaks is not installed")
async def test_a_real_client_sends_over_starttls(tmp_path: Any, tls: dict[str, Any]) -> None:
    order = tmp_path / "order.pdf"
    order.write_bytes(b"%PDF-1.4 order")
    hub = MemoryHub()
    async with serve(hub, **tls, require_tls=True) as post:
        swaks = ["swaks", "--server", "127.0.0.1", "--port", str(post.port), "--from", "a@b.example"]
        swaks += ["--to", "orders@hub.example", "--body", "Name: Alma", "--attach", f"@{order}"]
        plain = await asyncio.to_thread(subprocess.run, swaks, capture_output=True, timeout=90)
        secure = await asyncio.to_thread(subprocess.run, [*swaks, "--tls"], capture_output=True, timeout=90)

    assert b"530 Must issue a STARTTLS" in plain.stdout
    assert secure.returncode == 0, secure.stdout
    assert hub.received[0].details["tls"] == "yes"


def test_content_flaws_are_told_apart() -> None:
    assert flaw_of(b"a\r\nb\r\n") is None
    assert "LF" in str(flaw_of(b"a\r\nb\n"))
    assert "CR" in str(flaw_of(b"a\r\r\nb"))
    assert "NUL" in str(flaw_of(b"a\x00"))


# Outbound


class Mailbox:
    """A receiving server's handler: keeps mails, or answers with the given reply."""

    def __init__(self, reply: str = "250 OK", rcpt: str = "250 OK") -> None:
        self.reply, self.rcpt = reply, rcpt
        self.mails: list[bytes] = []
        self.port = 0

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.reply.startswith("250"):
            self.mails.append(envelope.original_content)
        return self.reply


@contextlib.asynccontextmanager
async def relay(mailbox: Mailbox) -> AsyncIterator[dict[str, Any]]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(mailbox, hostname="relay", enable_SMTPUTF8=True), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield {"relay_host": "127.0.0.1", "relay_port": port, "from_address": "orders@hub.example", "relay_seconds": 2}
    finally:
        server.close()
        await server.wait_closed()


def confirmation(kind: ConfirmationKind = ConfirmationKind.SCHEDULED, **changes: Any) -> ConfirmationRequested:
    values: dict[str, Any] = {
        "confirmation_id": "0b9f2c1e-aaaa-5bbb-8ccc-1234567890ab",
        "kind": kind,
        "recipient": ReplyTo(
            channel="email", address="desk@practice.example", context={"message_id": "<m1@p.example>"}
        ),
        "case_id": "DS-000123-7",
        "document_id": "doc-1",
        "reference": "DS-000123-7",
        "manager": CaseManager(name="Dana Whitfield", extension="4411"),
        "provider_name": "Buckeye Home Medical",
        "scheduled_start": datetime(2026, 12, 1, 19, 30, tzinfo=UTC),
        "asks": ("Please send the clinician's NPI.",) if kind is ConfirmationKind.INFORMATION_REQUESTED else (),
        "offer_id": "of-1",
        "respond_by": datetime(2026, 11, 24, 17, 0, tzinfo=UTC),
        "service_summary": "Home medical equipment, ZIP 454",
    }
    return ConfirmationRequested(**{**values, **changes})


async def send(settings: dict[str, Any], request: ConfirmationRequested, hub: MemoryHub | None = None) -> Sent:
    assert CONNECTOR.send is not None
    return await CONNECTOR.send(EmailSettings(**settings), hub or MemoryHub(), Delivery(request, attempt=1))


async def test_a_scheduled_confirmation_says_number_time_and_manager_in_the_senders_thread() -> None:
    mailbox = Mailbox()
    async with relay(mailbox) as settings:
        sent = await send(settings, confirmation())

    mail = email.message_from_bytes(mailbox.mails[0], policy=email.policy.default)
    assert sent == Sent("250", "<0b9f2c1e-aaaa-5bbb-8ccc-1234567890ab@hub.example>")
    assert mail["Message-ID"] == sent.provider_id
    assert (mail["In-Reply-To"], mail["References"]) == ("<m1@p.example>", "<m1@p.example>")
    assert (mail["Auto-Submitted"], mail["To"]) == ("auto-replied", "desk@practice.example")
    assert mail["Subject"] == "Service scheduled [DS-000123-7]"
    text = mail.get_content()
    assert "Tuesday, December 1, 2026, 2:30 PM EST (19:30 UTC)" in text
    assert "Dana Whitfield, extension 4411" in text


@pytest.mark.parametrize("kind", sorted(set(ConfirmationKind) - TO_PAYERS - TO_MANAGERS))
async def test_every_kind_has_its_words(kind: ConfirmationKind) -> None:
    mailbox = Mailbox()
    async with relay(mailbox) as settings:
        await send(settings, confirmation(kind))

    text = email.message_from_bytes(mailbox.mails[0], policy=email.policy.default).get_content()
    assert "DS-000123-7" in text
    assert ("clinician's NPI" in text) is (kind is ConfirmationKind.INFORMATION_REQUESTED)


async def test_an_offer_carries_its_signed_link() -> None:
    mailbox, hub = Mailbox(), MemoryHub()
    async with relay(mailbox) as settings:
        await send(settings, confirmation(ConfirmationKind.OFFER), hub)

    text = email.message_from_bytes(mailbox.mails[0], policy=email.policy.default).get_content()
    assert f"http://127.0.0.1:8080/offers/of-1?token={hub.sign('offer', 'of-1')}" in text.splitlines()
    assert "ZIP 454" in text


@pytest.mark.parametrize("name", ["Buckeye Home Medical", "Müller Hausmedizin"])
async def test_long_ids_and_references_are_written_as_they_are(name: str) -> None:
    mailbox, long = Mailbox(), f"<{'a' * 200}@{'b' * 40}.example>"
    to = ReplyTo(channel="email", address="desk@practice.example", context={"message_id": long})
    async with relay(mailbox) as settings:
        await send(
            settings, confirmation(recipient=to, reference="6ded1ceb-61c1-5221-aa6f-e0569e214d57", provider_name=name)
        )

    assert f"In-Reply-To: {long}\r\n".encode() in mailbox.mails[0]
    assert b"\r\nSubject: Service scheduled [6ded1ceb-61c1-5221-aa6f-e0569e214d57]\r\n" in mailbox.mails[0]
    mail = email.message_from_bytes(mailbox.mails[0], policy=email.policy.default)
    assert f"Provider: {name}" in mail.get_content().splitlines()
    assert max(len(line) for line in mailbox.mails[0].splitlines()) < 998


async def test_the_same_confirmation_again_has_the_same_message_id() -> None:
    mailbox = Mailbox()
    async with relay(mailbox) as settings:
        assert await send(settings, confirmation()) == await send(settings, confirmation())
    assert len(mailbox.mails) == 2


@pytest.mark.parametrize(
    ("mailbox", "error"),
    [
        (Mailbox(reply="451 4.3.0 later"), Unavailable),
        (Mailbox(reply="421 4.3.2 closing"), Unavailable),
        (Mailbox(rcpt="450 4.2.1 greylisted"), Unavailable),
        (Mailbox(reply="554 5.7.1 no"), Refused),
        (Mailbox(rcpt="550 5.1.1 desk@practice.example unknown"), Refused),
    ],
)
async def test_the_relays_answer_becomes_our_error_without_its_words(mailbox: Mailbox, error: type[Exception]) -> None:
    async with relay(mailbox) as settings:
        with pytest.raises(error) as caught:
            await send(settings, confirmation())
    assert "desk@" not in f"{caught.value} {caught.value.__dict__}"
    assert mailbox.mails == []


async def test_a_relay_that_is_away_or_hangs_is_tried_later() -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(Unavailable):
        await send({"relay_host": "127.0.0.1", "relay_port": port, "relay_seconds": 0.2}, confirmation())
    server.close()
    await server.wait_closed()
    with pytest.raises(Unavailable):
        await send({"relay_host": "127.0.0.1", "relay_port": port, "relay_seconds": 2}, confirmation())


async def test_without_a_relay_the_refusal_names_the_setting() -> None:
    with pytest.raises(Refused, match="relay_host"):
        await send({}, confirmation())


@pytest.mark.parametrize(
    "changes",
    [
        {"recipient": ReplyTo(channel="email", address="a@b.example\r\nBcc: c@d.example")},
        {"recipient": ReplyTo(channel="email", address="a@b.example, c@d.example")},
        {"recipient": ReplyTo(channel="email", address="ä@b.example")},
        {"recipient": ReplyTo(channel="email", address="a@b.example", context={"message_id": "<1>\r\nBcc: c@d"})},
        {"reference": "DS-1\r\nBcc: c@d.example"},
        {"reference": "DS-1\x00"},
        {"confirmation_id": "1>\r\nBcc: <c"},
        {"scheduled_start": None},
    ],
)
async def test_nothing_can_be_injected_into_a_mail(changes: dict[str, Any]) -> None:
    mailbox = Mailbox()
    async with relay(mailbox) as settings:
        with pytest.raises(Refused):
            await send(settings, confirmation(**changes))
    assert mailbox.mails == []


def test_a_header_with_a_control_character_is_refused() -> None:
    for value in ("a\rb", "a\nb", "a\x00b", "a\x7fb", "a\u2028b"):
        with pytest.raises(Refused):
            put(email.message.EmailMessage(), "Subject", value)


async def test_lines_in_data_cannot_break_out_of_their_line() -> None:
    mailbox = Mailbox()
    async with relay(mailbox) as settings:
        await send(settings, confirmation(provider_name="Evil\r\n.\r\nMAIL FROM:<x>", manager=None))
    text = email.message_from_bytes(mailbox.mails[0], policy=email.policy.default).get_content()
    assert "Provider: Evil . MAIL FROM:<x>" in text.splitlines()


def test_each_recipient_domain_is_its_own_queue() -> None:
    assert CONNECTOR.destination is not None
    assert CONNECTOR.destination(EmailSettings(), confirmation()) == "email:practice.example"


async def test_check_probes_the_relay_and_says_what_to_do() -> None:
    assert CONNECTOR.check is not None
    async with relay(Mailbox()) as settings:
        good = [line async for line in CONNECTOR.check(EmailSettings(**settings))]
    away = [line async for line in CONNECTOR.check(EmailSettings(**settings))]
    unset = [line async for line in CONNECTOR.check(EmailSettings())]

    assert [ok for _, ok, _ in (*good, *away, *unset)] == [True, False, False]
    assert "relay_host" in unset[0][2]


# Samples


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.eml")), ids=lambda path: path.stem)
async def test_every_sample_is_answered_and_taken_apart_as_expected(path: Path) -> None:
    raw = await asyncio.to_thread(path.read_bytes)
    expected = json.loads(await asyncio.to_thread(path.with_suffix(".expected.json").read_text))
    hub = MemoryHub()
    async with serve(hub) as post:
        heard = await talk(post, HELLO, data(raw), b"QUIT\r\n")
    (taken,) = hub.received

    assert codes(heard)[-2] == expected["smtp"]
    assert taken.blobs[0].data == raw
    assert (taken.reply_to.address if taken.reply_to else None) == expected["reply_to"]
    assert bool(taken.rejected) is (expected["outcome"] == "rejected")
    if expected["smtp"] != "250":
        return
    if path.stem in {"bad-headers", "bad-nested"}:
        with pytest.raises(CodecError):
            parse(raw)
        return
    mail = parse(raw)
    assert len(mail.parts) == expected["attachments"]
    assert bool(mail.problems) is (expected["outcome"] == "review")
    assert all(part.content_type.startswith(("image/", "application/pdf")) for part in mail.parts)
    if not mail.parts and expected["outcome"] != "review" and expected["fields"]:
        assert expected["fields"]["member_name"] in mail.body
        assert expected["fields"]["ship_address"] in mail.body


@pytest.mark.parametrize("deadline", [date(2026, 12, 1), datetime(2026, 12, 1, 20, tzinfo=UTC)])
async def test_a_start_before_a_discharge_is_confirmed_in_writing_without_the_member(deadline: date) -> None:
    mailbox = Mailbox()
    request = confirmation(discharge_deadline=deadline, offer_id=None, provider_name="Büro Ångström 株 #[x]")
    async with relay(mailbox) as settings:
        await send(settings, request)
        await send(settings, request)
    first, again = (email.message_from_bytes(raw, policy=email.policy.default) for raw in mailbox.mails)
    (page,) = first.iter_attachments()
    assert (page.get_content_type(), page.get_filename()) == ("application/pdf", "DS-000123-7.pdf")
    pdf = page.get_content()
    assert pdf == next(again.iter_attachments()).get_content()
    with pypdfium2.PdfDocument(pdf) as document:
        assert len(document) == 1
        text = document[0].get_textpage().get_text_bounded()
    assert all(word in text for word in ("DS-000123-7", "December 1, 2026", "Dana Whitfield", "4411", "#[x]"))


@pytest.mark.parametrize(
    "changes", [{}, {"discharge_deadline": date(2026, 12, 1)}, {"kind": ConfirmationKind.COMPLETED, "offer_id": None}]
)
async def test_other_mails_carry_no_page(changes: dict[str, Any]) -> None:
    mailbox = Mailbox()
    async with relay(mailbox) as settings:
        await send(settings, confirmation(**changes))
    mail = email.message_from_bytes(mailbox.mails[0], policy=email.policy.default)
    assert list(mail.iter_attachments()) == []
