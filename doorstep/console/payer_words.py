"""What payers, denials, appeals, escalations and calls say on a timeline, in few words without a person's data."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from schemas.desk import (
    CallLogged,
    CaseEscalated,
    ClaimNoted,
    CorrespondenceKept,
    EscalationDue,
    EscalationResolved,
    FollowedUp,
    PayerInformed,
)
from schemas.payer import (
    AppealDecided,
    AppealFiled,
    AppealPrepared,
    Authorization,
    AuthorizationCancellationAnswered,
    AuthorizationDecided,
    AuthorizationInquiryDue,
    AuthorizationSubmitted,
    AuthorizationWithdrawn,
    Decision,
    Denial,
    DenialRecorded,
    DispatchCleared,
    Eligibility,
    EligibilityAnswered,
    EligibilityRequested,
    PayerClockDue,
    PayerClockWarned,
    PayerFailed,
    Reason,
    RegulatorAsked,
)

MINOR = (AuthorizationInquiryDue, DispatchCleared, EligibilityRequested, EscalationDue, PayerClockDue)
"""Events that their neighbours on the timeline say as well."""


def told_of_payer(data: Any) -> str | None:
    """Say what the event means; None when it is none of these."""
    match data:
        case EligibilityRequested():
            return f"coverage to be asked of {data.payer}"
        case EligibilityAnswered():
            return coverage_words(data.eligibility)
        case DispatchCleared():
            return f"ready for providers: {data.cause}"
        case AuthorizationSubmitted():
            speed = "expedited" if data.expedited else "standard"
            asked = "a person asks for" if data.way == "person" else f"asked by {data.way} for"
            due = f"{data.due_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
            return f"{asked} an authorization of {', '.join(data.codes)} ({speed}), due {due}"
        case AuthorizationDecided():
            return authorization_words(data.authorization)
        case PayerInformed():
            return f"sent to the payer by {data.by}: {'; '.join(data.wants)}"
        case AuthorizationWithdrawn() | AuthorizationCancellationAnswered():
            return withdrawal_words(data)
        case PayerFailed():
            return f"no usable word of the payer: {data.reason}"
        case PayerClockWarned():
            return f"{data.label}: {data.due_at.date()}"
        case _:
            return _told_of_denial(data) or _told_of_desk(data)


def _told_of_denial(data: Any) -> str | None:
    match data:
        case DenialRecorded():
            return denial_words(data.denial)
        case AppealPrepared():
            missing = sum(item.document_id is None for item in data.items)
            return f"appeal level {data.level}: {missing} of {len(data.items)} parts are missing"
        case AppealFiled():
            number = len(data.appeal.exhibits)
            return f"appeal level {data.appeal.level} filed to {data.appeal.filed_to} with {number} exhibits"
        case AppealDecided():
            outcome = "the denial stands" if data.outcome == "upheld" else "the denial was overturned"
            return f"appeal level {data.level} decided: {outcome}"
        case RegulatorAsked():
            return f"{data.body} asked, after {len(data.attempts)} attempts"
        case _:
            return None


def _told_of_desk(data: Any) -> str | None:
    match data:
        case CallLogged():
            way = "from" if data.direction == "in" else "to"
            return f"call {way} {data.with_whom} by {data.agent}: {data.reason}"
        case CaseEscalated():
            now = data.escalation
            eta = f"{now.committed_eta.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
            told = "" if data.mailed is None else "; by mail" if data.mailed else "; no mail address: a person tells it"
            return (
                f"escalated to level {now.level}: {now.manager_name}, {now.manager_contact}, promised for {eta}{told}"
            )
        case EscalationResolved():
            return f"escalation of level {data.level} resolved by {data.agent}"
        case CorrespondenceKept():
            what = "mail about the escalation" if data.about == "escalation" else "mail"
            return f"{what} kept with the case, found by {data.found_by}"
        case FollowedUp():
            return f"seen on {data.seen_on} by {data.by}: {data.label}"
        case ClaimNoted():
            return f"claim filed on {data.filed_on} by {data.agent}"
        case _:
            return None


def coverage_words(known: Eligibility) -> str:
    by = "" if known.checked_by == "payer" else f" (by {known.checked_by})"
    plan = f", {known.plan}" if known.plan else ""
    needs = ", authorization required" if known.authorization_required else ""
    return f"coverage is {known.status}{plan}{needs}{reasons_words(known.reasons)}{by}"


def authorization_words(known: Authorization) -> str:
    number = f" {known.number}" if known.number and known.decision is not Decision.DENIED else ""
    until = f" until {known.valid_to}" if known.valid_to else ""
    by = "" if known.decided_by == "payer" else f" (by {known.decided_by})"
    wants = f", the payer asks for {'; '.join(known.wants)}" if known.wants else ""
    return f"authorization{number} is {known.decision}{until}{reasons_words(known.reasons)}{wants}{by}"


def withdrawal_words(data: AuthorizationWithdrawn | AuthorizationCancellationAnswered) -> str:
    """Say that an authorization is taken back, or what the payer said to that."""
    if isinstance(data, AuthorizationCancellationAnswered):
        if data.decision is Decision.CANCELLED:
            return "the payer has cancelled the authorization"
        return f"the payer has not confirmed the cancellation: {data.decision}{reasons_words(data.reasons)}"
    number = f" {data.number}" if data.number else ""
    whom = data.payer or "the payer"
    asked = f"a person asks {whom}" if data.way == "person" else f"{whom} is asked by {data.way}"
    return f"{asked} to cancel the authorization{number}: {data.reason}"


def denial_words(denial: Denial) -> str:
    window = "by the notice" if denial.window_by == "notice" else "by the payer's rules"
    amount = f" ${denial.amount:,.2f}" if denial.amount is not None else ""
    said = f"denied on {denial.notice_date}{amount}{reasons_words(denial.reasons)}"
    return f"{said}; appeal until {denial.appeal_until} {window}"


def reasons_words(reasons: tuple[Reason, ...]) -> str:
    words = [f"{one.system} {one.code}" if one.code else one.text or "" for one in reasons]
    return f": {'; '.join(word for word in words if word)[:200]}" if any(words) else ""
