"""The hub's partners, small but real: a mail server, an HL7 v2 receiver, a FHIR server and a provider's desk.

They count what reaches them, so that a lost or doubled confirmation shows at the far end and not in the hub's tables.
"""

from __future__ import annotations

import email
import json
import re
import socket
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
from aiosmtpd.controller import Controller

_LINK = re.compile(r"https?://\S+/offers/\S+")
_START, _END = b"\x0b", b"\x1c\r"


@dataclass
class Confirmation:
    """What one far end received: the kind of protocol, the id that a repeat would carry again, the text."""

    channel: str
    provider_id: str
    text: str


@dataclass
class MailServer:
    """Takes mail for senders and providers; `on_mail` sees each as it arrives."""

    on_mail: Callable[[Message], None] | None = None
    received: list[Confirmation] = field(default_factory=list)
    port: int = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802, ARG002 - aiosmtpd's name
        mail = email.message_from_bytes(envelope.content)
        body = _text(mail)
        self.received.append(Confirmation("email", mail["Message-ID"], f"{mail['Subject']}\n{body}"))
        if self.on_mail:
            threading.Thread(target=self.on_mail, args=(mail,), daemon=True).start()
        return "250 taken"

    def start(self) -> None:
        wanted = self.port
        for last in (False,) * 4 + (True,):
            self.port = wanted or _free_port()
            self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
            try:
                self._controller.start()
            except OSError:  # another program took the free port in between
                if wanted or last:
                    raise
                continue
            return

    def stop(self) -> None:
        self._controller.stop()


@dataclass
class Hl7Receiver:
    """An MLLP listener of a sender's interface engine: acknowledges every response message with AA."""

    received: list[Confirmation] = field(default_factory=list)
    port: int = 0

    def start(self) -> None:
        outer = self

        class Link(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                buffer = b""
                while chunk := self.request.recv(65536):
                    buffer += chunk
                    while _END in buffer:
                        frame, buffer = buffer.split(_END, 1)
                        self.request.sendall(_START + outer.answer(frame.lstrip(_START)) + _END)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", self.port), Link, bind_and_activate=False)
        self._server.allow_reuse_address = self._server.daemon_threads = True
        self._server.server_bind()
        self._server.server_activate()
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()

    def answer(self, message: bytes) -> bytes:
        """Record one message and return its acknowledgement."""
        fields = message.split(b"\r", 1)[0].split(b"|")
        control_id = fields[9].decode("ascii", "replace")
        self.received.append(Confirmation("hl7v2", control_id, message.decode("utf-8", "replace")))
        stamp = datetime.now(UTC).strftime("%Y%m%d%H%M%S")
        ack = f"MSH|^~\\&|EHR|HOSP|DOORSTEP|HUB|{stamp}||ACK|A{control_id}|P|2.5.1\rMSA|AA|{control_id}\r"
        return ack.encode()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@dataclass
class FhirServer:
    """A sender's FHIR endpoint that takes PUT Task/[id]; the same id and version again is the same confirmation."""

    received: list[Confirmation] = field(default_factory=list)
    port: int = 0

    def start(self) -> None:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                task = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                version = task.get("meta", {}).get("versionId", "")
                status = task.get("businessStatus", {}).get("coding", [{}])[0].get("code", task.get("status"))
                known = f"{task['id']}/{status}"
                outer.received.append(Confirmation("fhir", known, json.dumps({"version": version, **task})))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@dataclass
class ProviderDesk:
    """Reads an offer mail as a provider's clerk would, opens its link and accepts for tomorrow at 10:00 Eastern."""

    accepted: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def on_mail(self, mail: Message) -> None:
        found = _LINK.search(_text(mail))
        if found is None:
            return
        offer, _, token = found.group().partition("?token=")
        tomorrow = (datetime.now(UTC) + timedelta(days=1)).replace(hour=15, minute=0, second=0, microsecond=0)
        answer = {"token": token, "start": tomorrow.isoformat()}
        for _ in range(20):
            try:
                said = httpx.post(f"{offer}/accept", json=answer, timeout=30)
            except httpx.HTTPError:  # the hub is down (it may be killed in a test): a clerk tries again
                threading.Event().wait(0.5)
                continue
            (self.accepted if said.is_success else self.refused).append(offer)
            return


def _text(mail: Message) -> str:
    payload = mail.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
