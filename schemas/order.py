"""The canonical order: what every channel's input becomes, in one shape, before any decision is taken."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import Field

from schemas.event import Model, Payload
from schemas.transmission import Content, ReplyTo


class OrderType(StrEnum):
    DME = "dme"
    HOME_HEALTH = "home_health"
    INFUSION = "infusion"
    UNKNOWN = "unknown"


class PersonName(Model):
    """A name as a person would write it in `text`; parts only where the source gave them apart."""

    text: str
    given: str | None = None
    family: str | None = None


class Address(Model):
    """A US postal address; `state` is the two-letter code, `postal_code` has 5 or 9 digits (12345-6789)."""

    line1: str
    line2: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None

    def one_line(self) -> str:
        """Return `line 1[ line 2], City, ST 12345`."""
        street = f"{self.line1} {self.line2}" if self.line2 else self.line1
        region = " ".join(part for part in (self.state, self.postal_code) if part)
        return ", ".join(part for part in (street, self.city, region) if part)


class Identifier(Model):
    system: str | None = None
    value: str


class Member(Model):
    """The person who is served."""

    name: PersonName | None = None
    dob: date | None = None
    sex: Literal["female", "male", "other", "unknown"] | None = None
    phone: str | None = Field(default=None, description="10 digits")
    address: Address | None = None
    language: str | None = Field(default=None, pattern=r"^[a-z]{2,3}$", description="Spoken, ISO 639, when it was said")
    identifiers: tuple[Identifier, ...] = ()


class Coverage(Model):
    payer: str | None = Field(default=None, description="The payer's name")
    payer_id: str | None = None
    member_id: str | None = None
    group_no: str | None = None
    rank: int = Field(default=1, description="1 = primary")


class Clinician(Model):
    """The ordering clinician and the practice to answer."""

    name: PersonName | None = None
    npi: str | None = Field(default=None, description="10 digits")
    organization: str | None = None
    practice_phone: str | None = Field(default=None, description="10 digits")
    practice_fax: str | None = Field(default=None, description="10 digits")


class Frequency(Model):
    kind: Literal["oxygen_lpm", "dressings_per_week", "dose_interval_hours", "visits"]
    value: Decimal


class OrderLine(Model):
    """One ordered item or service; `code` is HCPCS or CPT as sent, never with a descriptor of CPT's."""

    code: str | None = None
    description: str | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    modifiers: tuple[str, ...] = ()
    placer_number: str | None = Field(default=None, description="The sender's own number of this line, if it has one")


class Diagnosis(Model):
    code: str = Field(description="ICD-10-CM with the dot, J44.9")
    description: str | None = None
    rank: int | None = None


class Equipment(Model):
    brand: str | None = None
    model: str | None = None
    serial: str | None = None


class Evidence(Model):
    """Where a value was read: page (from 1), pixel box on that page, what the engine saw and how sure it was."""

    page: int | None = None
    box: tuple[int, int, int, int] | None = None
    raw: str | None = None
    confidence: float = Field(default=1.0, ge=0, le=1)
    accepted: bool = True
    validators: tuple[str, ...] = ()
    crop_sha256: str | None = None


class Order(Model):
    """One normalized order.

    A value that could not be read with confidence is absent here and its field stands in `unreadable`
    with the reason; a value that contradicts another stands in `conflicting`. So what is present may be used.
    """

    order_id: str
    document_id: str
    channel: str
    order_type: OrderType = OrderType.UNKNOWN
    action: Literal["new", "update", "cancel", "status"] = "new"
    placer_number: str | None = None
    filler_number: str | None = None
    authored_on: date | None = None
    priority: Literal["routine", "urgent", "asap", "stat"] = "routine"
    member: Member = Member()
    coverage: tuple[Coverage, ...] = ()
    clinician: Clinician = Clinician()
    contact_phone: str | None = Field(default=None, description="10 digits")
    signature_present: bool | None = None
    signature_date: date | None = None
    diagnoses: tuple[Diagnosis, ...] = ()
    lines: tuple[OrderLine, ...] = ()
    frequency: Frequency | None = None
    service_start: date | None = None
    service_end: date | None = None
    delivery_address: Address | None = None
    access_barriers: tuple[Literal["stairs", "gated", "elevator"], ...] = ()
    equipment: Equipment = Equipment()
    discharge_deadline: date | datetime | None = None
    notes: tuple[str, ...] = ()
    documents: tuple[Content, ...] = ()
    evidence: dict[str, Evidence] = Field(default_factory=dict, description="By field name, for what was read by OCR")
    unreadable: dict[str, str] = Field(default_factory=dict, description="Field name -> reason")
    conflicting: dict[str, str] = Field(default_factory=dict, description="Field name -> reason")
    unmapped: dict[str, str] = Field(default_factory=dict, description="Source fields with no place here, as received")

    @property
    def primary_coverage(self) -> Coverage | None:
        """The coverage that is asked first, None where none is stated."""
        return min(self.coverage, key=lambda coverage: coverage.rank, default=None)


class ReferralReceived(Payload):
    """One normalized order, whatever channel brought it: the hub's main public contract."""

    topic: ClassVar[str] = "referral.received"
    key_field: ClassVar[str] = "document_id"

    document_id: str
    order: Order
    reply_to: ReplyTo | None
    answers_case: str | None = Field(default=None, description="The case whose own sheet came back with it")
    received_at: datetime
