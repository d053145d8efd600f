"""What a payer is asked and says: eligibility, authorization, denial, appeal; and the events that tell of them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import Field

from schemas.event import Model, Payload
from schemas.order import Address, PersonName

Ask = Literal["eligibility", "authorization", "authorization-inquiry", "authorization-cancellation"]
Way = Literal["pas", "x12", "person"]
DECISION_LABEL = "The payer's decision on the authorization"
"""How the clock of a payer's decision is named."""


class ServiceLine(Model):
    """One item that a payer is asked about."""

    sequence: int = Field(ge=1)
    code: str
    modifiers: tuple[str, ...] = ()
    quantity: Decimal | None = None


class PayerEnquiry(Model):
    """What a payer is asked, as it stood when it was asked: every try and every repeat says the same.

    `trace` (TRN02, Claim.identifier) follows from what is asked, so the payer recognises a repeat.
    """

    ask: Ask
    way: Way
    trace: str = Field(max_length=50)
    case_id: str
    asked_at: datetime
    payer: str
    payer_id: str
    member_id: str
    member_name: PersonName
    dob: date
    sex: Literal["female", "male", "other", "unknown"] | None = None
    member_address: Address | None = None
    group_no: str | None = None
    provider_name: PersonName | None = None
    provider_npi: str | None = None
    organization: str | None = None
    diagnoses: tuple[str, ...] = Field(default=(), description="ICD-10-CM with the dot, the principal first")
    lines: tuple[ServiceLine, ...] = ()
    service_types: tuple[str, ...] = Field(default=(), description="X12 service type codes: 12 = DME purchase")
    service_start: date | None = None
    service_end: date | None = None
    expedited: bool = False
    authorization_number: str | None = Field(
        default=None, description="The number an inquiry or a cancellation is about, if one is known"
    )
    submitted: str | None = Field(
        default=None, description="The trace of the submission an inquiry or a cancellation is about"
    )
    submitted_at: datetime | None = Field(default=None, description="When a submission that is cancelled was made")


class CoverageStatus(StrEnum):
    ASKED = "asked"
    ACTIVE = "active"
    INACTIVE = "inactive"
    UNKNOWN = "unknown"


class Reason(Model):
    """Why a payer says what it says: a code of a list (CARC, RARC, X12 901/306...), its text, or both."""

    system: str = Field(description="CARC, RARC, X12-901 (reject reason), X12-886 (review decision reason), text")
    code: str | None = None
    text: str | None = None


class Benefit(Model):
    """One EB of a 271 in plain words; what the payer did not say is absent."""

    code: str = Field(description="EB01: 1 active coverage, 6 inactive, B co-payment, C deductible, I not covered ...")
    level: str | None = Field(default=None, description="EB02, IND or FAM ...")
    service_types: tuple[str, ...] = ()
    insurance_type: str | None = None
    plan: str | None = None
    period: str | None = None
    amount: Decimal | None = None
    percent: Decimal | None = None
    procedure: str | None = None
    authorization_required: bool | None = None
    in_network: bool | None = None
    begins: date | None = None
    ends: date | None = None
    messages: tuple[str, ...] = ()


class Eligibility(Model):
    """What is known of a member's coverage: by the payer's 271, or by a person's word."""

    trace: str
    facts: str = Field(default="", description="Digest of what was asked: another digest needs another answer")
    status: CoverageStatus
    plan: str | None = None
    group_no: str | None = None
    member_id: str | None = None
    begins: date | None = None
    ends: date | None = None
    service_covered: bool | None = Field(default=None, description="None where the payer did not say")
    authorization_required: bool | None = None
    benefits: tuple[Benefit, ...] = ()
    reasons: tuple[Reason, ...] = ()
    checked_at: datetime
    checked_by: str = Field(default="payer", description="`payer`, or the person who looked it up")


class Decision(StrEnum):
    """What became of an authorization; HCR01 A1, A6 (modified), A2 (in part), A4, A3, NA, C."""

    SUBMITTED = "submitted"
    APPROVED = "approved"
    MODIFIED = "modified"
    PARTIAL = "partial"
    PENDED = "pended"
    DENIED = "denied"
    NOT_REQUIRED = "not-required"
    CANCELLED = "cancelled"
    UNCLEAR = "unclear"


class AuthorizedLine(Model):
    sequence: int = Field(ge=1)
    code: str | None = None
    decision: Decision
    number: str | None = None
    units: Decimal | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    reasons: tuple[Reason, ...] = ()


class ReviewAnswer(Model):
    """What a payer said of a request, by 278 or ClaimResponse, before it is held against what was asked.

    `trace` is the request's as the answer names it, None where it names none.
    """

    trace: str | None = None
    decision: Decision
    number: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    lines: tuple[AuthorizedLine, ...] = ()
    reasons: tuple[Reason, ...] = ()
    note: str | None = None
    wants: tuple[str, ...] = Field(default=(), description="For pended: what the payer asks for before it decides")


class Authorization(Model):
    """The authorization of a case as it stands. `codes` are what it was asked for."""

    trace: str
    facts: str = Field(default="", description="Digest of what was asked: another digest needs another decision")
    way: Way
    payer: str | None = Field(default=None, description="Whom it was asked of, as the order named it then")
    decision: Decision
    codes: tuple[str, ...]
    number: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    lines: tuple[AuthorizedLine, ...] = ()
    reasons: tuple[Reason, ...] = ()
    note: str | None = None
    expedited: bool = False
    submitted_at: datetime
    due_at: datetime | None = Field(default=None, description="When the payer must have decided")
    wants: tuple[str, ...] = Field(default=(), description="What a pended one waits for, until it has been sent")
    sent: tuple[str, ...] = Field(default=(), description="What it waited for and was sent: it is not asked for again")
    paused_at: datetime | None = Field(default=None, description="Since when the payer's clock stands still for that")
    decided_at: datetime | None = None
    decided_by: str = "payer"


class Denial(Model):
    """A denial with what is needed to fight it; `window_by` says whose date the appeal's last day is."""

    reasons: tuple[Reason, ...]
    notice_date: date
    appeal_until: date
    window_by: Literal["notice", "rules"]
    peer_contact: str | None = None
    peer_until: date | None = None
    amount: Decimal | None = Field(default=None, description="Dollars that are denied, where they are known")
    source: str = Field(description="payer, desk, letter")
    trace: str | None = None
    document_id: str | None = None
    recorded_by: str
    recorded_at: datetime


class AppealItem(Model):
    """One thing an appeal must hold, and the document that brings it."""

    item: str
    label: str
    ask: str
    document_id: str | None = None


class Appeal(Model):
    level: int = Field(ge=1)
    items: tuple[AppealItem, ...] = ()
    until: date
    filed_at: datetime | None = None
    filed_by: str | None = None
    filed_to: str | None = None
    reference: str | None = None
    exhibits: tuple[str, ...] = ()
    outcome: Literal["upheld", "overturned"] | None = None
    decided_at: datetime | None = None

    @property
    def missing(self) -> tuple[AppealItem, ...]:
        return tuple(item for item in self.items if item.document_id is None)


class EligibilityRequested(Payload):
    """A payer is asked about a member's coverage (X12 270)."""

    topic: ClassVar[str] = "benefits.eligibility.requested"

    case_id: str
    trace: str
    payer: str
    service_types: tuple[str, ...] = ()


class EligibilityAnswered(Payload):
    """What the payer, or a person who asked it, said of the coverage (X12 271)."""

    topic: ClassVar[str] = "benefits.eligibility.answered"

    case_id: str
    eligibility: Eligibility
    document_id: str


class DispatchCleared(Payload):
    """Nothing of benefits and authorization stands between the order and the providers."""

    topic: ClassVar[str] = "dispatch.cleared"

    case_id: str
    cause: str


class AuthorizationSubmitted(Payload):
    """A payer is asked for an authorization, or a person is to ask it."""

    topic: ClassVar[str] = "authorization.submitted"

    case_id: str
    trace: str
    way: Way
    codes: tuple[str, ...]
    expedited: bool
    due_at: datetime


class AuthorizationInquiryDue(Payload):
    """It is time to ask what became of a pended authorization."""

    topic: ClassVar[str] = "authorization.inquiry.due"

    case_id: str
    trace: str
    number: int = Field(ge=1)


class AuthorizationDecided(Payload):
    """What the payer, or a person who spoke with it, said of the authorization; pended included."""

    topic: ClassVar[str] = "authorization.decided"

    case_id: str
    authorization: Authorization
    document_id: str
    denial: Denial | None = None


class AuthorizationWithdrawn(Payload):
    """The authorization is not wanted any more: the payer is asked to cancel it, or a person is to ask."""

    topic: ClassVar[str] = "authorization.withdrawn"

    case_id: str
    trace: str = Field(description="Of the submission that is withdrawn")
    way: Way
    payer: str | None
    number: str | None
    reason: str


class AuthorizationCancellationAnswered(Payload):
    """What the payer said of a cancellation; only `cancelled` says that it is done."""

    topic: ClassVar[str] = "authorization.cancellation.answered"

    case_id: str
    trace: str = Field(description="Of the submission that is withdrawn")
    decision: Decision
    reasons: tuple[Reason, ...] = ()
    document_id: str


class PayerFailed(Payload):
    """A payer could not be asked, or its answer could not be used: a person takes over."""

    topic: ClassVar[str] = "payer.failed"

    case_id: str
    trace: str
    ask: Ask
    reason: str


class PayerClockDue(Payload):
    """A day or an instant that a payer, a contract or a notice has set: an appeal's last day, a decision's."""

    topic: ClassVar[str] = "payer.clock.due"

    case_id: str
    clock: str
    label: str
    due_at: datetime
    number: int = Field(ge=1)


class PayerClockWarned(Payload):
    """A payer's day is near; when it is over, `case.clock.breached` says so."""

    topic: ClassVar[str] = "payer.clock.warned"

    case_id: str
    clock: str
    label: str
    due_at: datetime


class DenialRecorded(Payload):
    """A denial with its reasons, the appeal's last day and whom to call."""

    topic: ClassVar[str] = "denial.recorded"

    case_id: str
    denial: Denial


class AppealPrepared(Payload):
    """What an appeal must hold and what of it is still missing."""

    topic: ClassVar[str] = "appeal.prepared"

    case_id: str
    level: int = Field(ge=1)
    items: tuple[AppealItem, ...]


class AppealFiled(Payload):
    topic: ClassVar[str] = "appeal.filed"

    case_id: str
    appeal: Appeal


class AppealDecided(Payload):
    topic: ClassVar[str] = "appeal.decided"

    case_id: str
    level: int = Field(ge=1)
    outcome: Literal["upheld", "overturned"]
    by: str
    document_id: str


class RegulatorAsked(Payload):
    """A complaint or external review, with every attempt before it."""

    topic: ClassVar[str] = "regulator.asked"

    case_id: str
    body: str = Field(description="State department of insurance, Medicaid ombudsman, independent review organization")
    reference: str | None
    attempts: tuple[str, ...]
    by: str
