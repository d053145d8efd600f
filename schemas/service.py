"""What becomes of a service that a provider took on: moved, missed, given back, or done with its proof."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from schemas.event import Model, Payload
from schemas.transmission import Content


class Proof(Model):
    """The record of a start of care or a delivery (DMEPOS suppliers keep proof of delivery: 42 CFR 424.57(c)(12))."""

    completed_at: datetime = Field(description="When the service began or the item was handed over")
    signed_by: str = Field(description="Who received it, as the provider wrote it")
    relation: str | None = Field(default=None, description="What the signer is to the member: self, spouse, neighbour")
    serials: tuple[str, ...] = Field(default=(), description="Serial numbers of what was delivered")
    exceptions: str | None = Field(default=None, description="What was not as ordered, in the provider's words")
    documents: tuple[Content, ...] = Field(default=(), description="The signed slip or a photo, as received")
    recorded_by: str = Field(description="`provider`, or the name of the person at the desk")


class OfService(Payload):
    """What is told of a service once one provider owns it."""

    case_id: str
    offer_id: str
    npi: str
    provider_name: str


class OfferWithdrawn(OfService):
    """The provider that had accepted cannot serve after all; the case is offered to others."""

    topic: ClassVar[str] = "dispatch.offer.withdrawn"

    code: str
    reason: str
    by: str = Field(description="`provider`, or the name of the person at the desk")


class ServiceScheduled(OfService):
    """A start is committed; `previous_start` tells that it takes the place of an earlier one."""

    topic: ClassVar[str] = "service.scheduled"

    start: datetime
    end: datetime | None = Field(default=None, description="End of the time window, when one was committed")
    previous_start: datetime | None = None
    code: str | None = Field(default=None, description="Why it was moved, of the reasons in rules/network")
    by: str = Field(default="provider", description="`provider`, or the name of the person at the desk")


class ServiceMissed(OfService):
    """The committed start passed without the service; `cause` says whose it was, `then` what follows."""

    topic: ClassVar[str] = "service.missed"

    start: datetime
    code: str
    reason: str
    cause: str
    then: str
    by: str


class ServiceCompleted(OfService):
    """The service began, or the item is at the member's door."""

    topic: ClassVar[str] = "service.completed"

    proof: Proof
    committed_start: datetime | None = Field(description="The first start that was committed, to judge if it is late")
    late: bool


class ProviderRecord(Model):
    """How a provider answered of late, and how many of our orders it has in hand."""

    accepted: int = 0
    declined: int = 0
    expired: int = 0
    withdrawn: int = 0
    open_jobs: int = 0

    @property
    def answered(self) -> int:
        return self.accepted + self.declined + self.expired + self.withdrawn

    @property
    def acceptance(self) -> float:
        """The share of offers it took and kept; one half where nothing is known (rule of succession)."""
        return (self.accepted + 1) / (self.answered + 2)


class Candidate(Model):
    """One provider as the choice saw it; `rank` counts from 1 among those that fit, None for one that does not."""

    npi: str
    name: str
    rank: int | None = None
    chosen: bool = False
    why: tuple[str, ...] = ()
    why_not: tuple[str, ...] = ()


class ProvidersRanked(Payload):
    """Who was offered the order in this wave, who was not, and why: the explanation of a choice, kept for good."""

    topic: ClassVar[str] = "dispatch.providers.ranked"

    case_id: str
    wave: int
    round: int
    candidates: tuple[Candidate, ...]
    elsewhere: int = Field(description="Providers of the network that do not serve this place or kind of service")


class PapersDue(Payload):
    """It is time to look at the papers of the network's providers."""

    topic: ClassVar[str] = "network.papers.due"
    key_field: ClassVar[str] = "network"

    network: str = "network"


class PaperEnding(Payload):
    """A paper of a provider ends soon; without a new one it gets no offers that need it."""

    topic: ClassVar[str] = "network.paper.ending"
    key_field: ClassVar[str] = "npi"

    npi: str
    provider_name: str
    paper: str
    ends: str = Field(description="The last day, YYYY-MM-DD")
    days: int = Field(ge=0)
