"""A person's word that a case waits, and that it waits no longer; when its time is over the desk is told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, timedelta

from doorstep.handler import Unit, on
from handlers.benefits import to_person
from handlers.casework import clocks, saved
from handlers.command import Outcome, Spoken, obeyed, says
from handlers.pauses import settle
from schemas.case import CLOSED, Case
from schemas.clock import CaseHeld, Hold, HoldDue, HoldEnded
from schemas.commands import HoldWord, Release
from schemas.event import Event, Payload
from schemas.transmission import TransmissionReceived


def timer_of(cause: str, case_id: str) -> str:
    return f"hold {cause} {case_id}"


@on(TransmissionReceived, where=says("hold"))
def hold(event: Event[TransmissionReceived], unit: Unit) -> Iterable[Payload]:
    return obeyed(event, unit, HoldWord, _held)


@on(TransmissionReceived, where=says("release"))
def release(event: Event[TransmissionReceived], unit: Unit) -> Iterable[Payload]:
    return obeyed(event, unit, Release, _released)


def _held(spoken: Spoken, said: HoldWord, unit: Unit) -> Outcome:
    """Keep for what the case waits; the same cause again moves its time."""
    case, until = spoken.case, said.until.astimezone(UTC)
    persons = {pause.cause: pause for pause in clocks(unit).pauses if pause.most_days is not None}
    cause = persons.get(said.cause)
    if case.state in CLOSED:
        return [], "the case is closed"
    if cause is None or cause.most_days is None:
        return [], f"the cause must be one of {', '.join(persons)}"
    if not unit.now < until <= unit.now + timedelta(days=cause.most_days):
        return [], f"the time must lie ahead, within {cause.most_days} days"
    before = next((one for one in case.holds if one.cause == said.cause), None)
    if before is not None and before.until == until:
        return [], "the case waits for this until then already"
    since = before.since if before is not None else unit.now
    kept = Hold(
        cause=cause.cause,
        label=cause.label,
        owner=cause.owner,
        by=said.agent,
        note=said.note,
        since=since,
        until=until,
    )
    case = saved(case, unit, holds=(*_others(case, said.cause), kept))
    unit.set_timer(
        timer_of(said.cause, case.case_id), until, HoldDue(case_id=case.case_id, cause=said.cause, until=until)
    )
    return [CaseHeld(case_id=case.case_id, hold=kept)], None


def _released(spoken: Spoken, said: Release, unit: Unit) -> Outcome:
    known = next((one for one in spoken.case.holds if one.cause == said.cause), None)
    if known is None:
        return [], "the case does not wait for this"
    return [_end(spoken.case, known, said.agent, said.note, unit)], None


def _others(case: Case, cause: str) -> tuple[Hold, ...]:
    return tuple(one for one in case.holds if one.cause != cause)


def _end(case: Case, known: Hold, by: str, note: str, unit: Unit) -> HoldEnded:
    saved(case, unit, holds=_others(case, known.cause))
    unit.cancel_timer(timer_of(known.cause, case.case_id))
    return HoldEnded(case_id=case.case_id, cause=known.cause, label=known.label, by=by, note=note)


@on(HoldDue)
def over(event: Event[HoldDue], unit: Unit) -> Iterable[Payload]:
    """Its time is over and nobody has said more: the clocks go on, and a person looks."""
    data, case = event.data, unit.case(event.data.case_id)
    known = next((one for one in case.holds if one.cause == data.cause), None) if case is not None else None
    if case is None or known is None or known.until != data.until:
        return []
    ended = _end(case, known, "hub", "its time is over", unit)
    fresh = unit.case(case.case_id) or case
    return [ended, *([] if fresh.state in CLOSED else to_person(fresh, f"waited long enough: {known.label}", unit))]


@on(CaseHeld)
def pause(event: Event[CaseHeld], unit: Unit) -> Iterable[Payload]:
    """Let the clocks that this cause concerns stand still."""
    return _settled(event.seq, event.data.case_id, event.data.hold.by, unit)


@on(HoldEnded)
def resume(event: Event[HoldEnded], unit: Unit) -> Iterable[Payload]:
    """Let the clocks that this cause held go on."""
    return _settled(event.seq, event.data.case_id, event.data.by, unit)


def _settled(seq: int, case_id: str, by: str, unit: Unit) -> list[Payload]:
    case = unit.case(case_id)
    rules = [rule for rule in clocks(unit).case if rule.pauses] if case is not None else []
    return [p for rule in rules if case for p in settle(rule, case, unit, seq=seq, by=by)]
