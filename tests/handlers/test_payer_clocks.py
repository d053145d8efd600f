"""Days that payers, contracts and notices set: each fires once, only while it matters, and always has an owner."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from schemas.case import CaseState
from schemas.payer import Decision, PayerClockDue, PayerClockWarned
from tests.factories import NOW
from tests.handlers.payer import BED, WALKER, at_the_payer, breaches, covers, decides, denied_case, reasons


def test_a_payer_that_does_not_answer_about_the_coverage_is_not_waited_for() -> None:
    hub = at_the_payer(WALKER)
    hub.pass_time(NOW + timedelta(minutes=59))
    assert hub.only_case().state is CaseState.BENEFITS
    hub.pass_time(NOW + timedelta(minutes=61))
    assert hub.only_case().state is CaseState.DISPATCHING
    assert breaches(hub) == ["eligibility answer"]
    assert reasons(hub) == ["the coverage could not be confirmed; the order goes on without"]


def test_what_has_come_in_time_fires_nothing() -> None:
    hub = at_the_payer(BED)
    covers(hub)
    decides(hub, Decision.APPROVED, number="AUTH1")
    hub.send(PayerClockDue(case_id="DS-000001-0", clock="authorization decision", label="x", due_at=NOW, number=1))
    hub.send(PayerClockDue(case_id="DS-000001-0", clock="eligibility answer", label="x", due_at=NOW, number=1))
    assert breaches(hub) == []
    assert reasons(hub) == []


def test_a_day_that_is_near_is_a_warning_and_one_that_is_over_a_breach() -> None:
    hub = denied_case()
    hub.pass_time(NOW + timedelta(days=44))
    assert {warned.clock for warned in hub.seen(PayerClockWarned)} == {"appeal", "peer to peer"}
    assert breaches(hub) == []
    hub.pass_time(NOW + timedelta(days=60))
    assert breaches(hub) == ["appeal"]


@given(st.lists(st.integers(1, 40), max_size=6))
def test_however_the_clock_jumps_each_warning_comes_once(jumps: list[int]) -> None:
    hub = denied_case()
    for days in jumps:
        hub.pass_time(hub.unit.now + timedelta(days=days))
    hub.pass_time(NOW + timedelta(days=400))
    assert breaches(hub).count("appeal") == 1
    warned = [(one.clock, one.due_at) for one in hub.seen(PayerClockWarned)]
    assert 0 <= warned.count(("appeal", warned[0][1] if warned else NOW)) <= 3
