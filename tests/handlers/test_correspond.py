"""Mails without an order find their case: by the mail of ours that they answer, or a number from a known address."""

from __future__ import annotations

from typing import Any

import pytest

from handlers.classify import Verdict, classify
from schemas.desk import CorrespondenceKept
from schemas.document import DocumentClass, DocumentRead, ReviewRequested
from schemas.event import Event
from schemas.outbound import ConfirmationRequested
from schemas.transmission import ReceiptState, ReplyTo
from tests.factories import NOW, content, referral, transmission
from tests.handlers.memory import MemoryHub
from tests.handlers.payer import WALKER, at_the_payer, covers, denied_case, sample_order

CASE = "DS-000001-0"
SENDER = ReplyTo(channel="email", address="ward@hospital.example")


def a_case() -> MemoryHub:
    hub = MemoryHub()
    hub.send(referral(sample_order(WALKER), reply_to=SENDER))
    covers(hub)
    return hub


def mail(
    hub: MemoryHub, sender: str, kind: DocumentClass = DocumentClass.OTHER, document_id: str = "mail-1", **details: str
) -> list[Any]:
    """Let a mail arrive that is read as this class; return what follows."""
    sent = transmission("email", document_id=document_id, body=b"a mail")
    hub.send(sent.model_copy(update={"sender": sender, "details": details}))
    read = DocumentRead(
        document_id=document_id, channel="email", received_at=NOW, reply_to=SENDER, documents=sent.contents,
        reading=content(b"reading"), pages=(), engine="t", author="author@desk.example", text="On Tuesday.",
    )  # fmt: skip
    event: Event[Any] = Event(id="e", source="t", time=NOW, data=read)
    return list(classify(event, hub.unit, Verdict(kind, 0.99, 1)))


def kept(events: list[Any]) -> list[CorrespondenceKept]:
    return [one for one in events if isinstance(one, CorrespondenceKept)]


def test_an_answer_to_a_mail_of_ours_is_kept_with_its_case_and_read_by_a_person() -> None:
    hub = a_case()
    ours = hub.seen(ConfirmationRequested)[0].confirmation_id
    events = mail(hub, "anybody@elsewhere.example", in_reply_to=f"<{ours}@desk.example>")
    (told,) = kept(events)
    assert (told.case_id, told.found_by) == (CASE, "the mail that it answers")
    assert "mail-1" in hub.only_case().document_ids
    (asked,) = [one for one in events if isinstance(one, ReviewRequested)]
    assert (asked.case_id, asked.reason) == (CASE, "a mail came for the case")
    assert hub.unit.receipts["mail-1"] == (ReceiptState.ACCEPTED, "kept with its case", CASE)
    assert (told.text, told.sender, told.sent_by) == ("On Tuesday.", "author@desk.example", "anybody@elsewhere.example")


@pytest.mark.parametrize(
    ("sender", "known"),
    [("Ward@Hospital.example", True), ("marta.lindgren@desk.example", True), ("stranger@elsewhere.example", False)],
)
def test_a_case_number_counts_from_somebody_whom_the_case_knows(sender: str, known: bool) -> None:
    hub = a_case()
    assert bool(kept(mail(hub, sender, case_number=CASE))) is known
    assert ("mail-1" in hub.only_case().document_ids) is known


@pytest.mark.parametrize(
    "details",
    [
        {"case_number": "DS-000009-9"},
        {"in_reply_to": "<not-ours@desk.example>"},
        {"in_reply_to": "<5b1c9f0e-0000-5000-8000-000000000001@desk.example>"},
        {},
    ],
)
def test_what_names_nothing_of_ours_waits_as_before(details: Any) -> None:
    hub = a_case()
    events = mail(hub, SENDER.address, **details)
    assert kept(events) == []
    assert any(isinstance(one, ReviewRequested) for one in events)


def test_an_order_in_an_answer_goes_the_way_of_orders() -> None:
    hub = a_case()
    assert kept(mail(hub, SENDER.address, DocumentClass.DME_ORDER, case_number=CASE)) == []
    assert "mail-1" not in hub.only_case().document_ids


def test_a_mail_to_a_denied_or_escalated_case_says_so() -> None:
    hub = denied_case()
    (asked,) = [
        one for one in mail(hub, "marta.lindgren@desk.example", case_number=CASE) if isinstance(one, ReviewRequested)
    ]
    assert asked.reason == "a mail came for the case about a denial"
    hub = a_case()
    hub.command("escalate", CASE, reason="no date", committed_eta="2026-11-23T20:00:00Z")
    (asked,) = [one for one in mail(hub, SENDER.address, case_number=CASE) if isinstance(one, ReviewRequested)]
    assert asked.reason == "a mail came for the case about an escalation"


def test_a_case_of_another_channel_knows_no_mail_address_of_its_sender() -> None:
    hub = at_the_payer(WALKER)
    assert kept(mail(hub, "EPIC|RIVERSIDE", case_number=CASE)) == []
