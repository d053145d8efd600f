"""Runs the clocks of a case: what must have moved by when, whom to remind, and when a person takes over.

Which clocks there are is data (rules/clocks.yaml). A clock that lost its reason does nothing when its time comes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

from doorstep.handler import Unit, on
from handlers.acknowledge import ANSWERS, told_of, was_told
from handlers.alarm import raise_for
from handlers.casework import answerable, ask_person, clocks, derived_id, directory, once
from handlers.escalate import level_of
from handlers.escalation_mail import ENDS
from handlers.follow_up import FOLLOW_UP, followed_up
from handlers.fulfil import redispatch
from handlers.gate import stops
from handlers.offer import next_wave
from handlers.pauses import again, cancel, settle, timer_of, void
from schemas.business import (
    after_business_minutes,
    after_business_time,
    business_between,
    end_of_first_business_day,
)
from schemas.case import (
    Case,
    CaseClock,
    CaseClockWarned,
    CaseState,
    CaseStateChanged,
    ClockDue,
    InformationRequested,
    OfferState,
)
from schemas.clock_rules import ClockRule
from schemas.deadline import discharge_at, pressing_discharge
from schemas.document import ReviewDecided, ReviewSettled
from schemas.element import DISPATCH
from schemas.event import Event, Payload
from schemas.fields import zone_of
from schemas.outbound import ConfirmationKind, ConfirmationRequested, ConfirmationSent
from schemas.service import ServiceScheduled
from schemas.transmission import ReplyTo

REPORT = "Please report what became of this service."


def anchor_of(rule: ClockRule, case: Case, now: datetime) -> datetime | None:
    """Return from when a clock counts; None when the case has no such instant."""
    match rule.since:
        case "received" | "ordered":
            return case.received_at
        case "start":
            ahead = (rule.elapsed_minutes or 0) < 0
            return case.scheduled_start if ahead else case.scheduled_end or case.scheduled_start
        case "discharge":
            return pressing_discharge(case.order, case.received_at)
        case "served":
            return case.proof.completed_at if case.proof is not None else None
        case "looked":
            return None
        case _:
            return now


def due_at(rule: ClockRule, case: Case, since: datetime, unit: Unit, minutes: int | None = None) -> datetime:
    """Return when a clock that counts from `since` runs out, or warns after so many minutes."""
    if minutes is None and rule.since == "ordered" and case.order.service_start is not None:
        zone = zone_of(case.order.delivery_address or case.order.member.address)
        ends = datetime.combine(case.order.service_start + timedelta(days=1), time.min, zone).astimezone(UTC)
        if ends > since:  # a day that is past says nothing of when the visit is due
            return ends
    if rule.first_business_day:
        return end_of_first_business_day(since, clocks(unit).business, case.order)
    if rule.business_minutes is not None:
        return after_business_minutes(since, minutes or rule.business_minutes, clocks(unit).business, case.order)
    return since + timedelta(minutes=minutes if minutes is not None else rule.elapsed_minutes or 0)


@on(CaseStateChanged)
def clocks_of(event: Event[CaseStateChanged], unit: Unit) -> Iterable[Payload]:
    """Start the clocks of the state that a case came into, and stop those of the state that it left."""
    case = unit.case(event.data.case_id)
    if case is None:
        return []
    events: list[Payload] = []
    idle: list[ClockRule] = []
    for rule in clocks(unit).case:
        if rule.pauses:
            events += settle(rule, case, unit, seq=event.seq, change=event.data)
        elif rule.since == "looked" or not rule.runs(case):
            idle.append(rule)
        elif rule.gate is None and (not rule.until_told or not was_told(case, unit)):
            _arm(rule, case, unit, entered=event.data.from_state not in rule.while_)
    cancel(idle, case.case_id, unit)
    return events


@on(InformationRequested, where=lambda data: data.gate != DISPATCH)
def asked(event: Event[InformationRequested], unit: Unit) -> Iterable[Payload]:
    """Start the clocks of what a later gate wants, once it is asked for."""
    case = unit.case(event.data.case_id)
    for rule in clocks(unit).case if case else ():
        if case and rule.gate is not None and rule.runs(case):
            _arm(rule, case, unit, entered=True)
    return []


@on(ServiceScheduled)
def moved_with(event: Event[ServiceScheduled], unit: Unit) -> Iterable[Payload]:
    """Let the clocks that count from the committed start move with it."""
    case = unit.case(event.data.case_id)
    for rule in clocks(unit).case if case else ():
        if case and rule.since == "start" and rule.runs(case):
            _arm(rule, case, unit, entered=False)
    return []


@on(ConfirmationSent, where=lambda data: data.case_id is not None)
def told(event: Event[ConfirmationSent], unit: Unit) -> Iterable[Payload]:
    """Stop the clocks of acknowledgement once the sender's own channel has taken it."""
    case = unit.case(event.data.case_id or "")
    if case is None:
        return []
    if event.data.kind in ANSWERS:
        unit.mark(told_of(case.case_id))
    if not was_told(case, unit):
        return []
    cancel([rule for rule in clocks(unit).case if rule.until_told], case.case_id, unit)
    return []


def _arm(rule: ClockRule, case: Case, unit: Unit, *, entered: bool) -> None:
    """Set a clock when the case comes into its states, and again when what it counts from has changed.

    A clock that counts from the state goes on within its states; one that has fired for an instant is not set for
    that instant again.
    """
    anchor = anchor_of(rule, case, unit.now)
    if anchor is None or (rule.since == "state" and not entered):
        return
    _set(rule, case, unit, number=1, since=anchor, entered=entered)
    ends = due_at(rule, case, anchor, unit)
    warnings = [due_at(rule, case, anchor, unit, minutes) for minutes in rule.warn_minutes]
    warnings += [_part(rule, case, (anchor, ends), part, unit) for part in rule.warn_percent]
    # what has run out already is told as that alone
    for number, at in enumerate(warnings if ends > unit.now else (), start=1):
        warning = ClockDue(case_id=case.case_id, clock=rule.clock, number=number, warning=True)
        _timer(timer_of(rule.clock, case.case_id, number), at, warning, unit, entered=entered)


def _part(rule: ClockRule, case: Case, between: tuple[datetime, datetime], percent: int, unit: Unit) -> datetime:
    """Return when so much of a clock's time has passed, in its own kind of time."""
    since, ends = between
    if rule.elapsed_minutes is not None:
        return since + (ends - since) * percent / 100
    hours = clocks(unit).business
    return after_business_time(
        since, business_between(since, ends, hours, case.order) * percent / 100, hours, case.order
    )


def _set(
    rule: ClockRule,
    case: Case,
    unit: Unit,
    *,
    number: int,
    since: datetime,
    entered: bool,
    minutes: int | None = None,
) -> None:
    due = ClockDue(case_id=case.case_id, clock=rule.clock, number=number)
    _timer(timer_of(rule.clock, case.case_id), due_at(rule, case, since, unit, minutes), due, unit, entered=entered)


def _timer(name: str, at: datetime, due: ClockDue, unit: Unit, *, entered: bool) -> None:
    armed = derived_id(name, at.isoformat(), str(due.number))
    if entered or not unit.marked(armed):
        unit.mark(armed)
        unit.set_timer(name, at, due)


@on(ClockDue)
def due(event: Event[ClockDue], unit: Unit) -> Iterable[Payload]:
    """Warn, remind while reminders are left, then do what the rule says: the network, a person, or a note only."""
    data = event.data
    case = unit.case(data.case_id)
    rule = next((rule for rule in clocks(unit).case if rule.clock == data.clock), None)
    if case is None or rule is None:
        return []
    known = unit.clock(case.case_id, rule.clock) is not None
    events = settle(rule, case, unit, seq=event.seq) if rule.pauses and known else []
    if not rule.runs(case) or (rule.until_told and was_told(case, unit)):
        return events
    if rule.pauses and void(rule, case, data, unit):
        return events
    if (rule.unless_stopped and stops(case, unit) is not None) or followed_up(rule, case, unit):
        return events
    if not data.warning:
        return _ran_out(rule, case, event, unit)
    what = "it can be done from today" if rule.by_word and data.number == 1 else "time is running out"
    warned = CaseClockWarned(case_id=case.case_id, clock=rule.clock, label=rule.label, number=data.number)
    raised = raise_for(rule, case, what, event.id, unit) if rule.warn == "escalate" else []
    return [warned, *raised, *(_ask(rule, case, data, what, unit) if rule.warn != "note" else [])]


def _ran_out(rule: ClockRule, case: Case, event: Event[ClockDue], unit: Unit) -> list[Payload]:
    data = event.data
    if rule.since == "looked":  # nothing was promised, so nothing is breached
        return _ask(rule, case, data, "not done in time", unit)
    ran_out = CaseClock(case_id=case.case_id, clock=rule.clock, label=rule.label, number=data.number)
    recipient = _reminded(rule, case, unit)
    if data.number <= rule.reminders and recipient is not None:
        if rule.pauses:
            again(rule, case, unit)
        else:
            _set(rule, case, unit, number=data.number + 1, since=unit.now, entered=True)
        return [ran_out, *_reminder(rule, case, recipient, data.number, unit, to_sender=rule.remind == "sender")]
    what = _late(rule, case)
    if rule.then == "redispatch" and (given := _to_the_network(rule, case, unit)):
        placed = case.state in {CaseState.SCHEDULED, CaseState.MISSED}
        return [ran_out, *given, *([] if placed else _ask(rule, case, data, what, unit))]
    events: list[Payload] = [ran_out]
    if rule.then == "supervisor":
        what = f"{what}; supervisor: {level_of(1, unit).supervisor}"
    if rule.then == "escalate":
        events += raise_for(rule, case, what, event.id, unit)
    if rule.tells is not None and (provider := _provider(case, unit)) is not None:
        events += _reminder(rule, case, provider, data.number, unit, to_sender=False)
    return [*events, *(_ask(rule, case, data, what, unit) if rule.then != "note" else [])]


def _to_the_network(rule: ClockRule, case: Case, unit: Unit) -> list[Payload]:
    """Take the case from a provider that did not serve, or ask again a network of which nobody took it."""
    cause = f"{rule.label}: not done in time"
    held = [offer for offer in unit.offers_of(case.case_id) if offer.state is OfferState.ACCEPTED]
    if held:
        return redispatch(case, held[0], unit, cause=cause)
    if case.state is not CaseState.UNDISPATCHABLE or stops(case, unit) is not None:
        return []
    return next_wave(case.model_copy(update={"dispatch_round": case.dispatch_round + 1}), unit, cause=cause)


def _late(rule: ClockRule, case: Case) -> str:
    """Say what is wrong, in words that tell a discharge that nobody could have met."""
    deadline = discharge_at(case.order) if rule.since == "discharge" else None
    return "discharge already past" if deadline and deadline <= case.received_at else "not done in time"


@on(ReviewDecided, where=lambda data: data.case_id is not None)
def looked(event: Event[ReviewDecided], unit: Unit) -> Iterable[Payload]:
    """A person has looked at a case: if nothing moves it from here, it comes before a person again."""
    return _comes_back(unit.case(event.data.case_id or ""), unit)


@on(ReviewSettled, where=lambda data: data.case_id is not None)
def settled(event: Event[ReviewSettled], unit: Unit) -> Iterable[Payload]:
    """What was asked of a person is done; where no clock of its state watches the case, it comes back."""
    case = unit.case(event.data.case_id or "")
    watched = case is not None and any(rule.since == "state" and rule.runs(case) for rule in clocks(unit).case)
    return [] if watched else _comes_back(case, unit)


def _comes_back(case: Case | None, unit: Unit) -> list[Payload]:
    ahead = case is not None and case.scheduled_start is not None and case.scheduled_start > unit.now
    for rule in clocks(unit).case if case and not ahead else ():
        if case and rule.since == "looked" and rule.runs(case):
            _set(rule, case, unit, number=1, since=unit.now, entered=True, minutes=_longer(rule, case, unit))
    return []


def _longer(rule: ClockRule, case: Case, unit: Unit) -> int | None:
    """Return what the clock takes after so many looks at the case as it stands, None for its own time."""
    for number in range(len(rule.later_minutes) + 1):
        seen = derived_id(rule.clock, case.case_id, str(case.revision), str(number))
        if not unit.marked(seen):
            unit.mark(seen)
            return rule.later_minutes[number - 1] if number else None
    return rule.later_minutes[-1] if rule.later_minutes else None


def _ask(rule: ClockRule, case: Case, data: ClockDue, what: str, unit: Unit) -> list[Payload]:
    stage = f"clock {rule.clock} {case.case_id} {data.number}{' warning' if data.warning else ''}"
    does = (*(ENDS if "escalate" in {rule.warn, rule.then} else ()), *((FOLLOW_UP,) if rule.by_word else ()))
    return ask_person(
        unit, case.document_ids[-1], stage=stage, reason=f"{rule.label}: {what}", case_id=case.case_id, settled_by=does
    )


def _reminded(rule: ClockRule, case: Case, unit: Unit) -> ReplyTo | None:
    if rule.remind == "sender":
        return case.reply_to if answerable(case.reply_to) else None
    return _provider(case, unit)


def _provider(case: Case, unit: Unit) -> ReplyTo | None:
    provider = directory(unit).provider(case.provider_npi or "")
    if provider is None:
        return None
    channel, address = provider.address()
    return ReplyTo(channel=channel, address=address)


def _reminder(
    rule: ClockRule, case: Case, recipient: ReplyTo, number: int, unit: Unit, *, to_sender: bool
) -> list[Payload]:
    held = [offer.offer_id for offer in unit.offers_of(case.case_id) if offer.state is OfferState.ACCEPTED]
    return once(
        unit,
        ConfirmationRequested(
            confirmation_id=derived_id("reminder", rule.clock, case.case_id, str(case.revision), str(number)),
            kind=ConfirmationKind.INFORMATION_REQUESTED if to_sender else ConfirmationKind.ASSIGNED,
            recipient=recipient,
            case_id=case.case_id,
            document_id=case.document_ids[-1],
            reference=case.case_id,
            manager=case.manager,
            case_state=case.state.value,
            asks=tuple(element.ask for element in case.asked) if to_sender else (),
            gate=case.gate,
            scheduled_start=None if to_sender else case.scheduled_start,
            offer_id=None if to_sender or not held else held[0],
            note=None if to_sender else REPORT,
        ),
    )
