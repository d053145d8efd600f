from typing import Any

import pytest

from doorstep.errors import Defect
from handlers.casework import derived_id, directory, manager_for, moved, order_type_of, payer_key, recalled
from schemas.case import ALLOWED, CaseState
from schemas.order import OrderType
from tests.factories import NOW, case
from tests.handlers.memory import MemoryUnit


@pytest.fixture
def unit() -> Any:
    return MemoryUnit()


@pytest.mark.parametrize("start", list(CaseState))
@pytest.mark.parametrize("to", list(CaseState))
def test_a_case_moves_only_where_it_may_and_leaves_an_event(unit: Any, start: CaseState, to: CaseState) -> None:
    held = case(state=start)
    unit.save_case(held)
    if to in ALLOWED[start]:
        after, change = moved(held, to, unit, cause="why")
        assert (after.state, after.revision, after.updated_at) == (to, 2, NOW)
        assert (change.from_state, change.to_state, change.cause) == (start, to, "why")
    else:
        with pytest.raises(Defect):
            moved(held, to, unit, cause="why")
        assert unit.case(held.case_id) == held


def test_derived_ids_depend_on_every_part_and_on_their_bounds() -> None:
    assert derived_id("a", "b") == derived_id("a", "b")
    assert len({derived_id("a", "b"), derived_id("ab"), derived_id("b", "a"), derived_id("a", "b", "")}) == 4


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        (["E1390"], OrderType.DME),
        (["G0299", "G0151"], OrderType.HOME_HEALTH),
        (["J0696"], OrderType.INFUSION),
        (["E0781", "J0696"], OrderType.INFUSION),
        (["E1390", "99999"], OrderType.DME),
        (["E1390", "J0696"], OrderType.UNKNOWN),
        (["99999"], OrderType.UNKNOWN),
        ([], OrderType.UNKNOWN),
    ],
)
def test_codes_tell_the_kind_of_order_when_they_agree(unit: Any, codes: list[str], kind: OrderType) -> None:
    assert order_type_of(unit, codes) is kind


def test_a_payer_has_one_key_however_it_is_spelled(unit: Any) -> None:
    assert payer_key(unit, "BCBS") == payer_key(unit, "blue cross  BLUE-SHIELD".replace("-", " "))
    assert payer_key(unit, "Unheard Of") == payer_key(unit, "UNHEARD OF")
    assert payer_key(unit, "  ") is None
    assert payer_key(unit, None) is None


def test_the_managers_turn_follows_the_running_number(unit: Any) -> None:
    turns = [manager_for(unit, OrderType.DME, f"DS-{number:06d}-0").name for number in range(4)]
    assert turns[:2] == turns[2:]
    assert turns[0] != turns[1]


def test_a_broken_rules_file_is_our_defect_and_named(unit: Any) -> None:
    unit.network = {"version": "2026-11-23", "providers": [{"npi": "1"}]}
    with pytest.raises(Defect, match=r"network/sample\.yaml"):
        directory(unit)


def test_recalling_where_nothing_is_out_does_nothing(unit: Any) -> None:
    assert recalled("DS-000001-8", unit, reason="why") == []
