"""The one gate before dispatch: what of coverage and authorization still stands between an order and the providers.

Everybody who sends an order to providers asks here; what a payer wants is data in `rules/payers`. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from doorstep.handler import Unit
from handlers.casework import clocks
from handlers.payers import facts_of, needed, policy_of, urgent
from schemas.case import Case
from schemas.clock import Hold
from schemas.payer import CoverageStatus, Decision, Eligibility
from schemas.payer_rules import PayerPolicy


class Step(StrEnum):
    """What comes next: nothing, a question to the payer, its answer, or a person."""

    CLEAR = "clear"
    ASK_ELIGIBILITY = "ask-eligibility"
    ASK_AUTHORIZATION = "ask-authorization"
    WAIT = "wait"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a case stands at the gate, why, and which codes it is about."""

    step: Step
    reason: str
    codes: tuple[str, ...] = ()


def codes_needing(case: Case, policy: PayerPolicy, unit: Unit) -> tuple[str, ...]:
    """Return the codes that need an authorization: by the rules, and all of them where the payer's own 271 says so."""
    by_rule = needed(policy, case.order, unit.now.date())
    said = case.eligibility
    if said is not None and said.authorization_required and said.facts == facts_of("eligibility", case.order):
        return tuple(line.code for line in case.order.lines if line.code)
    return tuple(by_rule)


def standing(case: Case, unit: Unit) -> Standing:
    """Return what the gate says of the case now."""
    if case.self_pay:
        return Standing(Step.CLEAR, "the member pays")
    policy = policy_of(case.order, unit)
    covered = _coverage(case, policy)
    if covered.step is not Step.CLEAR:
        return covered
    return _authorization(case, policy, unit)


def held(case: Case, unit: Unit) -> str | None:
    """Return why the order must not go to providers, None when it may."""
    found = standing(case, unit)
    return None if found.step is Step.CLEAR else found.reason


def stops(case: Case, unit: Unit) -> Hold | None:
    """Return a person's word for which no provider is asked (`stops_offers` in rules/clocks.yaml), if one holds."""
    causes = {pause.cause for pause in clocks(unit).pauses if pause.stops_offers}
    return next((hold for hold in case.holds if hold.cause in causes), None)


def _coverage(case: Case, policy: PayerPolicy) -> Standing:
    rule, known = policy.eligibility, case.eligibility
    current = known if known is not None and known.facts == facts_of("eligibility", case.order) else None
    if current is None:
        # a person's or a late payer's word stands even where no rule asks; without either, only a rule asks
        return Standing(Step.ASK_ELIGIBILITY, "the coverage is not checked") if rule else Standing(Step.CLEAR, "")
    if current.status is CoverageStatus.INACTIVE:
        return Standing(Step.HOLD, "the coverage is not active")
    if current.status is CoverageStatus.ASKED:
        return Standing(Step.WAIT, "the payer has not answered about the coverage")
    if current.service_covered is False:
        return Standing(Step.HOLD, "the plan does not cover this kind of service")
    if _closed(current, policy):
        return Standing(Step.HOLD, "the coverage could not be confirmed")
    return Standing(Step.CLEAR, "")


def _closed(current: Eligibility, policy: PayerPolicy) -> bool:
    fail = policy.eligibility.fail if policy.eligibility else "open"
    return current.status is CoverageStatus.UNKNOWN and fail == "closed"


def _authorization(case: Case, policy: PayerPolicy, unit: Unit) -> Standing:
    codes = codes_needing(case, policy, unit)
    if not codes:
        return Standing(Step.CLEAR, "no authorization is needed")
    known = case.authorization
    if known is None or known.facts != facts_of("authorization", case.order, codes):
        return Standing(Step.ASK_AUTHORIZATION, "an authorization is needed", codes)
    match known.decision:
        case Decision.APPROVED | Decision.NOT_REQUIRED:
            if known.valid_to is not None and known.valid_to < unit.now.date():
                return Standing(Step.HOLD, "the authorization has expired", codes)
            return Standing(Step.CLEAR, "the payer has authorized it", codes)
        case Decision.SUBMITTED | Decision.PENDED:
            if urgent(case.order) and _concurrent(case, policy, codes, unit):
                return Standing(Step.CLEAR, "urgent: the payer decides meanwhile", codes)
            return Standing(Step.WAIT, "the payer has not decided on the authorization", codes)
        case Decision.MODIFIED | Decision.PARTIAL:
            return Standing(Step.HOLD, "the payer authorized other than was asked", codes)
        case Decision.DENIED:
            return Standing(Step.HOLD, "the payer denied the authorization", codes)
        case _:
            return Standing(Step.HOLD, "the payer's answer on the authorization is not usable", codes)


def _concurrent(case: Case, policy: PayerPolicy, codes: tuple[str, ...], unit: Unit) -> bool:
    rules = needed(policy, case.order, unit.now.date())
    return all(code in rules and rules[code].urgent == "concurrent" for code in codes)
