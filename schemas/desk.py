"""Events of the desk's own work on a case: calls, escalations, correspondence about them."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar, Literal

from pydantic import Field

from schemas.case import Escalation
from schemas.event import Payload


class CallLogged(Payload):
    """One telephone call about a case."""

    topic: ClassVar[str] = "call.logged"

    case_id: str
    agent: str
    direction: Literal["in", "out"]
    with_whom: str
    number: str | None = None
    at: datetime
    minutes: int | None = None
    reason: str
    outcome: str


class CaseEscalated(Payload):
    """A case is raised: to which level, what is promised by when, and who answers for it."""

    topic: ClassVar[str] = "case.escalated"

    case_id: str
    escalation: Escalation
    mailed: bool | None = Field(default=None, description="The hub writes to the manager; false: a person must tell")


class EscalationDue(Payload):
    """The promised time of an escalation has come."""

    topic: ClassVar[str] = "case.escalation.due"

    case_id: str
    level: int = Field(ge=1, le=3)
    committed_eta: datetime


class EscalationResolved(Payload):
    topic: ClassVar[str] = "case.escalation.resolved"

    case_id: str
    level: int = Field(ge=1, le=3)
    outcome: str
    agent: str


class CorrespondenceKept(Payload):
    """A mail that belongs to a case without being an order: it stands on the case, and a person may read it."""

    topic: ClassVar[str] = "correspondence.kept"

    case_id: str
    document_id: str
    sender: str = Field(description="Who says to have written it (From), else who sent it")
    sent_by: str | None = Field(default=None, description="Who sent it (the envelope), where that is another address")
    found_by: str = Field(description="How it was found: the case number in its subject, or the mail that it answers")
    about: Literal["escalation"] | None = Field(default=None, description="The thread of mails that it belongs to")
    text: str = Field(default="", description="Its own words, without what it quotes")


class PayerInformed(Payload):
    """A person has sent the payer what it asked for before it decides."""

    topic: ClassVar[str] = "authorization.information.sent"

    case_id: str
    trace: str
    wants: tuple[str, ...]
    by: str
    note: str


class FollowedUp(Payload):
    """What a clock waited for after the service was seen."""

    topic: ClassVar[str] = "case.followup.seen"

    case_id: str
    clock: str
    label: str
    seen_on: date
    by: str
    note: str


class ClaimNoted(Payload):
    """The claim was filed."""

    topic: ClassVar[str] = "claim.noted"

    case_id: str
    filed_on: date
    reference: str | None
    agent: str
