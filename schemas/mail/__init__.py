"""The mail codec: MIME bytes to a `Mail` of plain values; pure, bounded, and silent about what the mail says.

`envelope_of` is quick enough for the event loop (it sees the header block only); `parse` belongs in a
worker process with a time limit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from schemas.codec import CodecError
from schemas.mail.headers import Fields, address_of, decode_words, plain_address, read_fields, valid_address
from schemas.mail.mime import MailPart, Walk
from schemas.outbound import confirmation_of_token

__all__ = [
    "Envelope",
    "Mail",
    "MailPart",
    "address_of",
    "envelope_of",
    "parse",
    "plain_address",
    "unquoted",
    "valid_address",
]

MAIL_LIMIT = 64 * 1024 * 1024

_MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
_OWN_ID = re.compile(r"<([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})@")
_CASE_NUMBER = re.compile(r"\bDS-\d{4,12}-\d\b")
_SOMETHING = re.compile(rb"\S")
_LIST_FIELDS = ("list-id", "list-unsubscribe", "list-post", "mailing-list")


@dataclass(frozen=True, slots=True)
class Envelope:
    """What routing needs of the header block; `case_number` is one of ours that the subject quotes.

    `answers` is the confirmation of ours that it answers, by the token in its subject or by In-Reply-To.
    """

    message_id: str | None
    in_reply_to: str | None
    from_address: str | None
    reply_to: str | None
    auto_submitted: bool
    mailing_list: bool
    case_number: str | None
    answers: str | None
    empty: bool
    whole: bool = True
    """False when the header block passes its limit, so that its fields may be missing here."""

    @property
    def answerable(self) -> bool:
        """Whether a person may be behind it: no machine's answer, no list, no bounce, and nothing left unseen."""
        return self.whole and not (self.auto_submitted or self.mailing_list)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as plain values; `problems` name parts that could not be read, by their MIME part number."""

    subject: str
    from_address: str | None
    message_id: str | None
    in_reply_to: str | None
    auto_submitted: bool
    mailing_list: bool
    body: str
    parts: tuple[MailPart, ...]
    problems: tuple[str, ...]


def envelope_of(raw: bytes) -> Envelope:
    """Scan the first 64 KB for what routing needs; never fails."""
    return _envelope(read_fields(raw, 0, len(raw)), raw)


def parse(raw: bytes) -> Mail:
    """Take a mail apart; raises CodecError, and nothing else, when it passes a limit or is no mail."""
    if not raw.strip():
        raise CodecError("structure", "the mail is empty")
    if len(raw) > MAIL_LIMIT:
        raise CodecError("too-long", "the mail is over the size limit")
    fields = read_fields(raw, 0, len(raw))
    if fields.overflow:
        raise CodecError("too-long", "the header block is over 64 KB")
    walk = Walk(raw)
    if fields.oversized:
        walk.problems.append(f"{fields.oversized} header fields over 8 KB that matter were left out")
    if fields.unseparated:
        walk.problems.append("the header does not end with an empty line")
    body = walk.read(fields)
    if not body.strip() and not walk.parts:
        walk.problems.append("neither text nor attachment")
    envelope = _envelope(fields, raw)
    return Mail(
        subject=decode_words(fields.first("subject") or "")[:998],
        from_address=envelope.from_address,
        message_id=envelope.message_id,
        in_reply_to=envelope.in_reply_to,
        auto_submitted=envelope.auto_submitted,
        mailing_list=envelope.mailing_list,
        body=body,
        parts=tuple(walk.parts),
        problems=tuple(walk.problems),
    )


_QUOTE_BEGINS = re.compile(
    r"^(-{2,}\s*original message\s*-{2,}|_{10,}|on .{5,200} wrote:|(from|von|de):\s.+@.+)\s*$", re.IGNORECASE
)


def unquoted(body: str) -> str:
    """Return an answer's own words: no quoted line, nothing after the line with which the quoted mail begins."""
    own: list[str] = []
    lines = body.splitlines()
    for number, line in enumerate(lines):
        both = f"{line.strip()} {lines[number + 1].strip()}" if number + 1 < len(lines) else line.strip()
        wrapped = line.lower().startswith("on ") and both.lower().endswith("wrote:")
        if _QUOTE_BEGINS.match(line.strip()) or (wrapped and _QUOTE_BEGINS.match(both)):
            break
        if not line.lstrip().startswith(">"):
            own.append(line)
    return "\n".join(own).strip()


def _envelope(fields: Fields, raw: bytes) -> Envelope:
    automatic = (fields.first("auto-submitted") or "no").partition(";")[0].strip().lower()
    kind = (fields.first("content-type") or "").partition(";")[0].strip().lower()
    precedence = (fields.first("precedence") or "").lower()
    subject = fields.first("subject") or ""
    number = _CASE_NUMBER.search(subject)
    return Envelope(
        message_id=_id(fields.first("message-id")),
        in_reply_to=_id(fields.first("in-reply-to")),
        from_address=address_of(fields.first("from")),
        reply_to=address_of(fields.first("reply-to")),
        auto_submitted=automatic != "no" or kind == "multipart/report" or fields.first("return-path") == "<>",
        mailing_list=precedence in {"bulk", "list", "junk"} or any(fields.first(name) for name in _LIST_FIELDS),
        case_number=number[0] if number else None,
        answers=confirmation_of_token(subject) or _own_id(fields.first("in-reply-to")),
        whole=not fields.overflow,
        empty=not fields.overflow and _SOMETHING.search(raw, fields.body) is None,
    )


def _own_id(value: str | None) -> str | None:
    """Return the confirmation of a Message-ID of ours; whether we ever sent it, the journal knows."""
    found = _OWN_ID.search(value or "")
    return found[1].lower() if found else None


def _id(value: str | None) -> str | None:
    found = _MESSAGE_ID.search(value or "")
    return found[0] if found else None
