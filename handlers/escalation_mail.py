"""Writes to the manager of an escalated case, and keeps what comes back with the case: one thread of mails.

Where the rules name no address (rules/escalations.yaml), nothing is written: a person tells the manager.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from doorstep.handler import Unit, on
from handlers.benefits import to_person
from handlers.casework import ask_person, derived_id, once, rule, saved, with_document
from schemas.case import Case, Escalation
from schemas.desk import CorrespondenceKept
from schemas.desk_rules import Escalations
from schemas.document import DocumentRead
from schemas.event import Event, Payload
from schemas.outbound import ConfirmationKind, ConfirmationRequested, DeliveryDied, EscalationMail
from schemas.transmission import ReceiptState, ReplyTo, TransmissionReceived

ENDS = ("resolve-escalation", "escalate")
"""The desk's words that settle what a person is asked about an escalation."""
FOUND = "the escalation mail that it answers"
MOST_MAILS = 30


def written(
    case: Case, about: Escalation, cause_id: str, unit: Unit, *, resolved_by: str | None = None
) -> list[Payload]:
    """Write to who answers for the escalation, in the thread of the mails before; nothing without an address."""
    if about.email is None:
        return []
    confirmation_id = derived_id(cause_id, ConfirmationKind.ESCALATION, about.email)
    mail = EscalationMail(escalation=about, received_at=case.received_at, resolved_by=resolved_by, thread=case.mails)
    told = once(
        unit,
        ConfirmationRequested(
            confirmation_id=confirmation_id,
            kind=ConfirmationKind.ESCALATION,
            recipient=ReplyTo(channel="email", address=about.email),
            case_id=case.case_id,
            document_id=case.document_ids[0],
            reference=case.case_id,
            manager=case.manager,
            case_state=case.state.value,
            discharge_deadline=case.order.discharge_deadline,
            escalated=mail,
        ),
    )
    if told:
        saved(case, unit, mails=with_mail(case.mails, confirmation_id))
    return told


def with_mail(mails: tuple[str, ...], one: str | None) -> tuple[str, ...]:
    """Return the thread with one more mail: the first, which it hangs on, and the newest ones."""
    return mails if one is None or one in mails else (*mails[:1], *mails[1:][-MOST_MAILS:], one)


def managers(case: Case, unit: Unit) -> Iterable[str]:
    """Return the addresses of those who answer for escalations, if this case was ever one."""
    if not case.mails:
        return ()
    levels = (level.email for level in rule(unit, "escalations", Escalations).levels)
    named = case.escalation.email if case.escalation is not None else None
    return (address for address in (*levels, named) if address)


def letter_of(
    case: Case,
    sent: TransmissionReceived,
    read: DocumentRead,
    found_by: str,
    about: Literal["escalation"] | None = None,
) -> CorrespondenceKept:
    """Return what is kept of a mail: who says to have written it, who sent it, and its own words."""
    author = read.author or sent.sender
    another = sent.sender is not None and author is not None and sent.sender.lower() != author.lower()
    return CorrespondenceKept(
        case_id=case.case_id,
        document_id=sent.document_id,
        sender=author or "not stated",
        sent_by=sent.sender if another else None,
        found_by=found_by,
        about=about,
        text=read.text,
    )


def answered(case: Case, data: TransmissionReceived, read: DocumentRead, unit: Unit) -> list[Payload]:
    """Put a mail of the thread onto its case, for a person to read: it is no order, whatever it looks like."""
    mails = with_mail(case.mails, data.message_id)
    saved(case, unit, document_ids=with_document(case, data.document_id), mails=mails)
    unit.settle_receipt(data.document_id, ReceiptState.ACCEPTED, reason="kept with its case", case_id=case.case_id)
    kept = letter_of(case, data, read, FOUND, "escalation")
    stage = f"correspondence {case.case_id}"
    reason = "a mail came for the case about an escalation"
    asked = ask_person(
        unit,
        data.document_id,
        stage=stage,
        reason=reason,
        case_id=case.case_id,
        settled_by=ENDS,
        documents=data.contents,
    )
    return [kept, *asked]


@on(DeliveryDied, where=lambda data: data.event_topic == ConfirmationRequested.topic)
def unsent(event: Event[DeliveryDied], unit: Unit) -> Iterable[Payload]:
    """A mail that could not be sent: a person tells the manager."""
    found = unit.latest(ConfirmationRequested, event.data.event_key)
    mail = found.data.escalated if found is not None else None
    case = unit.case(found.data.case_id) if found is not None and found.data.case_id else None
    if mail is None or case is None or case.escalation is None:
        return []
    by = f"{mail.escalation.manager_name}, {mail.escalation.manager_contact}"
    reason = f"the mail about the escalation could not be sent ({event.data.reason}): tell {by}"
    return to_person(case, reason, unit, occasion=event.id, settled_by=ENDS)
