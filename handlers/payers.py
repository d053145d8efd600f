"""What the rules say of a case's payer, and how it is asked: policies as data, enquiries as values. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date, datetime

from doorstep.handler import Unit
from handlers.casework import clocks, derived_id, fold, payer_key, rule
from schemas.business import after_business_minutes
from schemas.case import Case
from schemas.clock_rules import BusinessHours
from schemas.order import Order
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.payer import Ask, PayerEnquiry, ServiceLine, Way
from schemas.payer_rules import AuthorizationRule, DecisionClock, Limit, PayerIndex, PayerPolicy, Window
from schemas.transmission import ReplyTo

CHANNEL = "payer"
_URGENT = frozenset({"stat", "urgent", "asap"})
_KINDS: dict[Ask, ConfirmationKind] = {
    "eligibility": ConfirmationKind.ELIGIBILITY,
    "authorization": ConfirmationKind.AUTHORIZATION,
    "authorization-inquiry": ConfirmationKind.AUTHORIZATION_INQUIRY,
    "authorization-cancellation": ConfirmationKind.AUTHORIZATION_CANCELLATION,
}


def policy_of(order: Order, unit: Unit) -> PayerPolicy:
    """Return the policy of the order's payer; what its file leaves out stands in `payers/default`."""
    default = rule(unit, "payers/default", PayerPolicy)
    cover = order.primary_coverage
    key = payer_key(unit, cover.payer or cover.payer_id) if cover else None
    index = rule(unit, "payers/index", PayerIndex).payers
    name = next((file for payer, file in index.items() if key and fold(payer) == key), None)
    if name is None:
        return default.model_copy(update={"payer": (cover.payer if cover else None) or default.payer})
    own = rule(unit, f"payers/{name}", PayerPolicy)
    inherited = ("decision", "appeal", "peer_to_peer", "claim", "regulators")
    return own.model_copy(update={field: getattr(default, field) for field in inherited if not getattr(own, field)})


def payer_of(order: Order) -> str | None:
    """Return the payer that is asked first, as the order names it."""
    cover = order.primary_coverage
    return (cover.payer or cover.payer_id) if cover else None


def urgent(order: Order) -> bool:
    return order.priority in _URGENT


def service_day(order: Order, today: date) -> date:
    """Return the day by whose rules an authorization is needed: the first day of service, today if it has begun."""
    return max(order.service_start or today, today)


def needed(policy: PayerPolicy, order: Order, today: date) -> dict[str, AuthorizationRule]:
    """Return which codes of the order need an authorization, each with the rule that says so."""
    rules = policy.authorization.rules if policy.authorization else ()
    day = service_day(order, today)
    codes = [line.code for line in order.lines if line.code]
    found = {code: next((r for r in rules if r.needs(code, order.order_type, day)), None) for code in codes}
    return {code: which for code, which in found.items() if which is not None}


def window_of(windows: Iterable[Window], day: date) -> Window | None:
    return next((window for window in windows if window.effective.on(day)), None)


def after(limit: Limit, start: datetime, order: Order, hours: BusinessHours) -> datetime:
    """Return when a limit that began at `start` is over; business days on the wall clock of the service address."""
    if limit.business_days is None:
        return start + limit.elapsed
    minutes = (hours.closes.hour - hours.opens.hour) * 60 + hours.closes.minute - hours.opens.minute
    return after_business_minutes(start, limit.business_days * minutes, hours, order)


def decision_due(policy: PayerPolicy, order: Order, codes: Iterable[str], start: datetime, unit: Unit) -> datetime:
    """Return by when the payer must decide a request of `start`: the strictest clock of its items, else the payer's."""
    limit, _ = decision_limit(policy, order, codes, start, unit)
    return after(limit, start, order, clocks(unit).business)


def decision_limit(
    policy: PayerPolicy, order: Order, codes: Iterable[str], start: datetime, unit: Unit
) -> tuple[Limit, bool]:
    """Return the strictest limit for a request of `start`, and whether it stands still while the payer asks back."""
    rules = needed(policy, order, start.date())
    own = [rules[code].clocks for code in codes if code in rules]
    candidates: list[DecisionClock] = [clock for clock in own if clock] or list(policy.decision)
    in_force = [clock for clock in candidates if clock.effective.on(start.date())]
    limits = [(clock.expedited if urgent(order) else clock.standard, clock.pend == "pauses") for clock in in_force]
    hours = clocks(unit).business
    return min(limits or [(Limit(calendar_days=7), True)], key=lambda one: after(one[0], start, order, hours))


def facts_of(ask: Ask, order: Order, codes: Iterable[str] = ()) -> str:
    """Return the digest of what a payer is asked: the same facts need no second answer."""
    cover = order.primary_coverage
    wanted = set(codes)
    said = {
        "ask": ask,
        "payer": cover and [cover.payer, cover.payer_id],
        "member": cover and [cover.member_id, cover.group_no],
        "who": [order.member.name and order.member.name.text, str(order.member.dob)],
        "lines": sorted([line.code or "", str(line.quantity)] for line in order.lines if line.code in wanted),
        "type": order.order_type.value,
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]


def enquiry_of(case: Case, policy: PayerPolicy, ask: Ask, way: Way, trace: str, unit: Unit) -> PayerEnquiry | None:
    """Return what the payer is to be asked; None when the order lacks what every payer needs to find the member."""
    order, cover = case.order, case.order.primary_coverage
    member = order.member
    if cover is None or not cover.member_id or member.name is None or member.dob is None:
        return None
    wanted = needed(policy, order, unit.now.date()) if ask != "eligibility" else {}
    lines = [line for line in order.lines if line.code and (not wanted or line.code in wanted)]
    types = policy.eligibility.service_types.get(order.order_type, ()) if policy.eligibility else ()
    return PayerEnquiry(
        ask=ask,
        way=way,
        trace=trace,
        case_id=case.case_id,
        asked_at=unit.now,
        payer=cover.payer or policy.payer,
        payer_id=policy.payer_id or cover.payer_id or (cover.payer or policy.payer),
        member_id=cover.member_id,
        member_name=member.name,
        dob=member.dob,
        sex=member.sex,
        member_address=member.address or order.delivery_address,
        group_no=cover.group_no,
        provider_name=order.clinician.name,
        provider_npi=order.clinician.npi,
        organization=order.clinician.organization,
        diagnoses=tuple(d.code for d in sorted(order.diagnoses, key=lambda d: d.rank or 99)),
        lines=tuple(
            ServiceLine(sequence=n, code=line.code or "", modifiers=line.modifiers, quantity=line.quantity)
            for n, line in enumerate(lines, start=1)
        ),
        service_types=types,
        service_start=order.service_start,
        service_end=order.service_end,
        expedited=urgent(order),
    )


def sent_to(partner: str, case: Case, enquiry: PayerEnquiry, confirmation_id: str) -> ConfirmationRequested:
    """Return the request to a payer's partner; the sender delivers it as it delivers every answer (decision 0071)."""
    return ConfirmationRequested(
        confirmation_id=confirmation_id,
        kind=_KINDS[enquiry.ask],
        recipient=ReplyTo(channel=CHANNEL, address=partner),
        case_id=case.case_id,
        document_id=case.document_ids[-1],
        reference=case.case_id,
        manager=case.manager,
        case_state=case.state.value,
        enquiry=enquiry,
    )


def new_trace(case: Case, ask: Ask, facts: str) -> str:
    """Return the trace number of a new request; the revision keeps it apart from an earlier one of the same facts."""
    return derived_id(ask, case.case_id, facts, str(case.revision))
