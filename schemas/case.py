"""The case: its states, its offers, and the events that change it (FHIR names of the states: schemas.fhir)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from schemas.clock import Hold
from schemas.element import DISPATCH, ElementResult, Gate, Waiver
from schemas.event import Model, Payload
from schemas.order import Order
from schemas.payer import Appeal, Authorization, Denial, Eligibility
from schemas.service import Proof
from schemas.state import ALLOWED as ALLOWED  # noqa: PLC0414 - a case and its states are imported together
from schemas.state import CLOSED as CLOSED  # noqa: PLC0414
from schemas.state import CaseState as CaseState  # noqa: PLC0414
from schemas.transmission import ReplyTo

MOVED_ON = "the case has moved on since"
"""Why an answer that was bound to a revision of its case is not taken."""


GATE_BEFORE: dict[CaseState, Gate] = {
    CaseState.PROVIDER_ACCEPTED: "delivery",
    CaseState.SCHEDULED: "delivery",
    CaseState.MISSED: "delivery",
    CaseState.FULFILLED: "claim",
}
"""Which gate comes next in these states; in all others it is the one before the providers."""


class CaseManager(Model):
    name: str
    extension: str
    email: str | None = None


class Escalation(Model):
    """Who has promised what by when: the level (1 to 3), the manager by name and how to reach him or her.

    `email` is where the hub writes about it; without one a person tells the manager.
    """

    level: int = Field(ge=1, le=3)
    reason: str
    supervisor: str
    manager_name: str
    manager_contact: str
    email: str | None = None
    committed_eta: datetime
    clock: str | None = Field(
        default=None, description="The clock that raised it; it ends when the clock has no reason"
    )
    opened_by: str
    opened_at: datetime


class Case(Model):
    """One member's order from identity to doorstep. `case_id` is the number people quote (DS-000123-7)."""

    case_id: str
    state: CaseState
    order: Order
    manager: CaseManager
    reply_to: ReplyTo | None
    identity_key: str
    order_key: str
    document_ids: tuple[str, ...]
    received_at: datetime
    opened_at: datetime
    updated_at: datetime
    unmet: tuple[ElementResult, ...] = ()
    rounds: int = Field(default=0, description="How often the sender was asked for what is missing")
    waived: dict[str, Waiver] = Field(default_factory=dict, description="By element id: not needed for this case")
    provider_npi: str | None = None
    provider_name: str | None = None
    scheduled_start: datetime | None = None
    eligibility: Eligibility | None = None
    authorization: Authorization | None = None
    denials: tuple[Denial, ...] = ()
    appeals: tuple[Appeal, ...] = ()
    self_pay: bool = Field(default=False, description="The member pays: a person has said so; no payer is waited for")
    escalation: Escalation | None = None
    mails: tuple[str, ...] = Field(
        default=(),
        description="The mails about its escalations, oldest first: our confirmations' ids, others' Message-IDs",
    )
    holds: tuple[Hold, ...] = Field(default=(), description="For what it waits by a person's word")
    scheduled_end: datetime | None = None
    first_start: datetime | None = Field(default=None, description="The first start that was committed to the sender")
    dispatch_round: int = Field(default=1, ge=1, description="How often the case was given to the network")
    proof: Proof | None = None
    revision: int = 1

    @property
    def gate(self) -> Gate:
        """The gate that lies before the case now."""
        return GATE_BEFORE.get(self.state, DISPATCH)

    @property
    def asked(self) -> tuple[ElementResult, ...]:
        """What its sender is asked for now: of a case that waits for it, or that goes on to a later gate meanwhile."""
        later = self.state in GATE_BEFORE and not self.self_pay  # those gates are the payer's
        return self.unmet if later or self.state is CaseState.INCOMPLETE else ()


class OfferState(StrEnum):
    SENT = "sent"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    RECALLED = "recalled"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    SERVED = "served"
    """It was accepted, and the service is done."""


class Offer(Model):
    offer_id: str
    case_id: str
    npi: str
    provider_name: str
    wave: int
    round: int = 1
    state: OfferState
    sent_at: datetime
    respond_by: datetime
    answered_at: datetime | None = None
    decline_code: str | None = None
    decline_reason: str | None = None
    proposed_start: datetime | None = None
    proposed_end: datetime | None = None


class IdentityResolved(Payload):
    """The order belongs to this case; `rule` says why, `duplicate` that the same order was here before."""

    topic: ClassVar[str] = "referral.identity.resolved"

    case_id: str
    document_id: str
    order: Order
    reply_to: ReplyTo | None
    received_at: datetime
    rule: str
    is_new: bool
    duplicate: bool


class CompletenessEvaluated(Payload):
    """The verdict on every element of every gate; `complete` says that nothing up to `gate` holds the case back."""

    topic: ClassVar[str] = "referral.completeness.evaluated"

    case_id: str
    document_id: str
    rulesets: tuple[str, ...]
    gate: Gate
    results: tuple[ElementResult, ...]
    complete: bool


class InformationRequested(Payload):
    topic: ClassVar[str] = "referral.information.requested"

    case_id: str
    document_id: str
    elements: tuple[ElementResult, ...]
    gate: Gate = Field(default=DISPATCH, description="Before what they are needed; only the first two hold a case back")


class CaseStateChanged(Payload):
    topic: ClassVar[str] = "case.state.changed"

    case_id: str
    from_state: CaseState | None
    to_state: CaseState
    cause: str
    actor: str = "hub"


class OfferSent(Payload):
    """An offer is out; the provider is told through its own channel and may answer with the offer's token."""

    topic: ClassVar[str] = "dispatch.offer.sent"

    case_id: str
    offer_id: str
    npi: str
    provider_name: str
    wave: int
    respond_by: datetime


class OfferAccepted(Payload):
    topic: ClassVar[str] = "dispatch.offer.accepted"

    case_id: str
    offer_id: str
    npi: str
    provider_name: str
    start: datetime = Field(description="The committed date and time of delivery or first visit")
    end: datetime | None = Field(default=None, description="End of the time window, when one was committed")


class OfferDeclined(Payload):
    topic: ClassVar[str] = "dispatch.offer.declined"

    case_id: str
    offer_id: str
    npi: str
    reason: str
    code: str = Field(default="other", description="Of the reasons in rules/network")


class OfferRecalled(Payload):
    topic: ClassVar[str] = "dispatch.offer.recalled"

    case_id: str
    offer_id: str
    npi: str
    reason: str


class OfferExpired(Payload):
    """Nobody answered by `respond_by`; an acceptance that comes later is refused."""

    topic: ClassVar[str] = "dispatch.offer.expired"

    case_id: str
    offer_id: str
    npi: str


class OffersDue(Payload):
    """The time to answer the offers of a wave is over."""

    topic: ClassVar[str] = "dispatch.offers.due"

    case_id: str
    wave: int


class ClockDue(Payload):
    """A clock of the case has run out for the `number`-th time; what follows says `CaseClock`."""

    topic: ClassVar[str] = "case.clock.due"

    case_id: str
    clock: str
    number: int = Field(ge=1)
    warning: bool = False
    leg: str = Field(default="", description="The start and pause that it was set after; an older one is void")


class CaseClockWarned(Payload):
    """A clock of the case is running out."""

    topic: ClassVar[str] = "case.clock.warned"

    case_id: str
    clock: str
    label: str
    number: int = Field(ge=1)


class CaseClock(Payload):
    """A limit has passed while the case had not moved on."""

    topic: ClassVar[str] = "case.clock.breached"

    case_id: str
    clock: str
    label: str
    number: int = Field(ge=1)
