"""A sender answers by mail: its case is found by In-Reply-To, the token of the subject, or its number and address."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.email.intake import transmission_of
from connectors.email.letter import compose
from connectors.email.settings import EmailSettings
from doorstep.connector import Transmission
from handlers.classify import classify, classify_reading
from handlers.extract import extract_fields
from handlers.read import Read, answers, read, read_answer
from schemas.case import CaseState
from schemas.document import DocumentClassified, DocumentRead, FieldsExtracted
from schemas.event import Event
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.transmission import ReplyTo, TransmissionReceived
from tests.factories import NOW, content, order, referral
from tests.handlers.memory import MemoryHub

SENDER = ReplyTo(channel="email", address="orders@hospital.example", context={"message_id": "<first@hospital.example>"})
NPI = "1234567893"
SETTINGS = EmailSettings(from_address="hub@doorstep.example", relay_host="relay.example")


def waiting() -> tuple[MemoryHub, ConfirmationRequested, Any]:
    """Return a hub whose case lacks its NPI, what it asked, and the mail that asked it."""
    hub = MemoryHub()
    hub.send(referral(order(channel="email", without=("clinician_npi",)), reply_to=SENDER))
    (asked,) = hub.seen(ConfirmationRequested)
    assert asked.kind is ConfirmationKind.INFORMATION_REQUESTED
    return hub, asked, compose(SETTINGS, asked, link="", date=NOW)


def answer(
    sent: Any, body: str, *, sender: str = SENDER.address, subject: str = "", thread: bool = False
) -> Transmission:
    lines = [f"From: {sender}", "To: hub@doorstep.example", "Message-ID: <second@hospital.example>"]
    lines.append(f"Subject: {subject or 'Re: ' + sent['Subject']}")
    lines += [f"In-Reply-To: {sent['Message-ID']}"] if thread else []
    quoted = "".join(f"> {line}\n" for line in sent.get_content().splitlines())
    raw = "\r\n".join([*lines, "", body, "", "On Mon, Nov 23, 2026 Hub wrote:", quoted]).encode()
    return transmission_of(raw, sender, 1, "hub@doorstep.example", tls=True)


def arrives(hub: MemoryHub, sent: Transmission) -> None:
    """Let a mail go the way through reading, classes and fields that worker processes go with it."""
    raw = sent.blobs[0].data
    assert isinstance(raw, bytes)
    data = TransmissionReceived(
        document_id="back", channel="email", received_at=NOW, contents=(content(raw),), reply_to=sent.reply_to,
        details=dict(sent.details),
    )  # fmt: skip
    assert answers(data)
    reading, text, _ = read_answer(raw)
    event: Event[Any] = Event(id="e", source="t", time=NOW, data=data)
    (known,) = read(event, hub.unit, Read(reading, content(b"{}"), data.contents, text=text))
    assert isinstance(known, DocumentRead)
    verdict = classify_reading(reading)
    for found in classify(Event(id="f", source="t", time=NOW, data=known), hub.unit, verdict):
        if isinstance(found, DocumentClassified):
            fields = extract_fields(reading, found.document_class)
            values: dict[str, Any] = {name: getattr(found, name) for name in OF_DOCUMENT}
            hub.send(
                FieldsExtracted(document_class=found.document_class, patients=found.patients, fields=fields, **values)
            )


OF_DOCUMENT = ("document_id", "channel", "received_at", "reply_to", "documents", "returned")


@pytest.mark.parametrize(
    "how",
    [
        {"thread": True, "subject": "the missing number"},
        {},
        {"subject": "AW: order", "thread": True, "sender": "nurse@hospital.example"},
    ],
    ids=["In-Reply-To", "token of the subject", "another person of the thread"],
)
def test_an_answer_by_mail_completes_its_case_without_naming_the_member(how: dict[str, Any]) -> None:
    hub, _, sent = waiting()
    arrives(hub, answer(sent, f"Ordering clinician NPI: {NPI}", **how))
    assert hub.only_case().order.clinician.npi == NPI
    assert hub.only_case().state is not CaseState.INCOMPLETE


def test_the_cases_number_counts_from_the_senders_own_address_only() -> None:
    for sender, completed in ((SENDER.address, True), ("nobody@elsewhere.example", False)):
        hub, asked, sent = waiting()
        mail = answer(sent, f"Ordering clinician NPI: {NPI}", sender=sender, subject=f"about {asked.reference}")
        assert "answers" not in mail.details
        arrives(hub, mail)
        assert (hub.only_case().order.clinician.npi == NPI) is completed


def test_what_a_mail_quotes_is_no_answer() -> None:
    hub, _, sent = waiting()
    arrives(hub, answer(sent, "We will send it tomorrow.\n\n> Ordering clinician NPI: 1234567893"))
    assert hub.only_case().order.clinician.npi is None
    assert hub.only_case().state is CaseState.INCOMPLETE
