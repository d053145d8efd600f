"""The mails about an escalation: one thread, both ways, kept with the case; never taken for what the sender owes."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from connectors.email.intake import transmission_of
from connectors.email.letter import compose
from connectors.email.settings import EmailSettings
from doorstep.rules import load
from handlers.classify import Verdict, classify
from handlers.read import Read, read, read_answer
from schemas.case import CaseState
from schemas.desk import CaseEscalated, CorrespondenceKept
from schemas.document import DocumentClass, DocumentRead, ReviewRequested
from schemas.event import Event
from schemas.outbound import ConfirmationKind, ConfirmationRequested, DeliveryDied
from schemas.transmission import ReceiptState, ReplyTo, TransmissionReceived
from tests.factories import NOW, content, order, referral
from tests.handlers.memory import MemoryHub
from tests.handlers.payer import reasons

CASE = "DS-000001-0"
SENDER = ReplyTo(channel="email", address="ward@hospital.example")
SETTINGS = EmailSettings(from_address="hub@doorstep.example", relay_host="relay.example")
NPI = "1234567893"


def with_addresses(*emails: str | None) -> dict[str, Any]:
    rules = load("escalations")
    levels = [{**level, "email": email} for level, email in zip(rules["levels"], emails, strict=True)]
    return {**rules, "levels": levels}


def a_case(*, incomplete: bool = False) -> MemoryHub:
    hub = MemoryHub()
    hub.unit.escalations = with_addresses("nora@desk.example", "samuel@desk.example", None)
    without = ("clinician_npi",) if incomplete else ()
    hub.send(referral(order(channel="email", without=without), reply_to=SENDER))
    return hub


def escalate(hub: MemoryHub, hours: float = 4, **said: Any) -> None:
    eta = (hub.unit.now + timedelta(hours=hours)).isoformat()
    hub.command("escalate", CASE, **{"reason": "no delivery date", "committed_eta": eta, **said})


def mails(hub: MemoryHub) -> list[ConfirmationRequested]:
    return [one for one in hub.seen(ConfirmationRequested) if one.kind is ConfirmationKind.ESCALATION]


def letter(asked: ConfirmationRequested) -> EmailMessage:
    return compose(SETTINGS, asked, link="", date=NOW)


def answer(hub: MemoryHub, sent: EmailMessage, body: str, *, thread: bool = True, number: int = 1) -> list[Any]:
    """Let a manager's answer arrive and go through reading and classes; return what follows."""
    lines = ["From: nora@desk.example", "To: hub@doorstep.example", f"Message-ID: <answer-{number}@desk.example>"]
    lines += [f"Subject: Re: {sent['Subject']}"] if not thread else ["Subject: Re: your case"]
    lines += [f"In-Reply-To: {sent['Message-ID']}"] if thread else []
    raw = "\r\n".join([*lines, "", body, "", "On Mon, Nov 23, 2026 Hub wrote:", "> Reason: x"]).encode()
    came = transmission_of(raw, "nora@desk.example", 1, "hub@doorstep.example", tls=True)
    data = TransmissionReceived(
        document_id=f"back-{number}", channel="email", received_at=NOW, contents=(content(raw),),
        reply_to=came.reply_to, details=dict(came.details), sender=came.sender, message_id=came.message_id,
    )  # fmt: skip
    hub.append(data)
    reading, text, author = read_answer(raw)
    event: Event[Any] = Event(id=f"e{number}", source="t", time=NOW, data=data)
    events = list(read(event, hub.unit, Read(reading, content(b"{}"), data.contents, text=text, author=author)))
    for one in [event for event in events if isinstance(event, DocumentRead)]:
        said: Event[Any] = Event(id=f"f{number}", source="t", time=NOW, data=one)
        events += classify(said, hub.unit, Verdict(DocumentClass.DME_ORDER, 0.99, 1))
    return events


def test_each_promise_and_its_end_is_written_to_who_answers_for_it_in_one_thread() -> None:
    hub = a_case()
    escalate(hub)
    hub.pass_time(NOW + timedelta(hours=5))
    hub.command("resolve-escalation", CASE, outcome="delivery is tomorrow at nine")
    first, second, last = mails(hub)
    assert [one.recipient.address for one in (first, second, last)] == [
        "nora@desk.example", "samuel@desk.example", "samuel@desk.example",
    ]  # fmt: skip
    one, two, three = (letter(each) for each in (first, second, last))
    assert str(one["Subject"]).startswith(f"Case escalated to level 1 [{CASE}] ref ")
    assert str(two["Subject"]).startswith(f"Case escalated to level 2 [{CASE}] ref ")
    assert str(three["Subject"]).startswith(f"Escalation of level 2 resolved [{CASE}] ref ")
    assert one["References"] is None
    assert (two["In-Reply-To"], two["References"]) == (one["Message-ID"], one["Message-ID"])
    assert (three["In-Reply-To"], three["References"]) == (
        two["Message-ID"], f"{one['Message-ID']} {two['Message-ID']}",
    )  # fmt: skip


def test_a_mail_says_what_is_promised_by_whom_and_nothing_of_the_person() -> None:
    hub = a_case()
    escalate(hub)
    (asked,) = mails(hub)
    text = letter(asked).get_content()
    for told in (CASE, "no delivery date", "Nora Whitlock", "extension 4201", "Promised for: Monday, November 23"):
        assert told in text
    order = hub.only_case().order
    assert order.member.name is not None
    assert order.diagnoses
    for hidden in (order.member.name.text, str(order.member.dob), *(one.code for one in order.diagnoses)):
        assert hidden not in text


def test_an_answer_is_kept_with_its_case_with_its_own_words_and_the_thread_goes_on_from_it() -> None:
    hub = a_case()
    escalate(hub)
    events = answer(hub, letter(mails(hub)[0]), "The driver comes on Tuesday.")
    (kept,) = [one for one in events if isinstance(one, CorrespondenceKept)]
    assert (kept.case_id, kept.about, kept.text) == (CASE, "escalation", "The driver comes on Tuesday.")
    assert (kept.sender, kept.sent_by) == ("nora@desk.example", None)
    assert "back-1" in hub.only_case().document_ids
    assert hub.unit.receipts["back-1"] == (ReceiptState.ACCEPTED, "kept with its case", CASE)
    (asked,) = [one for one in events if isinstance(one, ReviewRequested)]
    assert asked.reason == "a mail came for the case about an escalation"
    hub.command("resolve-escalation", CASE, outcome="done")
    assert asked.review_id in hub.unit.closed
    last = letter(mails(hub)[-1])
    first = letter(mails(hub)[0])
    assert last["In-Reply-To"] == "<answer-1@desk.example>"
    assert last["References"] == f"{first['Message-ID']} <answer-1@desk.example>"


@pytest.mark.parametrize("thread", [True, False], ids=["In-Reply-To", "token of the subject"])
def test_a_managers_answer_is_never_the_senders_however_much_it_reads_like_one(thread: bool) -> None:
    hub = a_case(incomplete=True)
    escalate(hub)
    events = answer(hub, letter(mails(hub)[0]), f"Ordering clinician NPI: {NPI}", thread=thread)
    assert [type(one).__name__ for one in events] == ["DocumentRead", "CorrespondenceKept", "ReviewRequested"]
    case = hub.only_case()
    assert (case.state, case.order.clinician.npi) == (CaseState.INCOMPLETE, None)


def test_an_answer_after_the_escalation_has_ended_is_kept_too() -> None:
    hub = a_case()
    escalate(hub)
    sent = letter(mails(hub)[0])
    hub.command("resolve-escalation", CASE, outcome="done")
    assert any(isinstance(one, CorrespondenceKept) for one in answer(hub, sent, "Thank you."))


def test_without_an_address_a_person_tells_and_the_timeline_says_so() -> None:
    hub = a_case()
    escalate(hub, level=3)
    assert mails(hub) == []
    assert [event.mailed for event in hub.seen(CaseEscalated)] == [False]
    escalate(hub, level=3, reason="still none", manager_email="iris@desk.example")
    assert [one.recipient.address for one in mails(hub)] == ["iris@desk.example"]
    assert [event.mailed for event in hub.seen(CaseEscalated)] == [False, True]


def test_a_mail_that_cannot_be_sent_is_told_by_a_person() -> None:
    hub = a_case()
    escalate(hub)
    (asked,) = mails(hub)
    died = DeliveryDied(
        event_id="x", event_topic=asked.topic, event_key=asked.confirmation_id, consumer="outbound",
        error_code="relay-missing", reason="no mail relay is set", attempts=1,
    )  # fmt: skip
    hub.send(died)
    told = "the mail about the escalation could not be sent (no mail relay is set): tell Nora Whitlock, extension 4201"
    assert told in reasons(hub)


def test_a_long_thread_and_an_id_that_cannot_be_quoted_break_no_mail() -> None:
    hub = a_case()
    escalate(hub)
    (asked,) = mails(hub)
    assert asked.escalated is not None
    others = tuple(f"<{number:0100d}@elsewhere.example>" for number in range(40))
    thread = (asked.confirmation_id, *others, "<ümlaut@elsewhere.example>")
    long = asked.model_copy(update={"escalated": asked.escalated.model_copy(update={"thread": thread})})
    mail = letter(long)
    references = str(mail["References"]).split()
    assert references[0] == letter(asked)["Message-ID"]
    assert references[-1] == mail["In-Reply-To"] == others[-1]
    assert len(str(mail["References"])) < 950
    assert max(len(line) for line in mail.as_bytes().splitlines()) < 998
