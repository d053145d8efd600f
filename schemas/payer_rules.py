"""The shape of `rules/payers/`: what a payer wants to be asked, by when it must decide, and how long one may appeal."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.order import OrderType
from schemas.rules import Applies, Effective, Rule, covers


class Limit(Rule):
    """A stretch of time of one kind."""

    business_days: int | None = Field(default=None, ge=1)
    calendar_days: int | None = Field(default=None, ge=1)
    elapsed_hours: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _one_kind_of_time(self) -> Self:
        if sum(v is not None for v in (self.business_days, self.calendar_days, self.elapsed_hours)) != 1:
            raise ValueError("give one of business_days, calendar_days and elapsed_hours")
        return self

    @property
    def elapsed(self) -> timedelta:
        """Return the time without regard to business days."""
        return timedelta(days=self.calendar_days or 0, hours=self.elapsed_hours or 0)


class DecisionClock(Rule):
    """By when a payer must decide, for requests of these days."""

    effective: Effective
    standard: Limit
    expedited: Limit
    pend: Literal["pauses", "runs"] = Field(
        default="pauses", description="What the clock does while the payer waits for information that it asked for"
    )
    cite: tuple[str, ...] = Field(min_length=1)


class Window(Rule):
    """Until when something may be done, in calendar days from the notice (or the service), for these days."""

    effective: Effective
    days: int = Field(ge=1)
    cite: tuple[str, ...] = Field(min_length=1)


class EligibilityRule(Rule):
    """Whom to ask about coverage, and what to do when there is no usable answer.

    `fail: open` goes on without it and tells a person; `closed` holds the order until a person has looked.
    """

    partner: str
    fail: Literal["open", "closed"]
    answer_minutes: int = Field(ge=1, description="After that the answer counts as missing; a late one is still taken")
    service_types: dict[OrderType, tuple[str, ...]] = Field(description="X12 service type codes by order type")


class AuthorizationRule(Rule):
    """For which items an authorization is needed, on which days of service.

    `urgent: concurrent` lets an urgent order go to providers while the payer decides; `hold` never does.
    """

    id: str
    effective: Effective
    applies: Applies
    urgent: Literal["hold", "concurrent"] = "hold"
    clocks: DecisionClock | None = Field(default=None, description="Where these items have clocks of their own")
    cite: tuple[str, ...] = Field(min_length=1)

    def needs(self, code: str, order_type: OrderType, day: date) -> bool:
        typed = not self.applies.order_types or order_type in self.applies.order_types
        coded = not self.applies.hcpcs or covers(self.applies.hcpcs, code)
        return typed and coded and self.effective.on(day)


class AuthorizationPolicy(Rule):
    """How an authorization is asked for (FHIR PAS, X12 278, a person) and for what."""

    way: Literal["pas", "x12", "person"]
    partner: str | None = None
    inquire_minutes: float = Field(default=240, gt=0, description="Until a pended one is asked about again")
    warn_days: int = Field(default=10, ge=1, description="How long before its last day a person is told")
    rules: tuple[AuthorizationRule, ...] = ()

    @model_validator(mode="after")
    def _an_electronic_way_has_a_partner(self) -> Self:
        if self.way != "person" and not self.partner:
            raise ValueError("an authorization by pas or x12 needs its partner")
        return self


class PayerPolicy(Rule):
    """One payer. What its file leaves out is taken from `payers/default`."""

    payer: str
    version: date
    payer_id: str | None = None
    eligibility: EligibilityRule | None = None
    authorization: AuthorizationPolicy | None = None
    decision: tuple[DecisionClock, ...] = ()
    appeal: tuple[Window, ...] = ()
    peer_to_peer: tuple[Window, ...] = ()
    claim: tuple[Window, ...] = ()
    regulators: tuple[str, ...] = ()


class AppealElement(Rule):
    """One thing that an appeal of such items must hold, and the sentence that asks the clinician for it."""

    id: str
    label: str
    ask: str
    applies: Applies = Applies()
    cite: tuple[str, ...] = Field(min_length=1)


class AppealRules(Rule):
    version: date
    warn_days: tuple[int, ...] = Field(min_length=1, description="Days left at which a person is told, most first")
    elements: tuple[AppealElement, ...] = Field(min_length=1)


class PayerIndex(Rule):
    """Which file a payer has, by the payer's name as in `codes/payers`."""

    version: date
    payers: dict[str, str]
