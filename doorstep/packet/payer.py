"""What a packet says of the payer: coverage, authorization, denials, appeals, and the desk's calls and escalations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from doorstep.console.payer_words import authorization_words, coverage_words, denial_words, withdrawal_words
from doorstep.console.threads import mails_of
from schemas.desk import CallLogged, CaseEscalated, ClaimNoted, EscalationResolved, PayerInformed
from schemas.event import Event
from schemas.payer import (
    AppealDecided,
    AppealFiled,
    AuthorizationCancellationAnswered,
    AuthorizationDecided,
    AuthorizationSubmitted,
    AuthorizationWithdrawn,
    DenialRecorded,
    EligibilityAnswered,
    RegulatorAsked,
)

Line = tuple[Event[Any], str, str]
"""The event, what it is, and what it says."""


def payer_lines(timeline: Sequence[Event[Any]]) -> Iterator[Line]:
    """Yield what the payer was asked and said, denials and appeals with all that is needed to judge them."""
    for event in timeline:
        found = _payer(event.data)
        if found is not None:
            yield (event, *found)


def _payer(data: Any) -> tuple[str, str] | None:
    match data:
        case EligibilityAnswered():
            known = data.eligibility
            messages = [text for benefit in known.benefits for text in benefit.messages]
            return "Coverage", ". ".join([coverage_words(known), *messages])
        case AuthorizationSubmitted():
            return "Authorization asked for", f"{', '.join(data.codes)} by {data.way}, trace {data.trace}"
        case AuthorizationDecided():
            decided = data.authorization
            lines = [f"{line.code or line.sequence}: {line.decision}" for line in decided.lines]
            notes = [decided.note] if decided.note else []
            return "Authorization", ". ".join([authorization_words(decided), *lines, *notes])
        case PayerInformed():
            return "Sent to the payer", f"{'; '.join(data.wants)}, by {data.by}"
        case AuthorizationWithdrawn() | AuthorizationCancellationAnswered():
            return "Authorization withdrawn", withdrawal_words(data)
        case ClaimNoted():
            return "Claim", f"filed on {data.filed_on}" + (f", reference {data.reference}" if data.reference else "")
        case _:
            return _denial(data)


def _denial(data: Any) -> tuple[str, str] | None:
    match data:
        case DenialRecorded():
            denial = data.denial
            peer = f"; peer review: {denial.peer_contact}" if denial.peer_contact else ""
            until = f", until {denial.peer_until}" if denial.peer_contact and denial.peer_until else ""
            return "Denial", f"{denial_words(denial)}{peer}{until}. Recorded by {denial.recorded_by}"
        case AppealFiled():
            filed = data.appeal
            there = [item.label for item in filed.items if item.document_id]
            without = [item.label for item in filed.missing]
            lacks = f"; without {', '.join(without)}" if without else ""
            holds = f", with {', '.join(there)}" if there else ""
            number = f", reference {filed.reference}" if filed.reference else ""
            return f"Appeal, level {filed.level}", (
                f"filed to {filed.filed_to} by {filed.filed_by}{number}{holds}{lacks}; {len(filed.exhibits)} exhibits"
            )
        case AppealDecided():
            return f"Appeal, level {data.level}", f"the denial was {data.outcome}, recorded by {data.by}"
        case RegulatorAsked():
            number = f", reference {data.reference}" if data.reference else ""
            return "Regulator", f"{data.body} asked by {data.by}{number}. Before: {'; '.join(data.attempts)}"
        case _:
            return None


def desk_lines(timeline: Sequence[Event[Any]], *, full: bool) -> Iterator[Line]:
    """Yield calls, escalations and their mails; what people wrote freely stays out of the regulator's edition."""
    for event in timeline:
        data = event.data
        match data:
            case CallLogged():
                way = "from" if data.direction == "in" else "to"
                length = f", {data.minutes} minutes" if data.minutes is not None else ""
                outcome = f". {data.outcome}" if full else ""
                yield event, f"Call {way} {data.with_whom}", f"by {data.agent}{length}: {data.reason}{outcome}"
            case CaseEscalated():
                now = data.escalation
                eta = f"promised for {now.committed_eta:%Y-%m-%d %H:%M} UTC"
                says = f"{now.manager_name}, {now.manager_contact}; {eta}; by {now.opened_by}: {now.reason}"
                yield event, f"Escalation, level {now.level}", says
            case EscalationResolved():
                outcome = f": {data.outcome}" if full else ""
                yield event, f"Escalation, level {data.level}", f"resolved by {data.agent}{outcome}"
            case _:
                for mail in mails_of([event]):
                    way, who = "to" if mail.ours else "from", mail.who if full else "the manager"
                    yield event, f"Mail {way} {who}", mail.says if full else "withheld"
