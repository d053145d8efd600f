"""The shape of `rules/clocks.yaml`: business hours, offers, the clocks of a case and for what they stand still."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.case import Case
from schemas.element import Gate, unmet
from schemas.order import Order
from schemas.rules import Applies, Codes, Rule, covers
from schemas.state import CaseState


class BusinessHours(Rule):
    """Days by ISO number (1 = Monday) and the hours, on the wall clock of the service address."""

    days: tuple[int, ...]
    opens: time
    closes: time


class OfferClock(Rule):
    wave_size: int = Field(ge=1)
    urgent_minutes: int = Field(ge=1)
    standard_business_minutes: int = Field(ge=1)
    latest_start_days: int = Field(ge=1)


class PauseRule(Rule):
    """A cause for which clocks stand still, and whose it is to end it.

    It holds while the case is in one of `states`; with `most_days` it is a person's word, for so many days at most.
    """

    cause: str = Field(pattern=r"^[a-z]+(-[a-z]+)*$")
    label: str
    owner: str = Field(min_length=1)
    states: tuple[CaseState, ...] = ()
    most_days: int | None = Field(default=None, ge=1)
    stops_offers: bool = Field(default=False, description="While it holds nobody is asked; open offers are recalled")
    cite: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _by_state_or_by_a_person(self) -> Self:
        if bool(self.states) is (self.most_days is not None):
            raise ValueError("give the `states` in which it holds, or `most_days` where a person says it")
        if self.stops_offers and self.most_days is None:
            raise ValueError("only a person's word stops offers: for the payer the gate does")
        return self


class ClockRule(Rule):
    """One clock of a case: it runs while the case is in one of these states, by one kind of time.

    It begins when the case comes into these states, or where `since` says; `first_business_day` ends with the business
    day of the receipt, or the next one. After each of the first `reminders` somebody is reminded and it begins anew.
    """

    clock: str
    label: str
    while_: tuple[CaseState, ...] = Field(alias="while", min_length=1)
    applies: Applies = Applies()
    not_hcpcs: Codes = Field(default=(), description="An order with one of these codes has a clock of its own")
    since: Literal["looked", "state", "received", "ordered", "start", "discharge", "served"] = Field(
        default="state",
        description="`ordered`: the ordered first day where there is one, else the receipt; `start`: the committed "
        "one, before it from its beginning and after it from its end",
    )
    gate: Gate | None = Field(default=None, description="It runs while something is open that this gate wants")
    until_told: bool = Field(default=False, description="It stops once the sender was told that the order is here")
    business_minutes: int | None = Field(default=None, ge=1)
    elapsed_minutes: int | None = None
    first_business_day: bool = False
    later_minutes: tuple[int, ...] = Field(
        default=(),
        description="What a clock since `looked` takes after the second look in vain, the third ...; the last stays",
    )
    warn_minutes: tuple[int, ...] = Field(default=(), description="When it warns before, by the same kind of time")
    warn_percent: tuple[int, ...] = Field(default=(), description="The same, in parts of what it takes")
    warn: Literal["note", "person", "escalate"] = "note"
    reminders: int = Field(default=0, ge=0)
    remind: Literal["sender", "provider"] = "sender"
    then: Literal["person", "supervisor", "redispatch", "note", "escalate"] = "person"
    tells: Literal["provider"] | None = Field(default=None, description="Who is told besides when it has run out")
    by_word: bool = Field(default=False, description="A person's word (`follow-up`) ends it, from its first warning on")
    pauses: tuple[str, ...] = Field(default=(), description="Causes for which it stands still and keeps what is left")
    unless_stopped: bool = Field(default=False, description="It says nothing while a person's word stops offers")
    through: tuple[CaseState, ...] = Field(default=(), description="States in which it runs on, but does not begin")
    cite: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _only_a_count_from_the_state_pauses(self) -> Self:
        if self.pauses and (self.since != "state" or self.first_business_day or self.until_told):
            raise ValueError("only a clock that counts from the state pauses")
        if self.through and not self.pauses:
            raise ValueError("`through` is for clocks with `pauses`")
        return self

    @model_validator(mode="after")
    def _only_a_look_takes_longer(self) -> Self:
        if self.later_minutes and (self.since != "looked" or self.first_business_day):
            raise ValueError("`later_minutes` is for a clock of minutes since `looked`")
        if any(minutes < 1 for minutes in self.later_minutes):
            raise ValueError("`later_minutes` are at least 1 each")
        return self

    @model_validator(mode="after")
    def _one_kind_of_time(self) -> Self:
        kinds = (self.business_minutes is not None, self.elapsed_minutes is not None, self.first_business_day)
        if sum(kinds) != 1:
            raise ValueError("give one of business_minutes, elapsed_minutes and first_business_day")
        counted = (1 if self.elapsed_minutes is None else self.elapsed_minutes, *self.warn_minutes)
        if self.since not in {"discharge", "start"} and any(minutes < 1 for minutes in counted):
            raise ValueError("only a clock by the discharge or the start counts from before it")
        return self

    @model_validator(mode="after")
    def _parts_are_of_a_whole(self) -> Self:
        if self.warn_percent and (self.pauses or any(not 0 < part < 100 for part in self.warn_percent)):
            raise ValueError("`warn_percent` are between 0 and 100, of a clock that does not pause")
        if self.by_word and not self.warn_minutes:
            raise ValueError("a clock that a word ends says by its first warning from when on")
        return self

    @property
    def warnings(self) -> int:
        """Return how often it warns."""
        return len(self.warn_minutes) + len(self.warn_percent)

    def runs(self, case: Case) -> bool:
        """Say whether the clock is for this case as it stands."""
        wanted = self.gate is None or bool(unmet(case.asked, self.gate))
        return wanted and case.state in self.while_ and self.to(case.order)

    def to(self, order: Order) -> bool:
        """Say whether the clock is for this order."""
        own = any(covers(self.not_hcpcs, line.code) for line in order.lines if line.code)
        return self.applies.to(order) and not own

    @property
    def budget(self) -> timedelta:
        """Return how long it runs, in its own kind of time."""
        return timedelta(minutes=self.business_minutes or self.elapsed_minutes or 0)


class Clocks(Rule):
    version: date
    cite: tuple[str, ...]
    business: BusinessHours
    offer: OfferClock
    pauses: tuple[PauseRule, ...] = ()
    case: tuple[ClockRule, ...] = ()

    @model_validator(mode="after")
    def _each_name_once(self) -> Self:
        for names in ([rule.clock for rule in self.case], [pause.cause for pause in self.pauses]):
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(f"stand twice: {', '.join(twice)}")
        return self

    @model_validator(mode="after")
    def _each_pause_is_known(self) -> Self:
        known = {pause.cause: pause for pause in self.pauses}
        for rule in self.case:
            if unknown := [cause for cause in rule.pauses if cause not in known]:
                raise ValueError(f"clock {rule.clock} pauses for what is no cause: {', '.join(unknown)}")
            still = {state for cause in rule.pauses for state in known[cause].states}
            if both := sorted(still & {*rule.while_, *rule.through}):
                raise ValueError(f"clock {rule.clock} both runs and pauses while {', '.join(both)}")
        return self

    def cause(self, name: str) -> PauseRule | None:
        return next((pause for pause in self.pauses if pause.cause == name), None)

    def lives(self, rule: ClockRule) -> frozenset[CaseState]:
        """Return the states in which a clock that was started goes on or is paused."""
        still = (state for pause in self.pauses if pause.cause in rule.pauses for state in pause.states)
        return frozenset({*rule.while_, *rule.through, *still})
