"""One received mail as a Transmission; it decides who may be answered and never what the mail means."""

from __future__ import annotations

import hashlib

from doorstep.clock import now
from doorstep.connector import Blob, Transmission
from schemas.mail import Envelope, envelope_of, valid_address
from schemas.transmission import ReplyTo

NULL_SENDER = "<>"


def transmission_of(raw: bytes, mail_from: str, recipients: int, own_address: str, *, tls: bool) -> Transmission:
    """Frame a mail: the raw bytes, what a re-send is, and where its sender is answered (nowhere for machines)."""
    envelope = envelope_of(raw)
    digest = hashlib.sha256(raw).hexdigest()
    return Transmission(
        channel="email",
        idempotency_key=f"{envelope.message_id} {digest}" if envelope.message_id else digest,
        blobs=(Blob("message/rfc822", raw),),
        received_at=now(),
        reply_to=_reply_to(envelope, mail_from, own_address),
        message_id=envelope.message_id,
        sender=None if mail_from == NULL_SENDER else mail_from,
        details=_details(envelope, mail_from, recipients, len(raw), tls=tls),
        rejected="the mail has neither text nor attachment" if envelope.empty else None,
    )


def _reply_to(envelope: Envelope, mail_from: str, own_address: str) -> ReplyTo | None:
    """Return where to answer, or None where an answer could start a loop (RFC 3834 section 2)."""
    if mail_from == NULL_SENDER or not envelope.answerable:
        return None
    address = envelope.reply_to or envelope.from_address or valid_address(mail_from)
    if address is None or address.lower() == own_address.lower() or _is_machine(address) or _is_machine(mail_from):
        return None
    context = {
        "message_id": envelope.message_id,
        "in_reply_to": envelope.in_reply_to,
        "case_number": envelope.case_number,
    }
    return ReplyTo(channel="email", address=address, context={k: v for k, v in context.items() if v})


def _is_machine(address: str) -> bool:
    local = address.rpartition("@")[0].lower()
    return local in {"mailer-daemon", "postmaster", "no-reply", "noreply", "do-not-reply"} or local.startswith("owner-")


def _details(envelope: Envelope, mail_from: str, recipients: int, size: int, *, tls: bool) -> dict[str, str]:
    facts = {
        "size": str(size),
        "recipients": str(recipients),
        "tls": "yes" if tls else "no",
        "in_reply_to": envelope.in_reply_to or "",
        "case_number": envelope.case_number or "",
        "answers": envelope.answers or "",
        "null_sender": "yes" if mail_from == NULL_SENDER else "",
        "auto_submitted": "yes" if envelope.auto_submitted else "",
        "mailing_list": "yes" if envelope.mailing_list else "",
    }
    return {name: value for name, value in facts.items() if value}
