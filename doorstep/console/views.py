"""Journal rows as the API and the command line show them: plain dicts, in one place, so both say the same."""

from __future__ import annotations

from typing import Any

from doorstep.connector import Receipt
from doorstep.journal import DeadLetter, Reader
from schemas.case import (
    Case,
    CaseStateChanged,
    CompletenessEvaluated,
    ElementStatus,
    IdentityResolved,
    OfferAccepted,
    OfferDeclined,
    OfferSent,
    ServiceScheduled,
)
from schemas.document import DocumentClassified, DocumentRead, FieldsExtracted, ReviewRequested
from schemas.event import Event
from schemas.order import ReferralReceived
from schemas.outbound import ConfirmationRequested, ConfirmationSent, DeliveryDied
from schemas.transmission import TransmissionReceived


def receipt(found: Receipt) -> dict[str, Any]:
    """Return one line of `doorstep find`."""
    return {
        "id": found.document_id,
        "channel": found.channel,
        "received_at": found.received_at.isoformat(),
        "state": found.state.value,
        "reason": found.reason,
        "case": found.case_id,
        "sha256": found.sha256,
        "control_id": found.control_id,
        "message_id": found.message_id,
        "identifier": found.identifier,
    }


def case_line(case: Case) -> dict[str, Any]:
    """Return what a list of cases shows: no person, no diagnosis."""
    return {
        "case": case.case_id,
        "state": case.state.value,
        "order_type": case.order.order_type.value,
        "codes": [line.code for line in case.order.lines if line.code],
        "channel": case.order.channel,
        "received_at": case.received_at.isoformat(),
        "manager": case.manager.name,
        "extension": case.manager.extension,
        "provider": case.provider_name,
        "scheduled_start": case.scheduled_start.isoformat() if case.scheduled_start else None,
        "unmet": [element.element_id for element in case.unmet],
    }


def case_story(reader: Reader, case_id: str) -> dict[str, Any] | None:
    """Return one case whole, its offers and its timeline; None when there is no such case."""
    case = reader.case(case_id)
    if case is None:
        return None
    return {
        **case_line(case),
        "detail": case.model_dump(mode="json"),
        "offers": [offer.model_dump(mode="json") for offer in reader.offers(case_id=case_id)],
        "timeline": [
            {"seq": e.seq, "time": e.time.isoformat(), "topic": e.topic, "says": told(e), "id": e.id}
            for e in reader.timeline(case_id)
        ],
    }


def event(found: Event[Any]) -> dict[str, Any]:
    """Return an event as structured-mode CloudEvents JSON, with the journal's sequence."""
    return {
        "specversion": "1.0",
        "id": found.id,
        "type": found.type,
        "source": found.source,
        "subject": found.subject,
        "time": found.time.isoformat(),
        "topic": found.topic,
        "key": found.key,
        "correlationid": found.correlation_id,
        "causationid": found.causation_id,
        "seq": found.seq,
        "data": found.data.model_dump(mode="json"),
    }


def dead_letter(letter: DeadLetter) -> dict[str, Any]:
    return {
        "event_id": letter.event_id,
        "topic": letter.topic,
        "key": letter.key,
        "consumer": letter.consumer,
        "attempts": letter.attempts,
        "code": letter.error_code,
        "reason": letter.reason,
        "died_at": letter.died_at.isoformat(),
    }


def told(found: Event[Any]) -> str:
    """Say in a few words what an event means, without a person's data."""
    data = found.data
    match data:
        case TransmissionReceived():
            return f"received by {data.channel}"
        case DocumentRead():
            return f"read {len(data.pages)} page(s) with {data.engine}"
        case DocumentClassified():
            return f"classified as {data.document_class} ({data.class_confidence:.0%})"
        case FieldsExtracted():
            sure = sum(field.evidence.accepted for field in data.fields.values())
            return f"{sure} of {len(data.fields)} fields read with confidence"
        case ReviewRequested():
            return f"put before a person: {data.reason}"
        case ReferralReceived():
            return f"normalized to one {data.order.order_type} order, {len(data.order.lines)} line(s)"
        case IdentityResolved():
            what = "new case" if data.is_new else ("the same order again" if data.duplicate else "known case")
            return f"linked: {what} ({data.rule})"
        case CompletenessEvaluated():
            unmet = [r.label for r in data.results if r.status not in {ElementStatus.MET, ElementStatus.NOT_APPLICABLE}]
            return "complete" if data.complete else f"incomplete: {', '.join(unmet)}"
        case _:
            return _told_of_case(data)


def _told_of_case(data: Any) -> str:
    match data:
        case CaseStateChanged():
            return f"case is {data.to_state}" + (f" (was {data.from_state})" if data.from_state else "")
        case OfferSent():
            return f"offered to {data.provider_name}, answer by {data.respond_by:%Y-%m-%d %H:%M} UTC"
        case OfferAccepted():
            return f"accepted by {data.provider_name}"
        case OfferDeclined():
            return f"declined: {data.reason}"
        case ServiceScheduled():
            return f"scheduled for {data.start:%Y-%m-%d %H:%M} UTC with {data.provider_name}"
        case ConfirmationRequested():
            return f"{data.kind} to be sent by {data.recipient.channel}"
        case ConfirmationSent():
            return f"{data.kind} sent by {data.channel}: {data.provider_status}"
        case DeliveryDied():
            return f"gave up at {data.consumer}: {data.reason}"
        case _:
            return str(data.topic).replace(".", " ")


def metrics(reader: Reader) -> str:
    """Return the counts of the journal in Prometheus' text form; labels are ours, never a sender's."""
    lines = [
        "# HELP doorstep_events_total Events in the journal.",
        "# TYPE doorstep_events_total counter",
        f"doorstep_events_total {reader.last_seq()}",
        "# HELP doorstep_deliveries Open and dead deliveries by consumer.",
        "# TYPE doorstep_deliveries gauge",
    ]
    for row in reader.backlog():
        lines += [
            f'doorstep_deliveries{{consumer="{row.consumer}",state="{state}"}} {getattr(row, state)}'
            for state in ("pending", "inflight", "retrying", "dead")
        ]
    return "\n".join(lines) + "\n"
