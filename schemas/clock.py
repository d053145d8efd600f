"""A clock of a case that may pause: its row, the pauses with their causes, and the events that tell of them."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from schemas.event import Model, Payload
from schemas.state import CaseState


class Hold(Model):
    """A person's word that a case waits: for what, until when at the latest, who said so and why."""

    cause: str
    label: str
    owner: str
    by: str
    note: str
    since: datetime
    until: datetime


class Pause(Model):
    """One stretch in which a clock stood still, and whose it was to end it; `ended_at` None: it stands still now."""

    cause: str
    owner: str
    by: str = "hub"
    began_at: datetime
    ended_at: datetime | None = None


class ClockRun(Model):
    """A clock that was started and has not been stopped; what remains of it follows from its pauses."""

    case_id: str
    clock: str
    started_by: int = Field(ge=0, description="Sequence of the event that started it: an older one starts nothing")
    started_at: datetime
    number: int = Field(default=1, ge=1, description="Counts the reminders: after each it begins anew")
    first_due_at: datetime = Field(description="When it would have run out without a pause")
    due_at: datetime | None = Field(default=None, description="When it runs out; None while it is paused or is over")
    pauses: tuple[Pause, ...] = ()
    warned: tuple[int, ...] = Field(default=(), description="Which of its warnings were given")
    over: bool = Field(default=False, description="It has run out for the last time")

    @property
    def open_pauses(self) -> tuple[Pause, ...]:
        return tuple(pause for pause in self.pauses if pause.ended_at is None)

    @property
    def leg(self) -> str:
        """What tells a timer of this start and pause from those set before."""
        return f"{self.started_by} {self.number} {len(self.pauses)}"


class ClockPaused(Payload):
    """A clock of the case stands still, for this cause too; what is left of it is kept."""

    topic: ClassVar[str] = "case.clock.paused"

    case_id: str
    clock: str
    label: str
    cause: str
    cause_label: str
    owner: str = Field(description="Whose it is to end the cause")
    by: str
    remaining_seconds: int = Field(ge=0)


class ClockResumed(Payload):
    """A cause has ended. `due_at` says when the clock runs out now; None: another cause still holds it."""

    topic: ClassVar[str] = "case.clock.resumed"

    case_id: str
    clock: str
    label: str
    cause: str
    cause_label: str
    by: str
    remaining_seconds: int = Field(ge=0)
    due_at: datetime | None


class ClockStopped(Payload):
    """A clock that may pause is at its end: how long it took, gross and net, and what each cause took of it.

    Seconds are of the clock's own kind of time (`business`: business hours only). `done` is false where the case was
    closed without service or the clock was no longer its own.
    """

    topic: ClassVar[str] = "case.clock.stopped"

    case_id: str
    clock: str
    label: str
    business: bool
    started_at: datetime
    budget_seconds: int
    gross_seconds: int = Field(ge=0)
    net_seconds: int = Field(ge=0)
    paused_seconds: dict[str, int] = Field(default_factory=dict, description="By cause")
    ended_in: CaseState
    done: bool


class CaseHeld(Payload):
    """A person has said that the case waits, or until when it waits now."""

    topic: ClassVar[str] = "case.hold.begun"

    case_id: str
    hold: Hold


class HoldDue(Payload):
    """The time until which a case waits at the latest has come."""

    topic: ClassVar[str] = "case.hold.due"

    case_id: str
    cause: str
    until: datetime


class HoldEnded(Payload):
    """The cause has ended: a person said so, or its time is over (`by` is then `hub`)."""

    topic: ClassVar[str] = "case.hold.ended"

    case_id: str
    cause: str
    label: str
    by: str
    note: str
