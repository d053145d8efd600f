"""Who goes when there are too many: the idlest, never one that waits for an answer, and quickly."""

from __future__ import annotations

import time
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from connectors.hl7v2.crowd import LOOK, Crowd


@dataclass(eq=False)
class Guest:
    address: str = "a"
    served: int = 0
    busy: bool = False


def test_the_one_that_was_silent_longest_goes() -> None:
    crowd: Crowd[Guest] = Crowd(3, 3)
    first, second, third, fourth = (Guest() for _ in range(4))
    assert [crowd.enter(g) for g in (first, second, third)] == [None] * 3
    crowd.heard(first)
    assert crowd.enter(fourth) is second


def test_one_that_never_sent_a_message_goes_before_one_that_did() -> None:
    crowd: Crowd[Guest] = Crowd(2, 2)
    known, fresh = Guest(), Guest()
    crowd.enter(known)
    known.served = 1
    crowd.heard(known)
    crowd.enter(fresh)
    assert crowd.enter(Guest()) is fresh


def test_the_newcomer_goes_when_all_others_wait_for_answers() -> None:
    crowd: Crowd[Guest] = Crowd(2, 2)
    for guest in (Guest(busy=True), Guest(busy=True)):
        crowd.enter(guest)
    newcomer = Guest()
    assert crowd.enter(newcomer) is newcomer


def test_an_address_has_a_limit_of_its_own() -> None:
    crowd: Crowd[Guest] = Crowd(10, 2)
    greedy = [Guest("greedy") for _ in range(2)]
    others = [Guest("other") for _ in range(2)]
    assert [crowd.enter(g) for g in (*others, *greedy)] == [None] * 4
    assert crowd.enter(Guest("greedy")) is greedy[0]


def test_ten_thousand_newcomers_cost_no_time() -> None:
    crowd: Crowd[Guest] = Crowd(1000, 1000)
    for _ in range(1000):
        crowd.enter(Guest(busy=True))
    began = time.process_time()
    for _ in range(10_000):
        victim = crowd.enter(Guest())
        assert victim is not None
        crowd.leave(victim)
    assert time.process_time() - began < 2


@given(st.lists(st.tuples(st.sampled_from("ehl"), st.integers(0, 9), st.booleans()), max_size=60))
def test_never_more_than_allowed_are_kept_and_no_busy_one_is_sent_away(steps: list[tuple[str, int, bool]]) -> None:
    crowd: Crowd[Guest] = Crowd(5, 3)
    inside: list[Guest] = []
    for act, number, busy in steps:
        if act == "e":
            newcomer = Guest("ab"[number % 2], busy=busy)
            victim = crowd.enter(newcomer)
            inside.append(newcomer)
            if victim is not None:
                assert victim is newcomer or not victim.busy
                crowd.leave(victim)
                inside.remove(victim)
        elif inside and act == "h":
            guest = inside[number % len(inside)]
            guest.served += busy
            crowd.heard(guest)
        elif inside:
            crowd.leave(inside.pop(number % len(inside)))
        assert len(inside) <= 5
        assert all(sum(g.address == a for g in inside) <= 3 for a in "ab")
    assert LOOK > 5
