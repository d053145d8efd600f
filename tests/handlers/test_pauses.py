"""Clocks that pause: for the sender, the payer, or by a person's word; what is left is kept, and each fires once."""

from __future__ import annotations

from copy import copy
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from doorstep.rules import load
from schemas.case import CaseClockWarned, CaseState, ClockDue
from schemas.clock import ClockPaused, ClockResumed, ClockStopped
from schemas.clock_rules import Clocks
from schemas.payer import Decision
from tests.factories import NOW
from tests.handlers.holding import HOUR, SCHEDULE, breaches, dispatching, due, hold, release
from tests.handlers.memory import MemoryHub
from tests.handlers.payer import at_the_payer, covers, decides


@cache
def waiting() -> MemoryHub:
    """Return a hub a day later, when nobody has taken the case."""
    hub = dispatching()
    hub.pass_time(NOW + 24 * HOUR)
    return hub


def like(hub: MemoryHub) -> MemoryHub:
    """Return a hub of its own that stands as this one does."""
    other = MemoryHub()
    vars(other.unit).update({name: copy(value) for name, value in vars(hub.unit).items()})
    return other


def test_a_persons_hold_stops_the_clock_and_what_is_left_of_it_goes_on() -> None:
    hub = dispatching()
    hub.pass_time(NOW + 20 * HOUR)
    hold(hub)
    (paused,) = [one for one in hub.seen(ClockPaused) if one.clock == SCHEDULE]
    assert (paused.remaining_seconds, paused.owner, paused.by) == (52 * 3600, "case manager", "Marta Lindgren")
    assert due(hub) is None
    hub.pass_time(NOW + 70 * HOUR)
    release(hub)
    (resumed,) = [one for one in hub.seen(ClockResumed) if one.clock == SCHEDULE]
    assert resumed.due_at == NOW + 122 * HOUR == due(hub)
    assert resumed.by == "Marta Lindgren"
    hub.pass_time(NOW + 121 * HOUR)
    assert breaches(hub) == []
    assert [one.number for one in hub.seen(CaseClockWarned) if one.clock == SCHEDULE] == [1]
    hub.pass_time(NOW + 400 * HOUR)
    assert breaches(hub) == [SCHEDULE]


def test_the_wait_for_the_payer_is_not_the_networks() -> None:
    hub = at_the_payer()
    covers(hub)
    assert hub.only_case().state is CaseState.AUTH_PENDING
    assert due(hub) is None
    assert {one.cause for one in hub.seen(ClockPaused)} == {"payer"}
    hub.pass_time(NOW + timedelta(days=6))
    decides(hub, Decision.APPROVED, number="A1")
    assert hub.only_case().state is CaseState.DISPATCHING
    assert due(hub) == NOW + timedelta(days=6) + 72 * HOUR
    assert breaches(hub) == []


def test_a_commitment_ends_the_clock_and_says_what_was_gross_and_net() -> None:
    hub = dispatching()
    start = (NOW + timedelta(days=4)).isoformat()
    hub.unit.now = NOW + 2 * HOUR
    hold(hub)
    hub.unit.now = NOW + 12 * HOUR
    release(hub)
    offer = next(o for o in hub.unit.offers.values() if o.state.value == "sent")
    hub.say("dispatch", "yes", {"offer_id": offer.offer_id, "answer": "accept", "start": start})
    (ended,) = [one for one in hub.seen(ClockStopped) if one.clock == SCHEDULE]
    assert (ended.gross_seconds, ended.net_seconds) == (12 * 3600, 2 * 3600)
    assert ended.paused_seconds == {"patient-unavailable": 10 * 3600}
    assert ended.done
    assert ended.ended_in is CaseState.SCHEDULED
    assert hub.unit.clock(hub.only_case().case_id, SCHEDULE) is None


def test_two_causes_hold_a_clock_until_the_second_has_ended() -> None:
    hub = dispatching()
    hub.pass_time(NOW + HOUR)
    hold(hub)
    hub.pass_time(NOW + 3 * HOUR)
    hold(hub, "on-hold")
    release(hub)
    assert due(hub) is None
    assert hub.seen(ClockResumed)[-1].due_at is None
    hub.pass_time(NOW + 11 * HOUR)
    release(hub, "on-hold")
    assert due(hub) == NOW + 82 * HOUR


def test_a_time_of_an_earlier_pause_is_void_and_one_that_came_does_its_work_once() -> None:
    hub = dispatching()
    case_id = hub.only_case().case_id
    stale = hub.unit.timers[f"clock {SCHEDULE} {case_id}"][1]
    assert isinstance(stale, ClockDue)
    hold(hub)
    release(hub)
    fresh = hub.unit.timers[f"clock {SCHEDULE} {case_id}"][1]
    hub.send(stale)
    assert breaches(hub) == []
    hub.send(fresh, fresh)
    assert breaches(hub) == [SCHEDULE]


def test_a_clock_that_has_run_out_stays_so_through_a_pause() -> None:
    hub = dispatching()
    hub.pass_time(NOW + 80 * HOUR)
    hold(hub)
    release(hub)
    hub.pass_time(NOW + 500 * HOUR)
    assert breaches(hub) == [SCHEDULE]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from(["hold", "release", "again", "jump"])), max_size=12))
def test_however_it_is_paused_the_clock_runs_out_once_when_its_net_time_is_over(script: list[tuple[int, str]]) -> None:
    hub, held, used = like(waiting()), False, 24 * HOUR
    for hours, what in script:
        step = hours * HOUR
        before = hub.unit.now
        if held and before + step >= hub.only_case().holds[0].until:
            step = timedelta(0)
        hub.pass_time(before + step)
        used += timedelta(0) if held else step
        if what == "hold" and not held:
            hold(hub, days=13)
            held = True
        elif what == "release" and held:
            release(hub)
            held = False
        elif what == "again":  # nothing that was said before does anything when it is handled again
            for subscription, event in list(hub.handled)[-6:]:
                if subscription.consumer in {"hold.pause", "hold.resume", "clocks.clocks_of"}:
                    assert list(subscription.handle(event, hub.unit)) == []
    assert breaches(hub) == ([SCHEDULE] if used >= 72 * HOUR else [])
    if held:
        release(hub)
    hub.pass_time(hub.unit.now + max(72 * HOUR - used, timedelta(0)))
    assert breaches(hub) == [SCHEDULE]


@pytest.mark.parametrize(
    "wrong",
    [
        {"pauses": ["payor"]},
        {"pauses": ["sender"], "while": ["incomplete"]},
        {"pauses": ["sender"], "since": "received"},
        {"through": ["open"]},
    ],
)
def test_a_rule_that_pauses_for_nothing_known_or_while_it_runs_is_refused(wrong: dict[str, Any]) -> None:
    raw = load("clocks")
    rule = {"clock": "x", "label": "X", "while": ["open"], "elapsed_minutes": 5, "cite": ["y"], **wrong}
    with pytest.raises(ValidationError):
        Clocks.model_validate({**raw, "case": [rule]})
    Clocks.model_validate({**raw, "case": [{**rule, "while": ["open"], "since": "state", "pauses": [], "through": []}]})


@pytest.mark.parametrize("wrong", [{"states": ["open"], "most_days": 3}, {}])
def test_a_cause_is_a_state_or_a_persons_word(wrong: dict[str, Any]) -> None:
    raw = load("clocks")
    cause = {"cause": "x", "label": "X", "owner": "desk", "cite": ["y"], **wrong}
    with pytest.raises(ValidationError):
        Clocks.model_validate({**raw, "pauses": [cause], "case": []})
