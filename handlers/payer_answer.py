"""Takes a payer's answer (271, 278, ClaimResponse, 999, TA1): finds what was asked by its trace number, and says it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from doorstep.handler import Tools, Unit, on
from handlers.casework import ask_person
from handlers.payers import CHANNEL
from handlers.reconcile import reconciled
from schemas.codec import CodecError
from schemas.event import Event, Payload
from schemas.fhir import loads
from schemas.fhir.pas import read_answer
from schemas.outbound import ConfirmationRequested, DeliveryDied
from schemas.payer import (
    AuthorizationCancellationAnswered,
    AuthorizationDecided,
    CoverageStatus,
    Eligibility,
    EligibilityAnswered,
    PayerEnquiry,
    PayerFailed,
    Reason,
    ReviewAnswer,
)
from schemas.transmission import ReceiptState, TransmissionReceived
from schemas.x12 import Acknowledged, Interchange, acknowledgements, eligibility_answers, parse, review_answers


@dataclass(frozen=True, slots=True)
class Read:
    """What an answer holds: X12 interchanges, or one ClaimResponse, or why it cannot be read."""

    interchanges: tuple[Interchange, ...] = ()
    review: ReviewAnswer | None = None
    problem: str = ""


def read(data: bytes, content_type: str, trace: str | None) -> Read:
    """Return what the bytes hold; it raises nothing."""
    try:
        if "json" in content_type:
            return Read(review=read_answer(loads(data, max_bytes=len(data)), trace))
        return Read(interchanges=parse(data))
    except CodecError as broken:
        return Read(problem=broken.message)


async def _read(event: Event[TransmissionReceived], tools: Tools) -> Read:
    content = event.data.contents[0]
    data = await tools.content(content)
    return await asyncio.to_thread(read, data, content.content_type, event.data.details.get("trace"))


@on(TransmissionReceived, where=lambda data: data.channel == CHANNEL, prepare=_read)
def payer_answer(event: Event[TransmissionReceived], unit: Unit, found: Read) -> Iterable[Payload]:
    """Say what was answered to whom; an answer that is of no request of ours, or unreadable, goes to a person."""
    data = event.data
    expected = data.details.get("trace", "")
    events: list[Payload] = []
    if found.problem:
        events = _unusable(expected, f"the payer's answer cannot be read: {found.problem}", unit)
    for answer in _eligibilities(found.interchanges, expected, event, unit):
        events += _eligibility(answer, expected, data, unit)
    reviews = [
        *([found.review] if found.review else []),
        *(one for i in found.interchanges for one in review_answers(i)),
    ]
    for review in reviews:
        events += _review(review, expected, data, unit)
    told = [one for interchange in found.interchanges for one in acknowledgements(interchange)]
    events += _acknowledged(told, data, unit)
    if not events and not told:
        reason = found.problem or "it answers nothing that was asked"
        events = ask_person(unit, data.document_id, stage="payer", reason=f"a payer's answer: {reason}")
        unit.settle_receipt(data.document_id, ReceiptState.PENDING, reason=reason)
        return events
    cases = {str(getattr(one, "case_id", "")) for one in events} - {""}
    unit.settle_receipt(data.document_id, ReceiptState.ACCEPTED, case_id=cases.pop() if len(cases) == 1 else None)
    return events


def asked(trace: str | None, unit: Unit) -> PayerEnquiry | None:
    """Return what was asked under a trace number of ours."""
    known = unit.latest(ConfirmationRequested, trace) if trace else None
    return known.data.enquiry if known else None


def _eligibilities(
    found: Sequence[Interchange], expected: str, event: Event[TransmissionReceived], unit: Unit
) -> list[Eligibility]:
    def wanted(trace: str) -> tuple[Sequence[str], date]:
        enquiry = asked(trace or expected, unit)
        today = event.data.received_at.date()
        return (enquiry.service_types, max(enquiry.service_start or today, today)) if enquiry else ((), today)

    return [one for each in found for one in eligibility_answers(each, wanted, unit.now)]


def _eligibility(answer: Eligibility, expected: str, data: TransmissionReceived, unit: Unit) -> list[Payload]:
    trace = answer.trace or expected
    enquiry = asked(trace, unit)
    if enquiry is None or enquiry.ask != "eligibility":
        return []
    if expected and trace != expected:
        return _unusable(expected, "the payer's answer is to another request", unit)
    case = unit.case(enquiry.case_id)
    current = case.eligibility if case is not None and case.eligibility is not None else None
    facts = current.facts if current is not None and current.trace == trace else ""
    kept = answer.model_copy(update={"trace": trace, "facts": facts})
    if answer.member_id and _plain(answer.member_id) != _plain(enquiry.member_id):
        other = Reason(system="text", text="the payer names the member by another id")
        sure = CoverageStatus.UNKNOWN if answer.status is CoverageStatus.ACTIVE else answer.status
        kept = kept.model_copy(update={"status": sure, "reasons": (*answer.reasons, other)})
    return [EligibilityAnswered(case_id=enquiry.case_id, eligibility=kept, document_id=data.document_id)]


def _plain(text: str) -> str:
    return "".join(one for one in text.upper() if one.isalnum())


def _review(answer: ReviewAnswer, expected: str, data: TransmissionReceived, unit: Unit) -> list[Payload]:
    enquiry = asked(answer.trace or expected, unit)
    if enquiry is None or enquiry.ask == "eligibility":
        return _unusable(expected, "the payer's answer is to another request", unit)
    sent = asked(expected, unit)
    if sent is not None and (sent.submitted or sent.trace) != (enquiry.submitted or enquiry.trace):
        return _unusable(expected, "the payer's answer is to another request", unit)
    about = sent if sent is not None and sent.ask == "authorization-cancellation" else enquiry
    if about.ask == "authorization-cancellation":
        said = AuthorizationCancellationAnswered(
            case_id=about.case_id,
            trace=about.submitted or about.trace,
            decision=answer.decision,
            reasons=answer.reasons,
            document_id=data.document_id,
        )
        return [said]
    case = unit.case(enquiry.case_id)
    known = case.authorization if case is not None else None
    if known is None or known.trace != (enquiry.submitted or enquiry.trace):
        return []
    decided = reconciled(known, answer, enquiry, unit.now)
    return [AuthorizationDecided(case_id=enquiry.case_id, authorization=decided, document_id=data.document_id)]


def _acknowledged(told: Sequence[Acknowledged], data: TransmissionReceived, unit: Unit) -> list[Payload]:
    """A file that was not taken will never be answered: a person must know at once."""
    events: list[Payload] = []
    for one in told:
        trace = data.details.get(f"control {one.control.lstrip('0')}", "")
        if not one.taken:
            reason = f"the payer refused the file ({', '.join(one.reasons) or 'no reason given'})"
            events += _unusable(trace, reason[:200], unit)
    return events


def _unusable(trace: str, reason: str, unit: Unit) -> list[Payload]:
    enquiry = asked(trace, unit)
    if enquiry is None:
        return []
    return [
        PayerFailed(case_id=enquiry.case_id, trace=enquiry.submitted or enquiry.trace, ask=enquiry.ask, reason=reason)
    ]


@on(DeliveryDied, where=lambda data: data.event_topic == ConfirmationRequested.topic)
def undeliverable(event: Event[DeliveryDied], unit: Unit) -> Iterable[Payload]:
    """A request that could not be brought to the payer at all."""
    return _unusable(event.data.event_key, f"the payer could not be asked: {event.data.reason}", unit)
