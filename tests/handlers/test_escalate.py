"""Escalations: a promise with a name; a broken one goes up a level, once, and never further than the top."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from doorstep.rules import load
from schemas.case import CaseState
from schemas.desk import CaseEscalated, EscalationResolved
from schemas.desk_rules import Escalations
from schemas.transmission import ReceiptState
from tests.factories import NOW, referral
from tests.handlers.memory import MemoryHub
from tests.handlers.payer import reasons, sample_order

CASE = "DS-000001-0"
RULES = Escalations.model_validate(load("escalations"))


def a_case() -> MemoryHub:
    hub = MemoryHub()
    hub.send(referral(sample_order(more={"placer_number": "A1"})))
    return hub


def escalate(hub: MemoryHub, hours: float = 4, **said: Any) -> str | None:
    eta = (hub.unit.now + timedelta(hours=hours)).isoformat()
    word = hub.command("escalate", CASE, **{"reason": "no delivery date", "committed_eta": eta, **said})
    return hub.unit.receipts[word][1]


def test_an_escalation_has_a_level_a_manager_a_contact_and_a_promised_time() -> None:
    hub = a_case()
    assert escalate(hub) is None
    now = hub.only_case().escalation
    assert now is not None
    assert (now.level, now.manager_name, now.manager_contact) == (1, "Nora Whitlock", "extension 4201")
    assert now.committed_eta == NOW + timedelta(hours=4)
    assert len(hub.seen(CaseEscalated)) == 1


def test_the_desk_may_name_another_manager() -> None:
    hub = a_case()
    escalate(hub, level=2, manager_name="Iris Falk", manager_contact="937 555 0199")
    now = hub.only_case().escalation
    assert now is not None
    assert (now.level, now.supervisor, now.manager_name) == (2, "Samuel Orchard", "Iris Falk")


def test_a_broken_promise_goes_up_a_level_until_the_top_and_a_person_is_told_each_time() -> None:
    hub = a_case()
    escalate(hub)
    hub.pass_time(NOW + timedelta(hours=5))
    now = hub.only_case().escalation
    assert now is not None
    assert (now.level, now.opened_by) == (2, "hub")
    hub.pass_time(NOW + timedelta(days=2))
    now = hub.only_case().escalation
    assert now is not None
    assert now.level == len(RULES.levels) == 3
    raised = [event.escalation.level for event in hub.seen(CaseEscalated)]
    assert raised[:3] == [1, 2, 3]
    assert set(raised[3:]) <= {3}
    assert sum("escalated to level" in reason for reason in reasons(hub)) == len(raised) - 1


def test_what_is_resolved_goes_nowhere() -> None:
    hub = a_case()
    escalate(hub)
    hub.command("resolve-escalation", CASE, outcome="delivery is tomorrow at nine")
    hub.pass_time(NOW + timedelta(days=3))
    assert hub.only_case().escalation is None
    assert [event.level for event in hub.seen(EscalationResolved)] == [1]
    assert len(hub.seen(CaseEscalated)) == 1


def test_a_new_promise_takes_the_place_of_the_old() -> None:
    hub = a_case()
    escalate(hub, hours=2)
    escalate(hub, hours=30)
    hub.pass_time(NOW + timedelta(hours=29))
    now = hub.only_case().escalation
    assert now is not None
    assert now.level == 1


@pytest.mark.parametrize("hours", [-1, 0, 24 * 40])
def test_a_promise_lies_ahead_and_not_too_far(hours: float) -> None:
    hub = a_case()
    assert escalate(hub, hours=hours) == "the promised time must lie ahead, within 30 days"


def test_nothing_goes_down_a_level_or_onto_a_closed_case() -> None:
    hub = a_case()
    escalate(hub, level=3)
    assert escalate(hub, level=1) == "the case is at level 3 already"
    stop = sample_order(document_id="d2", without=("order_lines",), more={"placer_number": "A1", "action": "cancel"})
    hub.send(referral(stop))
    assert hub.only_case().state is CaseState.CANCELLED
    assert escalate(hub, level=3) == "the case is closed"
    before = len(hub.seen(CaseEscalated))
    hub.pass_time(NOW + timedelta(days=3))
    assert len(hub.seen(CaseEscalated)) == before


def test_there_is_nothing_to_resolve_where_nothing_was_raised() -> None:
    hub = a_case()
    word = hub.command("resolve-escalation", CASE, outcome="x")
    assert hub.unit.receipts[word][:2] == (ReceiptState.REJECTED, "the case is not escalated")


def test_the_same_escalation_by_two_people_is_raised_once() -> None:
    hub = a_case()
    assert escalate(hub) is None
    assert escalate(hub) == "the case is escalated so already"
    assert len(hub.seen(CaseEscalated)) == 1
