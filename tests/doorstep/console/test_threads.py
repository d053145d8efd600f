"""The thread of an escalation as the console and the packet show it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from doorstep.console.threads import UNREAD, mails_of
from doorstep.console.views import told
from doorstep.packet.payer import desk_lines
from schemas.case import Escalation
from schemas.desk import CaseEscalated, CorrespondenceKept
from schemas.event import Event, Payload
from schemas.outbound import ConfirmationKind, ConfirmationRequested, ConfirmationSent, DeliveryDied, EscalationMail
from schemas.transmission import ReplyTo
from tests.factories import NOW

CASE = "DS-000001-8"
RAISED = Escalation(
    level=1, reason="no delivery date", supervisor="S", manager_name="Nora Whitlock", manager_contact="4201",
    email="nora@desk.example", committed_eta=NOW + timedelta(hours=1), opened_by="Marta", opened_at=NOW,
)  # fmt: skip


def ours(number: int, resolved_by: str | None = None) -> ConfirmationRequested:
    return ConfirmationRequested(
        confirmation_id=f"c{number}", kind=ConfirmationKind.ESCALATION, case_id=CASE, document_id="d", reference=CASE,
        recipient=ReplyTo(channel="email", address="nora@desk.example"),
        escalated=EscalationMail(escalation=RAISED, received_at=NOW, resolved_by=resolved_by),
    )  # fmt: skip


def theirs(text: str = "", about: Any = "escalation") -> CorrespondenceKept:
    return CorrespondenceKept(
        case_id=CASE, document_id="m", sender="nora@desk.example", found_by="x", about=about, text=text
    )


def timeline(*payloads: Payload) -> list[Event[Any]]:
    return [Event(id=f"e{n}", source="t", time=NOW, data=one) for n, one in enumerate(payloads)]


def test_mails_of_both_ways_stand_in_order_with_what_became_of_ours() -> None:
    sent = ConfirmationSent(
        confirmation_id="c1", case_id=CASE, kind=ConfirmationKind.ESCALATION, channel="email", provider_status="250",
        provider_id="<c1@x>", attempt=1,
    )  # fmt: skip
    died = DeliveryDied(
        event_id="e", event_topic="outbound.confirmation.requested", event_key="c2", consumer="outbound",
        error_code="x", reason="the relay refused the mail", attempts=1,
    )  # fmt: skip
    other = theirs("other", None)
    found = mails_of(timeline(ours(1), sent, theirs("On Tuesday."), other, ours(2, "Marta"), died, ours(3)))
    promise = "level 1, promised for 2026-11-23 16:00 UTC by Nora Whitlock: no delivery date"
    assert [(mail.ours, mail.says, mail.fate) for mail in found] == [
        (True, promise, "taken by the relay (250)"),
        (False, "On Tuesday.", ""),
        (True, "level 1 resolved by Marta", "not sent: the relay refused the mail"),
        (True, promise, "waits to be sent"),
    ]
    assert mails_of(timeline(theirs()))[0].says == UNREAD


def test_the_packet_has_the_thread_and_the_regulators_edition_only_that_there_was_one() -> None:
    events = timeline(ours(1), theirs("On Tuesday."))
    assert [(what, says) for _, what, says in desk_lines(events, full=True)][1] == (
        "Mail from nora@desk.example", "On Tuesday.",
    )  # fmt: skip
    assert [(what, says) for _, what, says in desk_lines(events, full=False)] == [
        ("Mail to the manager", "withheld"), ("Mail from the manager", "withheld"),
    ]  # fmt: skip


def test_the_timeline_says_whether_the_hub_writes_or_a_person_must() -> None:
    raised = [CaseEscalated(case_id=CASE, escalation=RAISED, mailed=mailed) for mailed in (True, False)]
    words = [told(one) for one in timeline(*raised)]
    assert words[0].endswith("; by mail")
    assert words[1].endswith("; no mail address: a person tells it")
