"""The mails about a case's escalations, both ways, as console and packet show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from schemas.desk import CorrespondenceKept
from schemas.event import Event
from schemas.outbound import ConfirmationRequested, ConfirmationSent, DeliveryDied, EscalationMail

UNREAD = "its words stand in the mail itself"


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail of the thread: when, from or to whom, what it says; `fate` is what became of one of ours."""

    at: datetime
    ours: bool
    who: str
    says: str
    fate: str = ""


def mails_of(timeline: Sequence[Event[Any]]) -> list[Mail]:
    """Return the thread as it stands on the timeline, oldest first."""
    fates: dict[str, str] = {}
    for event in timeline:
        if isinstance(event.data, ConfirmationSent):
            fates[event.data.confirmation_id] = f"taken by the relay ({event.data.provider_status})"
        elif isinstance(event.data, DeliveryDied):
            fates[event.data.event_key] = f"not sent: {event.data.reason}"
    found = (_mail(event, fates) for event in timeline)
    return [mail for mail in found if mail is not None]


def _mail(event: Event[Any], fates: dict[str, str]) -> Mail | None:
    match event.data:
        case ConfirmationRequested(escalated=EscalationMail() as about) as ours:
            fate = fates.get(ours.confirmation_id, "waits to be sent")
            return Mail(event.time, True, ours.recipient.address, words(about), fate)
        case CorrespondenceKept(about="escalation") as theirs:
            way = f" (sent by {theirs.sent_by})" if theirs.sent_by else ""
            return Mail(event.time, False, f"{theirs.sender}{way}", theirs.text or UNREAD)
        case _:
            return None


def words(mail: EscalationMail) -> str:
    """Say what a mail of ours tells the manager."""
    now = mail.escalation
    if mail.resolved_by is not None:
        return f"level {now.level} resolved by {mail.resolved_by}"
    eta = f"{now.committed_eta.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"level {now.level}, promised for {eta} by {now.manager_name}: {now.reason}"
