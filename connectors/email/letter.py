"""The text of outgoing mails: case number, case manager, what is asked, when; never a person or anything clinical."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from connectors.email.settings import EmailSettings
from doorstep.errors import Refused
from schemas.mail import valid_address
from schemas.outbound import NEEDED, SELF_PAY, ConfirmationKind, ConfirmationRequested, reply_token

_UNFOLDED = SMTP.clone(max_line_length=990)
"""For writing: at 78 columns this Python puts a long Message-ID in In-Reply-To into encoded words."""

_ATOM = re.compile(r"[A-Za-z0-9.+_=-]{1,200}")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")
_MOST_REFERENCES = 900
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/-]{0,79}")

_SUBJECTS = {
    ConfirmationKind.ACKNOWLEDGED: "Order received",
    ConfirmationKind.INFORMATION_REQUESTED: "Order received, information needed",
    ConfirmationKind.UNDER_REVIEW: "Document received, under review",
    ConfirmationKind.SCHEDULED: "Service scheduled",
    ConfirmationKind.RESCHEDULED: "Service rescheduled",
    ConfirmationKind.MISSED: "Service missed",
    ConfirmationKind.REDISPATCHED: "Another provider is looked for",
    ConfirmationKind.COMPLETED: "Service completed",
    ConfirmationKind.ASSIGNED: "Your service",
    ConfirmationKind.CANCELLED: "Order cancelled",
    ConfirmationKind.OFFER: "Service offer",
    ConfirmationKind.RECALLED: "Service offer taken back",
    ConfirmationKind.ESCALATION: "Case escalated",
}


_ANSWERED = frozenset((ConfirmationKind.INFORMATION_REQUESTED, ConfirmationKind.OFFER, ConfirmationKind.ESCALATION))
"""What is answered by mail: the subject carries a token besides the Message-ID."""


def message_id(settings: EmailSettings, confirmation: ConfirmationRequested) -> str:
    """Return the Message-ID of this confirmation: the same at every attempt."""
    if not _ATOM.fullmatch(confirmation.confirmation_id):
        raise Refused("confirmation-id", "the confirmation id cannot stand in a Message-ID")
    return _own_id(settings, confirmation.confirmation_id)


def _own_id(settings: EmailSettings, confirmation_id: str) -> str:
    return f"<{confirmation_id}@{settings.from_address.rpartition('@')[2]}>"


def thread_of(settings: EmailSettings, confirmation: ConfirmationRequested) -> list[str]:
    """Return the Message-IDs of the mails that this one follows, oldest first: what it answers is the last.

    Of a long thread the first stays, which all hang on, and the newest that fit on one line (RFC 5322 section 2.1.1).
    An escalation goes out whatever was written before it, so an id of somebody else that cannot be quoted is left out.
    """
    if confirmation.escalated is None:
        original = confirmation.recipient.context.get("message_id", "")
        if original and not _MESSAGE_ID.fullmatch(original):
            raise Refused("in-reply-to", "the original Message-ID cannot be quoted")
        return [original] if original else []
    ids = [one if one.startswith("<") else _own_id(settings, one) for one in confirmation.escalated.thread]
    first, *others = [one for one in ids if _MESSAGE_ID.fullmatch(one)] or [""]
    newest: list[str] = []
    for one in reversed(others):
        if len(first) + sum(len(kept) + 1 for kept in (*newest, one)) > _MOST_REFERENCES:
            break
        newest.insert(0, one)
    return [first, *newest] if first else []


def compose(
    settings: EmailSettings, confirmation: ConfirmationRequested, *, link: str, date: datetime, pdf: bytes = b""
) -> EmailMessage:
    """Return the finished mail; `link` is the signed address of an offer, `pdf` the written confirmation, if any."""
    recipient = valid_address(confirmation.recipient.address)
    if recipient is None:
        raise Refused("recipient-address", "the recipient is not one plain mail address")
    if not recipient.isascii():
        raise Refused("recipient-address", "an address beyond ASCII cannot be written to yet")
    if not _REFERENCE.fullmatch(confirmation.reference):
        raise Refused("reference", "the reference cannot stand in a subject")
    mail = EmailMessage(policy=SMTP)
    thread = thread_of(settings, confirmation)
    put(mail, "From", settings.from_address)
    put(mail, "To", recipient)
    token = reply_token(confirmation.confirmation_id) if confirmation.kind in _ANSWERED else ""
    ref = f" ref {token}" if token else ""
    put(mail, "Subject", f"{_subject(confirmation)} [{confirmation.reference}]{ref}")
    put(mail, "Date", format_datetime(date))
    put(mail, "Message-ID", message_id(settings, confirmation))
    if thread:
        put(mail, "In-Reply-To", thread[-1])
        put(mail, "References", " ".join(thread))
    replies = bool(thread) and confirmation.escalated is None
    put(mail, "Auto-Submitted", "auto-replied" if replies else "auto-generated")
    put(mail, "X-Auto-Response-Suppress", "All")
    text = "\n".join(text_of(settings, confirmation, link)) + "\n"
    mail.set_content(text, cte="7bit" if text.isascii() else "quoted-printable")
    if pdf:
        mail.add_attachment(pdf, maintype="application", subtype="pdf", filename=f"{confirmation.reference}.pdf")
    mail.policy = _UNFOLDED
    return mail


def _subject(confirmation: ConfirmationRequested) -> str:
    about = confirmation.escalated
    if confirmation.asks and confirmation.gate in NEEDED:
        return f"Information needed before the {confirmation.gate}"
    if about is None:
        return _SUBJECTS[confirmation.kind]
    if about.resolved_by is not None:
        return f"Escalation of level {about.escalation.level} resolved"
    return f"Case escalated to level {about.escalation.level}"


def confirms_in_writing(confirmation: ConfirmationRequested) -> bool:
    """Say whether a mail carries a page for the file: a committed start, where a discharge depends on it."""
    dated = confirmation.kind in {ConfirmationKind.SCHEDULED, ConfirmationKind.RESCHEDULED}
    to_sender = confirmation.offer_id is None
    return dated and to_sender and bool(confirmation.discharge_deadline) and confirmation.scheduled_start is not None


def writing_of(settings: EmailSettings, confirmation: ConfirmationRequested) -> tuple[str, list[tuple[str, str]], str]:
    """Return title, facts and foot of the written confirmation; no person and nothing clinical."""
    zone = settings.time_zone
    deadline = confirmation.discharge_deadline
    moved = confirmation.kind is ConfirmationKind.RESCHEDULED
    facts: list[tuple[str, str]] = [("Case number", confirmation.reference)]
    for label, at in (
        ("Scheduled start", confirmation.scheduled_start),
        ("Not later than", confirmation.scheduled_end),
        ("In place of", confirmation.previous_start),
        ("Discharge", deadline if isinstance(deadline, datetime) else None),
    ):
        if at is not None:
            facts.append((label, when(at, zone)))
    if deadline is not None and not isinstance(deadline, datetime):
        facts.append(("Discharge", f"{deadline:%A, %B} {deadline.day}, {deadline.year}"))
    if confirmation.provider_name:
        facts.append(("Provider", one_line(confirmation.provider_name)))
    if confirmation.manager is not None:
        manager = f"{confirmation.manager.name}, extension {confirmation.manager.extension}"
        facts.append(("Case manager", one_line(manager)))
    title = "New date of a scheduled service" if moved else "Confirmation of a scheduled service"
    return title, facts, "This confirmation holds no details of the member on purpose; the case number leads to them."


def put(mail: EmailMessage, name: str, value: str) -> None:
    """Set one header; refuse what could begin another one (this Python's own check has known holes)."""
    if any(c in "\r\n\x00" or not c.isprintable() for c in value):
        raise Refused("header-value", f"the value of {name} holds a control character")
    mail[name] = value


def offer_link(base_url: str, offer_id: str, token: str) -> str:
    return f"{base_url.rstrip('/')}/offers/{quote(offer_id, safe='')}?token={quote(token, safe='')}"


def text_of(settings: EmailSettings, confirmation: ConfirmationRequested, link: str) -> list[str]:
    """Return the lines of the body."""
    lines = [*_opening(settings, confirmation, link), ""]
    if confirmation.asks:
        needed = NEEDED.get(confirmation.gate, "To go on we need:")
        lines += [needed, *(f"- {one_line(ask)}" for ask in confirmation.asks), ""]
        lines += ["Please answer this mail with what is missing; keep the number in the subject.", ""]
    manager = confirmation.manager
    if manager is not None:
        whose = "Case manager" if confirmation.escalated is not None else "Your case manager"
        lines += [f"{whose}: {one_line(manager.name)}, extension {one_line(manager.extension)}", ""]
    return [*lines, "This mail was written by a machine and holds no clinical details on purpose."]


def _opening(settings: EmailSettings, confirmation: ConfirmationRequested, link: str) -> list[str]:
    reference = confirmation.reference
    kind = confirmation.kind
    if kind is ConfirmationKind.OFFER:
        return _offer(settings, confirmation, link)
    if kind is ConfirmationKind.ESCALATION:
        return _of_escalation(settings, confirmation)
    if kind in _OF_SERVICE:
        return _of_service(settings, confirmation, link)
    if kind is ConfirmationKind.UNDER_REVIEW:
        return ["We have received your document. A person is looking at it.", f"Reference: {reference}"]
    if kind is ConfirmationKind.CANCELLED:
        return ["The order was cancelled.", f"Case number: {reference}"]
    if kind is ConfirmationKind.INFORMATION_REQUESTED and confirmation.gate in NEEDED:
        return [f"Case number: {reference}"]
    if kind is ConfirmationKind.INFORMATION_REQUESTED:
        return ["We have received your order and opened a case; it is not complete yet.", f"Case number: {reference}"]
    return ["We have received your order and opened a case.", f"Case number: {reference}"]


def _of_escalation(settings: EmailSettings, confirmation: ConfirmationRequested) -> list[str]:
    about, zone = confirmation.escalated, settings.time_zone
    if about is None:
        raise Refused("escalation", "an escalation without what is promised")
    now, deadline = about.escalation, confirmation.discharge_deadline
    if about.resolved_by is not None:
        return [
            f"The escalation of case {confirmation.reference} is resolved, by {one_line(about.resolved_by)}.",
            "Nothing more is asked of you; what came of it stands with the case.",
        ]
    lines = [
        f"The case {confirmation.reference} is escalated to level {now.level}, by {one_line(now.opened_by)}.",
        f"Reason: {one_line(now.reason)}",
        f"Promised for: {when(now.committed_eta, zone)}",
        f"Who answers for it: {one_line(now.manager_name)}, {one_line(now.manager_contact)}",
        f"Supervisor: {one_line(now.supervisor)}",
        f"Order received: {when(about.received_at, zone)}",
        f"The case is: {(confirmation.case_state or 'open').replace('-', ' ')}",
    ]
    if deadline is not None:
        lines.append(f"Discharge: {when(deadline, zone) if isinstance(deadline, datetime) else deadline}")
    return [*lines, "", "Answer this mail: what you write is kept with the case, and its case manager reads it."]


_OF_SERVICE = {
    ConfirmationKind.SCHEDULED: "The service for {} is scheduled.",
    ConfirmationKind.RESCHEDULED: "The service for {} has a new date.",
    ConfirmationKind.MISSED: "The service for {} did not take place at its time; another date is being arranged.",
    ConfirmationKind.REDISPATCHED: "The provider for {} cannot serve; we look for another and will send the new date.",
    ConfirmationKind.COMPLETED: "The service for {} began, or the item was delivered.",
    ConfirmationKind.ASSIGNED: "You accepted the service for {}.",
    ConfirmationKind.RECALLED: "Our offer for {} is taken back; please do not answer it. You hear if it is made again.",
}


def _of_service(settings: EmailSettings, confirmation: ConfirmationRequested, link: str) -> list[str]:
    kind, zone = confirmation.kind, settings.time_zone
    dated = {ConfirmationKind.SCHEDULED, ConfirmationKind.RESCHEDULED, ConfirmationKind.ASSIGNED}
    if kind in dated and confirmation.scheduled_start is None:
        raise Refused("scheduled-start", "a scheduled confirmation without its date")
    lines = [_OF_SERVICE[kind].format(confirmation.reference)]
    for label, at in (
        ("When", confirmation.scheduled_start),
        ("Not later than", confirmation.scheduled_end),
        ("Date before", confirmation.previous_start),
        ("Completed", confirmation.completed_at),
    ):
        if at is not None:
            lines.append(f"{label}: {when(at, zone)}")
    if confirmation.provider_name:
        lines.append(f"Provider: {one_line(confirmation.provider_name)}")
    if confirmation.self_pay:
        lines.append(SELF_PAY)
    if confirmation.note:
        lines.append(f"Reason: {one_line(confirmation.note)}")
    if link:
        lines += ["What you need for the service, and where to report what became of it:", link]
    return lines


def _offer(settings: EmailSettings, confirmation: ConfirmationRequested, link: str) -> list[str]:
    if not link or confirmation.respond_by is None:
        raise Refused("offer", "an offer without its link or its time to respond")
    return [
        f"A service is offered to {one_line(confirmation.provider_name or 'you')}.",
        f"Service: {one_line(confirmation.service_summary or 'see the offer')}",
        f"Respond by: {when(confirmation.respond_by, settings.time_zone)}",
        f"Offer for {confirmation.reference}; accept with a date and time, or decline, here:",
        link,
        *_choices(settings, confirmation),
    ]


def _choices(settings: EmailSettings, confirmation: ConfirmationRequested) -> list[str]:
    """Return the windows that may be taken by answering the mail."""
    if not confirmation.choices:
        return []
    lines = ["", "Or answer this mail with one line: ACCEPT and a number, or DECLINE and why."]
    for number, choice in enumerate(confirmation.choices, start=1):
        until = choice.end.astimezone(ZoneInfo(settings.time_zone)).strftime("%I:%M %p").lstrip("0")
        lines.append(f"{number}: {when(choice.start, settings.time_zone)}, to {until}")
    return lines


def when(instant: datetime, zone: str) -> str:
    """Return an instant as people write it, in the zone and in UTC."""
    local = instant.astimezone(ZoneInfo(zone))
    hour = local.strftime("%I:%M %p").lstrip("0")
    utc = instant.astimezone(UTC)
    return f"{local:%A, %B} {local.day}, {local.year}, {hour} {local:%Z} ({utc:%H:%M} UTC)"


def one_line(text: str) -> str:
    """Return data as one line of at most 300 printable characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:300]
