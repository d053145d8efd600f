from datetime import date
from typing import Any

import pytest

from handlers.casework import rulesets_for
from handlers.check import evaluate, unmet
from schemas.case import ElementStatus
from schemas.order import Address, Order, OrderType
from schemas.rules import Ruleset
from tests.factories import NOW, order
from tests.handlers.memory import MemoryUnit
from tests.rules.test_rules import REQUIRED

TODAY = NOW.date()


def missing(made: Order) -> dict[str, str]:
    results = evaluate(made, rulesets_for(MemoryUnit(), made.order_type), TODAY)  # type: ignore[arg-type]
    return {result.element_id: str(result.status) for result in unmet(results)}


@pytest.mark.parametrize("order_type", ["dme", "home_health", "infusion"])
def test_a_complete_order_lacks_nothing(order_type: str) -> None:
    assert missing(order(3, order_type)) == {}


@pytest.mark.parametrize("name", REQUIRED)
def test_each_required_element_is_missed_alone(name: str) -> None:
    assert missing(order(without=(name,))) == {name: "missing"}


@pytest.mark.parametrize("name", REQUIRED)
def test_what_could_not_be_read_is_unreadable_and_not_missing(name: str) -> None:
    assert missing(order(without=(name,), more={"unreadable": {name: "below threshold"}})) == {name: "unreadable"}


def test_a_contradiction_stands_even_where_a_value_is_there() -> None:
    assert missing(order(more={"conflicting": {"dob": "two dates"}})) == {"dob": "conflicting"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("signature_present", False),
        ("clinician_npi", "1234567890"),
        ("dob", "2031-01-01"),
        ("ship_address", "12 Oak St"),
    ],
)
def test_a_value_that_fails_its_own_check_does_not_count(name: str, value: Any) -> None:
    assert missing(order(**{name: value})) == {name: "missing"}


def test_an_order_of_unknown_kind_is_judged_by_the_common_list() -> None:
    assert missing(Order(order_id="o", document_id="d", channel="hl7v2")) == dict.fromkeys(REQUIRED, "missing")


def test_the_home_serves_as_the_address_where_none_else_is_given() -> None:
    made = order(without=("ship_address",))
    home = Address(line1="1 Oak St", city="Dayton", state="OH", postal_code="45402")
    lived = made.model_copy(update={"member": made.member.model_copy(update={"address": home})})
    assert missing(lived) == {}


def ruleset(**changes: Any) -> Ruleset:
    element = {
        "id": "frequency",
        "label": "Flow",
        "path": "frequency.value",
        "gate": "intake",
        "severity": "required",
        "ask": "Flow.",
        "cite": ["test"],
    }
    return Ruleset.model_validate(
        {
            "ruleset": "t",
            "version": "2026-01-01",
            "effective": {"from": "2026-04-13", "until": None},
            "elements": [element | changes],
        }
    )


def statuses(made: Order, rules: Ruleset, day: date = TODAY, gate: Any = "intake") -> list[ElementStatus]:
    return [result.status for result in evaluate(made, [rules], day, gate=gate)]


def test_a_rule_counts_only_while_it_is_in_force() -> None:
    made = order(without=("frequency",))
    assert statuses(made, ruleset(), date(2026, 4, 12)) == []
    assert statuses(made, ruleset(), date(2026, 4, 13)) == [ElementStatus.MISSING]


def test_a_later_gate_is_not_asked_for_at_intake() -> None:
    made = order(without=("frequency",))
    assert statuses(made, ruleset(gate="delivery")) == []
    assert statuses(made, ruleset(gate="delivery"), gate="delivery") == [ElementStatus.MISSING]


def test_a_condition_that_does_not_hold_makes_an_element_not_applicable() -> None:
    made = order(without=("frequency",), order_lines=[{"code": "E0143", "quantity": 1}])
    assert statuses(made, ruleset(when={"hcpcs": ["E1390"]})) == [ElementStatus.NOT_APPLICABLE]
    assert statuses(made, ruleset(when={"hcpcs": ["E0143"]})) == [ElementStatus.MISSING]
    by_type = {"path": "order_type", "values": ["infusion"]}
    assert statuses(made, ruleset(when=by_type)) == [ElementStatus.NOT_APPLICABLE]
    turned = made.model_copy(update={"order_type": OrderType.INFUSION})
    assert statuses(turned, ruleset(when=by_type)) == [ElementStatus.MISSING]


def test_advice_never_keeps_an_order_back() -> None:
    made = order(without=("frequency",))
    assert unmet(evaluate(made, [ruleset(severity="advise")], TODAY)) == ()


def test_an_element_of_a_later_ruleset_replaces_the_one_before() -> None:
    made = order(without=("frequency",))
    results = evaluate(made, [ruleset(), ruleset(severity="advise")], TODAY)
    assert [result.severity for result in results] == ["advise"]
