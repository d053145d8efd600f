"""What a sender tells of a patient outside of orders: where they live, when they go home, visits, merged records."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from schemas.event import Payload
from schemas.order import Identifier, Order
from schemas.transmission import ReplyTo


class NoticeKind(StrEnum):
    DEMOGRAPHICS = "demographics"
    DISCHARGE = "discharge"
    DISCHARGE_CANCELLED = "discharge-cancelled"
    MERGE = "merge"
    VISIT = "visit"
    RESULT = "result"
    OTHER = "other"


class PatientNoticed(Payload):
    """One patient in one message that is no order.

    `told` is an order in form only: it holds the member, the coverage and the discharge as this message says them.
    `prior` are the identifiers that a merge ends (MRG-1).
    """

    topic: ClassVar[str] = "referral.patient.noticed"
    key_field: ClassVar[str] = "document_id"

    document_id: str
    kind: NoticeKind
    event: str = Field(description="Message type and event as sent, for example ADT^A08")
    told: Order
    prior: tuple[Identifier, ...] = ()
    visit_start: date | datetime | None = None
    visit_status: str | None = Field(default=None, description="booked, moved, cancelled or missed")
    requests: tuple[str, ...] = Field(
        default=(), description="FHIR requests that name this very patient: only their cases are meant"
    )
    documents: int = Field(default=0, ge=0, description="Documents inside the message; they are read on their own")
    received_at: datetime
    reply_to: ReplyTo | None = None
