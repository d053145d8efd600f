"""What the hub sends: the request for a confirmation, and what became of it."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from schemas.case import CaseManager, Escalation
from schemas.element import DISPATCH, Gate
from schemas.event import Model, Payload
from schemas.payer import PayerEnquiry
from schemas.transmission import Content, ReplyTo

_TOKEN = re.compile(r"\bref ([A-Z2-7]{26})\b")
_SHEET = re.compile(r"DOORSTEP:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


def sheet_code(confirmation_id: str) -> str:
    """Return what the barcode of a sheet says: which confirmation it is, and nothing of a person."""
    return f"DOORSTEP:{confirmation_id}"


def confirmation_of(code: str) -> str | None:
    """Return the confirmation of a sheet's barcode; None for every other barcode."""
    found = _SHEET.fullmatch(code)
    return found[1] if found else None


def reply_token(confirmation_id: str) -> str:
    """Return what a mail's subject carries so that an answer finds its way even where In-Reply-To is lost."""
    try:
        return base64.b32encode(UUID(confirmation_id).bytes).decode().rstrip("=")
    except ValueError:
        return ""


def confirmation_of_token(text: str) -> str | None:
    """Return the confirmation whose token stands in a subject; None without one."""
    found = _TOKEN.search(text)
    return str(UUID(bytes=base64.b32decode(f"{found[1]}======"))) if found else None


class Choice(Model):
    """A window in which a provider may begin; offers propose some, to be taken by a tick or a number."""

    start: datetime
    end: datetime


class ConfirmationKind(StrEnum):
    ACKNOWLEDGED = "acknowledged"
    INFORMATION_REQUESTED = "information-requested"
    UNDER_REVIEW = "under-review"
    SCHEDULED = "scheduled"
    RESCHEDULED = "rescheduled"
    MISSED = "missed"
    REDISPATCHED = "redispatched"
    """The provider gave the order back; another is looked for."""
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    OFFER = "offer"
    ELIGIBILITY = "eligibility"
    AUTHORIZATION = "authorization"
    AUTHORIZATION_INQUIRY = "authorization-inquiry"
    AUTHORIZATION_CANCELLATION = "authorization-cancellation"
    RECALLED = "recalled"
    """To a provider: the offer that it has is taken back before anybody answered, and why."""
    ASSIGNED = "assigned"
    """To the provider that accepted: where to see what it needs for the service, and where to report."""
    ESCALATION = "escalation"
    """To who answers for an escalated case, by mail: what is promised by when, or that it is resolved."""


TO_PAYERS = frozenset(
    {
        ConfirmationKind.ELIGIBILITY,
        ConfirmationKind.AUTHORIZATION,
        ConfirmationKind.AUTHORIZATION_INQUIRY,
        ConfirmationKind.AUTHORIZATION_CANCELLATION,
    }
)
"""What only payers are asked, by their own connector."""
TO_MANAGERS = frozenset({ConfirmationKind.ESCALATION})
"""What only who answers for an escalation is told, by mail."""
TO_PROVIDERS = frozenset({ConfirmationKind.OFFER, ConfirmationKind.ASSIGNED, ConfirmationKind.RECALLED})
"""What only providers are told; an answer to it is a provider's."""


NEEDED: dict[Gate, str] = {
    "delivery": "The service is arranged. Before it may be delivered, the following is needed:",
    "claim": "The service is done. Before its claim can be filed, the following is needed:",
}
"""How a sender is asked at a later gate, where its order is not held for it."""

SELF_PAY = "The member pays for this service; no payer is billed for it."
"""What sender, provider and packet are told of a case that a person has set to self-pay."""


class EscalationMail(Model):
    """What a mail about an escalation says; `thread` are the mails before it, oldest first.

    Each is the id of a confirmation of ours, or the Message-ID of a mail that came.
    """

    escalation: Escalation
    received_at: datetime = Field(description="When the order came: since when the sender waits")
    resolved_by: str | None = Field(default=None, description="Who resolved it; none while the promise stands")
    thread: tuple[str, ...] = ()


class ConfirmationRequested(Payload):
    """Tell `recipient` this, once.

    `confirmation_id` is deterministic (same cause, same id), and each channel derives its own id from it
    (Message-ID, MSH-10, fax job tag, Task identifier), so a repeated attempt is recognised at the far end.
    `asks` are the sentences of the unmet elements; they name what is missing, never a person or a diagnosis.
    """

    topic: ClassVar[str] = "outbound.confirmation.requested"
    key_field: ClassVar[str] = "confirmation_id"

    confirmation_id: str
    kind: ConfirmationKind
    recipient: ReplyTo
    case_id: str | None = Field(description="None while the document is under review and no case is open")
    document_id: str
    reference: str = Field(description="What the sender quotes: the case number, or the document's reference")
    manager: CaseManager | None = None
    case_state: str | None = None
    asks: tuple[str, ...] = ()
    gate: Gate = Field(default=DISPATCH, description="Before what they are needed: only the first two hold an order")
    provider_name: str | None = None
    scheduled_start: datetime | None = None
    scheduled_end: datetime | None = Field(default=None, description="End of the time window, when there is one")
    previous_start: datetime | None = Field(default=None, description="The start that this one takes the place of")
    completed_at: datetime | None = None
    discharge_deadline: date | datetime | None = Field(
        default=None, description="By when the member is discharged, when the order said so"
    )
    note: str | None = Field(default=None, description="A reason from our own list; never a provider's free text")
    self_pay: bool = Field(default=False, description="The member pays: no payer is billed for the service")
    offer_id: str | None = None
    respond_by: datetime | None = None
    choices: tuple[Choice, ...] = Field(default=(), description="For offers: windows that may be taken as they are")
    service_summary: str | None = Field(default=None, description="For offers: service kind and ZIP3, no person")
    escalated: EscalationMail | None = Field(default=None, description="For escalations: what is promised by whom")
    enquiry: PayerEnquiry | None = Field(default=None, description="For payers (channel `payer`): what is asked")


class Tick(Model):
    """One box of a faxed offer: the first words beside it, what else is printed there, and what a tick in it says."""

    label: str
    beside: str
    value: str


_ORDINALS = ("FIRST", "SECOND", "THIRD", "FOURTH")


def ticks_of(offer: ConfirmationRequested, reasons: Sequence[tuple[str, str]]) -> tuple[Tick, ...]:
    """Return the boxes of a faxed offer, as they are printed and as they are read; words, for digits are misread."""
    accepts = [
        Tick(label=f"ACCEPT {name}", beside="", value=f"accept {number}")
        for number, (name, _) in enumerate(zip(_ORDINALS, offer.choices, strict=False))
    ]
    declines = [
        Tick(label=_TICK_WORDS[code], beside=label, value=f"decline {code}")
        for code, label in reasons
        if code in _TICK_WORDS
    ]
    return (*accepts, *declines)


_TICK_WORDS = {
    "no-capacity": "DECLINE CAPACITY",
    "out-of-stock": "DECLINE STOCK",
    "out-of-area": "DECLINE AREA",
    "payer": "DECLINE PAYER",
    "other": "DECLINE OTHER",
}
"""Reasons that a faxed offer has a box for; their words must differ well."""


class ProviderReplied(Payload):
    """A provider answered a mail or the faxed offer itself: its own words, or the boxes of the page and their ink."""

    topic: ClassVar[str] = "dispatch.provider.replied"
    key_field: ClassVar[str] = "document_id"

    document_id: str
    confirmation_id: str
    channel: str
    address: str | None = Field(description="Where it came from: a mail address, a fax number")
    text: str = ""
    ticks: dict[str, bool] = Field(default_factory=dict)
    documents: tuple[Content, ...] = ()


class ConfirmationSent(Payload):
    topic: ClassVar[str] = "outbound.confirmation.sent"
    key_field: ClassVar[str] = "confirmation_id"

    confirmation_id: str
    case_id: str | None
    kind: ConfirmationKind
    channel: str
    provider_status: str
    provider_id: str = Field(description="The id the far end knows it by")
    attempt: int


class FailureClass(StrEnum):
    """Why what was sent did not arrive, and so what may help.

    busy, no-answer, dropped, negotiation, partial and unknown are tried again as a whole; bad-number, not-a-fax,
    declined, account and document are not: a person must change something first.
    """

    BUSY = "busy"
    NO_ANSWER = "no-answer"
    DROPPED = "dropped"
    NEGOTIATION = "negotiation"
    PARTIAL = "partial"
    UNKNOWN = "unknown"
    BAD_NUMBER = "bad-number"
    NOT_A_FAX = "not-a-fax"
    DECLINED = "declined"
    ACCOUNT = "account"
    DOCUMENT = "document"


class OfTry(Payload):
    """What is told of each try to bring a confirmation to the far end, however it ended."""

    key_field: ClassVar[str] = "confirmation_id"

    confirmation_id: str
    case_id: str | None
    kind: ConfirmationKind
    channel: str
    provider_status: str
    provider_id: str
    attempt: int = Field(ge=1, description="Which try of the channel's own, from 1")


class ConfirmationDelivered(OfTry):
    """The far end has it whole: the later word on a `ConfirmationSent`."""

    topic: ClassVar[str] = "outbound.confirmation.delivered"

    pages_sent: int | None = None


class ConfirmationFailed(OfTry):
    """One try did not arrive; `final` when the channel makes no further one."""

    topic: ClassVar[str] = "outbound.confirmation.failed"

    failure_class: FailureClass
    final: bool
    pages_sent: int | None = None
    pages_submitted: int | None = None


class DeliveryDied(Payload):
    """A delivery ended in the dead letters: which event, at which consumer, why. `doorstep replay` tries it again."""

    topic: ClassVar[str] = "hub.delivery.dead"
    key_field: ClassVar[str] = "event_id"

    event_id: str
    event_topic: str
    event_key: str
    consumer: str
    error_code: str
    reason: str
    attempts: int
