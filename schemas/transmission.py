"""What arrives at the hub and where its sender is answered, before anything is known of its meaning."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from schemas.event import Model, Payload


class Content(Model):
    """A reference to bytes in the document store, in the words of FHIR Attachment; never the bytes themselves."""

    url: str = Field(description="Store address, `content:<sha256>`")
    sha256: str
    content_type: str
    size: int = Field(ge=0, description="Bytes")
    title: str | None = Field(default=None, description="The sender's name for it: data only, never a path")


class ReplyTo(Model):
    """Where confirmations go: the channel the sender used, the address on it, and what its answer must echo.

    `address` is a fax number (10 digits), a mail address, `APPLICATION|FACILITY` of an HL7 v2 sender,
    or a FHIR partner's name. `context` holds protocol identifiers only (control id, message type,
    Message-ID, resource references), never clinical data.
    """

    channel: str
    address: str
    context: dict[str, str] = Field(default_factory=dict)


WITHDRAWN = "withdrawn by its sender"
"""The reason of an accepted input whose order was taken back before it had a case, and of what took it back."""


class ReceiptState(StrEnum):
    """What became of one received input."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class BeforeCase(StrEnum):
    """How an order stands that has no case: on its way or before a person, refused by one, taken back by its sender."""

    WAITING = "pending"
    REFUSED = "rejected"
    WITHDRAWN = "withdrawn"


def before_case(state: ReceiptState, reason: str | None, case_id: str | None = None) -> BeforeCase:
    """Return how an order stands that has no case, by what became of its input (whose `case_id` is another order's)."""
    if state is ReceiptState.REJECTED and case_id is None:
        return BeforeCase.REFUSED
    return BeforeCase.WITHDRAWN if reason == WITHDRAWN else BeforeCase.WAITING


class TransmissionReceived(Payload):
    """One input is durable on the hub's own disk, and its sender may be told so."""

    topic: ClassVar[str] = "intake.transmission.received"
    key_field: ClassVar[str] = "document_id"

    document_id: str = Field(description="The transmission's own id (UUID), the key until a case is linked")
    channel: str = Field(description="The connector that took it: fax, email, hl7v2, fhir, dispatch, desk")
    received_at: datetime
    contents: tuple[Content, ...] = Field(description="What was received, as received; the first is the whole")
    reply_to: ReplyTo | None = None
    control_id: str | None = Field(default=None, description="MSH-10 of an HL7 v2 message")
    message_id: str | None = Field(default=None, description="Message-ID of a mail")
    identifier: str | None = Field(default=None, description="Bundle.identifier or order identifier of a FHIR input")
    sender: str | None = Field(default=None, description="The sender in the channel's own form")
    details: dict[str, str] = Field(default_factory=dict, description="Protocol facts (MSH-9, TSID, pages); no PHI")
