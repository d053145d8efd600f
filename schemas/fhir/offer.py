"""An offer as its provider sees it: one FHIR Task, without a person until the order is in the provider's hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from schemas.case import Case, CaseState, Offer, OfferState
from schemas.fhir.message import CATEGORIES, message_of
from schemas.fhir.task import CASE_SYSTEM, ELEMENT_SYSTEM, NPI_SYSTEM, STATUS_SYSTEM, TASK_CODES
from schemas.order import OrderType

OFFER_SYSTEM = "urn:doorstep:offer"
REASON_SYSTEM = "urn:doorstep:reason"
_STATUS: dict[OfferState, tuple[str, str]] = {
    OfferState.SENT: ("requested", "offered"),
    OfferState.ACCEPTED: ("accepted", "accepted"),
    OfferState.DECLINED: ("rejected", "declined"),
    OfferState.RECALLED: ("cancelled", "recalled"),
    OfferState.EXPIRED: ("cancelled", "expired"),
    OfferState.WITHDRAWN: ("failed", "given-back"),
    OfferState.SERVED: ("completed", "completed"),
}
HELD = frozenset({CaseState.PROVIDER_ACCEPTED, CaseState.SCHEDULED, CaseState.MISSED})
_CLINICAL = frozenset({OrderType.HOME_HEALTH, OrderType.INFUSION})
_NOT_FOR_PROVIDERS = frozenset({"MessageHeader", "Task", "DocumentReference"})


def in_hand(offer: Offer, case: Case | None) -> bool:
    """Say whether this offer's provider has the order in hand now."""
    return (
        case is not None
        and offer.state is OfferState.ACCEPTED
        and case.state in HELD
        and case.provider_npi == offer.npi
    )


def version_of(offer: Offer, case: Case) -> str:
    return f"{case.revision}-{offer.state.value}"


def offer_task(offer: Offer, case: Case) -> dict[str, Any]:
    """Return the Task of an offer; who has the order in hand also gets the member, the request and the plan."""
    held = in_hand(offer, case)
    status, word = _STATUS[offer.state]
    if held and case.state is not CaseState.PROVIDER_ACCEPTED:
        status, word = ("on-hold", "missed") if case.state is CaseState.MISSED else ("accepted", "scheduled")
    changed = max(offer.answered_at or offer.sent_at, case.updated_at if held else offer.sent_at)
    task: dict[str, Any] = {
        "resourceType": "Task",
        "id": offer.offer_id,
        "meta": {"versionId": version_of(offer, case), "lastUpdated": instant(changed)},
        "identifier": [{"system": OFFER_SYSTEM, "value": offer.offer_id}],
        "status": status,
        "businessStatus": {"coding": [{"system": STATUS_SYSTEM, "code": word}], "text": word.replace("-", " ")},
        "intent": "order" if held or offer.state is OfferState.SERVED else "proposal",
        "priority": case.order.priority,
        "code": {"coding": [{"system": TASK_CODES, "code": "fulfill"}]},
        "description": _summary(case),
        "authoredOn": instant(offer.sent_at),
        "lastModified": instant(changed),
        "owner": {"identifier": {"system": NPI_SYSTEM, "value": offer.npi}, "display": offer.provider_name},
    }
    if offer.state is OfferState.SENT:
        task["restriction"] = {"period": {"end": instant(offer.respond_by)}}
    if offer.state is OfferState.RECALLED and offer.proposed_start is not None:
        task["statusReason"] = {"text": "It was withdrawn after it had been accepted: do not carry it out."}
    if offer.decline_code:
        coding = [{"system": REASON_SYSTEM, "code": offer.decline_code}]
        task["statusReason"] = {"coding": coding, "text": offer.decline_reason or offer.decline_code}
    if offer.state in {OfferState.ACCEPTED, OfferState.SERVED} and offer.proposed_start:
        end = {"end": instant(offer.proposed_end)} if offer.proposed_end else {}
        task["executionPeriod"] = {"start": instant(offer.proposed_start), **end}
    if held:
        task["identifier"].append({"system": CASE_SYSTEM, "value": case.case_id})
        manager = case.manager
        task["note"] = [{"text": f"Case manager {manager.name}, extension {manager.extension}."}]
        task |= _order(case)
    if offer.state is OfferState.SERVED and case.proof is not None:
        coding = [{"system": ELEMENT_SYSTEM, "code": "completed-at"}]
        done = {"type": {"coding": coding}, "valueDateTime": instant(case.proof.completed_at)}
        task["output"] = [done]
    return task


def _order(case: Case) -> dict[str, Any]:
    """Return the order inside the Task: the member, the place, the items, who ordered, the plan (45 CFR 164.506(c))."""
    entries = message_of(case, "OrderStatus")["entry"]
    left_out = _NOT_FOR_PROVIDERS | (frozenset() if case.order.order_type in _CLINICAL else {"Condition"})
    kept = [one["resource"] for one in entries if one["resource"]["resourceType"] not in left_out]
    contained = [_inside(one, {f"urn:uuid:{one['id']}" for one in kept}) for one in kept]
    for one in contained:
        one.pop("supportingInfo", None)  # received documents stay with the hub
        if "Condition" in left_out:  # who brings an item is not told why (45 CFR 164.502(b))
            one.pop("reasonReference", None)
    patient = next(one for one in contained if one["resourceType"] == "Patient")
    requests = [one for one in contained if one.get("intent")]
    found: dict[str, Any] = {"contained": contained, "for": {"reference": f"#{patient['id']}"}}
    return found | {"focus": {"reference": f"#{requests[0]['id']}"}} if requests else found


def _inside(value: Any, known: set[str]) -> Any:
    """Return the value with references to resources of the message as references to contained ones."""
    if isinstance(value, dict):
        return {name: _inside(one, known) for name, one in value.items()}
    if isinstance(value, list):
        return [_inside(one, known) for one in value]
    return f"#{value.removeprefix('urn:uuid:')}" if isinstance(value, str) and value in known else value


def _summary(case: Case) -> str:
    """Return the kind of service and the ZIP prefix: no person, no item, no diagnosis."""
    where = case.order.delivery_address or case.order.member.address
    zip3 = (where.postal_code or "")[:3] if where else ""
    kind = CATEGORIES.get(case.order.order_type, "home service")
    return f"{kind.capitalize()}, ZIP area {zip3 or 'unknown'}"


def instant(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
