"""Journal rows as the API and the command line show them: plain dicts, in one place, so both say the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from doorstep.connector import Receipt
from doorstep.console import clock_views, payer_words, threads
from doorstep.journal import DeadLetter, Reader
from doorstep.rules import load
from schemas.case import (
    Case,
    CaseClock,
    CaseClockWarned,
    CaseState,
    CaseStateChanged,
    ClockDue,
    CompletenessEvaluated,
    IdentityResolved,
    InformationRequested,
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferRecalled,
    OffersDue,
    OfferSent,
)
from schemas.document import (
    DocumentClassified,
    DocumentRead,
    FieldsExtracted,
    ReviewDecided,
    ReviewRequested,
    ReviewSettled,
)
from schemas.element import DISPATCH, unmet
from schemas.event import Event
from schemas.held import NumberHeld, OrderHeld, OrderWithdrawn
from schemas.onboarding import ProviderChanged
from schemas.order import ReferralReceived
from schemas.outbound import (
    ConfirmationDelivered,
    ConfirmationFailed,
    ConfirmationKind,
    ConfirmationRequested,
    ConfirmationSent,
    DeliveryDied,
)
from schemas.patient import PatientNoticed
from schemas.published import OrderMessage
from schemas.service import (
    OfferWithdrawn,
    PaperEnding,
    ProvidersRanked,
    ServiceCompleted,
    ServiceMissed,
    ServiceScheduled,
)
from schemas.transmission import TransmissionReceived


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a timeline; `minor` where its neighbours say the same."""

    event: Event[Any]
    says: str
    minor: bool


_MINOR = (
    OfferRecalled, InformationRequested, OffersDue, ClockDue, ProvidersRanked, OrderMessage, *payer_words.MINOR,
    *clock_views.MINOR,
)  # fmt: skip
_TELLING_STATES = {CaseState.UNDISPATCHABLE, CaseState.MISSED, CaseState.CANCELLED}


def steps(timeline: Sequence[Event[Any]]) -> list[Step]:
    """Return the timeline with what a reader can leave out marked as minor."""
    sent = {e.data.confirmation_id for e in timeline if isinstance(e.data, ConfirmationSent)}

    def minor(data: Any) -> bool:
        match data:
            case CaseStateChanged():
                return data.to_state not in _TELLING_STATES
            case ConfirmationRequested():
                return data.confirmation_id in sent or data.kind is ConfirmationKind.OFFER
            case ConfirmationSent():
                return data.kind is ConfirmationKind.OFFER
            case _:
                return isinstance(data, _MINOR)

    return [Step(e, told(e), minor(e.data)) for e in timeline]


def chosen(timeline: Sequence[Event[Any]]) -> ProvidersRanked | None:
    """Return the newest explanation of who was offered the order and who was not."""
    return next((e.data for e in reversed(timeline) if isinstance(e.data, ProvidersRanked)), None)


def instant(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def found(receipt: Receipt) -> dict[str, Any]:
    """Return one line of `doorstep find`."""
    return {
        "id": receipt.document_id,
        "channel": receipt.channel,
        "received_at": receipt.received_at.isoformat(),
        "state": receipt.state.value,
        "reason": receipt.reason,
        "case": receipt.case_id,
    }


def receipt(of: Receipt) -> dict[str, Any]:
    """Return what the API says of one received input."""
    return {
        **found(of),
        "sha256": of.sha256,
        "control_id": of.control_id,
        "message_id": of.message_id,
        "identifier": of.identifier,
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
        "unmet": [element.element_id for element in case.asked],
    }


def case_story(reader: Reader, case_id: str) -> dict[str, Any] | None:
    """Return one case whole, its offers and its timeline; None when there is no such case."""
    case = reader.case(case_id)
    if case is None:
        return None
    timeline = reader.timeline(case_id)
    return {
        **case_line(case),
        "detail": case.model_dump(mode="json"),
        "clocks": clock_views.clocks_of(reader, case),
        "offers": [offer.model_dump(mode="json") for offer in reader.offers(case_id=case_id)],
        "choice": choice.model_dump(mode="json") if (choice := chosen(timeline)) else None,
        "mails": [{**asdict(mail), "at": mail.at.isoformat()} for mail in threads.mails_of(timeline)],
        "timeline": [
            {
                "seq": step.event.seq,
                "time": step.event.time.isoformat(),
                "topic": step.event.topic,
                "says": step.says,
                "id": step.event.id,
                "minor": step.minor,
            }
            for step in steps(timeline)
        ],
    }


def case_for(reader: Reader, case_id: str, tenant: str) -> dict[str, Any] | None:
    """Return a case as a partner that sent something to it sees it: what its Task says, the way of its own inputs."""
    found, own = reader.case(case_id), reader.documents_of(case_id, tenant)
    if found is None or not own:
        return None
    timeline = [
        {"time": step.event.time.isoformat(), "topic": step.event.topic, "says": step.says}
        for step in steps(reader.timeline(case_id))
        if step.event.correlation_id in own and not step.minor
    ]
    return {**case_line(found), "timeline": timeline}


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
            return f"{_count(len(data.pages), 'page')} read with {data.engine}"
        case DocumentClassified():
            doubt = (
                ""
                if data.class_confidence >= float(load("documents/classes")["review_below"])
                else ", which is not certain"
            )
            return f"read as {data.document_class.replace('_', ' ').replace('dme', 'DME')}{doubt}"
        case FieldsExtracted():
            sure = sum(field.evidence.accepted for field in data.fields.values())
            lines = sum(fact.evidence.accepted for fact in data.facts.values())
            more = f", {_count(lines, 'line')} for the notes" if lines else ""
            return f"{sure} of {len(data.fields)} fields read with confidence{more}"
        case ReferralReceived():
            return f"normalized to one {data.order.order_type} order of {_count(len(data.order.lines), 'line')}"
        case PatientNoticed():
            return f"told of the patient by {data.event}: {data.kind.replace('-', ' ')}"
        case IdentityResolved():
            what = "new case" if data.is_new else ("the same order again" if data.duplicate else "known case")
            return f"linked: {what} ({data.rule})"
        case CompletenessEvaluated():
            open_ones = ", ".join(result.label for result in unmet(data.results, data.gate))
            before = "" if data.gate == DISPATCH else f" before the {data.gate}"
            return f"everything needed{before} is there" if data.complete else f"incomplete{before}: {open_ones}"
        case _:
            return _told_of_review(data) or _told_of_case(data)


def _told_of_review(data: Any) -> str | None:
    match data:
        case ReviewRequested():
            return f"put before a person: {data.reason}"
        case ReviewDecided():
            return "a person decided on it"
        case ReviewSettled():
            return f"what a person was asked is done: {data.command.replace('-', ' ')} by {data.by}"
        case OrderHeld():
            return "the order is kept until a person has decided"
        case NumberHeld():
            return "the order waits under its sender's number"
        case OrderWithdrawn():
            return "its sender took the order back before it had a case"
        case _:
            return None


_KIND_SAYS = {
    ConfirmationKind.ACKNOWLEDGED: "acknowledged",
    ConfirmationKind.INFORMATION_REQUESTED: "what is missing asked of the sender",
    ConfirmationKind.UNDER_REVIEW: "sender told that a person looks at it",
    ConfirmationKind.SCHEDULED: "scheduled start told",
    ConfirmationKind.RESCHEDULED: "new start told",
    ConfirmationKind.MISSED: "missed service told",
    ConfirmationKind.REDISPATCHED: "told that another provider is looked for",
    ConfirmationKind.COMPLETED: "completion told",
    ConfirmationKind.ASSIGNED: "details of the service to the provider",
    ConfirmationKind.CANCELLED: "cancellation told",
    ConfirmationKind.OFFER: "offer to the provider",
    ConfirmationKind.RECALLED: "provider told that its offer is taken back",
    ConfirmationKind.ELIGIBILITY: "payer asked about the coverage",
    ConfirmationKind.AUTHORIZATION: "payer asked for an authorization",
    ConfirmationKind.AUTHORIZATION_INQUIRY: "payer asked what became of the authorization",
    ConfirmationKind.AUTHORIZATION_CANCELLATION: "payer asked to cancel the authorization",
    ConfirmationKind.ESCALATION: "mail about the escalation",
}


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _told_of_case(data: Any) -> str:
    match data:
        case CaseStateChanged():
            return f"case is {data.to_state}" + (f" (was {data.from_state})" if data.from_state else "")
        case InformationRequested():
            return "what is missing is asked for" + ("" if data.gate == DISPATCH else f" before the {data.gate}")
        case OfferSent():
            return f"offered to {data.provider_name}, answer by {instant(data.respond_by)}"
        case OfferAccepted():
            return f"accepted by {data.provider_name}"
        case OfferDeclined():
            return f"declined: {data.reason}"
        case OfferExpired():
            return "offer ended: no answer in time"
        case CaseClock():
            return f"clock ran out: {data.label}"
        case CaseClockWarned():
            return f"clock is running out: {data.label}"
        case OfferRecalled():
            return f"offer recalled: {data.reason}"
        case _:
            return _told_of_service(data)


def _told_of_service(data: Any) -> str:
    match data:
        case ProvidersRanked():
            chosen = sum(one.chosen for one in data.candidates)
            fitting = sum(one.rank is not None for one in data.candidates)
            return f"{_count(fitting, 'provider')} fit, {chosen} chosen"
        case ServiceScheduled():
            was = f", before {instant(data.previous_start)}" if data.previous_start else ""
            return f"scheduled for {instant(data.start)} with {data.provider_name}{was}"
        case OfferWithdrawn():
            return f"given back by {data.provider_name}: {data.code.replace('-', ' ')}"
        case ServiceMissed():
            return f"missed by {data.provider_name}: {data.code.replace('-', ' ')}"
        case ProviderChanged():
            return f"{data.provider.name} put into the network by {data.by}: {', '.join(data.changed)}"
        case PaperEnding():
            return f"a paper of {data.provider_name} ends in {_count(data.days, 'day')}: {data.paper}"
        case ServiceCompleted():
            return f"done {instant(data.proof.completed_at)} by {data.provider_name}" + (", late" if data.late else "")
        case _:
            return payer_words.told_of_payer(data) or clock_views.told_of_clock(data) or _told_of_send(data)


def _told_of_send(data: Any) -> str:
    match data:
        case ConfirmationRequested():
            return f"{_KIND_SAYS[data.kind]}, to be sent by {data.recipient.channel}"
        case ConfirmationSent():
            return f"{_KIND_SAYS[data.kind]} by {data.channel} ({data.provider_status})"
        case ConfirmationDelivered():
            return f"{_KIND_SAYS[data.kind]}: arrived by {data.channel} ({data.provider_status})"
        case ConfirmationFailed():
            further = "no further try" if data.final else "it is tried again"
            return f"{_KIND_SAYS[data.kind]}: did not arrive by {data.channel} ({data.failure_class}); {further}"
        case OrderMessage():
            return "published as a FHIR message"
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
