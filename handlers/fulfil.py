"""What becomes of a service that a provider took on: moved, missed, given back, or done with its proof.

Each act returns the events that follow and, when it is not taken, the reason. A provider that gives an order back is
not asked again first; the case goes to the network anew with all its history.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from doorstep.handler import Unit
from handlers.benefits import proceed
from handlers.casework import ask_person, moved, rule, saved
from handlers.deadline import at_risk, misses_discharge
from handlers.gate import held
from handlers.offer import next_wave
from handlers.word import EARLIEST, Word, instant, refusal_of_window, text, window_of
from schemas.case import Case, CaseState, Offer, OfferState
from schemas.deadline import pressing_discharge
from schemas.event import Payload
from schemas.network import Reason, Reasons, reason_of
from schemas.service import OfferWithdrawn, Proof, ServiceCompleted, ServiceMissed, ServiceScheduled

Outcome = tuple[list[Payload], str | None]
_HELD = frozenset({CaseState.PROVIDER_ACCEPTED, CaseState.SCHEDULED, CaseState.MISSED})
_MOST_SERIALS = 50
ON_TIME = timedelta(hours=1)
"""How long after a start that was committed without a window the service still counts as on time."""


def _holds(word: Word) -> bool:
    return word.offer.state is OfferState.ACCEPTED and word.case.state in _HELD


def _not_held(word: Word) -> str:
    if word.offer.state is OfferState.SERVED:
        return "the service was completed before"
    return f"the offer is {word.offer.state}"


def redispatch(case: Case, offer: Offer, unit: Unit, *, cause: str) -> list[Payload]:
    """Take the case from its provider and give it to the network anew; what was is kept."""
    unit.save_offer(offer.model_copy(update={"state": OfferState.WITHDRAWN, "answered_at": unit.now}))
    freed = {"provider_npi": None, "provider_name": None, "scheduled_start": None, "scheduled_end": None}
    again = case.model_copy(update={**freed, "dispatch_round": case.dispatch_round + 1})
    if held(again, unit) is None:
        return next_wave(again, unit, cause=cause)
    again, change = moved(again, CaseState.BENEFITS, unit, cause=cause)  # the payer spoke against it, or time ran out
    return [change, *proceed(again, unit)]


def withdraw(word: Word, unit: Unit) -> Outcome:
    """The provider cannot serve after all."""
    if word.offer.state is OfferState.WITHDRAWN:
        return [], None
    if not _holds(word):
        return [], _not_held(word)
    reason = _reason(unit, "withdraw", word.code)
    told = OfferWithdrawn(
        case_id=word.case.case_id,
        offer_id=word.offer.offer_id,
        npi=word.offer.npi,
        provider_name=word.offer.provider_name,
        code=reason.code,
        reason=word.reason or reason.label,
        by=word.by,
    )
    events: list[Payload] = [told, *redispatch(word.case, word.offer, unit, cause="the provider gave it back")]
    if reason.then == "person":
        events += _ask(word, unit, f"a provider gave the order back: {reason.label}")
    if pressing_discharge(word.case.order, word.case.received_at) is not None:
        events += at_risk(word.case, "the provider gave the order back", word.document_id, unit)
    return events, None


def reschedule(word: Word, unit: Unit) -> Outcome:
    """Another start takes the place of the committed one."""
    if not _holds(word) or word.case.state is CaseState.PROVIDER_ACCEPTED:
        return [], _not_held(word) if not _holds(word) else "no start is committed yet"
    window = window_of(word.said, unit)
    refused = refusal_of_window(window, word.case.order)
    if window is None or refused:
        return [], refused
    if window == (word.case.scheduled_start, word.case.scheduled_end):
        return [], None
    code = _reason(unit, "reschedule", word.code).code
    return committed(word, window[0], window[1], code, unit), None


def committed(word: Word, start: datetime, end: datetime | None, code: str | None, unit: Unit) -> list[Payload]:
    """Put another start in the place of the case's own."""
    case, before = word.case, word.case.scheduled_start
    changes = {"scheduled_start": start, "scheduled_end": end}
    events: list[Payload] = []
    if case.state is CaseState.MISSED:
        case, change = moved(case, CaseState.SCHEDULED, unit, cause="another start is committed", **changes)
        events.append(change)
    else:
        case = saved(case, unit, **changes)
    unit.save_offer(word.offer.model_copy(update={"proposed_start": start, "proposed_end": end}))
    scheduled = ServiceScheduled(
        case_id=case.case_id,
        offer_id=word.offer.offer_id,
        npi=word.offer.npi,
        provider_name=word.offer.provider_name,
        start=start,
        end=end,
        previous_start=before,
        code=code,
        by=word.by,
    )
    late = misses_discharge(start, case)
    risk = at_risk(case, "the start was moved behind the discharge", word.document_id, unit) if late else []
    return [*events, scheduled, *risk]


def missed(word: Word, unit: Unit) -> Outcome:
    """The committed start passed without the service: a new start, other providers, or a person, by the reason."""
    case = word.case
    if not _holds(word) or case.scheduled_start is None:
        return [], _not_held(word)
    if case.state is not CaseState.SCHEDULED:
        return [], None if case.state is CaseState.MISSED else "no start is committed yet"
    if case.scheduled_start > unit.now + EARLIEST:
        return [], "the committed start is still ahead: move it, or give the order back"
    window = window_of(word.said, unit)
    if word.said.get("start") and (refused := refusal_of_window(window, case.order)):
        return [], refused
    reason = _reason(unit, "missed", word.code)
    told = ServiceMissed(
        case_id=case.case_id,
        offer_id=word.offer.offer_id,
        npi=word.offer.npi,
        provider_name=word.offer.provider_name,
        start=case.scheduled_start,
        code=reason.code,
        reason=word.reason or reason.label,
        cause=reason.cause,
        then="rescheduled" if window else reason.then,
        by=word.by,
    )
    case, change = moved(case, CaseState.MISSED, unit, cause=f"missed: {reason.label}")
    word = Word(word.document_id, word.offer, case, word.said, word.documents)
    events: list[Payload] = [told, change]
    if window:
        return [*events, *committed(word, *window, reason.code, unit)], None
    if reason.then == "redispatch":
        return [*events, *redispatch(case, word.offer, unit, cause=f"missed: {reason.label}")], None
    if reason.then == "person":
        events += _ask(word, unit, f"the service was missed: {reason.label}")
    return events, None


def complete(word: Word, unit: Unit) -> Outcome:
    """The service began or the item was delivered: the proof is kept and the case is closed."""
    case = word.case
    if word.offer.state is OfferState.SERVED:
        return [], None
    if not _holds(word) or case.state is CaseState.PROVIDER_ACCEPTED:
        return [], _not_held(word)
    proof = _proof(word, unit)
    if proof is None:
        return [], "a completion needs who received it and when: an instant with offset, after the order, not ahead"
    limit = case.first_start or case.scheduled_start
    grace = timedelta(0) if case.scheduled_end is None else case.scheduled_end - (case.scheduled_start or unit.now)
    done = ServiceCompleted(
        case_id=case.case_id,
        offer_id=word.offer.offer_id,
        npi=word.offer.npi,
        provider_name=word.offer.provider_name,
        proof=proof,
        committed_start=limit,
        late=limit is not None and proof.completed_at > limit + max(grace, ON_TIME),
    )
    unit.save_offer(word.offer.model_copy(update={"state": OfferState.SERVED}))
    case, change = moved(case, CaseState.FULFILLED, unit, cause="the service is done", proof=proof)
    events: list[Payload] = [done, change]
    if proof.exceptions:
        events += _ask(word, unit, "the service is done with exceptions")
    if early := ", ".join(one.label for one in word.case.asked):
        events += _ask(word, unit, f"it was delivered before what must be here first: {early}", "fulfil early")
    return events, None


def _proof(word: Word, unit: Unit) -> Proof | None:
    said: Any = word.said.get("proof")
    if not isinstance(said, dict):
        return None
    at, signed_by = instant(said.get("completed_at")), text(said.get("signed_by"), 120)
    if at is None or not signed_by or not word.case.received_at - timedelta(days=1) <= at <= unit.now + EARLIEST:
        return None
    given = said.get("serials") or []
    serials = [text(one, 60) for one in given[:_MOST_SERIALS]] if isinstance(given, list) else []
    return Proof(
        completed_at=at,
        signed_by=signed_by,
        relation=text(said.get("relation"), 60) or None,
        serials=tuple(dict.fromkeys(serial for serial in serials if serial)),
        exceptions=text(said.get("exceptions"), 500) or None,
        documents=word.documents,
        recorded_by=word.by,
    )


def _reason(unit: Unit, kind: str, code: str) -> Reason:
    return reason_of(getattr(rule(unit, "network/reasons", Reasons), kind), code)


def _ask(word: Word, unit: Unit, reason: str, stage: str = "fulfil") -> list[Payload]:
    return ask_person(unit, word.document_id, stage=stage, reason=reason, case_id=word.case.case_id)


ACTS: dict[str, Callable[[Word, Unit], Outcome]] = {
    "withdraw": withdraw,
    "reschedule": reschedule,
    "missed": missed,
    "complete": complete,
}
"""What may be said of a service that is taken on."""
