"""The gate before dispatch: what it lets through, what it waits for, what it puts before a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from handlers.gate import Step, held, standing
from handlers.payers import facts_of
from schemas.case import Case
from schemas.payer import Authorization, CoverageStatus, Decision, Eligibility
from tests.factories import NOW, case, order
from tests.handlers.memory import MemoryUnit
from tests.handlers.payer import BED, OXYGEN, WALKER, sample_order

TODAY = NOW.date()


def covered(items: list[dict[str, Any]], status: CoverageStatus = CoverageStatus.ACTIVE, **said: Any) -> Case:
    ordered = sample_order(items, more={"priority": said.pop("priority", "routine")})
    facts = facts_of("eligibility", ordered)
    return case(ordered, eligibility=Eligibility(trace="t", facts=facts, status=status, checked_at=NOW, **said))


def with_word(held_case: Case, decision: Decision, **said: Any) -> Case:
    codes = tuple(line.code for line in held_case.order.lines if line.code)
    facts = facts_of("authorization", held_case.order, codes)
    values = {"trace": "a", "facts": facts, "way": "pas", "codes": codes, "submitted_at": NOW, "decision": decision}
    return held_case.model_copy(update={"authorization": Authorization.model_validate({**values, **said})})


def test_a_payer_without_rules_lets_everything_through() -> None:
    assert held(case(order(payer="Aetna")), MemoryUnit()) is None


def test_a_payer_that_is_to_be_asked_is_asked_first() -> None:
    assert standing(case(sample_order(BED)), MemoryUnit()).step is Step.ASK_ELIGIBILITY


@pytest.mark.parametrize(
    ("status", "said", "step"),
    [
        (CoverageStatus.ACTIVE, {}, Step.CLEAR),
        (CoverageStatus.UNKNOWN, {}, Step.CLEAR),
        (CoverageStatus.ASKED, {}, Step.WAIT),
        (CoverageStatus.INACTIVE, {}, Step.HOLD),
        (CoverageStatus.ACTIVE, {"service_covered": False}, Step.HOLD),
    ],
)
def test_what_the_coverage_says(status: CoverageStatus, said: dict[str, Any], step: Step) -> None:
    assert standing(covered(WALKER, status, **said), MemoryUnit()).step is step


def test_a_word_about_another_member_id_does_not_count() -> None:
    found = covered(WALKER)
    moved = found.order.model_copy(
        update={"coverage": (found.order.coverage[0].model_copy(update={"member_id": "W999"}),)}
    )
    assert standing(found.model_copy(update={"order": moved}), MemoryUnit()).step is Step.ASK_ELIGIBILITY


def test_an_item_that_needs_an_authorization_has_to_have_it() -> None:
    found = standing(covered(BED), MemoryUnit())
    assert (found.step, found.codes) == (Step.ASK_AUTHORIZATION, ("E0260",))


@pytest.mark.parametrize(
    ("decision", "step"),
    [
        (Decision.APPROVED, Step.CLEAR),
        (Decision.NOT_REQUIRED, Step.CLEAR),
        (Decision.SUBMITTED, Step.WAIT),
        (Decision.PENDED, Step.WAIT),
        (Decision.PARTIAL, Step.HOLD),
        (Decision.MODIFIED, Step.HOLD),
        (Decision.DENIED, Step.HOLD),
        (Decision.CANCELLED, Step.HOLD),
        (Decision.UNCLEAR, Step.HOLD),
    ],
)
def test_only_an_approval_of_just_what_was_asked_opens_the_gate(decision: Decision, step: Step) -> None:
    assert standing(with_word(covered(BED), decision), MemoryUnit()).step is step


def test_an_approval_of_other_items_does_not_count() -> None:
    approved = with_word(covered(BED), Decision.APPROVED)
    assert approved.authorization is not None
    other = approved.model_copy(
        update={"authorization": approved.authorization.model_copy(update={"facts": "of another order"})}
    )
    assert standing(other, MemoryUnit()).step is Step.ASK_AUTHORIZATION


def test_an_authorization_ends_with_its_last_day() -> None:
    unit = MemoryUnit()
    assert held(with_word(covered(BED), Decision.APPROVED, valid_to=TODAY), unit) is None
    late = with_word(covered(BED), Decision.APPROVED, valid_to=TODAY - timedelta(days=1))
    assert held(late, unit) == "the authorization has expired"


@pytest.mark.parametrize(
    ("items", "priority", "step"),
    [(OXYGEN, "urgent", Step.CLEAR), (OXYGEN, "routine", Step.WAIT), (BED, "urgent", Step.WAIT)],
)
def test_only_what_the_rules_name_goes_on_while_the_payer_decides(items: Any, priority: str, step: Step) -> None:
    asked = with_word(covered(items, priority=priority), Decision.PENDED)
    assert standing(asked, MemoryUnit()).step is step


def test_when_the_payer_itself_says_that_it_needs_one_all_items_do() -> None:
    found = standing(covered(WALKER, authorization_required=True), MemoryUnit())
    assert (found.step, found.codes) == (Step.ASK_AUTHORIZATION, ("E0143",))


def test_a_member_who_pays_waits_for_no_payer() -> None:
    assert held(case(sample_order(BED), self_pay=True), MemoryUnit()) is None


def test_original_medicare_wants_a_power_chair_authorized() -> None:
    chair = case(order(payer="Medicare", order_lines=[{"code": "K0823", "quantity": 1}]))
    assert standing(chair, MemoryUnit()).step is Step.ASK_AUTHORIZATION


class ClosedUnit(MemoryUnit):
    """The sample payer's rules, but an answer that is missing holds the order."""

    def rules(self, name: str) -> Any:
        found = super().rules(name)
        return (
            {**found, "eligibility": {**found["eligibility"], "fail": "closed"}} if name == "payers/sample" else found
        )


def test_where_the_rules_fail_closed_an_unknown_coverage_holds_the_order() -> None:
    unknown = covered(WALKER, CoverageStatus.UNKNOWN)
    assert standing(unknown, ClosedUnit()).step is Step.HOLD
    assert standing(unknown, MemoryUnit()).step is Step.CLEAR
