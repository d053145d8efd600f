"""Payers' rules as data: who needs an authorization, by when a payer must decide, what it is asked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from doorstep.rules import load, rules_dir
from handlers.payers import decision_due, enquiry_of, facts_of, needed, policy_of, window_of
from schemas.payer_rules import AppealRules, PayerIndex, PayerPolicy
from tests.factories import NOW, case, order
from tests.handlers.memory import MemoryUnit
from tests.handlers.payer import sample_order

CHAIR = [{"code": "K0823", "quantity": 1}]


@pytest.mark.parametrize("path", sorted((rules_dir() / "payers").glob("*.yaml")), ids=lambda p: p.stem)
def test_every_file_of_a_payer_is_well_formed_and_in_the_index(path: Path) -> None:
    if path.stem == "index":
        PayerIndex.model_validate(load("payers/index"))
        return
    policy = PayerPolicy.model_validate(load(f"payers/{path.stem}"))
    listed = {file: name for name, file in PayerIndex.model_validate(load("payers/index")).payers.items()}
    assert path.stem == "default" or listed[path.stem] == policy.payer


def test_the_rules_of_appeals_are_well_formed() -> None:
    assert AppealRules.model_validate(load("appeals")).warn_days == (10, 5, 2)


def test_a_payer_is_known_by_its_other_spellings_and_an_unknown_one_has_the_default() -> None:
    unit = MemoryUnit()
    assert policy_of(order(payer="Original Medicare"), unit).payer == "Medicare"
    other = policy_of(order(payer="Nobody Knows Health"), unit)
    assert (other.payer, other.authorization, other.eligibility) == ("Nobody Knows Health", None, None)
    assert other.appeal[0].days == 30


def test_medicare_wants_an_authorization_for_a_power_chair_and_none_for_a_walker() -> None:
    unit = MemoryUnit()
    chair = order(payer="Medicare", order_lines=[*CHAIR, {"code": "E0143", "quantity": 1}])
    assert set(needed(policy_of(chair, unit), chair, NOW.date())) == {"K0823"}


def test_a_rule_counts_from_its_day() -> None:
    unit = MemoryUnit()
    brace = order(payer="Medicare", order_lines=[{"code": "L0651", "quantity": 1}], service_start="2026-04-12")
    policy = policy_of(brace, unit)
    assert not needed(policy, brace, date(2026, 4, 12))
    assert set(needed(policy, brace, date(2026, 4, 13))) == {"L0651"}


@pytest.mark.parametrize(
    ("submitted", "payer", "priority", "due"),
    [
        (datetime(2025, 12, 30, 15, tzinfo=UTC), "Aetna", "routine", datetime(2026, 1, 13, 15, tzinfo=UTC)),
        (datetime(2026, 1, 2, 15, tzinfo=UTC), "Aetna", "routine", datetime(2026, 1, 9, 15, tzinfo=UTC)),
        (datetime(2026, 1, 2, 15, tzinfo=UTC), "Aetna", "urgent", datetime(2026, 1, 5, 15, tzinfo=UTC)),
        # ten o'clock on the day before Thanksgiving: twenty business hours end on Monday at ten
        (datetime(2026, 11, 25, 15, tzinfo=UTC), "Medicare", "stat", datetime(2026, 11, 30, 15, tzinfo=UTC)),
    ],
)
def test_a_payer_must_decide_by_the_clock_in_force_on_the_day_it_was_asked(
    submitted: datetime, payer: str, priority: str, due: datetime
) -> None:
    unit = MemoryUnit()
    asked = order(payer=payer, order_lines=CHAIR, more={"priority": priority})
    assert decision_due(policy_of(asked, unit), asked, ["K0823"], submitted, unit) == due


def test_an_enquiry_holds_the_member_and_only_the_items_that_need_it() -> None:
    unit = MemoryUnit()
    asked = case(sample_order([{"code": "E0260", "quantity": 1}, {"code": "E0143", "quantity": 1}]))
    policy = policy_of(asked.order, unit)
    enquiry = enquiry_of(asked, policy, "authorization", "pas", "trace-1", unit)
    assert enquiry is not None
    assert [line.code for line in enquiry.lines] == ["E0260"]
    assert (enquiry.payer_id, enquiry.member_id) == ("SAMPLE01", asked.order.coverage[0].member_id)


def test_without_a_member_id_nobody_can_be_asked() -> None:
    unit = MemoryUnit()
    asked = case(sample_order(without=("member_id",)))
    assert enquiry_of(asked, policy_of(asked.order, unit), "eligibility", "x12", "t", unit) is None


def test_the_same_facts_need_no_second_answer_and_other_facts_do() -> None:
    one, same = sample_order(), sample_order(document_id="doc-2", contact_phone="9375550188")
    assert facts_of("eligibility", one) == facts_of("eligibility", same)
    assert facts_of("authorization", one, ["E0260"]) == facts_of("authorization", same, ["E0260"])
    other = sample_order([{"code": "E0260", "quantity": 2}])
    assert facts_of("authorization", one, ["E0260"]) != facts_of("authorization", other, ["E0260"])


def test_a_window_is_the_one_in_force() -> None:
    policy = policy_of(sample_order(), MemoryUnit())
    found = window_of(policy.appeal, NOW.date())
    assert found is not None
    assert found.days == 45
    assert window_of(policy.appeal, NOW.date() - timedelta(days=400)) is None
