"""A person's word that what a clock waits for after the service was seen (a re-evaluation under therapy)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from doorstep.handler import Unit, on
from handlers.casework import clocks, derived_id
from handlers.command import Outcome, Spoken, obeyed, says
from handlers.pauses import cancel
from schemas.case import Case
from schemas.clock_rules import ClockRule
from schemas.commands import FollowUpWord
from schemas.desk import FollowedUp
from schemas.event import Event, Payload
from schemas.fields import zone_of
from schemas.transmission import TransmissionReceived

FOLLOW_UP = "follow-up"


@on(TransmissionReceived, where=says(FOLLOW_UP))
def follow_up(event: Event[TransmissionReceived], unit: Unit) -> Iterable[Payload]:
    return obeyed(event, unit, FollowUpWord, _seen)


def followed_up(rule: ClockRule, case: Case, unit: Unit) -> bool:
    """Say whether a person's word has ended this clock."""
    return rule.by_word and unit.marked(_done(rule, case))


def _done(rule: ClockRule, case: Case) -> str:
    return derived_id("followed up", rule.clock, case.case_id)


def _seen(spoken: Spoken, said: FollowUpWord, unit: Unit) -> Outcome:
    case = spoken.case
    waiting = {rule.clock: rule for rule in clocks(unit).case if rule.by_word and rule.runs(case)}
    rule = waiting.get(said.clock)
    if rule is None or case.proof is None:
        return [], f"the case waits for {', '.join(waiting) or 'no follow-up'}"
    if followed_up(rule, case, unit):
        return [], "it was said before"
    zone = zone_of(case.order.delivery_address or case.order.member.address)
    begins = (case.proof.completed_at + timedelta(minutes=rule.warn_minutes[0])).astimezone(zone).date()
    if not begins <= said.seen_on <= unit.now.astimezone(zone).date():
        return [], f"it counts from {begins} on, and cannot lie ahead"
    unit.mark(_done(rule, case))
    cancel([rule], case.case_id, unit)
    seen = FollowedUp(
        case_id=case.case_id, clock=rule.clock, label=rule.label, seen_on=said.seen_on, by=said.agent, note=said.note
    )
    return [seen], None
