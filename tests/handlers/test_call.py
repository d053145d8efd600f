"""The log of calls."""

from __future__ import annotations

from datetime import timedelta

from schemas.desk import CallLogged
from schemas.transmission import ReceiptState
from tests.factories import NOW
from tests.handlers.payer import denied_case


def test_a_call_stands_on_the_case_with_agent_reason_and_outcome() -> None:
    hub = denied_case()
    hub.command(
        "call",
        "DS-000001-0",
        direction="out",
        with_whom="Dr. Osgood, peer review",
        number="8005550100",
        at="2026-11-23T09:30:00-05:00",
        minutes=12,
        reason="peer to peer",
        outcome="asks for the mobility scores",
    )
    (logged,) = hub.seen(CallLogged)
    assert (logged.agent, logged.with_whom, logged.minutes) == ("Marta Lindgren", "Dr. Osgood, peer review", 12)
    assert logged.at.isoformat() == "2026-11-23T14:30:00+00:00"


def test_a_call_cannot_lie_ahead() -> None:
    hub = denied_case()
    at = (NOW + timedelta(hours=2)).isoformat()
    word = hub.command("call", "DS-000001-0", direction="in", with_whom="x", at=at, reason="x", outcome="x")
    assert hub.unit.receipts[word][0] is ReceiptState.REJECTED
    assert hub.seen(CallLogged) == []
