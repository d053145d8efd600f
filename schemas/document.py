"""What becomes of a document on its way to an order: read, classified, extracted, or put before a person."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from pydantic import Field, JsonValue

from schemas.event import Model, Payload
from schemas.order import Evidence
from schemas.transmission import Content, ReplyTo


class DocumentClass(StrEnum):
    DME_ORDER = "dme_order"
    HOME_HEALTH_REFERRAL = "home_health_referral"
    INFUSION_ORDER = "infusion_order"
    LAB_RESULT = "lab_result"
    MARKETING = "marketing"
    RECORDS_REQUEST = "records_request"
    WRONG_RECIPIENT = "wrong_recipient"
    UNREADABLE = "unreadable"
    OTHER = "other"

    @property
    def is_order(self) -> bool:
        return self in {self.DME_ORDER, self.HOME_HEALTH_REFERRAL, self.INFUSION_ORDER}


class PageSummary(Model):
    number: int = Field(ge=1)
    words: int = Field(ge=0)
    mean_confidence: float = Field(ge=0, le=1)
    rotation: int = 0
    source: str = Field(description="`ocr`, `text-layer` or `body`")


class OfDocument(Payload):
    """What every step on a document's way says of it: which, by which channel, when, and who is answered."""

    key_field: ClassVar[str] = "document_id"

    document_id: str
    channel: str
    received_at: datetime
    reply_to: ReplyTo | None
    documents: tuple[Content, ...]
    returned: str | None = Field(
        default=None, description="The confirmation whose own sheet came back with it, by the sheet's barcode"
    )
    about: str | None = Field(
        default=None, description="The request (`ServiceRequest/ID`) that it came with in one FHIR input, or belongs to"
    )


class DocumentRead(OfDocument):
    """The text and word boxes of a document stand in the store as `reading` (JSON of `schemas.reading.Reading`)."""

    topic: ClassVar[str] = "intake.document.read"

    reading: Content
    pages: tuple[PageSummary, ...]
    engine: str
    problems: tuple[str, ...] = Field(default=(), description="What could not be read and why, per part")
    author: str | None = Field(default=None, description="Of a mail that answers one of ours: who says to have written")
    text: str = Field(default="", description="Of such a mail: its own words, without what it quotes")


class DocumentClassified(OfDocument):
    topic: ClassVar[str] = "intake.document.classified"

    reading: Content
    document_class: DocumentClass
    class_confidence: float = Field(ge=0, le=1)
    patients: int = Field(ge=0, description="Distinct patients seen in the packet")
    problems: tuple[str, ...] = ()


class ExtractedField(Model):
    """One value in the outside form of `doorstep read` and where it was read; `accepted` = usable unseen."""

    value: JsonValue
    evidence: Evidence


class FieldsExtracted(OfDocument):
    topic: ClassVar[str] = "intake.fields.extracted"

    document_class: DocumentClass
    patients: int
    fields: dict[str, ExtractedField]
    facts: dict[str, ExtractedField] = Field(
        default_factory=dict, description="Name -> a line for the order's notes: what it says that no field is for"
    )


class ReviewRequested(Payload):
    """A person must look: the reason, the fields in doubt and the case, if one is open already."""

    topic: ClassVar[str] = "intake.review.requested"
    key_field: ClassVar[str] = "document_id"

    review_id: str
    document_id: str
    case_id: str | None = None
    reason: str
    fields: dict[str, str] = Field(default_factory=dict, description="Field name -> why it is in doubt; no values")
    document_class: DocumentClass | None = None
    documents: tuple[Content, ...] = ()
    settled_by: tuple[str, ...] = Field(default=(), description="Words of the desk on the case that do what it asks")


class ReviewSettled(Payload):
    """Nobody needs to look any more: a word of the desk did what was asked, or the sender took the order back."""

    topic: ClassVar[str] = "intake.review.settled"
    key_field: ClassVar[str] = "document_id"

    review_id: str
    document_id: str
    case_id: str | None
    command: str
    by: str
    reason: str | None = None


class ReviewDecided(Payload):
    """A person's word on a review: values for fields (outside forms), or that the document is no order."""

    topic: ClassVar[str] = "intake.review.decided"
    key_field: ClassVar[str] = "document_id"

    review_id: str
    document_id: str
    case_id: str | None = None
    decision: str = Field(description="`accept` or `reject`")
    reviewer: str
    fields: dict[str, JsonValue] = Field(default_factory=dict)
    waived: dict[str, str] = Field(default_factory=dict, description="Element id -> why it is not needed for this case")
    supplied: dict[str, str] = Field(
        default_factory=dict, description="Element id -> what a person has read or heard of it, for the order's notes"
    )
    reason: str | None = None
