"""What every fax gateway is to us, whoever runs it: the shapes that go in and out, and nothing of any vendor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from doorstep.errors import Refused, Unavailable
from schemas.outbound import FailureClass


class Unauthorized(Refused):
    """The caller did not prove to be the gateway; nothing of what it sent is kept."""

    http_status = 401


class BadNotice(Refused):
    http_status = 400


class TooLarge(Refused):
    http_status = 413


class GatewayAway(Unavailable):
    """The gateway's API did not do it now; `maybe_taken` when a send may nevertheless have reached it."""

    def __init__(self, code: str, message: str, *, maybe_taken: bool = False, retry_after: float | None = None) -> None:
        super().__init__(code, message, retry_after=retry_after)
        self.maybe_taken = maybe_taken


class GatewayRefused(Refused):
    """The gateway's API will not do it; `failure` says what has to change."""

    def __init__(self, code: str, message: str, failure: FailureClass) -> None:
        super().__init__(code, message)
        self.failure = failure


class GatewayGone(Refused):
    """The gateway does not know that fax (any more)."""


@dataclass(frozen=True, slots=True)
class Form:
    """A parsed form: fields in their order, and files by field name."""

    fields: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """One notification as it came; `url` is the address that the gateway was told to call."""

    url: str
    headers: Mapping[str, str]
    secret: str = ""
    body: bytes = b""
    form: Form = field(default_factory=Form)


@dataclass(frozen=True, slots=True)
class FaxFile:
    data: bytes
    claimed_type: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """What a notification is about. It is believed only that something happened to `fax_id`.

    `file` and `status` are set for gateways that have no API to ask; an empty id means: look into the inbox.
    """

    fax_id: str
    inbound: bool
    facts: Mapping[str, str] = field(default_factory=dict)
    file: FaxFile | None = None
    status: Status | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """What the gateway says of a send; `failure` is set when it failed, neither flag while it is under way."""

    word: str
    delivered: bool = False
    failure: FailureClass | None = None
    pages_sent: int | None = None
    pages: int | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One fax to send; `tag` is ours and comes back from gateways that keep one."""

    tag: str
    number: str
    pdf: bytes
    pages: int


class FaxGateway(Protocol):
    """One gateway. All that raises, raises `doorstep.errors`; nothing here touches the hub."""

    name: str

    def verify(self, request: WebhookRequest) -> None:
        """Raise Unauthorized unless the gateway itself sent this."""

    def parse_inbound(self, request: WebhookRequest) -> Notice | None:
        """Return what a verified notification is about; None when it is about nothing of ours."""

    async def fetch(self, fax_id: str, known: Mapping[str, str]) -> tuple[Mapping[str, str], FaxFile] | None:
        """Return a received fax and its facts, asked of the API by id; None while it is not complete."""

    async def acknowledge(self, fax_id: str) -> None:
        """Tell the gateway that our copy is stored."""

    async def poll(self) -> list[Notice]:
        """Return the received faxes that the gateway holds for us."""

    async def send(self, fax: Outgoing) -> str:
        """Hand a fax over and return the gateway's id of it."""

    async def find(self, tag: str) -> str | None:
        """Return the id of the send with that tag, None if there is none; Ambiguous if it cannot be asked."""

    async def status(self, fax_id: str) -> Status | None:
        """Ask what became of a send; None when the gateway can only tell by itself."""

    async def close(self) -> None: ...
