"""Takes a provider's answer to an offer: the first acceptance wins, the other offers are recalled, once and for all.

What a provider says after it has accepted (moved, missed, given back, done) is `handlers.fulfil`'s; the desk may say
either in a provider's place, by the case's number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import JsonValue

from doorstep.handler import Unit, on
from handlers.casework import ask_person, derived_id, moved, recalled, rule
from handlers.deadline import at_risk, misses_discharge
from handlers.fulfil import ACTS
from handlers.gate import stops
from handlers.offer import next_wave
from handlers.word import Word, refusal_of_window, window_of
from schemas.case import MOVED_ON, CaseState, Offer, OfferAccepted, OfferDeclined, OfferState
from schemas.event import Event, Payload
from schemas.network import Reasons, reason_of
from schemas.transmission import Content, ReceiptState, TransmissionReceived


@on(TransmissionReceived, where=lambda data: data.channel == "dispatch")
def answer(event: Event[TransmissionReceived], unit: Unit) -> Iterable[Payload]:
    document_id = event.data.document_id
    token = derived_id("answered", document_id)
    if unit.marked(token):
        return []
    unit.mark(token)
    content = unit.content(event.data.contents[0])
    return take(content if isinstance(content, dict) else {}, document_id, event.data.contents[1:], unit)


def take(said: Mapping[str, JsonValue], document_id: str, documents: tuple[Content, ...], unit: Unit) -> list[Payload]:
    """Take one answer, whichever way it came; its receipt says what became of it."""
    if said.get("answer") == "dispatch":
        return _dispatched(str(said.get("case_id", "")), document_id, unit)
    offer = _offer(said, unit)
    if offer is None:
        return _settled(unit, document_id, refused="there is no such offer")
    case = unit.case(offer.case_id)
    if case is None:
        return _settled(unit, document_id, refused="there is no such case", offer=offer)
    if said.get("if_revision", case.revision) != case.revision:
        return _settled(unit, document_id, refused=MOVED_ON, offer=offer)
    word = Word(document_id, offer, case, said, documents)
    act = {"accept": _accepted, "decline": _declined, **ACTS}.get(str(said.get("answer")))
    if act is None:
        return _settled(unit, document_id, refused="the answer must be accept or decline", offer=offer)
    events, refused = act(word, unit)
    return _settled(unit, document_id, events, refused=refused, offer=offer)


def _offer(said: Mapping[str, JsonValue], unit: Unit) -> Offer | None:
    """Return the offer that is meant: the one named, or the one that holds the case that the desk named."""
    if "case_id" not in said:
        return unit.offer(str(said.get("offer_id", "")))
    held = [o for o in unit.offers_of(str(said["case_id"])) if o.state in {OfferState.ACCEPTED, OfferState.SERVED}]
    return held[0] if held else None


def _dispatched(case_id: str, document_id: str, unit: Unit) -> list[Payload]:
    """The desk gives a case that nobody took to the network again: papers, room or the network may have changed."""
    case = unit.case(case_id)
    refused = None if case else "there is no such case"
    events: list[Payload] = []
    if case is not None and case.state is not CaseState.UNDISPATCHABLE:
        refused = f"the case is {case.state}"
    elif case is not None and (wait := stops(case, unit)) is not None:
        refused = f"the case waits: {wait.label}; release it first"
    elif case is not None:
        again = case.model_copy(update={"dispatch_round": case.dispatch_round + 1})
        events = next_wave(again, unit, cause="the desk asks the network again")
    state = ReceiptState.REJECTED if refused else ReceiptState.ACCEPTED
    unit.settle_receipt(document_id, state, reason=refused, case_id=case.case_id if case else None)
    return events


def _settled(
    unit: Unit,
    document_id: str,
    events: Iterable[Payload] = (),
    *,
    refused: str | None = None,
    offer: Offer | None = None,
) -> list[Payload]:
    state = ReceiptState.REJECTED if refused else ReceiptState.ACCEPTED
    unit.settle_receipt(document_id, state, reason=refused, case_id=offer.case_id if offer else None)
    return list(events)


def _accepted(word: Word, unit: Unit) -> tuple[list[Payload], str | None]:
    offer, case = word.offer, word.case
    if offer.state is OfferState.ACCEPTED:
        return [], None
    if offer.state is not OfferState.SENT or case.state is not CaseState.DISPATCHING:
        return [], f"the offer was {offer.state} before"
    window = window_of(word.said, unit)
    refused = refusal_of_window(window, case.order)
    if window is None or refused:
        fields = {"start": "too early" if window else "not usable"}
        reason = f"a provider accepted, but {refused}"
        return ask_person(
            unit, word.document_id, stage="answer", reason=reason, case_id=case.case_id, fields=fields
        ), refused
    start, end = window
    taken = {"state": OfferState.ACCEPTED, "answered_at": unit.now, "proposed_start": start, "proposed_end": end}
    unit.save_offer(offer.model_copy(update=taken))
    others = recalled(case.case_id, unit, reason="another provider accepted first", but=offer.offer_id)
    _, change = moved(
        case,
        CaseState.PROVIDER_ACCEPTED,
        unit,
        cause="a provider accepted",
        provider_npi=offer.npi,
        provider_name=offer.provider_name,
        scheduled_start=start,
        scheduled_end=end,
    )
    accepted = OfferAccepted(
        case_id=case.case_id,
        offer_id=offer.offer_id,
        npi=offer.npi,
        provider_name=offer.provider_name,
        start=start,
        end=end,
    )
    events: list[Payload] = [accepted, change, *others]
    if misses_discharge(start, case):
        events += at_risk(case, "the committed start is after the discharge", word.document_id, unit)
    return events, None


def _declined(word: Word, unit: Unit) -> tuple[list[Payload], str | None]:
    offer = word.offer
    if offer.state is OfferState.ACCEPTED:
        return ACTS["withdraw"](word, unit)
    if offer.state is not OfferState.SENT:
        return [], None
    code = reason_of(rule(unit, "network/reasons", Reasons).decline, word.code).code
    reason = word.reason or "no reason given"
    change = {"state": OfferState.DECLINED, "answered_at": unit.now, "decline_code": code, "decline_reason": reason}
    unit.save_offer(offer.model_copy(update=change))
    declined = OfferDeclined(case_id=offer.case_id, offer_id=offer.offer_id, npi=offer.npi, reason=reason, code=code)
    return [declined], None
